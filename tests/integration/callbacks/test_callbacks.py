"""A month's call-backs: promised, drawn so that anybody can draw them again, called by others, told beside the rate."""

import datetime as dt
import hashlib
import zlib
from collections import Counter
from uuid import UUID

import pytest
import sqlalchemy as sa

from server import closing, outcomes
from server.alerts.model import Alert
from server.audit.model import AuditEntry
from server.callbacks import drawing, queries
from server.callbacks.model import Callback, CallbackAnnouncement, CallbackDraw, CallbackVillage
from server.duties import report
from server.elders import vault
from shared.rules import sampling
from shared.rules.months import Month
from tests import factories as make
from tests.people import CITY, COUNTY, TOWN, VILLAGE, VILLAGE_B, VILLAGE_C

TZ = dt.timezone(dt.timedelta(hours=8))
OCTOBER = Month(2026, 10)
WANTED = 47  # of 60 visits
CLOSED = dt.datetime(2026, 11, 6, 0, 20, tzinfo=TZ)
CALLING = dt.datetime(2026, 11, 7, 9, 0, tzinfo=TZ)


@pytest.fixture
def visitors(place):
    return [place.user(("volunteer", code)) for code in (VILLAGE, VILLAGE_B)]


@pytest.fixture
def month(app, session, place, visitors):
    """October, closed: two villages, 30 counting visits each; nothing drawn yet."""
    for number in range(60):
        code = (VILLAGE, VILLAGE_B)[number % 2]
        elder = make.elder(session, place.county, place.regions[code])
        start = dt.datetime(2026, 10, 2 + number % 20, 9, number % 60, tzinfo=TZ)
        make.pairing(session, elder, visitors[number % 2])
        make.visit(session, elder, visitors[number % 2], start)
    for day in (1, 31):
        outcomes.open_periods(session, place.county.id, now=dt.datetime(2026, 10, day, 12, tzinfo=TZ))
    closing.close_months(session, place.county.id, now=CLOSED)
    session.commit()
    return OCTOBER


def work(app, session, place, now=CALLING):
    with app.app_context():
        done = closing.draw_callbacks(session, place.county.id, vault=vault.current(), now=now)
    session.commit()
    session.expire_all()
    return done


@pytest.fixture
def drawn(app, session, place, month):
    """The same, drawn; with a county director and a social worker of the first village to call."""
    place.caller = place.user(("director", COUNTY))
    place.worker = place.user(("social_worker", VILLAGE))
    with app.app_context():
        closing.draw_callbacks(session, place.county.id, vault=vault.current(), now=dt.datetime(2026, 9, 30, tzinfo=TZ))
    work(app, session, place)
    return session.scalars(sa.select(Callback)).all()


def test_the_sample_is_large_enough_spread_over_villages_and_visitors_and_drawn_once(app, session, place, drawn):
    assert len(drawn) == sampling.size(60) == WANTED
    assert sorted(Counter(c.region_id for c in drawn).values()) == [23, 24]
    assert work(app, session, place) == []
    assert session.scalar(sa.select(sa.func.count()).select_from(Callback)) == WANTED


def test_anybody_draws_the_same_again_from_what_was_published(app, session, place, drawn):
    row = session.scalars(sa.select(CallbackDraw)).one()
    promised = session.scalars(sa.select(CallbackAnnouncement).where(CallbackAnnouncement.month == OCTOBER.first)).one()
    assert hashlib.sha256(row.number).digest() == promised.commitment
    lines = ["yuetan-callbacks-1", str(place.county.id), "2026-10", row.closing_digest.hex(), row.number.hex(), "1"]
    assert hashlib.sha256("\n".join(lines).encode()).digest() == row.seed
    frame = drawing.unpacked(row.frame)
    assert hashlib.sha256(zlib.decompress(row.frame)).digest() == row.frame_digest
    assert {UUID(v) for v in sampling.draw(frame, row.size, row.seed)} == {c.visit_id for c in drawn}
    (checked,) = queries.check(session, place.county.id, OCTOBER, tz=TZ)
    assert all(value for name, value in checked.items() if name.endswith(("ok", "time")))


def test_a_swapped_visit_shows_when_it_is_drawn_again(session, place, drawn):
    inside = {c.visit_id for c in drawn}
    frame = drawing.unpacked(session.scalars(sa.select(CallbackDraw)).one().frame)
    other = next(v for vs in frame.values() for ids in vs.values() for v in ids if UUID(v) not in inside)
    session.execute(sa.update(Callback).where(Callback.id == drawn[0].id).values(visit_id=UUID(other)))
    assert queries.check(session, place.county.id, OCTOBER, tz=TZ)[0]["sample_ok"] is False


def test_a_number_that_was_not_promised_before_the_month_says_so(app, session, place, month):
    work(app, session, place)
    checked = queries.check(session, place.county.id, OCTOBER, tz=TZ)[0]
    assert (checked["promise_ok"], checked["promised_in_time"], checked["sample_ok"]) == (True, False, True)


def test_nobody_calls_about_a_visit_in_which_they_took_part(app, session, place, month):
    """A social worker of the village who came along, and nobody else who could call."""
    worker = place.user(("social_worker", VILLAGE))
    session.execute(sa.text("UPDATE visits SET companion_ids = :ids"), {"ids": f'["{worker.id}"]'})
    session.commit()
    work(app, session, place)
    assert set(session.scalars(sa.select(Callback.assigned_to))) == {None}


def test_work_is_spread_and_a_villages_own_director_comes_last(app, session, place, month):
    own = place.user(("director", VILLAGE))
    others = [place.user(("director", TOWN)), place.user(("social_worker", VILLAGE))]
    place.user(("director", VILLAGE_C))
    work(app, session, place)
    called = Counter(session.scalars(sa.select(Callback.assigned_to)))
    assert own.id not in called
    assert sorted(called.values()) == [WANTED // 2, WANTED // 2 + 1]
    assert set(called) == {o.id for o in others}


def ask(client, headers, call, **body):
    return client.post(f"/api/v1/callbacks/{call.id}/outcome", json=body, headers=headers)


def test_an_outcome_is_recorded_once_by_whom_it_concerns(client, session, place, drawn, visitors):
    call = next(c for c in drawn if c.region_id == place.regions[VILLAGE].id)
    session.execute(sa.update(Callback).values(assigned_to=place.caller.id))
    session.execute(sa.update(Callback).where(Callback.id == call.id).values(assigned_to=place.worker.id))
    session.commit()
    worker, director = place.bearer(place.worker), place.bearer(place.caller)
    mine = client.get("/api/v1/callbacks", headers=worker).json["items"]
    assert [item["id"] for item in mine] == [str(call.id)]
    for _ in range(2):
        answer = ask(client, worker, call, outcome="not_reached", note="两次无人接")
        assert (answer.status_code, answer.json["state"]) == (200, "open")
    assert ask(client, worker, call, outcome="confirmed").json["state"] == "done"
    assert ask(client, worker, call, outcome="confirmed").status_code == 200
    again = ask(client, director, call, outcome="not_confirmed")
    assert (again.status_code, again.json["code"]) == (409, "already_recorded")
    assert len(client.get(f"/api/v1/callbacks/{call.id}", headers=worker).json["attempts"]) == 3
    tally = session.get_one(CallbackVillage, (place.county.id, OCTOBER.first, call.region_id))
    assert (tally.confirmed, tally.not_reached, tally.not_confirmed) == (1, 0, 0)
    assert ask(client, worker, drawn[-1], outcome="confirmed").status_code in (404,)
    assert ask(client, place.bearer(visitors[0]), call, outcome="confirmed").status_code == 403
    assert ask(client, director, call, outcome="perhaps").status_code == 422
    said = session.scalars(sa.select(AuditEntry.action).where(AuditEntry.subject == "callback")).all()
    assert said.count("callback.confirmed") == 1


def test_who_visited_does_not_record_what_the_elder_says_about_it(client, session, place, drawn):
    both = place.user(("director", COUNTY), ("volunteer", VILLAGE))
    call = drawn[0]
    session.execute(sa.text("UPDATE visits SET companion_ids = :ids"), {"ids": f'["{both.id}"]'})
    session.commit()
    answer = ask(client, place.bearer(both), call, outcome="confirmed")
    assert (answer.status_code, answer.json["code"]) == (403, "own_visit")


def test_a_visit_that_is_not_confirmed_waits_for_a_director_and_counts_until_then(client, session, place, drawn):
    call = drawn[0]
    assert ask(client, place.bearer(place.caller), call, outcome="not_confirmed", note="没人来过").status_code == 200
    alert = session.scalars(sa.select(Alert).where(Alert.visit_id == call.visit_id)).one()
    assert (alert.kind, alert.state) == ("doubtful_visit", "open")
    read = client.get(f"/api/v1/visits/{call.visit_id}", headers=place.bearer(place.caller)).json
    assert read["counts"] is True


def test_calls_without_an_answer_are_made_up_for_by_another_round(app, client, session, place, drawn):
    headers = place.bearer(place.caller)
    for number, call in enumerate(drawn):
        ask(client, headers, call, outcome="elder_unsure" if number < 2 else "confirmed")
    assert work(app, session, place, CALLING + dt.timedelta(days=3)) == [(OCTOBER, 2)]
    assert session.scalar(sa.select(sa.func.count()).select_from(Callback)) == WANTED + 2
    assert all(r["sample_ok"] and r["seed_ok"] for r in queries.check(session, place.county.id, OCTOBER, tz=TZ))
    for call in session.scalars(sa.select(Callback).where(Callback.outcome.is_(None))).all():
        ask(client, headers, call, outcome="confirmed")
    assert work(app, session, place, CALLING + dt.timedelta(days=4)) == []


def test_the_result_stands_beside_every_rate_with_its_interval(client, session, place, drawn):
    headers = place.bearer(place.caller)
    asked = client.get("/api/v1/compliance", headers=headers, query_string={"month": "2026-10"})
    sample = asked.json["sample"]
    assert (sample["drawn"], sample["open"], sample["population"], sample["share"]) == (WANTED, WANTED, 60, None)
    here = [c for c in drawn if c.region_id == place.regions[VILLAGE].id]
    for number, call in enumerate(here):
        ask(client, headers, call, outcome="not_confirmed" if not number else "confirmed")
    town = client.get(
        "/api/v1/compliance", headers=headers, query_string={"month": "2026-10", "region": f"{TOWN:012d}"}
    ).json
    low, high = sampling.interval(1, len(here), 60)
    sample = town["sample"]
    assert (sample["answered"], sample["not_confirmed"], sample["share"]) == (len(here), 1, round(1 / len(here), 4))
    assert (sample["low"], sample["high"], sample["below"]) == (round(low, 4), round(high, 4), None)
    first, second = town["children"]
    assert first["sample"]["population"] == 30
    assert (first["sample"]["low"], second["sample"]["share"]) == (round(1 / 30, 4), None)
    running = client.get("/api/v1/compliance", headers=headers).json
    assert (running["month"], running["sample"]["month"]) == ("2026-11", "2026-10")
    september = client.get("/api/v1/compliance", headers=headers, query_string={"month": "2026-09"}).json
    assert september["sample"] is None
    city = client.get("/api/v1/compliance", headers=place.somebody(("director", CITY)),
                      query_string={"month": "2026-10"}).json  # fmt: skip
    assert city["sample"]["answered"] == len(here)


def test_the_draw_is_published_to_whoever_reads_rates_and_the_number_only_once_it_is_drawn(client, place, drawn):
    items = client.get("/api/v1/callbacks/draws", headers=place.somebody(("director", CITY))).json["items"]
    by_month = {item["month"]: item for item in items}
    assert by_month["2026-12"]["rounds"] == []
    (round_,) = by_month["2026-10"]["rounds"]
    assert hashlib.sha256(bytes.fromhex(round_["number"])).hexdigest() == by_month["2026-10"]["commitment"]
    assert (round_["size"], round_["population"]) == (WANTED, 60)


def test_a_call_is_handed_on_only_to_who_may_make_it(client, session, place, drawn, visitors):
    call = next(c for c in drawn if c.region_id == place.regions[VILLAGE].id)
    headers = place.bearer(place.caller)
    path = f"/api/v1/callbacks/{call.id}/assign"
    assert client.post(path, json={"user_id": str(place.worker.id)}, headers=headers).json["assigned_to"]["id"] == str(
        place.worker.id
    )
    for nobody in (visitors[0], place.user(("social_worker", VILLAGE_C)), place.user(("auditor", COUNTY))):
        answer = client.post(path, json={"user_id": str(nobody.id)}, headers=headers)
        assert (answer.status_code, list(answer.json["errors"])) == (422, ["user_id"])


def test_reading_a_rate_asks_a_constant_number_of_queries(client, place, drawn, queries):
    headers = place.bearer(place.caller)
    with queries() as sent:
        client.get("/api/v1/callbacks", headers=headers, query_string={"limit": 50})
    assert len(sent) <= 5


def test_a_report_says_what_the_call_backs_say(client, session, place, drawn):
    headers = place.bearer(place.caller)

    def figures():
        return client.get("/api/v1/compliance", headers=headers, query_string={"month": "2026-10"}).json

    assert report.sampled({"sample": None}) == "回访抽查：还没有抽取"
    assert report.sampled(figures()).endswith("抽 47 次，还没有回访结果")
    for call in drawn:
        ask(client, headers, call, outcome="confirmed")
    below = figures()["sample"]["below"]
    assert below < 0.02
    assert report.sampled(figures()).endswith(f"证实 47 次，未证实 0 次；未证实的比例不超过 {below:.2%}（95 % 置信）")
