"""Alerts: one of a kind per elder and period, told step by step, ended by the visit that puts it right."""

import datetime as dt

import pytest
import sqlalchemy as sa

from server.alerts import service
from server.alerts.model import Alert, AlertEvent
from server.alerts.service import Wanted
from server.notify.model import Message
from server.policies import service as policies
from server.regions.model import County
from tests import factories as make

HOUR = dt.timedelta(hours=1)


@pytest.fixture
def place(session, now):
    county = make.county(session)
    policies.create_defaults(session, county.id, now)
    return county, make.region(session, 411002001001)


@pytest.fixture
def people(session, place):
    """Who stands on the ladder of an elder of the village: by role, user."""
    county, _ = place
    found = {}
    for role, code in (("village", 411002001001), ("town", 411002001000), ("county", 411002000000)):
        found[role] = make.user(session, f"director-{role}")
        make.grant(session, found[role], "director", make.region(session, code), county)
    other = make.user(session, "director-next-door")
    make.grant(session, other, "director", make.region(session, 411002001002), county)
    for role in ("main", "family", "neighbour"):
        found[role] = make.user(session, f"tied-{role}")
    return found


@pytest.fixture
def elder(session, place, people):
    county, village = place
    made = make.elder(session, county, village)
    for role in ("main", "family", "neighbour"):
        make.pairing(session, made, people[role], role)
    return made


def told(session, people) -> list[set[str]]:
    """Who was told, step by step, in roles; steps at which nobody was are left out."""
    names = {str(u.id): role for role, u in people.items()}
    events = session.scalars(sa.select(AlertEvent).where(AlertEvent.kind == "told").order_by(AlertEvent.id))
    by_step: dict[int, set[str]] = {}
    for event in events:
        by_step[event.details["step"]] = {names[u] for u in event.details["to"]}
    return [by_step[step] for step in sorted(by_step)]


def missing(elder, period="2026-10") -> Wanted:
    return Wanted(elder.county_id, "missing", elder.id, period, elder.id, None, elder.region_id)


def nobody_home(session, elder, at):
    visit = make.visit(session, elder, make.user(session), at, outcome="not_home", counts=False)
    return Wanted(elder.county_id, "no_answer", elder.id, str(visit.id), elder.id, visit.id, elder.region_id)


def reload(session, alert_id) -> Alert:
    return session.scalars(
        sa.select(Alert).where(Alert.id == alert_id).execution_options(populate_existing=True)
    ).one()


def test_an_alert_opens_once_and_tells_the_paired_visitors(session, elder, people, now):
    opened = service.raise_alerts(session, [missing(elder), missing(elder)], now=now)
    assert len(opened) == 1
    assert service.raise_alerts(session, [missing(elder)], now=now + HOUR) == []
    assert told(session, people) == [{"main", "neighbour"}]


def test_a_missing_elder_climbs_from_the_visitor_to_the_county(session, elder, people, now):
    (alert_id,) = service.raise_alerts(session, [missing(elder)], now=now)
    assert service.climb(session, now) == 0
    for days in (1, 3, 7):
        assert service.climb(session, now + dt.timedelta(days=days)) == 1
        assert service.climb(session, now + dt.timedelta(days=days)) == 0
    assert told(session, people) == [{"main", "neighbour"}, {"village"}, {"town"}, {"county"}]
    alert = reload(session, alert_id)
    assert (alert.step, alert.due_at) == (3, None)
    assert session.scalar(sa.select(sa.func.count()).select_from(Message)) == 5


def test_nobody_at_the_door_climbs_from_the_attempt_and_overdue_steps_fire_on_arrival(session, elder, people, now):
    (alert_id,) = service.raise_alerts(session, [nobody_home(session, elder, now - 7 * HOUR)], now=now)
    alert = reload(session, alert_id)
    assert (alert.step, alert.since, alert.due_at) == (2, now - 7 * HOUR, now + 17 * HOUR)
    assert told(session, people) == [{"family", "neighbour", "village"}, {"town"}]


def test_a_focused_elder_is_missed_after_half_an_hour(session, elder, people, now):
    elder.policy_id = "focused"
    session.flush()
    (alert_id,) = service.raise_alerts(session, [nobody_home(session, elder, now)], now=now)
    assert reload(session, alert_id).due_at == now + HOUR / 2


def test_a_county_may_set_other_times(session, place, elder, now):
    county, _ = place
    session.execute(
        sa.update(County).where(County.id == county.id).values(settings={"ladders": {"no_answer": [0, 45]}})
    )
    (alert_id,) = service.raise_alerts(session, [nobody_home(session, elder, now)], now=now)
    assert reload(session, alert_id).due_at == now + dt.timedelta(minutes=45)


def test_who_takes_an_alert_on_stops_the_ladder_but_not_while_nobody_answers(session, elder, now):
    ids = service.raise_alerts(session, [missing(elder), nobody_home(session, elder, now)], now=now)
    session.execute(sa.update(Alert).values(state="acknowledged"))
    assert service.climb(session, now + dt.timedelta(days=10)) == 1
    assert {reload(session, i).step for i in ids} == {0, 3}


def test_meeting_the_elder_ends_only_attempts_from_before(session, elder, now):
    first, second = (
        service.raise_alerts(session, [nobody_home(session, elder, now + hours * HOUR)], now=now)[0]
        for hours in (-3, -1)
    )
    assert service.end_no_answer(session, elder.county_id, [(elder.id, now - 2 * HOUR)], now=now) == [first]
    assert reload(session, first).state == "resolved"
    assert reload(session, second).state == "open"


def test_a_visit_resolves_and_its_rejection_brings_the_alert_back_but_a_persons_word_stands(session, elder, now):
    (alert_id,) = service.raise_alerts(session, [missing(elder)], now=now)
    key = ("missing", elder.id, "2026-10")
    assert service.resolve_by_visit(session, elder.county_id, [key], visit_ids=[], now=now) == [alert_id]
    assert service.resolve_by_visit(session, elder.county_id, [key], visit_ids=[], now=now) == []
    assert service.raise_alerts(session, [missing(elder)], now=now + HOUR) == [alert_id]
    session.execute(sa.update(Alert).values(state="resolved", resolved_by=make.user(session).id))
    assert service.raise_alerts(session, [missing(elder)], now=now + 2 * HOUR) == []


def test_a_hundred_alerts_cost_the_queries_of_one(session, place, people, now, queries):
    county, village = place
    elders = [make.elder(session, county, village) for _ in range(101)]
    for one in elders:
        make.pairing(session, one, people["main"])
    with queries() as few:
        service.raise_alerts(session, [missing(elders[0])], now=now)
    with queries() as many:
        service.raise_alerts(session, [missing(e) for e in elders[1:]], now=now)
    assert len(many) == len(few)
    later = now + dt.timedelta(days=1)
    with queries() as climbing:
        assert service.climb(session, later) == 101
    assert len(climbing) <= 12
