"""The pieces every screen is made of: text that wraps and never shrinks, buttons, cards, badges, choices.

Each piece takes the height its words need, at any type size and in either language; none cuts a text off.
What is chosen, urgent or done is said by a word or a tick as well as by colour.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

from kivy.lang import Builder
from kivy.metrics import dp
from kivy.properties import (
    AliasProperty,
    BooleanProperty,
    ColorProperty,
    DictProperty,
    ListProperty,
    NumericProperty,
    ObjectProperty,
    StringProperty,
    VariableListProperty,
)
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.gridlayout import GridLayout
from kivy.uix.label import Label
from kivy.uix.layout import Layout
from kivy.uix.scrollview import ScrollView
from kivy.uix.textinput import TextInput
from kivy.uix.widget import Widget

from caregiver_app.screens.style import measure, ui
from caregiver_app.screens.typeset import broken, width_of

TICK = "✓ "


def load_kv(python_file: str) -> None:
    """Load the `.kv` that lies beside a screen's module, once."""
    path = str(Path(python_file).with_suffix(".kv"))
    if path not in Builder.files:
        Builder.load_file(path, encoding="utf-8")


class Txt(Label):
    """Wrapped text as high as it needs. `tone` names a colour, `strong` makes the strokes thicker."""

    tone = StringProperty("ink")
    strong = BooleanProperty(False)

    def texture_update(self, *largs: Any) -> None:
        width = self.text_size[0]
        if width:
            room = width - self.padding[0] - self.padding[2] - (2 * ui.stroke if self.strong else 0)
            self._label.text = broken(self.text, self.font_size, room)
        super().texture_update(*largs)


class Column(Layout):
    """A column of things as high as they are; what has no height takes no space between either.

    `pos_hint` knows `center_x`; everything without it and with a `size_hint_x` takes the whole width.
    """

    padding = VariableListProperty([0, 0, 0, 0])
    spacing = NumericProperty(0)
    minimum_height = NumericProperty(0)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        trigger = self._trigger_layout
        self.bind(children=trigger, size=trigger, pos=trigger, padding=trigger, spacing=trigger)
        trigger()

    def do_layout(self, *_: Any) -> None:
        left, top, right, bottom = self.padding
        shown = [child for child in reversed(self.children) if child.height > 0]
        room = self.width - left - right
        for child in self.children:
            if child.size_hint_x is not None:
                child.width = max(0, room * child.size_hint_x)
        total = sum(child.height for child in shown) + self.spacing * max(0, len(shown) - 1)
        self.minimum_height = total + top + bottom
        y = self.top - top
        for child in reversed(self.children):
            if child not in shown:
                child.pos = (self.x + left, y)
                continue
            y -= child.height
            centred = "center_x" in child.pos_hint
            child.pos = (self.center_x - child.width / 2 if centred else self.x + left, y)
            y -= self.spacing


class Stack(Column):
    """A column inside a column, as high as what is in it."""


class Icon(Label):
    """A picture from the icon font; always beside a word."""

    picture = StringProperty("")
    tone = StringProperty("ink")


class Surface(Widget):
    """A rounded ground with an edge."""

    fill = ColorProperty((1, 1, 1, 1))
    edge = ColorProperty((0, 0, 0, 0))
    edge_width = NumericProperty(1)
    corner = NumericProperty(0)
    #: Whether it is there at all; kv cannot override a height that a rule of the class already binds.
    shown = BooleanProperty(True)


class Card(Surface, Column):
    """What belongs together, on white."""


class LinkCard(ButtonBehavior, Card):
    """A card that leads somewhere as a whole."""


class Gap(Widget):
    """Empty space."""


class Badge(Surface, BoxLayout):
    """A state in words on a tinted ground; `tone` is jade, amber, red or grey."""

    text = StringProperty("")
    picture = StringProperty("")
    tone = StringProperty("grey")
    widest = NumericProperty(10_000)

    def _fitting(self) -> float:
        """The width of its words, or the most there is."""
        if not self.text:
            return 0
        words = measure(self.text, ui.body, None, True)[0] + 2
        icon = ui.icon if self.picture else 0
        return float(min(words + icon + dp(24), self.widest))

    fitting = AliasProperty(_fitting, None, bind=("text", "picture", "widest"), cache=True)


class Notice(Surface, BoxLayout):
    """Something to know before going on: a hint (jade), a caution (amber), a failure (red)."""

    text = StringProperty("")
    title = StringProperty("")
    picture = StringProperty("alert")
    tone = StringProperty("amber")


class Empty(Column):
    """Nothing here yet, and what to do about it."""

    picture = StringProperty("")
    title = StringProperty("")
    text = StringProperty("")


class BigButton(ButtonBehavior, Surface, BoxLayout):
    """A button in words. `kind`: main (one per screen), second, danger, or plain."""

    text = StringProperty("")
    help = StringProperty("")
    picture = StringProperty("")
    kind = StringProperty("second")
    least = NumericProperty(0)

    _LOOKS: ClassVar = {  # ground, pressed ground, words, edge
        "main": ("jade", "jade_dark", "white", None),
        "second": ("card", "jade_wash", "jade", "jade"),
        "danger": ("card", "red_wash", "red", "red"),
        "alarm": ("red", "red_dark", "white", None),
        "plain": (None, "grey_wash", "jade", None),
    }

    def look(self, part: str) -> tuple[float, ...]:
        """Colour of `fill`, `words` or `edge` in the present state."""
        ground, pressed, words, edge = self._LOOKS[self.kind]
        if self.disabled:
            ground, words, edge = "grey_wash", "grey", None
        name = {"fill": pressed if self.state == "down" else ground, "words": words, "edge": edge}[part]
        return getattr(ui, name) if name else (0, 0, 0, 0)

    def words_width(self) -> float:
        """Width for the label: its own if it fits on one line, else what is left."""
        left = self.width - self.padding[0] - self.padding[2] - (ui.icon + dp(10) if self.picture else 0)
        # Lines are broken by the letters' own widths: "Ta" set closer together must still fit as it is counted.
        natural = max(
            measure(self.text, ui.body, None, True)[0],
            width_of(self.text, ui.body) + 2 * ui.stroke,
            measure(self.help, ui.body)[0] if self.help else 0,
        )
        return max(1.0, min(natural + dp(4), left))


class ListRow(ButtonBehavior, Surface, BoxLayout):
    """A row that leads somewhere: icon, title, what is known, an arrow."""

    title = StringProperty("")
    text = StringProperty("")
    picture = StringProperty("")
    arrow = StringProperty("chevron")
    tone = StringProperty("jade")


class CallRow(ButtonBehavior, Surface, BoxLayout):
    """Somebody to call at one touch; `said`: what came of the last call, in `said_tone`."""

    title = StringProperty("")
    text = StringProperty("")
    picture = StringProperty("phone")
    said = StringProperty("")
    said_tone = StringProperty("muted")


class Fact(Column):
    """A name and its value, the value below, both wrapped."""

    title = StringProperty("")
    text = StringProperty("")


class Section(Txt):
    """A heading between cards."""


class Progress(Widget):
    """A bar; the words beside it say the same."""

    value = NumericProperty(0)
    most = NumericProperty(1)
    saved = NumericProperty(0)


class Field(Column):
    """A labelled field to type in. Fires `on_text` through `text`; `problem` is said below it."""

    title = StringProperty("")
    text = StringProperty("")
    hint = StringProperty("")
    picture = StringProperty("")
    can_clear = BooleanProperty(False)
    problem = StringProperty("")
    lines = NumericProperty(1)
    shown = BooleanProperty(True)
    input_type = StringProperty("text")

    __events__ = ("on_enter",)

    def on_enter(self) -> None:
        """The user pressed Enter."""


class Entry(Surface, TextInput):
    """The box to type in."""

    before = NumericProperty(0)  # room for a picture
    after = NumericProperty(0)  # room for a button


class IconButton(ButtonBehavior, Icon):
    """A picture that stands for a well-known act, in a place where its meaning is plain."""


class ChoiceButton(ButtonBehavior, Surface, Txt):
    """One value of several; a tick and a filled ground when chosen. One widget: a form has fifty of them."""

    label = StringProperty("")
    value = StringProperty("")
    chosen = BooleanProperty(False)
    ground = StringProperty("jade")


class Choices(GridLayout):
    """Buttons side by side where their words fit on one line, below each other where they do not.

    `options`: objects with value, label, chosen. Fires `on_pick(value)`; what becomes chosen is the
    presenter's to say: give the new options.
    """

    options = ListProperty([])
    tones = DictProperty({})
    most = NumericProperty(3)

    __events__ = ("on_pick",)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bind(options=self._fill, width=self._arrange, most=self._arrange)
        self._fill()

    def on_pick(self, value: str) -> None:
        """A button was pressed."""

    def _fill(self, *_: Any) -> None:
        values = [option.value for option in self.options]
        if [button.value for button in reversed(self.children)] != values:
            self.clear_widgets()
            for option in self.options:
                button = ChoiceButton(value=option.value, ground=self.tones.get(option.value, "jade"))
                button.bind(on_release=lambda pressed: self.dispatch("on_pick", pressed.value))
                self.add_widget(button)
        for button, option in zip(reversed(self.children), self.options, strict=True):
            button.label, button.chosen = option.label, option.chosen
        self._arrange()

    @staticmethod
    def room(labels: Sequence[str]) -> float:
        """Width one button needs for the longest of `labels` on one line."""
        words = max((measure(TICK + label, ui.body, None, True)[0] for label in labels), default=0)
        return max(ui.target, words + dp(10))

    def _arrange(self, *_: Any) -> None:
        labels = [option.label for option in self.options]
        buttons = list(reversed(self.children))
        for button in buttons:
            button.size_hint_x = 1
        count, gap = len(labels), self.spacing[0]
        if not count:
            self.cols = 1
            return
        room = self.room(labels)
        columns = max(1, min(int(self.most), count, int((self.width + gap) // (room + gap))))
        each = [self.room([label]) for label in labels]
        if columns < count <= self.most and sum(each) + gap * (count - 1) <= self.width:
            columns = count  # on one line after all, each as wide as its words
            for button, width in zip(buttons, each, strict=True):
                button.size_hint_x = width
        elif count == 3 and columns == 2:
            columns = 1  # two above one looks as if the third were something else
        elif count == 4 and columns == 3:
            columns = 2
        self.cols = columns


class Grade(GridLayout):
    """A question and its grades; beside each other if there is room for both, else one above the other."""

    title = StringProperty("")
    item_id = StringProperty("")
    options = ListProperty([])
    beside = BooleanProperty(True)

    __events__ = ("on_pick",)

    def on_pick(self, value: str) -> None:
        """A grade was pressed."""

    @staticmethod
    def choices_width(options: Sequence[Any]) -> float:
        """Width that all grades take beside each other."""
        return Choices.room([option.label for option in options]) * len(options) + dp(8) * (len(options) - 1)

    @staticmethod
    def fits_beside(titles: Sequence[str], labels: Sequence[str], width: float) -> bool:
        """Whether every one of these questions fits beside its grades."""
        words = max((measure(title, ui.body)[0] for title in titles), default=0)
        return words + dp(12) + Choices.room(labels) * len(labels) + dp(8) * (len(labels) - 1) <= width


class Tool(ButtonBehavior, Surface, BoxLayout):
    """One of the things that can be added to a visit; what was added is said below its name."""

    label = StringProperty("")
    said = StringProperty("")
    picture = StringProperty("")
    tone = StringProperty("jade")
    opened = BooleanProperty(False)


class Tools(GridLayout):
    """Tools side by side where their names fit, below each other where they do not."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bind(width=self._arrange, children=self._arrange)

    def _arrange(self, *_: Any) -> None:
        room = max((measure(tool.label, ui.body, None, True)[0] for tool in self.children), default=0)
        self.cols = 2 if self.width >= 2 * (room + ui.icon + dp(42)) + self.spacing[0] else 1


class Scroll(ScrollView):
    """A page that scrolls up and down; children go into its column."""

    column = ObjectProperty(None, allownone=True)

    def add_widget(self, widget: Widget, *args: Any, **kwargs: Any) -> None:
        if self.column is None:
            super().add_widget(widget, *args, **kwargs)
        else:
            self.column.add_widget(widget, *args, **kwargs)


class TopBar(BoxLayout):
    """The way back, in words, top left; nothing else."""

    shown = BooleanProperty(True)
    with_sos = BooleanProperty(False)

    __events__ = ("on_back", "on_sos")

    def on_back(self) -> None:
        """The user wants to go back."""

    def read_worded(self, width: float) -> bool:
        """Whether there is room for the words of reading aloud."""
        room = width - self.back_width() - dp(40) - (SosButton.own_width() if self.with_sos else 0)
        return room >= ReadButton.own_width()

    def on_sos(self) -> None:
        """There is an emergency."""

    @staticmethod
    def back_width() -> float:
        """The button is as wide as its arrow and word."""
        return measure(ui.word("back"), ui.body, None, True)[0] + ui.icon + dp(32)


class ReadButton(BigButton):
    """Reads the screen aloud, or stops; in elder mode on every screen. `reading`: it is being read."""

    reading = BooleanProperty(False)
    worded = BooleanProperty(True)

    @staticmethod
    def own_width() -> float:
        """As wide as its icon and the longer of its words."""
        words = (ui.word("read.aloud"), ui.word("read.stop"))
        return max(measure(word, ui.body, None, True)[0] for word in words) + ui.icon + dp(48)

    def on_release(self) -> None:
        page: Any = self.parent
        while page is not None and not hasattr(page, "read_aloud"):
            page = page.parent
        if page is not None:
            page.read_aloud()


class Heading(BoxLayout):
    """A screen's title, and the button that reads it aloud."""

    text = StringProperty("")


class SosButton(BigButton):
    """To the numbers for an emergency: in the same corner of every screen of a visit."""

    @staticmethod
    def own_width() -> float:
        """As wide as its icon and word."""
        return measure(ui.word("sos.button"), ui.body, None, True)[0] + ui.icon + dp(32)


class Tab(ButtonBehavior, BoxLayout):
    """One of the four places below."""

    text = StringProperty("")
    picture = StringProperty("")
    chosen = BooleanProperty(False)
    count = NumericProperty(0)


class Tabs(Surface, BoxLayout):
    """The four places, on the screens that are one of them. Fires `on_go(name)`."""

    chosen = StringProperty("today")
    waiting = NumericProperty(0)

    __events__ = ("on_go",)

    def on_go(self, name: str) -> None:
        """A tab was pressed."""


class SyncLine(ButtonBehavior, Surface, BoxLayout):
    """Whether what was saved is sent, in a sentence; pressing it shows the list."""

    text = StringProperty("")
    state_code = StringProperty("ok")
    arrow = StringProperty("chevron")

    _LOOKS: ClassVar = {
        "ok": ("jade", "sent"),
        "waiting": ("amber", "upload"),
        "sending": ("jade", "sync"),
        "offline": ("amber", "offline"),
        "photos": ("amber", "upload"),
        "update": ("amber", "alert"),
        "refused": ("red", "alert"),
        "enrol": ("red", "alert"),
        "revoked": ("red", "alert"),
        "disk": ("red", "alert"),
        "rescued": ("amber", "alert"),
        "learn": ("amber", "school"),
    }

    def look(self) -> tuple[str, str]:
        """Tone and icon; an unknown state looks like waiting."""
        return self._LOOKS.get(self.state_code, ("amber", "upload"))


def replace(box: Widget, widgets: Sequence[Widget]) -> None:
    """Put these into the box in place of what is there."""
    box.clear_widgets()
    for widget in widgets:
        box.add_widget(widget)


def on_release(widget: Any, action: Callable[[], Any]) -> Any:
    """Bind a press without its argument, and hand the widget back."""
    widget.bind(on_release=lambda *_: action())
    return widget


load_kv(__file__)
