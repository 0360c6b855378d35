"""What the app needs from a phone's owner, once: buildozer.spec declares it, the settings explain it, a test compares.

A permission that is not in this list is not asked for. The words in both languages are `permission.*` in `texts`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Need:
    """Android's permissions behind one of our names. `asked`: the owner is asked when it is first needed."""

    android: tuple[str, ...]
    asked: bool = True


NEEDS: dict[str, Need] = {
    "network": Need(("INTERNET",), asked=False),
    "camera": Need(("CAMERA",)),
    "position": Need(("ACCESS_FINE_LOCATION", "ACCESS_COARSE_LOCATION")),
    "notifications": Need(("POST_NOTIFICATIONS",)),
}
