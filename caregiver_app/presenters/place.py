"""Where the phone is: listened for while the app is in front, asked for when a home visit first begins.

What for is explained in the settings; a refusal is taken as it is, and every visit can be recorded without.
"""

from __future__ import annotations

from collections.abc import Callable

from caregiver_app.presenters.common import Common

POSITION = "position"
ASKED = "asked_position"


class Place:
    """Starts and stops listening; the reading itself is asked of the platform. `tell`: the list can be sorted by
    nearness now; after that it is sorted anew only when it is drawn anew, not under the reader's finger."""

    def __init__(self, common: Common, tell: Callable[[], None]) -> None:
        self._common = common
        self._tell = tell

    def look(self) -> None:
        """The app is in front: near elders come first, if the owner allowed it before."""
        platform = self._common.platform
        if platform.permissions.granted(POSITION):
            platform.position.start(self._tell)

    def need(self) -> None:
        """A home visit begins: the owner is asked, once."""
        platform, meta = self._common.platform, self._common.store.meta
        if platform.permissions.granted(POSITION):
            platform.position.start(self._tell)
        elif not meta.get(ASKED):
            meta.set(**{ASKED: True})
            platform.permissions.ask(POSITION, self._answered)

    def rest(self) -> None:
        """The app is no longer looked at: nobody is followed."""
        self._common.platform.position.stop()

    def _answered(self, allowed: bool) -> None:
        if allowed:
            self._common.platform.position.start(self._tell)
