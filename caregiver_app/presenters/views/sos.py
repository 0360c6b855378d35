"""Whom to call in an emergency."""

from __future__ import annotations

from dataclasses import dataclass

from caregiver_app.presenters.views.base import Call


@dataclass(frozen=True, slots=True)
class SosView:
    """Whom to call now. `state`: "" (no alert raised) | pending (on this phone) | sent (with the server)."""

    name: str
    where: str
    first: tuple[Call, ...]
    duty: tuple[Call, ...]
    family: tuple[Call, ...]
    state: str
    state_text: str
