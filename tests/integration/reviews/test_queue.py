"""The queue of what waits for a director, several decisions at once, and who decides how."""

import pytest
import sqlalchemy as sa

from server import intake, outcomes
from server.audit.model import AuditEntry
from server.callbacks.model import Callback
from server.duties.model import Duty
from server.elders import vault
from server.notify.model import Message
from server.timebank import ledger
from server.visits.model import Review, Visit
from shared.ids import uuid7
from tests import factories as make
from tests.people import COUNTY, TOWN, VILLAGE, VILLAGE_B, VILLAGE_C
from tests.visits import sent


@pytest.fixture
def visitors(place):
    return [place.user(("volunteer", VILLAGE), name=name) for name in ("张一", "李二")]


@pytest.fixture
def visits(app, session, place, visitors, now):
    """Of two visitors, three short visits each to elders of one village."""
    for visitor in visitors:
        elders = [make.elder(session, place.county, place.regions[VILLAGE]) for _ in range(3)]
        for elder in elders:
            make.pairing(session, elder, visitor)
        outcomes.open_periods(session, place.county.id, now=now)
        with app.app_context():
            intake.receive(
                session, intake.Sender(visitor.id, place.county.id), [sent(e, minutes=2) for e in elders],
                vault=vault.current(), now=now,
            )  # fmt: skip
    session.commit()
    made = session.scalars(sa.select(Visit).order_by(Visit.visitor_id, Visit.id)).all()
    assert {v.assurance for v in made} == {"doubtful"}
    return made


def queue(client, headers, **query):
    answer = client.get("/api/v1/reviews/queue", headers=headers, query_string=query)
    assert answer.status_code == 200, answer.text
    return answer.json["items"]


def decide(client, headers, visits, decision="accept", **body):
    body = {"visit_ids": [str(v.id) for v in visits], "decision": decision, **body}
    return client.post("/api/v1/reviews", json=body, headers=headers)


def states(session, visits):
    session.expire_all()
    duties = sa.select(Duty.state).where(Duty.elder_id.in_([v.elder_id for v in visits]), Duty.kind == "month")
    return sorted(session.scalars(duties))


def test_what_waits_is_grouped_by_visitor_and_by_reason(client, place, visits, visitors):
    director = place.somebody(("director", VILLAGE))
    groups = queue(client, director)
    assert {g["visitor"]["name"]: g["count"] for g in groups} == {"张一": 3, "李二": 3}
    assert all(g["reasons"][0]["count"] == 3 for g in groups)
    reasons = {g["reason"]["code"]: g for g in queue(client, director, by="reason")}
    assert reasons["short_stay"]["count"] == 6
    assert reasons["short_stay"]["reason"]["title"] == "停留太短"
    assert set(reasons["short_stay"]["visit_ids"]) == {str(v.id) for v in visits}
    first = client.get("/api/v1/reviews/queue?limit=1", headers=director).json
    second = client.get(f"/api/v1/reviews/queue?limit=1&cursor={first['next_cursor']}", headers=director).json
    assert {first["items"][0]["visitor"]["name"], second["items"][0]["visitor"]["name"]} == {"张一", "李二"}
    assert second["next_cursor"] is None


def test_a_queue_holds_only_what_lies_within_reach(client, place, visits):
    assert queue(client, place.somebody(("director", VILLAGE_B))) == []
    above = place.somebody(("director", TOWN))
    assert len(queue(client, above)) == 2
    assert queue(client, above, region=f"{VILLAGE_B:012d}") == []
    foreign = client.get("/api/v1/reviews/queue", headers=above, query_string={"region": f"{VILLAGE_C:012d}"})
    assert foreign.status_code == 404


def test_several_visits_are_decided_at_once_each_with_its_consequences(client, session, place, visits, visitors):
    director = place.user(("director", VILLAGE))
    mine = [v for v in visits if v.visitor_id == visitors[0].id]
    answer = decide(client, place.bearer(director), mine, ground="called", reason="逐一打过电话")
    assert [r["status"] for r in answer.json["results"]] == ["decided"] * 3
    assert [r["id"] for r in answer.json["results"]] == [str(v.id) for v in mine]
    assert states(session, mine) == ["visited"] * 3
    account = ledger.member_account(place.county.id, visitors[0].id)
    assert ledger.balances(session, place.county.id, account)["pending"] == 6
    shown = client.get(f"/api/v1/visits/{mine[0].id}", headers=place.bearer(director)).json["review"]
    assert (shown["ground"], shown["words"], shown["reason"]) == (
        "called", "逐一打过电话", "已电话核实老人：逐一打过电话"
    )
    logged = session.scalars(sa.select(AuditEntry.details).where(AuditEntry.action == "visit.accept")).all()
    assert logged == [{"ground": "called"}] * 3
    again = decide(client, place.bearer(director), mine, ground="called", reason="逐一打过电话")
    assert [r["status"] for r in again.json["results"]] == ["unchanged"] * 3
    assert len(queue(client, place.bearer(director))) == 1


def test_one_that_cannot_be_decided_never_stops_the_others(client, session, place, visits, visitors):
    """Own, as companion, decided by another, foreign, unknown, named twice: the rest is decided."""
    both = place.user(("director", TOWN), ("volunteer", VILLAGE))
    session.execute(sa.update(Visit).where(Visit.id == visits[0].id).values(visitor_id=both.id))
    session.execute(sa.update(Visit).where(Visit.id == visits[1].id).values(companion_ids=[str(both.id)]))
    session.commit()
    other = place.somebody(("director", VILLAGE))
    assert decide(client, other, [visits[2]], "reject").json["results"][0]["status"] == "decided"
    stranger = place.user(("volunteer", VILLAGE_C))
    foreign = make.visit(
        session, make.elder(session, place.county, place.regions[VILLAGE_C]), stranger, visits[0].start
    )
    session.commit()
    asked = [*visits, foreign]
    body = {"visit_ids": [*(str(v.id) for v in asked), str(uuid7()), str(visits[5].id)], "decision": "accept"}
    answer = client.post("/api/v1/reviews", json=body, headers=place.bearer(both))
    assert answer.status_code == 200
    found = [(r["status"], r["error"] and r["error"]["code"]) for r in answer.json["results"]]
    assert found == [
        ("refused", "own_visit"), ("refused", "own_visit"), ("refused", "already_reviewed"), ("decided", None),
        ("decided", None), ("decided", None), ("refused", "not_found"), ("refused", "not_found"),
    ]  # fmt: skip
    assert states(session, visits) == ["missing"] * 3 + ["visited"] * 3


def test_a_ground_of_the_other_decision_and_an_empty_list_are_refused_whole(client, place, visits):
    director = place.somebody(("director", VILLAGE))
    answer = decide(client, director, visits, "reject", ground="called")
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["ground"])
    assert decide(client, director, []).status_code == 422
    assert decide(client, director, visits, ground="because").status_code == 422


def test_deciding_about_many_asks_no_query_per_visit(client, place, visits, queries):
    director = place.bearer(place.user(("director", VILLAGE)))
    with queries() as one:
        decide(client, director, visits[:1], ground="called")
    with queries() as many:
        decide(client, director, visits[1:], ground="called")
    assert len(many) <= len(one) + 8  # a message and its reader, visit by visit


def test_after_an_answer_somebody_else_decides_and_is_told(client, session, place, visits, visitors):
    first, second = place.user(("director", VILLAGE)), place.user(("director", TOWN))
    place.user(("director", VILLAGE_C))
    visit = next(v for v in visits if v.visitor_id == visitors[0].id)
    decide(client, place.bearer(first), [visit], "reject", ground="not_there")
    path = f"/api/v1/visits/{visit.id}"
    client.post(f"{path}/reply", json={"words": "我在，老人可作证"}, headers=place.bearer(visitors[0]))
    told = session.scalars(sa.select(Message.to_user_id).where(Message.code == "visit_replied")).all()
    assert told == [second.id]
    answer = client.post(f"{path}/review", json={"decision": "accept"}, headers=place.bearer(first))
    assert (answer.status_code, answer.json["code"]) == (403, "other_reviewer")
    (group,) = [g for g in queue(client, place.bearer(second)) if str(visit.id) in g["visit_ids"]]
    assert group["reasons"][0]["code"] in ("visitor_replied", "short_stay")
    assert "visitor_replied" in {r["code"] for r in group["reasons"]}
    assert decide(client, place.bearer(second), [visit]).json["results"][0]["status"] == "decided"
    assert str(visit.id) not in str(queue(client, place.bearer(second)))
    told = client.get(f"{path}/explanation", headers=place.bearer(second)).json
    assert [d["decision"] for d in told["decisions"]] == ["reject", "reply", "accept"]
    assert told["decisions"][0]["ground"] == "not_there"
    assert (told["decision"], told["counts"]) == ("accept", True)
    assert told["judgements"][0]["inputs"] is not None
    assert all(f["message"] and "weight" in f for f in told["judgements"][0]["flags"])


def test_where_nobody_else_can_decide_the_same_reviewer_may(client, place, visits, visitors):
    only = place.bearer(place.user(("director", VILLAGE)))
    visit = next(v for v in visits if v.visitor_id == visitors[0].id)
    decide(client, only, [visit], "reject")
    client.post(f"/api/v1/visits/{visit.id}/reply", json={"words": "在的"}, headers=place.bearer(visitors[0]))
    assert decide(client, only, [visit]).json["results"][0]["status"] == "decided"


def test_an_answered_visit_that_would_count_by_itself_waits_in_the_queue_too(client, session, place, visits, visitors):
    session.execute(sa.update(Visit).values(assurance="verified"))
    session.commit()
    director, above = place.bearer(place.user(("director", VILLAGE))), place.bearer(place.user(("director", TOWN)))
    visit = next(v for v in visits if v.visitor_id == visitors[0].id)
    decide(client, director, [visit], "reject")
    assert queue(client, above) == []
    client.post(f"/api/v1/visits/{visit.id}/reply", json={"words": "在的"}, headers=place.bearer(visitors[0]))
    assert [g["visit_ids"] for g in queue(client, above)] == [[str(visit.id)]]


def test_a_visit_that_a_call_back_did_not_confirm_waits_in_the_queue(client, session, place, visits, visitors, now):
    visit = visits[0]
    session.execute(sa.update(Visit).values(assurance="verified"))
    session.add(
        Callback(
            county_id=place.county.id, id=uuid7(), month=now.date().replace(day=1), round=1, visit_id=visit.id,
            elder_id=visit.elder_id, visitor_id=visit.visitor_id, region_id=visit.region_id, outcome="not_confirmed",
        )
    )
    session.commit()
    director = place.bearer(place.user(("director", VILLAGE)))
    groups = {g["reason"]["code"]: g["count"] for g in queue(client, director, by="reason")}
    assert groups["callback_not_confirmed"] == 1
    decide(client, director, [visit], "reject", ground="not_there")
    assert queue(client, director) == []


def test_reviewers_who_accept_everything_stand_first(client, session, place, visits):
    lenient, strict = place.user(("director", VILLAGE), name="都行"), place.user(("director", TOWN), name="细看")
    decide(client, place.bearer(lenient), visits[:3])
    decide(client, place.bearer(strict), visits[3:4])
    decide(client, place.bearer(strict), visits[4:], "reject")
    county = place.somebody(("auditor", COUNTY))
    found = client.get("/api/v1/reviews/reviewers", headers=county).json["items"]
    assert [(r["reviewer"]["name"], r["decided"], r["accepted"], r["share"]) for r in found] == [
        ("都行", 3, 3, 1.0), ("细看", 3, 1, 0.3333),
    ]  # fmt: skip
    assert client.get("/api/v1/reviews/reviewers", headers=place.somebody(("director", VILLAGE_B))).json["items"] == []
    assert client.get("/api/v1/reviews/reviewers", headers=place.somebody(("volunteer", VILLAGE))).status_code == 403
    early = {"from": "2026-01-01", "to": "2026-10-31"}
    assert client.get("/api/v1/reviews/reviewers", headers=county, query_string=early).json["items"] == []
    first = client.get("/api/v1/reviews/reviewers?limit=1", headers=county).json
    second = client.get(f"/api/v1/reviews/reviewers?limit=1&cursor={first['next_cursor']}", headers=county).json
    assert [r["reviewer"]["name"] for r in first["items"] + second["items"]] == ["都行", "细看"]


def test_no_decision_is_ever_changed_or_removed(session, client, place, visits):
    decide(client, place.bearer(place.user(("director", VILLAGE))), visits[:1])
    for statement in (sa.update(Review).values(decision="reject"), sa.delete(Review)):
        with pytest.raises(sa.exc.DBAPIError), session.begin_nested():
            session.execute(statement)


def test_a_director_and_the_visitor_see_the_same_record(client, session, place, visits, visitors):
    director = place.bearer(place.user(("director", VILLAGE)))
    mine = [v for v in visits if v.visitor_id == visitors[0].id]
    decide(client, director, mine[:1])
    decide(client, director, mine[1:2], "reject")
    theirs = client.get(f"/api/v1/visitors/{visitors[0].id}/standing", headers=director).json
    own = client.get("/api/v1/visitors/me/standing", headers=place.bearer(visitors[0])).json
    assert theirs == own
    assert (own["visits"], own["doubtful"], own["verified_share"], own["elders"]) == (3, 3, 0.0, 3)
    assert (own["reviews"]["accepted"], own["reviews"]["rejected"]) == (1, 1)
    assert {f["code"] for f in own["flags"]} >= {"short_stay"}
    assert own["months"][0]["month"] == "2026-11"
    assert len(own["months"]) == 12
    assert "score" not in own


def test_a_record_shows_a_director_only_what_happened_in_their_region(client, session, place, visits, visitors, now):
    far = make.elder(session, place.county, place.regions[VILLAGE_C])
    make.visit(session, far, visitors[0], now)
    session.commit()
    town, elsewhere = place.somebody(("director", TOWN)), place.somebody(("director", VILLAGE_B))
    path = f"/api/v1/visitors/{visitors[0].id}/standing"
    assert client.get(path, headers=town).json["visits"] == 3
    assert client.get(path, headers=place.somebody(("director", VILLAGE_C))).json["visits"] == 1
    assert client.get(path, headers=elsewhere).status_code == 404
    assert client.get(path, headers=place.bearer(visitors[1])).status_code == 404
    assert client.get(path, headers=place.bearer(visitors[0])).json["visits"] == 4
    assert client.get(path, headers=place.somebody(("family", VILLAGE))).status_code == 403
