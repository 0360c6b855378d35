"""Duties, figures and credits worked out once more, by other means: slowly, one elder and one visitor at a time, from
the visits themselves, in the words of the rules and with none of the server's or the phone's code.

Everything here is written a second time on purpose. Where it and the server disagree, one of the two is wrong.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.absences.model import Absence
from server.duties.model import Closing, Duty, VillageCount
from server.elders.model import Elder
from server.people.model import RoleGrant
from server.timebank.model import Account, Balance, Posting, TimeTransaction
from server.visits.model import Judgement, Review, Visit

LOCAL = dt.timezone(dt.timedelta(hours=8))
DAY = dt.timedelta(days=1)
CALLS = ("phone", "video")
FIGURES = ("due", "visited", "visited_home", "missing", "away", "away_kept", "refused", "weeks_owed", "weeks_kept")
STANDARD, A_DAY, PER_ELDER = 60, 480, 4


def disagreements(own: Session, county_id: int, now: dt.datetime) -> list[str]:
    """Sentences, each about one thing that stands otherwise than it should."""
    visits = list(own.scalars(sa.select(Visit).where(Visit.county_id == county_id).order_by(Visit.id)))
    found = _visits(own, visits)
    duties = list(own.scalars(sa.select(Duty).where(Duty.county_id == county_id)))
    elders = {elder.id: elder for elder in own.scalars(sa.select(Elder).where(Elder.county_id == county_id))}
    absences = list(own.scalars(sa.select(Absence).where(Absence.county_id == county_id)))
    found += _duties(duties, elders, absences, visits)
    found += _figures(own, county_id, duties)
    found += _credits(own, county_id, visits)
    return found


def _visits(own: Session, visits: list[Visit]) -> list[str]:
    """Each visit judged, decided, counted and dated as it should be."""
    found = []
    judged: dict[uuid.UUID, list[Judgement]] = defaultdict(list)
    for judgement in own.scalars(sa.select(Judgement).order_by(Judgement.at, Judgement.id)):
        judged[judgement.visit_id].append(judgement)
    said: dict[uuid.UUID, list[Review]] = defaultdict(list)
    for review in own.scalars(sa.select(Review).order_by(Review.at, Review.id)):
        said[review.visit_id].append(review)
    for visit in visits:
        if not judged[visit.id]:
            found.append(f"visit {visit.id} was never judged")
        elif judged[visit.id][-1].assurance != visit.assurance:
            found.append(f"visit {visit.id} is {visit.assurance}, judged {judged[visit.id][-1].assurance}")
        last = [review.decision for review in said[visit.id] if review.decision in ("accept", "reject", "reopen")]
        decided = last[-1] if last and last[-1] != "reopen" else None
        if visit.decision != decided and not any(review.decision == "reply" for review in said[visit.id]):
            found.append(f"visit {visit.id} stands as {visit.decision}, decided {decided}")
        if visit.elder_id is not None and visit.counts != qualifies(visit):
            found.append(f"visit {visit.id} counts: {visit.counts}, should: {qualifies(visit)}")
        day = visit.start.astimezone(LOCAL).date()
        late = visit.received_at.astimezone(LOCAL).date() >= _sixth_after(day)
        if visit.late != late:
            found.append(f"visit {visit.id} of {day}, received {visit.received_at}, is late: {visit.late}")
    return found


def believed(visit: Visit) -> bool:
    if visit.decision is not None:
        return visit.decision == "accept"
    return visit.assurance in ("verified", "plausible")


def qualifies(visit: Visit) -> bool:
    """Met, by one of the three channels, a call only with the elder, and believed."""
    if visit.outcome != "met" or not believed(visit):
        return False
    return visit.channel == "home" or (visit.channel in CALLS and visit.spoken_to in (None, "elder"))


def _duties(
    duties: list[Duty], elders: dict[uuid.UUID, Elder], absences: list[Absence], visits: list[Visit]
) -> list[str]:
    found = []
    of_elder: dict[uuid.UUID, list[Visit]] = defaultdict(list)
    for visit in visits:
        if visit.elder_id is not None:
            of_elder[visit.elder_id].append(visit)
    for duty in duties:
        elder = elders[duty.elder_id]
        inside = [
            visit for visit in of_elder[duty.elder_id]
            if duty.starts_on <= visit.start.astimezone(LOCAL).date() <= duty.ends_on and not visit.late
        ]  # fmt: skip
        days = {visit.start.astimezone(LOCAL).date() for visit in inside if qualifies(visit)}
        home = {v.start.astimezone(LOCAL).date() for v in inside if qualifies(v) and v.channel == "home"}
        carer = any(
            v.outcome == "met" and v.channel in CALLS and v.spoken_to in ("carer", "family") and believed(v)
            for v in inside
        )
        away = any(
            one.elder_id == duty.elder_id and one.approved_at is not None and one.withdrawn_at is None
            and one.starts_on <= duty.ends_on and (one.ends_on is None or one.ends_on >= duty.starts_on)
            for one in absences
        )  # fmt: skip
        left = elder.left_on is not None and elder.left_on <= duty.ends_on
        refused = any(visit.outcome == "refused" and believed(visit) for visit in inside)
        # What is learnt of an elder after a month was closed changes its duties all the same; the figures follow.
        should = _should(duty, elder, days, home, refused, carer, away, left)
        stands = (duty.state, duty.done, duty.home_done, duty.away_kept, duty.region_id)
        if stands != should:
            found.append(f"duty of {elder.name}, {duty.kind} {duty.starts_on}: stands {stands}, should {should}")
    return found


def _should(
    duty: Duty, elder: Elder, days: set[dt.date], home: set[dt.date], refused: bool, carer: bool, away: bool, left: bool
) -> tuple[str, int, int, bool, int]:
    if days:
        state = "visited"
    elif left:
        state = "left"
    elif away:
        state = "away"
    elif refused:
        state = "refused"
    else:
        state = "missing"
    return state, len(days), len(home), state == "away" and carer, elder.region_id


def _sixth_after(day: dt.date) -> dt.date:
    return (day.replace(day=1) + 31 * DAY).replace(day=6)


def _figures(own: Session, county_id: int, duties: list[Duty]) -> list[str]:
    should: dict[tuple[dt.date, int], dict[str, int]] = defaultdict(lambda: dict.fromkeys(FIGURES, 0))
    for duty in duties:
        tally = should[duty.month, duty.region_id]
        if duty.state == "left":
            continue
        if duty.kind == "week":
            if duty.state != "away":
                tally["weeks_owed"] += 1
                tally["weeks_kept"] += duty.state == "visited"
            continue
        tally["due"] += 1
        tally[duty.state] += 1
        tally["visited_home"] += duty.state == "visited" and duty.home_done > 0
        tally["away_kept"] += duty.away_kept
    stands = {
        (row.month, row.region_id): {name: getattr(row, name) for name in FIGURES}
        for row in own.scalars(sa.select(VillageCount).where(VillageCount.county_id == county_id))
    }
    return [
        f"figures of village {key[1]} in {key[0]}: {stands.get(key)}, should be {should.get(key)}"
        for key in sorted({*should, *stands})
        if any((stands.get(key) or {}).values()) | any((should.get(key) or {}).values())
        and stands.get(key) != should.get(key)
    ]  # fmt: skip


def _credits(own: Session, county_id: int, visits: list[Visit]) -> list[str]:
    volunteers = set(own.scalars(sa.select(RoleGrant.user_id).where(RoleGrant.role == "volunteer")))
    should: dict[uuid.UUID, int] = {}
    months: dict[uuid.UUID, dt.date] = {}
    for user_id in sorted(volunteers):
        a_day: dict[Any, int] = defaultdict(int)
        times: dict[Any, int] = defaultdict(int)
        mine = [v for v in visits if v.visitor_id == user_id and v.elder_id is not None and qualifies(v)]
        for visit in sorted(mine, key=lambda v: (v.start, v.id)):
            day = visit.start.astimezone(LOCAL).date()
            month = day.replace(day=1)
            minutes = min((visit.stay_s or 0) // 60, STANDARD, A_DAY - a_day[day])
            if minutes > 0 and times[month, visit.elder_id] < PER_ELDER:
                a_day[day] += minutes
                times[month, visit.elder_id] += 1
                should[visit.id], months[visit.id] = minutes, month
    return _ledger(own, county_id, visits, should, months)


def _ledger(
    own: Session, county_id: int, visits: list[Visit], should: dict[uuid.UUID, int], months: dict[uuid.UUID, dt.date]
) -> list[str]:
    """What the ledger says each visit earned, and what each member has of it."""
    members = {
        account.id: account.user_id
        for account in own.scalars(sa.select(Account).where(Account.county_id == county_id, Account.kind == "member"))
    }
    rows = own.execute(
        sa.select(TimeTransaction.id, TimeTransaction.visit_id, Posting.account_id, Posting.bucket, Posting.minutes)
        .join(Posting, Posting.transaction_id == TimeTransaction.id)
        .where(TimeTransaction.county_id == county_id)
    ).all()
    posted: dict[uuid.UUID, int] = defaultdict(int)
    sums: dict[uuid.UUID, int] = defaultdict(int)
    for transaction_id, visit_id, account_id, bucket, minutes in rows:
        sums[transaction_id] += minutes
        if visit_id is not None and account_id in members:
            posted[visit_id] += -minutes if bucket == "debt" else minutes
    found = [f"transaction {one} sums to {total}" for one, total in sums.items() if total]
    for visit in visits:
        if posted[visit.id] != should.get(visit.id, 0):
            found.append(f"visit {visit.id} is credited {posted[visit.id]}, should be {should.get(visit.id, 0)}")
    closed = set(own.scalars(sa.select(Closing.month).where(Closing.county_id == county_id)))
    balances: dict[uuid.UUID, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for balance in own.scalars(sa.select(Balance).where(Balance.county_id == county_id)):
        balances[balance.account_id][balance.bucket] = balance.minutes
    for account_id, user_id in members.items():
        mine = [visit.id for visit in visits if visit.visitor_id == user_id]
        pending = sum(should.get(one, 0) for one in mine if months.get(one) not in closed)
        free = sum(should.get(one, 0) for one in mine if months.get(one) in closed)
        held = balances[account_id]
        if (held["pending"], held["free"] - held["debt"]) != (pending, free):
            found.append(f"account of {user_id}: {dict(held)}, should have {pending} pending and {free} free")
    return found
