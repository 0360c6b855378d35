"""What there is to do, in order of urgency, each with a patience of its own.

One visit or photo that the server stumbles over holds up its own lane for a while, never the other lanes; a line
that is down holds up all of them (that is the engine's business).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from caregiver_app.sync.link import Outcome


def _no() -> bool:
    return False


def _yes() -> bool:
    return True


@dataclass
class Lane:
    """`waiting`: there is something to do; `fresh`: it was not tried before, so an earlier failure is no reason
    to wait. `token`: whether it needs one. Times are uptimes in milliseconds."""

    name: str
    waiting: Callable[[], bool]
    step: Callable[[], Outcome]
    fresh: Callable[[], bool] = _no
    token: Callable[[], bool] = _yes
    not_before: int = 0
    failures: int = 0
    trouble: Outcome | None = None

    def due(self, now: int) -> bool:
        """Whether it has something to do now."""
        return self.waiting() and (now >= self.not_before or self.fresh())

    def went(self) -> None:
        """A step came to something."""
        self.not_before, self.failures, self.trouble = 0, 0, None

    def stuck(self, outcome: Outcome, until: int) -> None:
        """The server answered, and not with what was wanted."""
        self.failures += 1
        self.not_before, self.trouble = until, outcome

    def impatient(self) -> None:
        """The user asks for it: do not wait."""
        self.not_before = 0
