"""An emergency: whom to call now, from what the phone holds; and the alert, ahead of everything in the queue.

Calling comes first and needs no network, nor a PIN: a locked phone shows what is nobody's secret, and calls for help.
The alert is an event of its own, frozen at the touch; what the screen says of it is what is known: on this phone, or
with the server.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from caregiver_app.presenters import calls as people
from caregiver_app.presenters.common import Common
from caregiver_app.presenters.draft import position
from caregiver_app.presenters.events import tell
from caregiver_app.presenters.views.base import Call
from caregiver_app.presenters.views.sos import SosView
from caregiver_app.store.vault import Locked
from caregiver_app.sync.offset import parse, stamp
from shared.protocol.values import SOS

KEY = "sos"
FRESH = timedelta(hours=2)  # a call for help of this long ago is another emergency


class SosPresenter:
    """Fulfils `interface.Sos`. `elder_id` None: an emergency of nobody in particular."""

    def __init__(self, common: Common, elder_id: str | None, changed: Callable[[bool], None]) -> None:
        self._common = common
        self._elder_id = elder_id
        self._changed = changed

    def view(self) -> SosView:
        """Whom to call, and where the alert stands."""
        common = self._common
        elder = self._elder()
        raised = self._raised()
        state = self._state(raised)
        region = (elder or {}).get("region")
        village = str(region.get("name") or "") if isinstance(region, dict) else ""
        where = [village, str((elder or {}).get("address") or "")]
        return SosView(
            name=str((elder or {}).get("name") or ""),
            where="\n".join(line for line in where if line),
            first=people.emergency(common),
            duty=self._duty(),
            family=people.of_elder(elder, common) if elder else (),
            state=state,
            state_text=common.text(f"sos.{state}", when=common.when(raised["at"])) if raised else "",
        )

    def raise_alert(self) -> SosView:
        """Tell everybody on duty: kept at once, sent before all else. Pressed again soon, it is the same call."""
        common = self._common
        if self._raised() is None:
            at = stamp(common.platform.clock.now())
            with common.store.database.transaction():
                data: dict[str, Any] = {"words": ""}
                if (here := position(common.platform)) is not None:
                    data["position"] = here
                event_id = tell(common, SOS, self._elder_id, data, urgent=True)
                common.store.meta.set(**{KEY: {"event": event_id, "elder": self._elder_id, "at": at}})
            self._changed(True)
        return self.view()

    def _elder(self) -> dict[str, Any] | None:
        try:
            return self._common.store.cache.one("elders", self._elder_id) if self._elder_id else None
        except Locked:
            return None

    def _duty(self) -> tuple[Call, ...]:
        try:
            return people.duty(self._common)
        except Locked:
            return ()

    def _raised(self) -> dict[str, Any] | None:
        kept = self._common.store.meta.get(KEY)
        at = parse(kept.get("at")) if isinstance(kept, dict) else None
        if at is None or kept.get("elder") != self._elder_id or self._common.platform.clock.now() - at > FRESH:
            return None
        return dict(kept)

    def _state(self, raised: dict[str, Any] | None) -> str:
        if raised is None:
            return ""
        row = self._common.store.events.get(raised["event"])
        return "sent" if row is not None and row.state == "sent" else "pending"
