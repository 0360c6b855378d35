"""Making the demo's database: the world of world.py goes in through the same doors as a real one, day by day.

Register, roles, pairings and tags are written by their nouns' use cases; visits come in through intake at the time they
would have arrived, and the scheduler's jobs run at the hours they would have run. So what one sees is what the system
made of it, not rows that were put there.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server import closing, intake, outcomes, rejudging
from server.absences.model import Absence
from server.auth.reach import Area, Reach
from server.callbacks import service as callbacks
from server.callbacks.model import Callback
from server.courses import queries as course_queries
from server.courses import service as courses
from server.courses.reading import read_path
from server.demo import world
from server.demo.world import Happening
from server.elders import service as elders
from server.elders.model import Elder
from server.elders.vault import Vault
from server.pairings.model import Pairing
from server.people import service as people
from server.people.model import User
from server.people.service import Wanted as Role
from server.policies import service as policies
from server.regions import service as regions
from server.regions.model import County, Region
from server.reviews import service as reviews
from server.roster.model import Shift
from server.tags import queries as tag_queries
from server.tags import service as tags
from server.tags.model import Tag
from server.tags.tokens import TagKeys
from server.visits.model import Visit
from shared.ids import uuid7
from shared.rules.months import Month, local_date, midnight

REGIONS = Path(__file__).with_name("weidu.csv")
COURSES = Path(__file__).parents[1] / "courses" / "shipped"
DISTRICT = 411002000000
SEED = 20261
# The demo's own logins; the rest of its people enrol a phone with a code. They guard nothing but invented data.
ACCOUNTS = {
    "admin": ("admin", "系统管理员", "yuetan-admin-2026"),
    "county_director": ("county_director", "魏都区主任", "yuetan-county-2026"),
    "village_director": ("village_director", "社区主任", "yuetan-village-2026"),
    "auditor": ("auditor", "审计员", "yuetan-auditor-2026"),
    "volunteer": ("volunteer", "", "yuetan-volunteer-2026"),
    "social_worker": ("social_worker", "", "yuetan-social-2026"),
    "family": ("family", "老人家属", "yuetan-family-2026"),
}


def seed(
    session: Session, *, count: int, vault: Vault, keys: TagKeys, now: dt.datetime, tz: dt.tzinfo, say: Any = print
) -> None:
    """Fill an empty, migrated database: regions, `count` elders, sixty-four visitors, two months of visits."""
    rng = random.Random(SEED)
    this_month = Month.of(now.astimezone(tz).date())
    months = [this_month.previous().previous(), this_month.previous(), this_month]
    begun = months[0].starts(tz) - dt.timedelta(days=3)
    regions.import_regions(session, REGIONS.read_bytes(), now=begun, valid_from=dt.date(2023, 1, 1))
    district = session.scalars(sa.select(Region).where(Region.code == DISTRICT)).one()
    county = regions.open_county(session, district, now=begun)
    policies.create_defaults(session, county.id, begun)
    courses.import_courses(session, [county.id], read_path(COURSES), now=begun)
    places = _villages(session, rng)
    register = world.elders(rng, places, count, months[0].first)
    visitors = world.visitors(rng, places)
    world.pair(rng, visitors, register)
    _people(session, visitors, places[0].code, begun, tz)
    _register(session, county, register, vault, begun)
    _pairings(session, county, register, begun)
    _tags(session, county, register, keys, begun)
    session.commit()
    found = world.happenings(rng, register, months, now, tz)
    say(f"  {len(register)} 位老人，{len(visitors)} 位探访员，{len(found)} 次探访……")
    _absences(session, county, register[5::97], now, tz)
    dead = _deaths(session, county, register[120::150], months[1], vault, now, tz)
    found = [h for h in found if h.elder.id not in dead or h.received_at < dead[h.elder.id]]
    _live(session, county, found, begun, now, tz, vault)
    _calls(session, county, vault, now)
    _learn(session, county, visitors, begun)
    _roster(session, county, district, visitors, now, tz)


def _roster(
    session: Session, county: County, district: Region, visitors: Sequence[world.Visitor], now: dt.datetime,
    tz: dt.tzinfo,
) -> None:  # fmt: skip
    """Somebody of the community's own staff is on duty for the district, day and night, for a fortnight."""
    staff = [v for v in visitors if v.role == "community_worker"]
    first = now.astimezone(tz).replace(hour=8, minute=0, second=0, microsecond=0) - dt.timedelta(days=1)
    session.add_all(
        Shift(
            county_id=county.id, id=uuid7(now), region_id=district.id, user_id=staff[number % len(staff)].id,
            starts_at=first + number * dt.timedelta(hours=12), ends_at=first + (number + 1) * dt.timedelta(hours=12),
            created_at=now,
        )
        for number in range(28)
    )  # fmt: skip
    session.commit()


def _learn(session: Session, county: County, visitors: Sequence[world.Visitor], begun: dt.datetime) -> None:
    """Most visitors have finished what is asked of them, and every second one the rest."""
    for number, visitor in enumerate(visitors):
        for place, course in enumerate(course_queries.running(session, [county.id])):
            if number % 9 == 4 or (place and number % 2):
                continue
            of, at = 4 - place, begun + dt.timedelta(days=number % 20, hours=2 + place)
            done = courses.Result(uuid7(at), course.id, course.version, of, of, True, at)
            courses.record(session, county.id, visitor.id, [done])
    session.commit()


def _deaths(
    session: Session, county: County, dead: Sequence[world.Elder], month: Month, vault: Vault, now: dt.datetime,
    tz: dt.tzinfo,
) -> dict[Any, dt.datetime]:  # fmt: skip
    """A few died last month; their director has yet to look at it. → from when nobody could visit them."""
    died_on = month.first + dt.timedelta(days=19)
    director = session.scalars(sa.select(User).where(User.username == "village_director")).one()
    for elder in dead:
        row = session.get_one(Elder, (county.id, elder.id))
        elders.record_status(
            session, row, "died", died_on, vault=vault, now=now, today=local_date(now, tz), actor_id=director.id
        )
    return {elder.id: midnight(died_on, tz) for elder in dead}


def _reviews(session: Session, vault: Vault, now: dt.datetime) -> None:
    """Before a month closes: the district's director accepts all that they decide, an administrator has a closer look,
    and some are left waiting."""
    deciding = session.scalars(sa.select(User).where(User.username.in_(("admin", "county_director"))))
    two = {user.username: user for user in deciding}
    doubted = session.scalars(
        sa.select(Visit.id)
        .where(Visit.assurance == "doubtful", Visit.decision.is_(None), Visit.received_at < now)
        .order_by(Visit.start)
    ).all()
    everywhere = (Area(None, 0, 10**12),)
    settle = partial(outcomes.settle_visits, now=now)
    for who, some, decision, ground in (
        ("county_director", doubted[::3], "accept", "device"), ("admin", doubted[1::6], "accept", "called"),
        ("admin", doubted[4::6], "reject", "not_there"),
    ):  # fmt: skip
        if some:
            reach = Reach(two[who].id, everywhere)
            reviews.review_many(
                session, reach, some, decision, "", ground=ground, vault=vault, now=now, settle=settle
            )


def _villages(session: Session, rng: random.Random) -> list[world.Village]:
    found = session.execute(
        sa.select(Region.code, Region.name).where(Region.level == "village").order_by(Region.code)
    ).all()
    return world.villages(rng, [(code, name) for code, name in found if code is not None])


def _people(
    session: Session, visitors: Sequence[world.Visitor], village: int, now: dt.datetime, tz: dt.tzinfo
) -> None:
    roles = {
        "admin": Role("admin", DISTRICT), "county_director": Role("director", DISTRICT),
        "village_director": Role("director", village), "auditor": Role("auditor", DISTRICT),
        "family": Role("family", village),
    }  # fmt: skip
    today = now.astimezone(tz).date()
    for account, role in roles.items():
        username, name, password = ACCOUNTS[account]
        people.add_user(session, username=username, name=name, password=password, roles=[role], by=None, now=now,
                        today=today, phone="19900000000")  # fmt: skip
    for visitor in visitors:
        password = ACCOUNTS[visitor.username][2] if visitor.username in ACCOUNTS else None
        user = people.add_user(
            session, username=visitor.username, name=visitor.name, password=password,
            roles=[Role(visitor.role, visitor.village.code)], by=None, now=now, today=today, phone=visitor.phone,
        )  # fmt: skip
        visitor.id = user.id


def _register(
    session: Session, county: County, register: Sequence[world.Elder], vault: Vault, now: dt.datetime
) -> None:
    ids = {row[0]: row[1] for row in session.execute(sa.select(Region.code, Region.id))}
    for elder in register:
        values = {
            "name": elder.name, "sex": elder.sex, "birth_date": elder.birth_date, "region_id": ids[elder.village.code],
            "id_number": elder.id_number, "phone": elder.phone, "address": elder.address,
            "contacts": [elder.contact], "categories": elder.categories,
            "policy_id": "focused" if elder.focused else "universal", "registered_on": elder.registered_on,
            "lat": round(elder.registered_at[0], 6), "lon": round(elder.registered_at[1], 6),
        }  # fmt: skip
        elder.id = elders.add_elder(session, county.id, values, vault=vault, now=now, today=elder.registered_on).id


def _pairings(session: Session, county: County, register: Sequence[world.Elder], now: dt.datetime) -> None:
    roles = {"volunteer": "volunteer", "neighbour": "neighbour", "social_worker": "social_worker",
             "community_worker": "community_worker", "doctor": "doctor"}  # fmt: skip
    family = session.scalars(sa.select(User).where(User.username == "family")).one()
    for number, elder in enumerate(register):
        ties = [(v.id, "main" if i == 0 else roles.get(v.role, "stand_in")) for i, v in enumerate(elder.visitors)]
        if number == 0:
            ties.append((family.id, "family"))
        session.add_all(
            Pairing(county_id=county.id, id=uuid7(now), elder_id=elder.id, user_id=user_id, role=role, starts_at=now,
                    created_at=now)
            for user_id, role in ties
        )  # fmt: skip
    session.flush()


def _tags(
    session: Session, county: County, register: Sequence[world.Elder], keys: TagKeys, now: dt.datetime
) -> None:
    wanted = tag_queries.Wanted(DISTRICT, DISTRICT + 10**6 - 1, now.date(), county.id)
    tags.issue(session, wanted, keys=keys, actor_id=None, now=now)
    tokens = {tag.elder_id: keys.token(tag) for tag in session.scalars(sa.select(Tag))}
    for elder in register:
        elder.tag = tokens.get(elder.id) if elder.id else None


def _absences(
    session: Session, county: County, away: Sequence[world.Elder], now: dt.datetime, tz: dt.tzinfo
) -> None:
    """A few elders are in hospital or with family this month: one such absence in three is not approved yet."""
    first = Month.of(now.astimezone(tz).date()).first
    director = session.scalars(sa.select(User).where(User.username == "village_director")).one()
    for number, elder in enumerate(away):
        approved = None if number % 3 == 2 else now - dt.timedelta(days=2)
        session.add(
            Absence(
                county_id=county.id, id=uuid7(now), elder_id=elder.id,
                reason=("in_hospital", "with_family")[number % 2], starts_on=first, ends_on=None,
                recorded_at=now - dt.timedelta(days=3), recorded_by=director.id,
                approved_at=approved, approved_by=director.id if approved else None,
            )
        )  # fmt: skip
    session.commit()


def _live(
    session: Session, county: County, found: Sequence[Happening], begun: dt.datetime, now: dt.datetime, tz: dt.tzinfo,
    vault: Vault,
) -> None:  # fmt: skip
    """Let the days pass: each night's jobs, then the visits of the day as they arrive."""
    waiting = list(found)
    at = 0
    day = begun.astimezone(tz).date()
    while day <= now.astimezone(tz).date():
        night = dt.datetime.combine(day, dt.time(0, 10), tz).astimezone(dt.UTC)
        if day.day == 6:
            _reviews(session, vault, night - dt.timedelta(days=1))
        if day.day in (1, 6) or day.weekday() == 0:
            outcomes.open_periods(session, county.id, now=night)
            outcomes.flag_missing(session, county.id, now=night)
            closing.close_months(session, county.id, now=night)
            closing.draw_callbacks(session, county.id, vault=vault, now=night)
            session.commit()
        midnight = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(0, 10), tz).astimezone(dt.UTC)
        until = min(midnight, now)
        batch: list[Happening] = []
        while at < len(waiting) and waiting[at].received_at < until:
            batch.append(waiting[at])
            at += 1
        _arrive(session, county, batch, vault)
        day += dt.timedelta(days=1)
    rejudging.rejudge(session, county.id, vault=vault, now=now)
    session.commit()


def _calls(session: Session, county: County, vault: Vault, now: dt.datetime) -> None:
    """The call-backs of the month before last were all made, of last month's four in five: nearly all confirm the
    visit, one does not, a few say nothing."""
    drawn = session.scalars(
        sa.select(Callback)
        .where(Callback.county_id == county.id, Callback.assigned_to.is_not(None))
        .order_by(Callback.month, Callback.visit_id)
    ).all()
    said = {
        7: ("not_confirmed", "老人说那天没有人来过"), 19: ("elder_unsure", "记不清是哪一天"), 31: ("not_reached", ""),
    }  # fmt: skip
    newest = [call for call in drawn if call.month == drawn[-1].month]
    left = {call.id for call in newest[len(newest) * 4 // 5 :]}
    for number, call in enumerate(newest + [call for call in drawn if call.month != drawn[-1].month]):
        if call.id in left:
            continue
        outcome, note = said.get(number, ("confirmed", ""))
        assert call.assigned_to is not None
        callbacks.note_outcome(
            session, call, outcome, note, by=call.assigned_to, vault=vault, now=now - dt.timedelta(hours=20)
        )  # fmt: skip
    session.commit()


def _arrive(session: Session, county: County, batch: Sequence[Happening], vault: Vault) -> None:
    """The visits of one day: what one visitor sends in an hour comes as one batch."""
    groups: dict[tuple[Any, dt.datetime], list[Happening]] = {}
    for happening in batch:
        hour = happening.received_at.replace(minute=0, second=0, microsecond=0)
        groups.setdefault((happening.visitor.id, hour), []).append(happening)
    for (user_id, _), sent in groups.items():
        sender = intake.Sender(user_id, county.id)
        intake.receive(session, sender, [h.item for h in sent], vault=vault, now=max(h.received_at for h in sent))
