"""The pieces every screen is made of: text that wraps and never shrinks, cards, badges, buttons.

Each piece takes the height its words need, at any type size and in either language; none cuts a text off.
What is chosen, urgent or done is said by a word or a tick as well as by colour. More of them: `frame` (what stands
around a screen), `fields`, `choices`, `cards`; a screen loads those that it shows.
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
    NumericProperty,
    StringProperty,
    VariableListProperty,
)
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.label import Label
from kivy.uix.layout import Layout
from kivy.uix.widget import Widget

from caregiver_app.screens.style import measure, ui
from caregiver_app.screens.typeset import broken, width_of


def load_kv(python_file: str) -> None:
    """Load the `.kv` that lies beside a screen's module, once."""
    path = str(Path(python_file).with_suffix(".kv"))
    if path not in Builder.files:
        Builder.load_file(path, encoding="utf-8")


class Txt(Label):
    """Wrapped text as high as it needs. `tone` names a colour, `strong` makes the strokes thicker."""

    tone = StringProperty("ink")
    strong = BooleanProperty(False)

    def spoken(self) -> str:
        """What is read aloud."""
        return self.text

    def texture_update(self, *largs: Any) -> None:
        width = self.text_size[0]
        if width:
            room = width - self.padding[0] - self.padding[2] - (2 * ui.stroke if self.strong else 0)
            self._label.text = broken(self.text, self.font_size, room)
        super().texture_update(*largs)


class Section(Txt):
    """A heading between cards."""


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

    silent = True
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
