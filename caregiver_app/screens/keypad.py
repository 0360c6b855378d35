"""Ten large keys: a PIN is pressed, not typed, so that no keyboard covers the screen and no letter can be wrong."""

from __future__ import annotations

from typing import Any

from kivy.properties import BooleanProperty, NumericProperty, StringProperty
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.gridlayout import GridLayout
from kivy.uix.widget import Widget

from caregiver_app.screens.parts import Column, Surface, load_kv
from caregiver_app.screens.style import measure, ui

LENGTH = 6
DELETE = "delete"


class Key(ButtonBehavior, Surface, BoxLayout):
    """One key: a figure, or the word for taking one back."""

    text = StringProperty("")
    value = StringProperty("")

    def type_size(self) -> float:
        """Figures are large; a word is as large as its key is wide."""
        if len(self.text) == 1:
            return float(ui.figure)
        room = max(1.0, self.width - 8)
        return float(min(ui.body, ui.body * room / max(1, measure(self.text, ui.body, None, True)[0])))


class Keys(GridLayout):
    """The keypad. Fires `on_key(value)`: a figure, or `delete`."""

    __events__ = ("on_key",)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for value in ("1", "2", "3", "4", "5", "6", "7", "8", "9", "", "0", DELETE):
            if not value:
                self.add_widget(Widget(size_hint_y=None, height=0))
                continue
            key = Key(value=value, text=ui.word("pin.delete") if value == DELETE else value)
            key.bind(on_release=lambda pressed: self.dispatch("on_key", pressed.value))
            self.add_widget(key)

    def on_key(self, value: str) -> None:
        """A key was pressed."""


class Dots(Widget):
    """How many figures are in; the words beside it say the same."""

    count = NumericProperty(0)


class PinPad(Column):
    """Dots, what they say in words, and the keys. Fires `on_full(pin)` with the sixth figure."""

    pin = StringProperty("")
    busy = BooleanProperty(False)
    shown = BooleanProperty(True)

    __events__ = ("on_full",)

    def on_full(self, pin: str) -> None:
        """Six figures are in."""

    def key(self, value: str) -> None:
        """A key was pressed; while the last PIN is being looked at nothing is taken."""
        if self.busy:
            return
        if value == DELETE:
            self.pin = self.pin[:-1]
        elif len(self.pin) < LENGTH:
            self.pin += value
            if len(self.pin) == LENGTH:
                self.dispatch("on_full", self.pin)

    def said(self) -> str:
        """The dots in words."""
        if self.busy:
            return ui.word("wait")
        return ui.word("pin.count", count=len(self.pin), left=LENGTH - len(self.pin))


load_kv(__file__)
