"""What stands around a screen: the way back, the four places, its title, whether all is sent, help, reading aloud."""

from __future__ import annotations

from typing import Any, ClassVar

from kivy.metrics import dp
from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty, StringProperty
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.scrollview import ScrollView
from kivy.uix.widget import Widget

from caregiver_app.screens.parts import BigButton, Surface, load_kv
from caregiver_app.screens.style import measure, ui


class ReadButton(BigButton):
    """Reads the screen aloud, or stops; in elder mode on every screen. `reading`: it is being read."""

    reading = BooleanProperty(False)
    worded = BooleanProperty(True)
    silent = True

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


class SosButton(BigButton):
    """To the numbers for an emergency: in the same corner of every screen of a visit."""

    @staticmethod
    def own_width() -> float:
        """As wide as its icon and word."""
        return measure(ui.word("sos.button"), ui.body, None, True)[0] + ui.icon + dp(32)


class Heading(BoxLayout):
    """A screen's title, and the button that reads it aloud."""

    text = StringProperty("")


class TopBar(BoxLayout):
    """The way back, in words, top left; nothing else."""

    shown = BooleanProperty(True)
    with_sos = BooleanProperty(False)
    silent = True

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


class Count(Surface):
    """How many, at the corner of a tab's picture."""

    text = StringProperty("")


class Tab(ButtonBehavior, BoxLayout):
    """One of the four places below."""

    text = StringProperty("")
    picture = StringProperty("")
    chosen = BooleanProperty(False)
    count = NumericProperty(0)

    _bubble: Count | None = None

    def on_count(self, _: object, count: int) -> None:
        """Drawn where there is something to count."""
        ground = self.ids.ground
        if self._bubble is not None:
            ground.remove_widget(self._bubble)
            self._bubble = None
        if count:
            self._bubble = Count(text=str(count))
            ground.bind(pos=self._put, size=self._put)
            self._bubble.bind(size=self._put)
            ground.add_widget(self._bubble)
            self._put()

    def _put(self, *_: object) -> None:
        if self._bubble is not None:
            self._bubble.x = self.ids.ground.center_x + dp(12)
            self._bubble.center_y = self.ids.ground.center_y + dp(2)


class Tabs(Surface, BoxLayout):
    """The four places, on the screens that are one of them. Fires `on_go(name)`."""

    chosen = StringProperty("today")
    waiting = NumericProperty(0)
    silent = True

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


class Scroll(ScrollView):
    """A page that scrolls up and down; children go into its column."""

    column = ObjectProperty(None, allownone=True)

    def add_widget(self, widget: Widget, *args: Any, **kwargs: Any) -> None:
        if self.column is None:
            super().add_widget(widget, *args, **kwargs)
        else:
            self.column.add_widget(widget, *args, **kwargs)


load_kv(__file__)
