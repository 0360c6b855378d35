"""What directors do at the console, and what stands there afterwards."""

import datetime as dt
import hashlib
import io
import json
import re

import pytest
import sqlalchemy as sa

from server import clock, closing, intake, outcomes
from server.absences.model import Absence
from server.alerts.model import Alert
from server.audit.model import AuditEntry
from server.elders import jobs as elder_jobs
from server.elders import service as elders
from server.elders import vault as vaults
from server.elders.model import Elder, ElderCard
from server.pairings.model import Pairing
from server.people.model import RoleGrant, User
from server.tags import jobs as tag_jobs
from server.tasks.runner import Runner
from server.visits.model import Judgement, Review, Visit
from server.visits.sealing import key_for, seal
from shared.ids import uuid7
from tests import factories
from tests.conftest import NOW
from tests.integration.console.desk import desk
from tests.people import COUNTY, TOWN, VILLAGE
from tests.registers import good_row, register
from tests.visits import sent

assert elder_jobs.run_import
assert tag_jobs.print_tags  # the kinds are known
ID_NUMBER, PHONE, ADDRESS = "411002194803059018", "13800001234", "建安大道 5 号院 2 号楼"


@pytest.fixture
def world(app, place, session):
    """One elder with sealed particulars and a volunteer who is paired with them; the month is open."""
    with app.app_context():
        values = {"region_id": place.regions[VILLAGE].id, "name": "张桂兰", "id_number": ID_NUMBER, "phone": PHONE,
                  "address": ADDRESS, "categories": ["living_alone"], "lat": 34.02, "lon": 113.82}  # fmt: skip
        day = dt.date(2026, 1, 1)
        place.elder = elders.add_elder(
            session, place.county.id, values, vault=vaults.current(), now=NOW - dt.timedelta(days=100), today=day
        )
        place.volunteer = place.user(("volunteer", VILLAGE), name="李强")
        place.volunteer.phone = "19900001111"
        factories.pairing(session, place.elder, place.volunteer)
        outcomes.open_periods(session, place.county.id, now=NOW)
        session.commit()
    return place


def bring(app, world, *items):
    """Visits of the volunteer arrive."""
    with app.app_context():
        sender = intake.Sender(world.volunteer.id, world.county.id)
        results = intake.receive(world.session, sender, list(items), vault=vaults.current(), now=NOW)
    assert [r.status for r in results] == ["accepted"] * len(items)
    return items[0]["id"]


def doubtful(app, world):
    """A visit that the rule doubts: a minute long, far from home."""
    far = {"lat": 34.10, "lon": 113.90, "accuracy_m": 10.0, "datum": "wgs84"}
    visit_id = bring(app, world, sent(world.elder, minutes=1, position=far, start_position=far, note="<b>没人</b>"))
    assert world.session.get(Visit, (world.county.id, uuid_of(visit_id))).assurance == "doubtful"
    return visit_id


def uuid_of(text):
    import uuid

    return uuid.UUID(text)


def figures(page):
    """The four classes as the page shows them."""
    found = re.findall(r'class="class-(\w+)".*?<b>([\d,]+)</b>', page.text, re.S)
    return {name: int(n.replace(",", "")) for name, n in found}


def test_the_month_shows_the_rate_over_all_due_and_classes_that_sum_to_it(app, client, world):
    for _ in range(2):
        factories.elder(world.session, world.county, world.regions[VILLAGE])
    outcomes.open_periods(world.session, world.county.id, now=NOW)
    outcomes.settle_elders(
        world.session, world.county.id, list(world.session.scalars(sa.select(Elder.id))), now=NOW
    )
    world.session.commit()
    bring(app, world, sent(world.elder))
    page = desk(client, world, ("director", VILLAGE)).get("/console/month")
    assert figures(page) == {"visited": 1, "missing": 2, "away": 0, "refused": 0}
    assert re.search(r'<p class="big[^"]*">33.3%</p>', page.text)
    assert "应访 3 人，已访 1 人" in page.text


def test_the_missing_are_named_with_their_visitor_and_the_visitors_number(client, world):
    page = desk(client, world, ("director", TOWN)).get("/console/missing")
    assert "张桂兰" in page.text
    assert "李强" in page.text
    assert "19900001111" in page.text
    assert ID_NUMBER not in page.text


def test_a_doubtful_visit_counts_once_a_director_accepts_it(app, client, world):
    visit_id = doubtful(app, world)
    director = desk(client, world, ("director", VILLAGE))
    assert figures(director.get("/console/month"))["missing"] == 1
    assert visit_id in director.get("/console/visits?review=pending").text
    page = director.get(f"/console/visits/{visit_id}")
    assert "&lt;b&gt;没人&lt;/b&gt;" in page.text
    assert "离登记住址约" in page.text
    form = {"decision": "accept", "ground": "called", "words": "女儿也说来过"}
    answer = director.post(f"/console/visits/{visit_id}/review", form)
    assert (answer.status_code, answer.location) == (303, f"/console/visits/{visit_id}")
    page = director.get(answer.location)
    assert "复核已保存" in page.text
    assert "已电话核实老人：女儿也说来过" in page.text
    assert "复核已保存" not in director.get(answer.location).text  # said once
    assert figures(director.get("/console/month"))["visited"] == 1


@pytest.mark.parametrize(("form", "words"), [
    ({}, "请选择采信或驳回"), ({"decision": "accept"}, "请选择依据"),
    ({"decision": "accept", "ground": "copied"}, "请选择依据"),
    ({"decision": "reject", "ground": "other"}, "选“其他”时请写明"),
])  # fmt: skip
def test_a_decision_without_grounds_is_asked_again(app, client, world, form, words):
    visit_id = doubtful(app, world)
    answer = desk(client, world, ("director", VILLAGE)).post(f"/console/visits/{visit_id}/review", form)
    assert answer.status_code == 422
    assert words in answer.text
    assert world.session.scalar(sa.select(sa.func.count()).select_from(Review)) == 0


def test_a_visits_photo_is_shown_once_it_has_arrived(app, client, world):
    jpeg = b"\xff\xd8\xff\xe0" + b"a picture" * 20
    digest = hashlib.sha256(jpeg).hexdigest()
    visit_id = bring(app, world, sent(world.elder, photos=[digest]))
    director = desk(client, world, ("director", VILLAGE))
    address = f"/console/visits/{visit_id}/photos/{digest}"
    assert "还有 1 张照片没有传到" in director.get(f"/console/visits/{visit_id}").text
    assert director.get(address).status_code == 404
    put = client.put(
        f"/api/v1/sync/visits/{visit_id}/photos/{digest}", data=jpeg, content_type="image/jpeg",
        headers=world.bearer(world.volunteer),
    )  # fmt: skip
    assert put.status_code == 201, put.text
    assert address in director.get(f"/console/visits/{visit_id}").text
    answer = director.get(address)
    assert (answer.data, answer.mimetype) == (jpeg, "image/jpeg")
    assert "no-store" in answer.headers["Cache-Control"]


def test_a_closed_month_shows_when_it_was_frozen(app, client, world):
    later = dt.datetime(2026, 12, 8, 2, 0, tzinfo=dt.UTC)
    closing.close_months(world.session, world.county.id, now=later)
    world.session.commit()
    clock.set_clock(app, lambda: later)
    director = desk(client, world, ("director", VILLAGE), at=later)
    page = director.get("/console/month?month=2026-11")
    assert "已结账" in page.text
    assert "第 1 版，12月8日 10:00 封存" in page.text
    assert "到月底仍有 1 人没有访到" in page.text
    assert "已结账" not in director.get("/console/month").text


def test_who_has_waited_longest_stands_first(client, world):
    never = factories.elder(world.session, world.county, world.regions[VILLAGE], name="从未")
    recent = factories.elder(world.session, world.county, world.regions[VILLAGE], name="刚去过")
    for elder, days in ((recent, 20), (world.elder, 40)):
        card = world.session.get(ElderCard, (world.county.id, elder.id))
        card.last_visit_at = NOW - dt.timedelta(days=days)
    outcomes.settle_elders(world.session, world.county.id, [never.id, recent.id], now=NOW)
    world.session.commit()
    page = desk(client, world, ("director", COUNTY)).get("/console/month").text
    places = [page.index(f">{elder.name}<") for elder in (never, world.elder, recent)]
    assert places == sorted(places)
    assert "40 天" in page


def test_a_visit_to_somebody_unknown_is_shown_to_its_visitors_director(app, client, world):
    visit_id = bring(app, world, sent(None))
    director = desk(client, world, ("director", VILLAGE))
    assert "未知老人" in director.get("/console/visits").text
    page = director.get(f"/console/visits/{visit_id}")
    assert page.status_code == 200
    assert "找不到对应的老人" in page.text


def test_nobody_is_offered_to_review_their_own_visit(app, client, world):
    visit_id = doubtful(app, world)
    factories.grant(world.session, world.volunteer, "director", world.regions[VILLAGE], world.county)
    world.session.commit()
    me = desk(client, world, user=world.volunteer)
    page = me.get(f"/console/visits/{visit_id}")
    assert "须由他人复核" in page.text
    assert f"/console/visits/{visit_id}/review" not in page.text
    answer = me.post(f"/console/visits/{visit_id}/review", {"decision": "accept", "ground": "called"})
    assert answer.status_code == 403
    assert "不能复核自己参与的探访" in answer.text


def test_a_decision_is_taken_back_from_above(app, client, world):
    visit_id = doubtful(app, world)
    village, town = desk(client, world, ("director", VILLAGE)), desk(client, world, ("director", TOWN))
    village.post(f"/console/visits/{visit_id}/review", {"decision": "reject", "ground": "not_there"})
    refused = village.post(f"/console/visits/{visit_id}/reopen", {"reason": "再看看"})
    assert refused.status_code == 403
    assert "只有上级" in refused.text
    assert town.post(f"/console/visits/{visit_id}/reopen", {"reason": "再看看"}).status_code == 303
    page = village.get(f"/console/visits/{visit_id}")
    assert "再看看" in page.text
    assert f"/console/visits/{visit_id}/review" in page.text


def test_an_elders_particulars_are_masked_until_asked_for_and_that_is_on_record(client, world):
    director = desk(client, world, ("director", VILLAGE))
    address = f"/console/elders/{world.elder.id}"
    page = director.get(address).text
    assert not [clear for clear in (ID_NUMBER, PHONE, ADDRESS) if clear in page]
    shown = director.post(f"{address}/reveal")
    assert not [clear for clear in (ID_NUMBER, PHONE, ADDRESS) if clear not in shown.text]
    assert shown.headers["Cache-Control"] == "no-store"
    entry = world.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "elder.reveal")).one()
    assert entry.actor_id == director.user.id


def test_what_is_searched_for_stands_in_no_address(client, world):
    page = desk(client, world, ("director", VILLAGE)).post("/console/elders", {"q": ID_NUMBER})
    assert "张桂兰" in page.text
    assert f"q={ID_NUMBER}" not in page.text
    assert 'method="post" action="/console/elders" role="search"' in page.text


def test_a_death_is_recorded_and_the_elder_leaves_the_month(client, world):
    director = desk(client, world, ("director", VILLAGE))
    form = {"id": str(uuid7()), "status": "died", "effective_on": "2026-11-10", "note": "家属告知"}
    answer = director.post(f"/console/elders/{world.elder.id}/status", form)
    assert answer.status_code == 303
    page = director.get(answer.location)
    assert "状态已记录" in page.text
    assert "已去世" in page.text
    assert "本月没有应访老人" in director.get("/console/month").text


def test_a_status_of_tomorrow_is_asked_again(client, world):
    form = {"status": "hospital", "effective_on": "2026-11-15"}
    answer = desk(client, world, ("director", VILLAGE)).post(f"/console/elders/{world.elder.id}/status", form)
    assert answer.status_code == 422
    assert "不能晚于今天" in answer.text


def test_an_absence_counts_once_a_director_approves_it(client, world):
    worker = desk(client, world, ("community_worker", VILLAGE))
    form = {"id": str(uuid7()), "reason": "in_hospital", "starts_on": "2026-11-02", "ends_on": ""}
    assert worker.post(f"/console/elders/{world.elder.id}/absences", form).status_code == 303
    absence = world.session.scalars(sa.select(Absence)).one()
    assert worker.post(f"/console/absences/{absence.id}/approve").status_code == 403
    director = desk(client, world, ("director", VILLAGE))
    assert figures(director.get("/console/month"))["away"] == 0
    director.post(f"/console/absences/{absence.id}/approve")
    assert figures(director.get("/console/month")) == {"visited": 0, "missing": 0, "away": 1, "refused": 0}
    director.post(f"/console/absences/{absence.id}/withdraw")
    assert figures(director.get("/console/month"))["missing"] == 1


def test_somebody_is_paired_and_the_tie_is_ended(client, world):
    other = world.user(("neighbour", VILLAGE), name="赵四")
    director = desk(client, world, ("director", VILLAGE))
    address = f"/console/elders/{world.elder.id}"
    assert "赵四" in director.get(address).text
    director.post(f"{address}/pairings", {"id": str(uuid7()), "user": str(other.id), "role": "neighbour"})
    tie = world.session.scalars(sa.select(Pairing).where(Pairing.user_id == other.id)).one()
    director.post(f"/console/pairings/{tie.id}/end")
    world.session.refresh(tie)
    assert tie.ends_at is not None


def test_an_alert_is_taken_on_and_ended_with_a_word(client, world):
    alert = Alert(
        county_id=world.county.id, id=uuid7(), kind="missing", subject=world.elder.id, elder_id=world.elder.id,
        region_id=world.elder.region_id, period="2026-10", state="open", step=0, opened_at=NOW, since=NOW,
    )  # fmt: skip
    world.session.add(alert)
    world.session.commit()
    director = desk(client, world, ("director", VILLAGE))
    assert "未处理的预警 1" in director.get("/console/month").text
    director.post(f"/console/alerts/{alert.id}/acknowledge", {"back": "/console/alerts"})
    assert "正在处理" in director.get("/console/alerts?state=acknowledged").text
    assert director.post(f"/console/alerts/{alert.id}/resolve", {"note": " "}).status_code == 422
    answer = director.post(f"/console/alerts/{alert.id}/resolve", {"note": "已上门", "back": "//evil.example"})
    assert answer.location == "/console"
    assert "已上门" in director.get("/console/alerts?state=all").text


def test_a_register_is_looked_at_first_and_then_imported(app, client, session, tmp_path):
    place = weidu(session)
    admin = desk(client, place, ("admin", COUNTY))
    sheet = register(good_row(901), good_row(903, 姓名="李桂芳", 身份证号="41100219480305"))
    upload = {"id": str(uuid7()), "region": f"{COUNTY:012d}", "file": (io.BytesIO(sheet), "台账.xlsx")}
    asked = admin.post("/console/import", upload, content_type="multipart/form-data")
    assert asked.status_code == 303
    assert 'data-reload="2"' in admin.get(asked.location).text
    assert Runner(app, beat_s=60).run_one()
    page = admin.get(asked.location)
    assert "还没有写入" in page.text
    assert "身份证号是 14 位，应为 18 位" in page.text
    assert session.scalar(sa.select(sa.func.count()).select_from(Elder)) == 0
    report = admin.get(re.search(r'href="([^"]+/file)"', page.text)[1])
    assert report.data.startswith(b"PK")
    confirmed = admin.post(re.search(r'action="([^"]+/confirm)"', page.text)[1])
    assert confirmed.status_code == 303, confirmed.text
    assert Runner(app, beat_s=60).run_one()
    assert "导入结果" in admin.get(confirmed.location).text
    assert session.scalar(sa.select(sa.func.count()).select_from(Elder)) == 1


@pytest.mark.parametrize("file", [None, (b"", ""), (b"x", "picture.png")])
def test_a_file_that_is_no_register_is_refused_at_once(client, world, file):
    form = {"region": f"{VILLAGE:012d}"} | ({"file": (io.BytesIO(file[0]), file[1])} if file else {})
    answer = desk(client, world, ("director", VILLAGE)).post(
        "/console/import", form, content_type="multipart/form-data"
    )
    assert answer.status_code == 422


def test_a_sheet_of_tags_is_made_and_downloaded(app, client, world):
    director = desk(client, world, ("director", VILLAGE))
    asked = director.post("/console/tags", {"id": str(uuid7()), "region": f"{VILLAGE:012d}"})
    assert Runner(app, beat_s=60).run_one()
    page = director.get(asked.location)
    assert "共 1 块牌" in page.text
    pdf = director.get(re.search(r'href="([^"]+/file)"', page.text)[1])
    assert pdf.data.startswith(b"%PDF")
    elder = f"/console/elders/{world.elder.id}"
    assert "第 1 版" in director.get(elder).text
    for _ in range(2):  # sent twice, it makes one
        director.post(f"{elder}/tag/reissue", {"replaces": "1"})
    assert "第 2 版" in director.get(elder).text


def test_a_director_makes_a_volunteer_and_a_code_for_their_phone(client, world):
    director = desk(client, world, ("director", VILLAGE))
    form = {"id": str(uuid7()), "username": "Zhou.Li", "name": "周丽", "role": "volunteer",
            "region": f"{VILLAGE:012d}"}  # fmt: skip
    made = director.post("/console/users", form)
    assert made.status_code == 303
    user = world.session.scalars(sa.select(User).where(User.username == "zhou.li")).one()
    assert director.post("/console/users", form).location == made.location  # the same form again
    page = director.post(f"/console/users/{user.id}/code", {"id": str(uuid7())})
    code = re.search(r'class="code">([^<]+)<', page.text)[1]
    assert "<svg" in page.text
    assert code not in director.get(f"/console/users/{user.id}").text
    director.post(f"/console/users/{user.id}/disabled", {"disabled": "1"})
    assert "已停用" in director.get(f"/console/users/{user.id}").text


def test_a_director_may_not_make_a_director(client, world):
    form = {"username": "boss", "name": "某", "role": "director", "region": f"{VILLAGE:012d}"}
    director = desk(client, world, ("director", VILLAGE))
    assert 'value="director"' not in director.get("/console/users/new").text
    assert director.post("/console/users", form).status_code == 403


@pytest.mark.parametrize(("change", "words"), [
    ({"username": ""}, "1 到 64 个字符"), ({"name": ""}, "请填写"), ({"password": "12345678"}, "密码"),
    ({"region": "x"}, "请填写"),
])  # fmt: skip
def test_a_form_with_a_fault_comes_back_as_it_was_filled(client, world, change, words):
    form = {"username": "zhou", "name": "周丽", "role": "volunteer", "region": f"{VILLAGE:012d}"} | change
    answer = desk(client, world, ("director", VILLAGE)).post("/console/users", form)
    assert answer.status_code == 422
    assert words in answer.text
    if form["name"]:
        assert 'value="周丽"' in answer.text


def test_a_role_is_granted_and_ended(client, world):
    director = desk(client, world, ("director", VILLAGE))
    user = world.user(("volunteer", VILLAGE))
    form = {"id": str(uuid7()), "role": "doctor", "region": f"{VILLAGE:012d}"}
    director.post(f"/console/users/{user.id}/roles", form)
    held = world.session.scalars(sa.select(RoleGrant).where(RoleGrant.user_id == user.id)).all()
    assert {g.role for g in held} == {"volunteer", "doctor"}
    doctor = next(g for g in held if g.role == "doctor")
    director.post(f"/console/users/{user.id}/roles/{doctor.id}/end")
    world.session.refresh(doctor)
    assert doctor.valid_to == NOW.date()


def test_the_lists_page_on(client, world):
    for _ in range(120):
        factories.elder(world.session, world.county, world.regions[VILLAGE])
    outcomes.settle_elders(world.session, world.county.id, list(world.session.scalars(sa.select(Elder.id))), now=NOW)
    world.session.commit()
    director = desk(client, world, ("director", VILLAGE))
    first = director.get("/console/missing")
    following = re.search(r'href="([^"]+)" rel="next"', first.text)[1].replace("&amp;", "&")
    second = director.get(following)
    ids = re.compile(r"/console/elders/([0-9a-f-]{36})")
    seen = [set(ids.findall(page.text)) for page in (first, second)]
    assert [len(s) for s in seen] == [100, 21]
    assert not seen[0] & seen[1]


def test_pages_ask_the_database_a_constant_number_of_times(client, world, queries):
    director = desk(client, world, ("director", VILLAGE))
    counts = []
    for more in (0, 40):
        for _ in range(more):
            elder = factories.elder(world.session, world.county, world.regions[VILLAGE])
            factories.pairing(world.session, elder, world.volunteer)
            factories.visit(world.session, elder, world.volunteer, NOW - dt.timedelta(days=40))
        outcomes.settle_elders(
            world.session, world.county.id, list(world.session.scalars(sa.select(Elder.id))), now=NOW
        )
        world.session.commit()
        for path in ("/console/month", "/console/missing", "/console/elders", "/console/users", "/console/alerts"):
            with queries() as asked:
                assert director.get(path).status_code == 200
            counts.append(len(asked))
    half = len(counts) // 2
    assert counts[:half] == counts[half:]


def weidu(session):
    """The real district's divisions, for registers that name its communities."""
    from server.regions import service as regions
    from server.regions.model import County, Region
    from tests.people import Place
    from tests.registers import WEIDU_CSV

    regions.import_regions(session, WEIDU_CSV.read_bytes(), now=NOW, valid_from=dt.date(2020, 1, 1))
    found = {r.code: r for r in session.scalars(sa.select(Region))}
    county = County(region_id=found[COUNTY].id, name="魏都区", created_at=NOW, settings={})
    session.add(county)
    session.commit()
    return Place(session, found, county, county)


def test_where_one_visitor_s_readings_put_a_home_stands_on_the_visit_s_page(app, client, world):
    visit_id = doubtful(app, world)
    path = f"/console/visits/{visit_id}"
    director = desk(client, world, ("director", VILLAGE))
    assert "一位探访员多日定位所在" not in director.get(path).text
    inputs = {"home": {"lat": 34.02, "lon": 113.82, "unsure": True, "proposed": [34.0231234, 113.82]}}
    with app.app_context():
        key = key_for(vaults.current(), world.county.id, world.elder.id, world.elder.data_key)
        sealed = seal(key, "inputs", uuid_of(visit_id), json.dumps(inputs).encode())
    world.session.add(
        Judgement(
            county_id=world.county.id, id=uuid7(), visit_id=uuid_of(visit_id), at=NOW, rule_version=2,
            assurance="doubtful", flags=[], inputs=sealed,
        )
    )
    world.session.commit()
    assert "一位探访员多日定位所在（待确认）" in director.get(path).text
