"""The first screen."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EnrolView:
    """The first screen. `needed`: show it; `again`: was enrolled before, `waiting` visits lie safe here."""

    needed: bool
    again: bool
    address: str
    waiting: int
    message: str
    problem: str
    done: bool
    problem_code: str = ""  # the server's, for those who act on it
