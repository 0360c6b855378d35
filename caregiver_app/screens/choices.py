"""One of several, chosen by a button in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kivy.metrics import dp
from kivy.properties import BooleanProperty, DictProperty, ListProperty, NumericProperty, StringProperty
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.gridlayout import GridLayout

from caregiver_app.screens.parts import Surface, Txt, load_kv
from caregiver_app.screens.style import measure, ui

TICK = "✓ "


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

    def spoken(self) -> str:
        """What is read aloud: what is chosen, or what there is to choose."""
        buttons = list(reversed(self.children))
        chosen = [button.label for button in buttons if button.chosen]
        said = "、".join(chosen or [button.label for button in buttons])
        return ui.word("read.chosen" if chosen else "read.choose", what=said) if said else ""

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


load_kv(__file__)
