"""A visit's way in: what is kept, what is answered, and what follows, on both databases."""

import datetime as dt

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import InterfaceError, OperationalError, ProgrammingError

from server import intake, outcomes
from server.alerts.model import Alert
from server.duties.model import Duty, VillageCount
from server.elders.model import ElderCard
from server.elders.vault import Vault
from server.timebank.model import Balance
from server.visits.model import Judgement, Refusal, Visit
from shared.ids import uuid7
from tests import factories as make
from tests.conftest import NOW
from tests.people import VILLAGE, VILLAGE_B, make_place
from tests.visits import sent

VAULT = Vault("a secret that only the tests know")


class World:
    """Two elders of one village and a volunteer who is paired with the first."""

    def __init__(self, session):
        self.session = session
        self.place = make_place(session)
        self.county = self.place.county
        village = self.place.regions[VILLAGE]
        self.elder = make.elder(session, self.county, village)
        self.other = make.elder(session, self.county, village)
        self.volunteer = self.place.user(("volunteer", VILLAGE))
        make.pairing(session, self.elder, self.volunteer)
        outcomes.open_periods(session, self.county.id, now=NOW)
        session.commit()

    def sender(self, user=None, **more):
        return intake.Sender((user or self.volunteer).id, self.county.id, **more)

    def send(self, *items, now=NOW, sender=None):
        return intake.receive(self.session, sender or self.sender(), list(items), vault=VAULT, now=now)

    def duty(self, elder=None, kind="month"):
        elder = elder or self.elder
        return self.session.scalars(
            sa.select(Duty)
            .where(Duty.elder_id == elder.id, Duty.kind == kind)
            .execution_options(populate_existing=True)
        ).one()

    def counts(self):
        return self.session.scalars(
            sa.select(VillageCount).where(VillageCount.region_id == self.elder.region_id)
            .execution_options(populate_existing=True)
        ).one()  # fmt: skip


@pytest.fixture
def world(session):
    return World(session)


def count(session, table):
    return session.scalar(sa.select(sa.func.count()).select_from(table))


def test_a_visit_meets_the_duty_moves_the_figures_and_credits_the_volunteer(world, session):
    assert (world.counts().due, world.counts().missing) == (2, 2)
    [result] = world.send(sent(world.elder, minutes=42))
    assert (result.status, result.assurance, result.error) == ("accepted", "plausible", None)
    assert world.duty().state == "visited"
    counts = world.counts()
    assert (counts.due, counts.visited, counts.visited_home, counts.missing) == (2, 1, 1, 1)
    balance = session.scalars(sa.select(Balance).where(Balance.bucket == "pending", Balance.minutes > 0)).one()
    assert balance.minutes == 42
    card = session.get(ElderCard, (world.county.id, world.elder.id), populate_existing=True)
    assert card.last_outcome == "met"
    assert count(session, Judgement) == 1


def test_the_same_visit_again_is_a_duplicate_with_the_first_answer_and_changes_nothing(world, session):
    item = sent(world.elder)
    [first] = world.send(item)
    version = session.get(ElderCard, (world.county.id, world.elder.id), populate_existing=True).version
    [again] = world.send({**item, "unknown_field": 1, "reason": None, "photos": []})
    assert again.status == "duplicate"
    assert (again.assurance, again.flags) == (first.assurance, first.flags)
    assert count(session, Visit) == 1
    assert session.get(ElderCard, (world.county.id, world.elder.id), populate_existing=True).version == version


def test_a_visit_twice_in_one_batch_is_one_visit(world, session):
    item = sent(world.elder)
    results = world.send(item, item)
    assert [(r.id, r.status) for r in results] == [(item["id"], "accepted"), (item["id"], "duplicate")]
    assert count(session, Visit) == 1


def test_an_id_with_other_content_is_refused_and_the_first_stands(world, session):
    item = sent(world.elder)
    world.send(item)
    [result] = world.send({**item, "note": "something else"})
    assert (result.status, result.error) == ("rejected", "id_reused")
    assert (result.assurance, list(result.flags)) == (None, [])
    assert count(session, Visit) == 1
    assert count(session, Refusal) == 1


def test_an_id_sent_by_another_person_is_refused_and_discloses_nothing(world):
    item = sent(world.elder)
    world.send(item)
    other = world.place.user(("volunteer", VILLAGE))
    [result] = world.send(item, sender=world.sender(other))
    assert (result.status, result.error, result.assurance) == ("rejected", "id_reused", None)


def test_a_visit_without_an_id_is_rejected_and_the_rest_accepted(world, session):
    broken = {**sent(world.elder), "id": None}
    bad_time = {**sent(world.elder), "started_at": "yesterday"}
    good = sent(world.elder)
    results = world.send(broken, "not an object", bad_time, good)
    assert [r.status for r in results] == ["rejected", "rejected", "rejected", "accepted"]
    assert results[0].errors == {"id": ["required"]}
    assert "started_at" in results[2].errors
    assert count(session, Refusal) == 3


def test_a_rejected_id_was_not_used_and_may_come_again_mended(world):
    item = sent(world.elder)
    [bad] = world.send({**item, "started_at": "nonsense"})
    [good] = world.send(item)
    assert (bad.status, good.status) == ("rejected", "accepted")


def test_any_other_broken_value_is_accepted_and_flagged(world):
    [result] = world.send({**sent(world.elder), "position": {"lat": "x"}, "note": 7, "photos": "none"})
    assert result.status == "accepted"
    assert "value_unknown" in [f["code"] for f in result.flags]


def test_a_visit_by_somebody_who_is_not_paired_waits_for_a_review(world):
    [result] = world.send(sent(world.other))
    assert (result.status, result.assurance) == ("accepted", "doubtful")
    assert "not_paired" in [f["code"] for f in result.flags]
    assert world.duty(world.other).state == "missing"
    kinds = set(world.session.scalars(sa.select(Alert.kind)))
    assert "doubtful_visit" in kinds


def test_staff_of_the_region_need_no_pairing_and_staff_elsewhere_do(world):
    here = world.place.user(("social_worker", VILLAGE))
    there = world.place.user(("social_worker", VILLAGE_B))
    [a] = world.send(sent(world.other), sender=world.sender(here))
    [b] = world.send(sent(world.other), sender=world.sender(there))
    assert a.assurance == "plausible"
    assert "not_paired" in [f["code"] for f in b.flags]


def test_paired_then_and_no_longer_is_accepted_attributed_and_counts(world, session):
    tie = session.scalars(sa.select(make.Pairing)).one()
    tie.ends_at = NOW - dt.timedelta(minutes=10)
    session.commit()
    [result] = world.send(sent(world.elder, NOW - dt.timedelta(hours=2)))
    assert result.assurance == "plausible"
    assert world.duty().state == "visited"


def test_an_elder_whom_nobody_knows_keeps_the_visit_bound_to_nobody(world, session):
    [result] = world.send(sent(uuid7()))
    assert result.status == "accepted"
    assert "elder_unknown" in [f["code"] for f in result.flags]
    visit = session.scalars(sa.select(Visit)).one()
    assert visit.elder_id is None
    assert visit.region_id == world.place.regions[VILLAGE].id


def test_an_elder_of_another_county_is_unknown_here(world, session):
    stranger = make.elder(session, world.place.other_county, world.place.regions[411003001001])
    session.commit()
    [result] = world.send(sent(stranger))
    assert "elder_unknown" in [f["code"] for f in result.flags]


def test_nobody_home_opens_the_ladder_and_meeting_the_elder_ends_it(world, session):
    world.send(sent(world.elder, NOW - dt.timedelta(hours=1), outcome="not_home", reason="no_answer"))
    alert = session.scalars(sa.select(Alert).where(Alert.kind == "no_answer")).one()
    assert alert.state == "open"
    world.send(sent(world.elder, NOW - dt.timedelta(minutes=25)))
    session.refresh(alert)
    assert alert.state == "resolved"


def test_a_reason_that_says_where_the_elder_is_starts_no_ladder(world, session):
    world.send(sent(world.elder, outcome="not_home", reason="in_hospital"))
    assert session.scalars(sa.select(Alert).where(Alert.kind == "no_answer")).all() == []


def test_danger_raises_an_urgent_alert_even_if_its_kind_cannot_be_read(world, session):
    world.send(sent(world.elder, urgent={"kind": 7, "words": "help"}))
    assert session.scalars(sa.select(Alert.kind)).all().count("urgent") == 1


def test_a_visit_counts_where_it_took_place_if_it_arrives_by_the_fifth(world, session):
    day = dt.datetime(2026, 10, 30, 3, 0, tzinfo=dt.UTC)
    just_in_time = dt.datetime(2026, 11, 5, 15, 59, tzinfo=dt.UTC)  # 23:59 on the 5th in Shanghai
    world.send(sent(world.elder, day), now=just_in_time)
    october = session.get(Duty, (world.county.id, world.elder.id, "month", dt.date(2026, 10, 1)))
    assert october.state == "visited"
    too_late = dt.datetime(2026, 11, 5, 16, 0, tzinfo=dt.UTC)
    make.pairing(session, world.other, world.volunteer)
    [result] = world.send(sent(world.other, day), now=too_late)
    assert "late" in [f["code"] for f in result.flags]
    assert session.get(Duty, (world.county.id, world.other.id, "month", dt.date(2026, 10, 1))).state == "missing"


@pytest.mark.parametrize("trouble", [ProgrammingError, InterfaceError, OperationalError])
def test_trouble_with_the_database_is_no_fault_of_the_visit_and_nothing_is_set_aside(world, monkeypatch, trouble):
    def broken(*_arguments, **_more):
        raise trouble("SELECT 1", {}, Exception("away"))

    monkeypatch.setattr("server.standing.asked", broken)
    with pytest.raises(trouble):
        world.send(sent(world.elder), sent(world.other))
    monkeypatch.undo()
    assert count(world.session, Refusal) == 0


def test_an_item_that_breaks_our_own_code_is_set_aside_and_the_others_go_in(world, monkeypatch):
    bad = sent(world.elder)

    def judge_all(timed, *more):
        if any(str(item.visit.id) == bad["id"] for item, _ in timed):
            raise ZeroDivisionError
        return whole(timed, *more)

    from server.intake import judge_all as whole

    monkeypatch.setattr("server.intake.judge_all", judge_all)
    good = sent(world.elder, NOW - dt.timedelta(hours=5))
    results = world.send(bad, good)
    assert [(r.status, r.error) for r in results] == [("rejected", "server_error"), ("accepted", None)]
    assert count(world.session, Refusal) == 1


def test_the_queries_of_a_batch_do_not_grow_with_it(world, queries):
    def batch(size):
        begin = NOW - dt.timedelta(hours=9)
        items = [sent(world.elder, begin + dt.timedelta(minutes=25 * i), minutes=10) for i in range(size)]
        with queries() as ran:
            world.send(*items)
        return len(ran)

    batch(1)
    one, many = batch(2), batch(18)
    assert many <= one + 2
