"""Deciding about visits over HTTP: who may, what follows, and how a decision comes back."""

import pytest
import sqlalchemy as sa

from server import intake, outcomes
from server.alerts.model import Alert
from server.duties.model import Duty
from server.elders import vault
from server.notify.model import Message
from server.timebank import ledger
from server.visits.model import Review, Visit
from shared.rules.months import Month
from tests import factories as make
from tests.people import CITY, COUNTY, TOWN, VILLAGE, VILLAGE_B
from tests.visits import sent

NOVEMBER = Month(2026, 11)


@pytest.fixture
def volunteer(place):
    return place.user(("volunteer", VILLAGE))


@pytest.fixture
def visit(app, session, place, volunteer, now):
    """A visit of two minutes by a volunteer who is paired: doubtful, and to be looked at."""
    elder = make.elder(session, place.county, place.regions[VILLAGE])
    make.pairing(session, elder, volunteer)
    outcomes.open_periods(session, place.county.id, now=now)
    with app.app_context():
        intake.receive(
            session, intake.Sender(volunteer.id, place.county.id), [sent(elder, minutes=2)],
            vault=vault.current(), now=now,
        )  # fmt: skip
    session.commit()
    made = session.scalars(sa.select(Visit)).one()
    assert made.assurance == "doubtful"
    return made


def ask(client, headers, visit, what="review", **body):
    return client.post(f"/api/v1/visits/{visit.id}/{what}", json=body, headers=headers)


def facts(session, place, visit) -> tuple[str, int]:
    """The month's duty, and the visitor's pending minutes."""
    session.expire_all()
    duty = session.scalars(sa.select(Duty).where(Duty.elder_id == visit.elder_id, Duty.kind == "month")).one()
    account = ledger.member_account(place.county.id, visit.visitor_id)
    return duty.state, ledger.balances(session, place.county.id, account)["pending"]


def test_an_accepted_visit_counts_is_credited_and_ends_its_alert(client, session, place, visit):
    assert facts(session, place, visit) == ("missing", 0)
    director = place.user(("director", VILLAGE))
    headers = place.bearer(director)
    answers = [ask(client, headers, visit, decision="accept", reason="电话核实") for _ in range(2)]
    assert [a.status_code for a in answers] == [200, 200]
    assert answers[0].json == answers[1].json
    review = answers[0].json["review"]
    assert (review["decision"], review["by"]["id"], review["reason"]) == ("accept", str(director.id), "电话核实")
    assert facts(session, place, visit) == ("visited", 2)
    assert session.scalar(sa.select(sa.func.count()).select_from(Review)) == 1
    assert session.scalars(sa.select(Alert.state).where(Alert.kind == "doubtful_visit")).all() == ["resolved"]
    assert session.scalars(sa.select(Message.code).where(Message.to_user_id == visit.visitor_id)).all() == [
        "visit_accepted"
    ]


def test_a_decided_visit_is_not_decided_again_by_another_or_otherwise(client, session, place, visit):
    village, town = place.somebody(("director", VILLAGE)), place.somebody(("director", TOWN))
    assert ask(client, village, visit, decision="accept").status_code == 200
    for headers, decision in ((village, "reject"), (town, "accept"), (town, "reject")):
        answer = ask(client, headers, visit, decision=decision)
        assert (answer.status_code, answer.json["code"]) == (409, "already_reviewed")


def test_nobody_reviews_a_visit_of_their_own_or_as_companion(client, session, place, visit, volunteer):
    both = place.user(("director", VILLAGE), ("volunteer", VILLAGE))
    session.execute(sa.update(Visit).values(companion_ids=[str(both.id)]))
    session.commit()
    answer = ask(client, place.bearer(both), visit, decision="accept")
    assert (answer.status_code, answer.json["code"]) == (403, "own_visit")
    session.execute(sa.update(Visit).values(companion_ids=[], visitor_id=both.id))
    session.commit()
    answer = ask(client, place.bearer(both), visit, decision="accept")
    assert (answer.status_code, answer.json["code"]) == (403, "own_visit")


def test_who_may_not_review_gets_403_and_who_stands_elsewhere_404(client, place, visit, volunteer):
    for role in ("volunteer", "social_worker", "auditor", "family"):
        assert ask(client, place.somebody((role, VILLAGE)), visit, decision="accept").status_code == 403
    for code in (VILLAGE_B, CITY):
        assert ask(client, place.somebody(("director", code)), visit, decision="accept").status_code == 404
    assert ask(client, place.somebody(("director", VILLAGE)), visit, decision="perhaps").status_code == 422


@pytest.mark.parametrize(
    ("role", "code", "status"),
    [("director", VILLAGE, 403), ("director", TOWN, 200), ("director", COUNTY, 200), ("admin", COUNTY, 200)],
)
def test_a_decision_is_reopened_from_above(client, session, place, visit, role, code, status):
    village = place.somebody(("director", VILLAGE))
    above = place.somebody((role, code))
    assert ask(client, above, visit, "reopen", reason="再看").json["code"] == "not_reviewable"
    ask(client, village, visit, decision="accept")
    answer = ask(client, above, visit, "reopen", reason="再看")
    assert answer.status_code == status
    if status == 200:
        assert answer.json["review"] is None
        assert facts(session, place, visit) == ("missing", 0)
        assert ask(client, above, visit, "reopen", reason="再看").status_code == 200
        assert ask(client, village, visit, decision="reject", reason="本人否认").status_code == 200


def test_above_a_countys_director_stands_the_admin(client, place, visit):
    ask(client, place.somebody(("director", COUNTY)), visit, decision="accept")
    assert ask(client, place.somebody(("director", COUNTY)), visit, "reopen", reason="再看").status_code == 403
    assert ask(client, place.somebody(("admin", COUNTY)), visit, "reopen", reason="再看").status_code == 200


def test_the_visitor_answers_once_and_the_visit_may_be_decided_anew(client, session, place, visit, volunteer):
    mine, director = place.bearer(volunteer), place.somebody(("director", VILLAGE))
    assert ask(client, mine, visit, "reply", words="在的").json["code"] == "not_reviewable"
    ask(client, director, visit, decision="reject", reason="太短")
    assert ask(client, place.somebody(("volunteer", VILLAGE)), visit, "reply", words="在的").status_code == 404
    for _ in range(2):
        assert ask(client, mine, visit, "reply", words="老人当天要去医院").status_code == 200
    assert ask(client, mine, visit, "reply", words="还有").json["code"] == "already_replied"
    assert ask(client, mine, visit, "reply", words=" ").status_code == 422
    assert ask(client, director, visit, decision="accept").status_code == 200
    assert facts(session, place, visit) == ("visited", 2)


def test_a_reply_does_not_restore_a_visit_that_a_director_rejected(client, session, place, visit, volunteer):
    session.execute(sa.update(Visit).values(assurance="verified"))
    session.commit()
    director = place.somebody(("director", VILLAGE))
    ask(client, director, visit, decision="reject")
    assert ask(client, place.bearer(volunteer), visit, "reply", words="在的").json["review"]["decision"] == "reject"
    assert facts(session, place, visit) == ("missing", 0)
    assert ask(client, director, visit, decision="accept").status_code == 200
    assert facts(session, place, visit) == ("visited", 2)


def test_a_rejection_after_the_closing_leaves_a_debt(client, session, place, visit, now):
    from server.timebank import service as timebank

    director = place.somebody(("director", VILLAGE))
    ask(client, director, visit, decision="accept")
    timebank.release(session, place.county.id, NOVEMBER, now=now)
    session.commit()
    admin = place.somebody(("admin", COUNTY))
    ask(client, admin, visit, "reopen", reason="再看")
    account = ledger.member_account(place.county.id, visit.visitor_id)
    assert ledger.balances(session, place.county.id, account) == {"free": 2, "pending": 0, "held": 0, "debt": 2}
    ask(client, director, visit, decision="accept")
    assert ledger.balances(session, place.county.id, account) == {"free": 2, "pending": 0, "held": 0, "debt": 0}
