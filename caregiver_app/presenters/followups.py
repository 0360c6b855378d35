"""Nobody answered: what is still to be done about it, kept on the phone until somebody knows where the elder is.

A follow-up begins with the saved attempt and holds the calls made since and when to go again. It names ids and
places in the list of calls only, never a person. The server's alert is the truth of others; this is the memory of
the one who stood at the door, who may have no network.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from caregiver_app.presenters.common import Common
from caregiver_app.sync.offset import parse, stamp
from shared.protocol.values import WHEREABOUTS

KEY = "followups"
KEPT_DAYS = 3  # afterwards the county has it (DOMAIN, Alerts), and a reminder would only nag


@dataclass(frozen=True, slots=True)
class Made:
    """A call that was made: to whom (the ladder's word), which line of the list (`place`), and what came of it.

    `outcome` None: dialled, and nothing was said yet of how it went.
    """

    place: str
    whom: str
    at: str
    outcome: str | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What the visitor does about one attempt. Times are the phone's, RFC 3339."""

    elder_id: str
    visit_id: str
    at: str
    again_at: str | None = None
    calls: tuple[Made, ...] = ()
    ended: str = ""  # why: met | reached | whereabouts

    def again(self) -> datetime | None:
        """When to go again."""
        return parse(self.again_at)

    def call(self, place: str) -> Made | None:
        """The last call to this one."""
        return next((call for call in reversed(self.calls) if call.place == place), None)


def starts_one(visit: dict[str, Any]) -> bool:
    """Whether this visit leaves something to be done: nobody opened, and nobody knows where the elder is."""
    return visit["channel"] == "home" and visit["outcome"] == "not_home" and visit["reason"] not in WHEREABOUTS


def known(common: Common) -> dict[str, FollowUp]:
    """Those that are still fresh, by elder."""
    kept = common.store.meta.get(KEY) or {}
    earliest = common.platform.clock.now() - timedelta(days=KEPT_DAYS)
    found = {}
    for elder_id, one in kept.items():
        at = parse(one.get("at"))
        if at is not None and at > earliest:
            found[elder_id] = _read(elder_id, one)
    return found


def open_ones(common: Common, alerted: set[str]) -> dict[str, FollowUp]:
    """Those that nobody ended: not here, and not on the server either, as far as the phone has heard.

    `alerted`: elders of whom an open `no_answer` is known. The server's silence counts only once it had the attempt.
    """
    return {
        elder_id: one
        for elder_id, one in known(common).items()
        if not one.ended and (elder_id in alerted or not _server_says_over(common, one))
    }


def begin(common: Common, elder_id: str, visit_id: str, at: str) -> None:
    """An attempt was saved. Calls made at the door before saving belong to it."""
    before = known(common).get(elder_id)
    calls = before.calls if before and before.visit_id == visit_id else ()
    _put(common, FollowUp(elder_id, visit_id, at, calls=calls))


def put(common: Common, followup: FollowUp) -> None:
    """Keep it as it now is."""
    _put(common, followup)


def end(common: Common, elder_id: str, why: str) -> None:
    """Somebody met or reached the elder, or knows where they are."""
    one = known(common).get(elder_id)
    if one is not None and not one.ended:
        _put(common, replace(one, ended=why, again_at=None))
    common.platform.reminders.cancel(reminder_key(elder_id))


def remind(common: Common, followup: FollowUp, at: datetime | None) -> FollowUp:
    """Go again then, or (None) not of one's own accord."""
    changed = replace(followup, again_at=stamp(at) if at else None)
    _put(common, changed)
    key = reminder_key(followup.elder_id)
    if at is None:
        common.platform.reminders.cancel(key)
    else:
        common.platform.permissions.ask("notifications", lambda allowed: _set(common, key, at) if allowed else None)
    return changed


def rearm(common: Common) -> None:
    """Set the reminders that are still to come: a phone forgets them when it is switched off."""
    now = common.platform.clock.now()
    for one in known(common).values():
        at = one.again()
        if at is not None and at > now and not one.ended:
            _set(common, reminder_key(one.elder_id), at)


def _set(common: Common, key: str, at: datetime) -> None:
    common.platform.reminders.set(key, at, common.text("reminder.title"), common.text("reminder.text"))


def reminder_key(elder_id: str) -> str:
    """What the phone's reminder is kept under."""
    return f"again/{elder_id}"


def _server_says_over(common: Common, one: FollowUp) -> bool:
    row = common.store.outbox.get(one.visit_id)
    if row is None or row.state != "sent":
        return False
    answered, pulled = parse(row.answered_at), parse(common.store.meta.get("pulled_at"))
    return answered is not None and pulled is not None and pulled > answered


def _put(common: Common, followup: FollowUp) -> None:
    values = {one.elder_id: _write(one) for one in known(common).values()}
    values[followup.elder_id] = _write(followup)
    common.store.meta.set(**{KEY: values})


def _write(one: FollowUp) -> dict[str, Any]:
    written = asdict(one)
    del written["elder_id"]
    return written


def _read(elder_id: str, kept: dict[str, Any]) -> FollowUp:
    return FollowUp(
        elder_id=elder_id,
        visit_id=str(kept.get("visit_id")),
        at=str(kept.get("at")),
        again_at=kept.get("again_at"),
        calls=tuple(Made(**call) for call in kept.get("calls") or ()),
        ended=str(kept.get("ended") or ""),
    )
