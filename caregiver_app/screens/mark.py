"""The app's mark, drawn: a moon over a roof line."""

from __future__ import annotations

from kivy.uix.widget import Widget

from caregiver_app.screens.parts import load_kv


class Moon(Widget):
    """64 dp square, on any ground."""


load_kv(__file__)
