"""Who may do what: one table, read by the router; a route names a right, and a route without one does not start.

A right says through which roles it can be held: by region (everything within the area of the grant), by pairing
(elders tied to the visitor), or for one's own things only. `figures` rights show numbers without persons and are the
only ones that a grant above county level opens.
"""

from __future__ import annotations

from dataclasses import dataclass

from server.people.model import ROLES as _ROLES
from server.people.model import STAFF_ROLES, VISITING_ROLES

VOLUNTEER, SOCIAL_WORKER, NEIGHBOUR, DOCTOR = "volunteer", "social_worker", "neighbour", "doctor"
COMMUNITY_WORKER, GRID_WORKER = "community_worker", "grid_worker"
DIRECTOR, ADMIN, AUDITOR, FAMILY = "director", "admin", "auditor", "family"

# Staff of a region visit its elders without a pairing; volunteers and neighbours need one.
STAFF = STAFF_ROLES
VISITORS = VISITING_ROLES
LEADERS = frozenset({DIRECTOR, ADMIN})
READERS = LEADERS | {AUDITOR}
ROLES = frozenset(_ROLES)
NOBODY: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Right:
    region: frozenset[str] = NOBODY
    paired: frozenset[str] = NOBODY
    own: frozenset[str] = NOBODY
    figures: bool = False

    @property
    def roles(self) -> frozenset[str]:
        return self.region | self.paired | self.own


class _Open:
    """Not a right but the lack of one: said aloud in the route's declaration, never by leaving something out."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


PUBLIC = _Open("PUBLIC")
SIGNED_IN = _Open("SIGNED_IN")

RIGHTS: dict[str, Right] = {
    "audit.read": Right(region=frozenset({ADMIN, AUDITOR})),
    "regions.read": Right(region=READERS | STAFF, own=ROLES, figures=True),
    "users.read": Right(region=READERS),
    "users.write": Right(region=LEADERS),
    "users.appoint": Right(region=frozenset({ADMIN})),
    "devices.read": Right(region=READERS, own=VISITORS),
    "devices.enrol": Right(region=LEADERS),
    "devices.revoke": Right(region=LEADERS, own=VISITORS),
    "tasks.read": Right(region=READERS, own=ROLES),
    "files.read": Right(region=READERS, own=ROLES),
    "elders.read": Right(region=READERS | STAFF, paired=VISITORS),
    "elders.write": Right(region=LEADERS),
    "elders.reveal": Right(region=LEADERS | STAFF, paired=VISITORS),
    "elders.erase": Right(region=frozenset({ADMIN})),
    "elders.import": Right(region=LEADERS),
    "absences.read": Right(region=READERS | STAFF, paired=VISITORS),
    "absences.ask": Right(region=LEADERS | STAFF, paired=VISITORS),
    "absences.decide": Right(region=LEADERS),
    "pairings.read": Right(region=READERS | STAFF, own=VISITORS),
    "pairings.write": Right(region=LEADERS),
    "policies.read": Right(region=READERS | VISITORS),
    "requests.read": Right(region=READERS),
    "requests.write": Right(region=LEADERS),
    "counties.read": Right(region=READERS),
    "policies.write": Right(region=LEADERS),
    "tags.open": Right(region=LEADERS | STAFF, paired=VISITORS),
    "tags.read": Right(region=READERS),
    "tags.write": Right(region=LEADERS),
    "sync.pull": Right(region=STAFF | {DIRECTOR}, paired=VISITORS),
    "sync.push": Right(region=STAFF | {DIRECTOR}, paired=VISITORS),
    "photos.write": Right(own=VISITORS | {DIRECTOR}),
    "courses.read": Right(own=VISITORS | READERS),
    "progress.read": Right(region=READERS),
    "visits.read": Right(region=READERS | STAFF, own=VISITORS),
    "visits.review": Right(region=LEADERS),
    "visits.reopen": Right(region=LEADERS),
    "reviewers.read": Right(region=READERS),
    "visits.reply": Right(own=VISITORS | {DIRECTOR}),
    "deaths.read": Right(region=READERS),
    "deaths.review": Right(region=LEADERS),
    "visitors.read": Right(region=READERS, own=VISITORS | {DIRECTOR}),
    "homes.read": Right(region=READERS),
    "homes.decide": Right(region=LEADERS),
    "callbacks.read": Right(region=READERS, own=STAFF),
    "callbacks.answer": Right(region=LEADERS, own=STAFF),
    "callbacks.assign": Right(region=LEADERS),
    "compliance.read": Right(region=READERS | STAFF, figures=True),
    "compliance.missing": Right(region=READERS | STAFF),
    "months.read": Right(region=READERS | STAFF, figures=True),
    "months.close": Right(region=LEADERS),
    "reports.make": Right(region=READERS, figures=True),
    "alerts.read": Right(region=READERS | STAFF, own=VISITORS),
    "alerts.act": Right(region=LEADERS | STAFF, own=VISITORS),
    "shifts.read": Right(region=READERS | STAFF),
    "shifts.write": Right(region=LEADERS),
    "sos.press": Right(region=STAFF, paired=VISITORS, own=frozenset({FAMILY})),
    "timebank.read": Right(region=READERS, own=VISITORS),
    "timebank.spend": Right(own=VISITORS),
}
