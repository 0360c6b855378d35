"""What the engine is doing, for the sync page: written by the engine, read by presenters."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Status:
    """`code` names what there is to say (a `sync.<code>` in `texts`); `detail` is the server's words.

    `doing`: the lane that was last worked on. `next_ms`: uptime of the next try; None: nothing is planned.
    `too_old`: the server sends this app nothing new any more.
    """

    code: str = "idle"
    detail: str = ""
    busy: bool = False
    doing: str = ""
    failures: int = 0
    wait_s: float = 0.0
    next_ms: int | None = None
    too_old: bool = False

    @property
    def failing(self) -> bool:
        """The last attempt came to nothing."""
        return self.failures > 0
