"""What the elder's page shows, gathered from the nouns that know it; each part only for whoever has its right."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_

from server import clock
from server.absences import queries as absences
from server.absences.model import REASONS
from server.auth.current import actor, reach
from server.console.render import may
from server.database import session
from server.duties import queries as duties
from server.elders import queries, vault
from server.elders.masks import mask_address, mask_id, mask_phone
from server.elders.model import STATUSES, Elder
from server.elders.profile import Particulars
from server.paging import PageArgs
from server.pairings import queries as pairings
from server.pairings.model import PAIRING_ROLES
from server.people.model import VISITING_ROLES, RoleGrant
from server.people.queries import Person, names_of, people_page
from server.regions.codes import code_range
from server.regions.model import Region
from server.requests.model import ASKERS, KINDS
from server.tags import queries as tags
from server.visits import queries as visits
from shared.ids import uuid7
from shared.rules.categories import CATEGORIES
from shared.rules.months import local_date, month_of

CATEGORY_CODES = tuple(category.code for category in CATEGORIES)
MONTHS_BACK = 3
VISITS_SHOWN = 10


def elder_context(elder: Elder, *, clear: Particulars | None = None) -> dict[str, Any]:
    """`clear`: the particulars as they were revealed just now; without them everything sealed is masked."""
    now = clock.now()
    listed = queries.listed(session(), vault.current(), elder)
    events = queries.statuses(session(), elder)
    since = month_of(now, clock.zone())
    for _ in range(MONTHS_BACK - 1):
        since = since.previous()
    wanted = visits.Filter(elder_id=elder.id)
    recent = visits.listed(
        session(), reach("visits.read"), wanted, PageArgs(VISITS_SHOWN), tz=clock.zone(), vault=vault.current()
    ) if may("visits.read") else None  # fmt: skip
    ties = pairings.listed(
        session(), reach("pairings.read"), PageArgs(50), now=now, elder_id=elder.id, ended=True
    ).items if may("pairings.read") else []  # fmt: skip
    here = elder.region_id is not None and may("elders.write") and _writes(elder)
    return {
        "e": elder, "region": listed.region, "seen": masked(listed.particulars) if clear is None else clear,
        "revealed": clear is not None, "erased": elder.data_key is None, "age": _age(elder),
        "events": events, "undone": {event.supersedes for event in events if event.supersedes},
        "names": names_of(session(), {event.recorded_by for event in events}), "statuses": STATUSES,
        "absences": absences.listed(
            session(), reach("absences.read"), PageArgs(20), now=now, elder_id=elder.id
        ).items if may("absences.read") else [],
        "reasons": REASONS, "ties": ties, "pairing_roles": PAIRING_ROLES,
        "visitors": _visitors(listed.region) if here else [],
        "duties": duties.of_elder(session(), elder.county_id, elder.id, since.first),
        "recent": recent, "tag": tags.status(session(), elder) if may("tags.read") else None,
        "can_write": here, "can_ask": may("absences.ask"), "can_reveal": may("elders.reveal"),
        "can_ask_data": may("requests.write") and _covers(elder), "request_kinds": KINDS, "askers": ASKERS,
        "today": local_date(now, clock.zone()), "new_id": str(uuid7()),
    }  # fmt: skip


def masked(seen: Particulars) -> Particulars:
    contacts = tuple({**contact, "phone": mask_phone(contact["phone"])} for contact in seen.contacts)
    return Particulars(
        mask_id(seen.id_number), mask_phone(seen.phone), mask_address(seen.address), contacts,
        "***" if seen.notes else None,
    )  # fmt: skip


def _writes(elder: Elder) -> bool:
    """Whether this person may change this elder: the right's own reach, which a mere visitor's does not fill."""
    return queries.find(session(), actor().reach("elders.write"), elder.id, clock.now()) is not None


def _covers(elder: Elder) -> bool:
    return queries.find(session(), actor().reach("requests.write"), elder.id, clock.now()) is not None


def _age(elder: Elder) -> int | None:
    if elder.birth_date is None:
        return None
    today = local_date(clock.now(), clock.zone())
    had_birthday = (today.month, today.day) >= (elder.birth_date.month, elder.birth_date.day)
    return today.year - elder.birth_date.year - (not had_birthday)


def _visitors(region: Region) -> list[Person]:
    """Who could be paired: people of the elder's town who visit, as far as one may see them."""
    if region.code is None or not may("users.read"):
        return []
    low, high = code_range(region.code // 1000 * 1000, "town")
    within = and_(
        reach("users.read").within(Region.code, RoleGrant.county_id), Region.code.between(low, high),
        RoleGrant.role.in_(VISITING_ROLES | {"family"}),
    )  # fmt: skip
    today = local_date(clock.now(), clock.zone())
    people = people_page(session(), PageArgs(500), today, within).items
    return [p for p in people if p.user.disabled_at is None]


