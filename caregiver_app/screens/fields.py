"""Fields to type in."""

from __future__ import annotations

from kivy.properties import BooleanProperty, NumericProperty, StringProperty
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.textinput import TextInput

from caregiver_app.screens.parts import Column, Icon, Surface, load_kv


class IconButton(ButtonBehavior, Icon):
    """A picture that stands for a well-known act, in a place where its meaning is plain."""


class Entry(Surface, TextInput):
    """The box to type in."""

    before = NumericProperty(0)  # room for a picture
    after = NumericProperty(0)  # room for a button

    def spoken(self) -> str:
        """What is read aloud."""
        return self.text


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


load_kv(__file__)
