"""What the engine is doing, for the sync page: written by the engine, read by presenters."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Status:
    """`code` names the last outcome (a `sync.<code>` in `texts.py`); `detail` is the server's words."""

    code: str = "idle"
    detail: str = ""
    busy: bool = False
    failures: int = 0
    wait_s: float = 0.0

    @property
    def failing(self) -> bool:
        """The last attempt came to nothing."""
        return self.failures > 0
