"""The things that can be added to a visit, side by side."""

from __future__ import annotations

from typing import Any

from kivy.metrics import dp
from kivy.properties import BooleanProperty, StringProperty
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.gridlayout import GridLayout

from caregiver_app.screens.parts import Surface, load_kv
from caregiver_app.screens.style import measure, ui


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


load_kv(__file__)
