"""What to do after nobody answered."""

from __future__ import annotations

from dataclasses import dataclass

from caregiver_app.presenters.views.base import Call, Choice
from caregiver_app.presenters.views.today import ElderRow


@dataclass(frozen=True, slots=True)
class StepCall:
    """A call of the next steps. `state`: "" (not yet) | asked (dialled; how did it go?) | the outcome's code."""

    call: Call
    state: str
    text: str


@dataclass(frozen=True, slots=True)
class StepsView:
    """After nobody answered. `asked`: the line whose outcome is being asked for; `outcomes` fit it."""

    elder: ElderRow
    title: str
    when_text: str
    ladder_text: str  # who is told by itself, and when
    calls: tuple[StepCall, ...]
    asked: str | None
    outcomes: tuple[Choice, ...]
    wheres: tuple[Choice, ...]
    agains: tuple[Choice, ...]
    again_text: str
    ended_text: str  # it is over, and why; empty while it is not
