"""How much to send at once: about as much as the line lately bore in TARGET_S.

On 20 kbit/s a part of 128 KB takes a minute, and a line that breaks every half minute never carries it; on a good
line parts of 4 KB would be all waiting. Short exchanges also let an urgent visit in between.
"""

from __future__ import annotations

TARGET_S = 10.0
START, LEAST, MOST = 32 * 1024, 4 * 1024, 512 * 1024
TELLING = 1024


class Pace:
    """`size`: bytes that one exchange should carry. Forgotten when the app ends: lines change."""

    def __init__(self) -> None:
        self.size = START

    def went(self, sent: int, took_ms: int) -> None:
        """An exchange that carried `sent` bytes came through. A small one, mostly latency, only ever widens."""
        if sent < TELLING:
            return
        borne = min(MOST, self.size * 2, int(sent * TARGET_S * 1000 / max(1, took_ms)))
        self.size = max(LEAST, borne if sent >= self.size // 2 else max(self.size, borne))

    def broke(self, sent: int) -> None:
        """An exchange came to nothing."""
        self.size = max(LEAST, min(self.size, max(sent, LEAST)) // 2)
