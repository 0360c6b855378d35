"""The visit page in a browser without JavaScript: sign in, fill in, save, and what can go wrong."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from server import clock
from server.alerts.model import Alert
from server.visits.model import Visit
from server.visits.sealing import key_for, unseal
from shared.protocol.visit import loads


def visits(page):
    page.world.session.expire_all()
    return page.world.session.scalars(sa.select(Visit)).all()


def raw(page, visit):
    key = key_for(page.world.vault, visit.county_id, visit.elder_id, page.elder.data_key)
    return loads(unseal(key, "raw", visit.id, visit.raw))


def test_before_signing_in_nothing_of_the_elder_is_shown(page):
    answer = page.get()
    assert answer.status_code == 200
    assert "登录" in answer.text
    assert page.elder.name not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_signing_in_leads_to_the_elders_form(page):
    answer = page.sign_in()
    assert (answer.status_code, answer.headers["Location"]) == (303, page.url)
    form = page.get()
    assert form.status_code == 200
    for said in (page.elder.name, "文峰路1号院1号楼", "听力不好", "tel:13700000001", "王女士", "表达能力", "全部良好"):
        assert said in form.text
    english = page.get(query_string={"lang": "en"})
    assert "All good" in english.text
    assert "Expression" in english.text
    assert "All good" in page.get().text  # the language stays chosen


def test_a_wrong_password_is_said_and_the_sixth_failure_locks(page):
    username = page.set_password(page.who)
    for _ in range(5):
        wrong = page.client.post(f"{page.url}/login", data={"username": username, "password": "no"})
        assert wrong.status_code == 401
        assert "用户名或密码不对" in wrong.text
    locked = page.client.post(f"{page.url}/login", data={"username": username, "password": "no"})
    assert (locked.status_code, locked.headers["Retry-After"]) == (429, "300")


def test_a_saved_visit_has_the_shape_that_the_app_sends(page, app):
    page.sign_in()
    state = page.state()
    clock.set_clock(app, lambda: page.world.now + dt.timedelta(minutes=12))
    saved = page.post(**{
        "state": state, "outcome": "met", "all_good": "1", "a.health.mobility": "fair", "need": ["meals", "bathing"],
        "urgent": "fallen", "urgent_words": "在厕所滑倒", "note": "多喝水", "start_position": "34.03,113.85,20",
        "position": "34.0301,113.8501,15",
    })  # fmt: skip
    assert saved.status_code == 200
    assert "已保存" in saved.text
    (visit,) = visits(page)
    assert (visit.elder_id, visit.visitor_id, visit.channel, visit.outcome) == (
        page.elder.id, page.who.user_id, "home", "met",
    )  # fmt: skip
    assert visit.stay_s == 12 * 60
    item = raw(page, visit)
    assert (item["tag"], item["tag_by"]) == (f"https://yuetan.example/t/{page.token}", "link")
    assert (item["device_id"], item["clock"], item["all_good_tapped"]) == (None, None, True)
    assert item["answers"]["health.mobility"] == "fair"
    assert len(item["answers"]) == 15
    assert item["urgent"] == {"kind": "fallen", "words": "在厕所滑倒"}
    assert [n["kind"] for n in item["needs"]] == ["meals", "bathing"]
    assert item["position"]["accuracy_m"] == 15
    assert page.world.session.scalars(sa.select(Alert.kind).where(Alert.kind == "urgent")).all() == ["urgent"]


def test_sending_the_same_page_twice_saves_one_visit(page, app):
    page.sign_in()
    fields = {"state": page.state(), "outcome": "met", "all_good": "1"}
    page.post(**fields)
    clock.set_clock(app, lambda: page.world.now + dt.timedelta(minutes=1))
    again = page.post(**fields)
    assert again.status_code == 200
    assert "没有重复记录" in again.text
    assert len(visits(page)) == 1


def test_nobody_at_home_shows_whom_to_call(page):
    page.sign_in()
    saved = page.post(state=page.state(), outcome="not_home", reason="no_answer")
    assert "tel:13900000001" in saved.text
    assert raw(page, visits(page)[0])["reason"] == "no_answer"
    assert page.world.session.scalars(sa.select(Alert.kind)).all() == ["no_answer"]


@pytest.mark.parametrize(
    ("fields", "asked"),
    [
        ({}, "请选择见到老人"),
        ({"outcome": "met"}, "至少评一项"),
        ({"outcome": "refused"}, "请选择原因"),
        ({"outcome": "refused", "reason": "travelling"}, "请选择原因"),
    ],
)
def test_what_is_missing_is_asked_for_and_what_was_filled_in_stays(page, fields, asked):
    page.sign_in()
    state = page.state()
    answer = page.post(state=state, note="别丢了这句", **fields)
    assert answer.status_code == 422
    assert asked in answer.text
    assert "别丢了这句" in answer.text
    assert state in answer.text  # the same visit, begun when it was begun
    assert visits(page) == []


def test_a_form_sent_after_the_login_ended_is_saved_once_signed_in(page):
    page.sign_in()
    fields = {"state": page.state(), "outcome": "met", "all_good": "1", "note": "很好", "need": ["meals", "leisure"]}
    page.client.post(f"{page.url}/logout")
    asked = page.post(**fields)
    assert "登录已过期" in asked.text
    assert 'name="note" value="很好"' in asked.text
    assert visits(page) == []
    saved = page.sign_in(**fields)
    assert "已保存" in saved.text
    item = raw(page, visits(page)[0])
    assert (item["note"], len(item["needs"])) == ("很好", 2)


def test_somebody_elses_or_a_made_up_state_saves_nothing(page):
    page.sign_in()
    state = page.state()
    other = page.world.person("volunteer")
    page.world.pair(other, page.elder)
    page.sign_in(other)
    for said in (state, "x", state[:-4] + "AAAA", ""):
        answer = page.post(state=said, outcome="met", all_good="1")
        assert answer.status_code == 422
        assert "请再填一次" in answer.text
    assert visits(page) == []


def test_who_is_not_paired_sees_nothing_of_the_elder(page):
    page.sign_in(page.world.person("volunteer"))
    answer = page.get()
    assert answer.status_code == 403
    assert "没有结对" in answer.text
    assert page.elder.name not in answer.text


def test_a_pairing_that_ended_while_the_page_was_open_loses_no_visit(page):
    page.sign_in()
    state = page.state()
    page.pairing.ends_at = page.world.now + dt.timedelta(seconds=1)
    page.world.session.commit()
    assert "已保存" in page.post(state=state, outcome="met", all_good="1").text
    assert len(visits(page)) == 1


def test_a_revoked_tag_is_said_and_the_visit_is_taken(page):
    page.tag.revoked_at = page.world.now
    page.sign_in()
    assert "已作废" in page.get().text
    assert "已保存" in page.post(state=page.state(), outcome="met", all_good="1").text


def test_an_unknown_code_is_a_page_that_says_so(page):
    answer = page.client.get("/t/" + "a" * 26, headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert "没有这个二维码" in answer.text


def test_a_form_from_another_site_is_refused(page):
    page.sign_in()
    headers = {"Sec-Fetch-Site": "cross-site"}
    fields = {"state": page.state(), "outcome": "met", "all_good": "1"}
    assert page.client.post(page.url, data=fields, headers=headers).status_code == 403
    assert visits(page) == []


def test_words_are_escaped(page):
    page.sign_in()
    answer = page.post(state=page.state(), note="<script>alert(1)</script>")
    assert "<script>alert" not in answer.text


def test_style_and_script_are_served_and_kept(page):
    for name in ("h5.css", "h5.js"):
        answer = page.client.get(f"/h5/{name}")
        assert answer.status_code == 200
        assert "immutable" in answer.headers["Cache-Control"]
    assert page.client.get("/h5/nothing").status_code == 404


def test_the_address_of_an_enrolment_code_says_what_to_scan_it_with(client):
    answer = client.get("/enrol", headers={"Accept-Language": "en"})
    assert answer.status_code == 200
    assert "Yuetan app" in answer.text
