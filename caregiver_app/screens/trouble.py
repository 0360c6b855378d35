"""A screen failed: say so, say what is safe, and lead back."""

from __future__ import annotations

from caregiver_app.screens.base import Page
from caregiver_app.screens.parts import load_kv


class TroubleScreen(Page):
    """Shown in place of a screen that could not go on; what was saved is not touched by it."""

    has_back = False


load_kv(__file__)
