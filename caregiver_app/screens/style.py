"""What kv rules draw with: the theme in pixels, the font, the icons and the words of the chosen language.

kv rules can only reach modules, so this is the one place where the app keeps something global: `ui`. It is
filled by `ui.use(...)` before any widget is made; after a change of language or text size the navigator
builds its screens anew, so that no widget has to listen.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from kivy import kivy_data_dir
from kivy.core.text import Label as CoreLabel
from kivy.core.text import LabelBase
from kivy.metrics import Metrics, dp, sp
from pylopdf_fonts_zh_cn import sans_path

from caregiver_app import theme as themes
from caregiver_app.presenters.views.settings import SettingsView
from caregiver_app.screens.typeset import broken
from caregiver_app.screens.words import word

#: Our name for a picture, and its character in Material Design Icons 7.
ICONS = {
    "account": 0xF0004,
    "alert": 0xF0028,
    "ambulance": 0xF002F,
    "bell": 0xF009A,
    "danger": 0xF0029,
    "back": 0xF004D,
    "calendar": 0xF0E17,
    "calendar_alert": 0xF0A31,
    "calendar_week": 0xF0A33,
    "camera": 0xF0100,
    "check": 0xF0E1E,
    "check_circle": 0xF05E0,
    "chevron": 0xF0142,
    "circle": 0xF0766,
    "clock": 0xF0150,
    "close": 0xF0156,
    "down": 0xF0140,
    "edit": 0xF03EB,
    "folder": 0xF024B,
    "group": 0xF0849,
    "hand": 0xF10F1,
    "history": 0xF02DA,
    "home": 0xF02DC,
    "house_heart": 0xF0827,
    "image": 0xF02E9,
    "image_plus": 0xF087C,
    "key": 0xF0306,
    "keyboard": 0xF030C,
    "language": 0xF05CA,
    "letters": 0xF027F,
    "map": 0xF034E,
    "medical": 0xF02E0,
    "microphone": 0xF036C,
    "news": 0xF06B0,
    "no_answer": 0xF081B,
    "note": 0xF11D7,
    "offline": 0xF0164,
    "person_heart": 0xF0899,
    "phone": 0xF03F2,
    "phone_alert": 0xF0F1A,
    "plus": 0xF0415,
    "police": 0xF1167,
    "refused": 0xF12DF,
    "scan": 0xF0433,
    "read": 0xF057E,
    "read_book": 0xF14F7,
    "search": 0xF0349,
    "send": 0xF048A,
    "sent": 0xF05E1,
    "settings": 0xF0493,
    "school": 0xF0474,
    "lock": 0xF033E,
    "stop": 0xF04DB,
    "backspace": 0xF0B5C,
    "shield": 0xF0565,
    "info": 0xF02FC,
    "fingerprint": 0xF0237,
    "sync": 0xF04E6,
    "tag": 0xF0432,
    "up": 0xF0143,
    "upload": 0xF0B7E,
    "video": 0xF0567,
    "wait": 0xF051F,
}


def register_fonts() -> None:
    """One font for both scripts under the name that every widget asks for; Kivy does not fall back."""
    face = str(sans_path())
    LabelBase.register("Roboto", face, face, face, face)
    found = find_spec("fonticon_mdi7")  # importing it would name seven thousand icons, for the path of one file
    assert found is not None
    assert found.origin is not None
    icons = Path(found.origin).parent / "fonts" / "materialdesignicons-webfont.ttf"
    LabelBase.register("Icons", str(icons))
    LabelBase.register("Figures", str(Path(kivy_data_dir) / "fonts" / "Roboto-Regular.ttf"))  # Kivy's own


class Style:
    """The theme in pixels. Colours are attributes too: `ui.jade`, `ui.ink` …"""

    def __init__(self) -> None:
        self.theme = themes.Theme()
        self.language = "zh"
        self.use("normal", "zh")

    def follow(self, settings: SettingsView) -> bool:
        """Take what the user chose → whether anything changed."""
        chosen = (settings.text_size, settings.language, settings.elder, settings.aloud)
        if chosen == self.key:
            return False
        self.use(*chosen)
        return True

    @property
    def key(self) -> tuple[str, str, bool, bool]:
        """What screens were drawn with: text size, language, elder mode, reading aloud."""
        return (self.theme.text_size, self.language, self.elder, self.aloud)

    def use(self, text_size: str, language: str, elder: bool | None = None, aloud: bool = False) -> None:
        """Take a text size (`normal`, `large`, `largest`), a language (`zh`, `en`), elder mode and reading aloud."""
        self.theme = theme = themes.Theme(text_size, text_size != "normal" if elder is None else elder)
        self.language = language
        self.aloud = aloud
        self.elder = theme.elder
        self.body = sp(theme.body_sp)
        self.name = sp(theme.name_sp)
        self.title = sp(theme.title_sp)
        self.figure = sp(theme.figure_sp)
        self.small = sp(theme.small_sp)
        self.icon = sp(theme.icon_sp)
        self.target = dp(theme.target_dp)
        self.main_target = dp(theme.main_target_dp)
        self.gap = dp(theme.gap_dp)
        self.line_height = theme.line_height
        self.radius = dp(16)
        self.small_radius = dp(12)
        #: The font has one weight; a hairline of the same colour around the strokes makes the second.
        self.stroke = max(1, round(Metrics.density * 0.4))

    def __getattr__(self, name: str) -> Any:
        if name in themes.COLOURS:
            return themes.rgba(name)
        raise AttributeError(name)

    def word(self, key: str, **values: object) -> str:
        """A label of the screens in the chosen language."""
        return word(key, self.language, **values)

    def roomy(self, key: str, width: float, **values: object) -> str:
        """The label, or its short form (`key_short`) where it would not fit on one line this wide."""
        text = self.word(key, **values)
        return (
            text if measure(text, self.body, None, True)[0] <= width else self.word(f"{key}_short", **values)
        )

    @staticmethod
    def glyph(name: str) -> str:
        """The icon's character; no name, no icon."""
        return chr(ICONS[name]) if name else ""


def extents(text: str, size: float) -> float:
    """Width of a text on one line, in pixels, as the font has it."""
    label = CoreLabel(text=text, font_size=size)
    label.resolve_font_name()
    return float(label.get_extents(text)[0])


def measure(text: str, size: float, width: float | None = None, bold: bool = False) -> tuple[int, int]:
    """Pixels that a text takes at this font size, wrapped at `width`; nothing is drawn."""
    return _measured(text, size, width, ui.stroke if bold else 0, ui.line_height)


@lru_cache(maxsize=8192)
def _measured(text: str, size: float, width: float | None, stroke: int, line_height: float) -> tuple[int, int]:
    extra = {"outline_width": stroke} if stroke else {}
    if width is not None:
        text = broken(text, size, width - 2 * stroke)
    label = CoreLabel(text=text, font_size=size, line_height=line_height, **extra)
    label.resolve_font_name()
    got = label.render()
    return int(got[0]), int(got[1])


@lru_cache(maxsize=256)
def _lines_height(lines: int, size: float, line_height: float, stroke: int) -> int:
    extra = {"outline_width": stroke} if stroke else {}
    label = CoreLabel(text="\n".join("国" * lines), font_size=size, line_height=line_height, **extra)
    label.resolve_font_name()
    return int(label.render()[1])


def height_of(text: str, size: float, width: float, bold: bool = False) -> int:
    """Height of `measure`, worked out from the line ends alone: for lists of a thousand rows."""
    stroke = ui.stroke if bold else 0
    lines = broken(text, size, width - 2 * stroke).count("\n") + 1
    return _lines_height(lines, size, ui.line_height, stroke)


ui = Style()
