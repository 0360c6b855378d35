"""The app's own lock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from caregiver_app.presenters.views.base import Choice


@dataclass(frozen=True, slots=True)
class LockView:
    """Where the lock stands.

    `state`: new (no PIN chosen yet: everything works, and a PIN is to be asked for), locked, waiting (no try before
    `wait_until`), open, wiped (enrol anew). `tries_left`: wrong PINs until the list is dropped. `by_phone`: the phone's
    own lock opens it, not a PIN; `phone_offered`: that can be chosen here. `problem`: what was wrong with what was
    just asked, "" if nothing; `note`: what else there is to know.
    """

    state: str
    title: str
    text: str
    problem: str
    note: str
    tries_left: int
    wait_until: datetime | None
    wait_s: int
    by_phone: bool
    phone_offered: bool
    lock_after: tuple[Choice, ...]
