"""CONTRACT: /compliance, /compliance/missing, and "Figures"."""

import calendar
import datetime as dt

import pytest

from tests.contract.client import CHINA, now, uuid7, visit
from tests.contract.test_errors import check_problem
from tests.contract.test_login import check_region

COUNTS = ("due", "visited", "visited_home", "missing", "away", "away_kept", "refused")
TODAY = dt.datetime.now(CHINA).date()
THIS_MONTH = f"{TODAY:%Y-%m}"
LAST_MONTH = f"{TODAY.replace(day=1) - dt.timedelta(days=1):%Y-%m}"


def check_figures(figures, month):
    check_region(figures["region"])
    assert figures["month"] == month
    assert dt.datetime.fromisoformat(figures["as_of"]).utcoffset() is not None
    assert isinstance(figures["closed"], bool)
    assert all(type(figures[name]) is int and figures[name] >= 0 for name in COUNTS)
    assert figures["due"] == figures["visited"] + figures["missing"] + figures["away"] + figures["refused"]
    assert figures["visited_home"] <= figures["visited"]
    assert figures["away_kept"] <= figures["away"]
    for rate, part in (("rate", "visited"), ("home_rate", "visited_home")):
        if figures["due"] == 0:
            assert figures[rate] is None
        else:
            assert figures[rate] == round(figures[part] / figures["due"], 4)
    assert figures["focused_rate"] is None or 0 <= figures["focused_rate"] <= 1
    assert isinstance(figures["on_track"], bool)
    if figures["due"]:
        year, number = map(int, month.split("-"))
        days = calendar.monthrange(year, number)[1]
        elapsed = 1.0 if month != THIS_MONTH else TODAY.day / days
        before = 1.0 if month != THIS_MONTH else (TODAY.day - 1) / days
        share = figures["visited"] / figures["due"]
        if share >= elapsed:
            assert figures["on_track"]
        if share < before:
            assert not figures["on_track"]


@pytest.mark.parametrize("month", [THIS_MONTH, LAST_MONTH])
def test_the_figures_of_a_district_add_up_and_those_of_its_parts_add_up_to_them(demo, month):
    answer = demo.get("county_director", "/compliance", region=demo.region, month=month)
    assert answer.status == 200
    whole = answer.json()
    check_figures(whole, month)
    assert whole["due"] >= 60
    assert whole["region"]["code"] == demo.region
    assert whole["children"]
    for part in whole["children"]:
        check_figures(part, month)
        assert part["region"]["level"] == "town"
    for name in COUNTS:
        assert sum(part[name] for part in whole["children"]) == whole[name]


def test_one_level_down_shows_villages_and_a_village_has_no_parts(demo):
    whole = demo.get("county_director", "/compliance", region=demo.region, month=THIS_MONTH).json()
    town = next(c for c in whole["children"] if c["due"])["region"]["code"]
    figures = demo.get("county_director", "/compliance", region=town, month=THIS_MONTH).json()
    check_figures(figures, THIS_MONTH)
    assert {c["region"]["level"] for c in figures["children"]} == {"village"}
    village = next(c for c in figures["children"] if c["due"])["region"]["code"]
    assert demo.get("county_director", "/compliance", region=village, month=THIS_MONTH).json()["children"] == []


def test_a_month_long_ago_and_one_to_come_have_rates_of_null(demo):
    for month in ("2019-01", "2035-12"):
        figures = demo.get("county_director", "/compliance", region=demo.region, month=month).json()
        assert figures["due"] == 0
        assert figures["rate"] is figures["home_rate"] is figures["focused_rate"] is None


@pytest.mark.parametrize("query", [{"month": "2026-13"}, {"month": "x"}, {"month": "2026-1"}, {"region": "411"},
                                   {"region": "x"}])  # fmt: skip
@pytest.mark.parametrize("path", ["/compliance", "/compliance/missing"])
def test_a_broken_question_is_422_with_its_field(demo, path, query):
    asked = {"region": demo.region, "month": THIS_MONTH, **query}
    body = check_problem(demo.get("county_director", path, **asked), 422)
    assert set(body["errors"]) == set(query)


def test_volunteers_may_not_use_the_figures(demo):
    for path in ("/compliance", "/compliance/missing"):
        check_problem(demo.get("volunteer", path, region=demo.region, month=THIS_MONTH), 403, "forbidden")
        check_problem(demo.get("family", path, region=demo.region, month=THIS_MONTH), 403, "forbidden")


def test_the_region_of_somebody_else_is_404(demo):
    own = demo.login("village_director")["user"]["roles"][0]["region"]["code"]
    assert demo.get("village_director", "/compliance", region=own, month=THIS_MONTH).status == 200
    for code in (demo.region, "410000000000", "999999999999"):
        for path in ("/compliance", "/compliance/missing"):
            check_problem(demo.get("village_director", path, region=code, month=THIS_MONTH), 404, "not_found")


def test_the_missing_are_listed_with_what_is_known_of_them(demo):
    whole = demo.get("county_director", "/compliance", region=demo.region, month=LAST_MONTH).json()
    items, cursor = [], None
    while True:
        query = {"region": demo.region, "month": LAST_MONTH, "limit": 2} | ({"cursor": cursor} if cursor else {})
        page = demo.get("county_director", "/compliance/missing", **query).json()
        items += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len({(i["elder"]["id"], i["start"]) for i in items}) == len(items)
    assert len([i for i in items if i["period"] == "month"]) == whole["missing"]
    for item in items:
        assert set(item) >= {"elder", "visitor", "last_visit_at", "visits_needed", "visits_done"}
        assert set(item["elder"]) >= {"id", "name", "region"}
        check_region(item["elder"]["region"])
        assert item["visitor"] is None or {"id", "name"} <= set(item["visitor"])
        assert item["last_visit_at"] is None or dt.datetime.fromisoformat(item["last_visit_at"]).utcoffset() is not None
        assert item["visits_done"] < item["visits_needed"]
        assert item["period"] in ("month", "week")


@pytest.fixture
def missing(demo):
    """(phone, elder item) of somebody who is missing this month, and their visitor."""
    listed = demo.get("county_director", "/compliance/missing", region=demo.region, month=THIS_MONTH, limit=500)
    gone = {i["elder"]["id"] for i in listed.json()["items"] if i["period"] == "month"}
    while True:
        phone = demo.phone()
        for elder in phone.elders():
            if elder["id"] in gone:
                return phone, elder


def figures_of(demo, elder):
    return demo.get("county_director", "/compliance", region=elder["region"]["code"], month=THIS_MONTH).json()


def test_a_call_that_reached_the_elder_makes_them_visited_and_a_home_visit_visited_at_home(demo, missing, links):
    phone, elder = missing
    before = figures_of(demo, elder)
    call = visit(elder["id"], channel="phone", form={"id": "contact-call", "version": 1},
                 answers={"call.spoken_to": "elder", "call.health": "good"})  # fmt: skip
    carer = {**call, "id": uuid7(), "answers": {"call.spoken_to": "carer"}}
    unknown = visit(elder["id"], channel="pigeon")
    assert [r["status"] for r in phone.push(carer, unknown)] == ["accepted"] * 2
    assert figures_of(demo, elder)["visited"] == before["visited"]
    (result,) = phone.push(call)
    assert result["assurance"] == "plausible"
    after = figures_of(demo, elder)
    assert (after["visited"], after["missing"]) == (before["visited"] + 1, before["missing"] - 1)
    assert after["visited_home"] == before["visited_home"]
    place = {"lat": elder["lat"], "lon": elder["lon"], "accuracy_m": 25.0, "datum": "wgs84", "mocked": False}
    home = visit(elder["id"], tag=links[elder["id"]], tag_by="camera", position=place, start_position=place,
                 started_at=now(minutes=40).isoformat(), ended_at=now(minutes=20).isoformat())  # fmt: skip
    (result,) = phone.push(home)
    assert result["assurance"] != "doubtful", result
    last = figures_of(demo, elder)
    assert last["visited_home"] == before["visited_home"] + 1
    assert last["visited"] == after["visited"]


def test_somebody_who_refused_is_in_refused_while_nobody_visited_them(demo, missing):
    phone, elder = missing
    before = figures_of(demo, elder)
    (result,) = phone.push(visit(elder["id"], channel="phone", outcome="refused", reason="does_not_want", form=None,
                                 answers={}))  # fmt: skip
    assert result["assurance"] != "doubtful", result
    after = figures_of(demo, elder)
    assert (after["refused"], after["missing"]) == (before["refused"] + 1, before["missing"] - 1)
    check_figures(after, THIS_MONTH)
    listed = demo.get("county_director", "/compliance/missing", region=elder["region"]["code"], month=THIS_MONTH)
    assert elder["id"] not in {i["elder"]["id"] for i in listed.json()["items"] if i["period"] == "month"}


def test_from_and_to_are_inclusive_local_dates_of_the_start(demo):
    phone = demo.phone()
    elder = phone.elders()[0]
    day = TODAY - dt.timedelta(days=9)
    starts = {
        "before": dt.datetime.combine(day, dt.time(0), CHINA) - dt.timedelta(seconds=1),
        "first": dt.datetime.combine(day, dt.time(0), CHINA),
        "last": dt.datetime.combine(day, dt.time(23, 59, 59), CHINA),
        "after": dt.datetime.combine(day, dt.time(23, 59, 59), CHINA) + dt.timedelta(seconds=1),
    }
    items = {k: visit(elder["id"], channel="phone", form=None, answers={}, started_at=at.isoformat(), ended_at=None)
             for k, at in starts.items()}  # fmt: skip
    phone.push(*items.values())
    query = {"region": elder["region"]["code"], "from": day.isoformat(), "to": day.isoformat(), "limit": 500}
    listed = {v["id"] for v in demo.get("county_director", "/visits", **query).json()["items"]}
    assert {k for k, item in items.items() if item["id"] in listed} == {"first", "last"}
