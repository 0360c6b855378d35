"""One's own record on the page that any phone opens: what was doubted, what was decided, the one answer."""

import re

import pytest

from server.visits.model import Visit
from shared.ids import uuid7
from tests import factories as make
from tests.integration.h5.conftest import PASSWORD
from tests.people import COUNTY, VILLAGE

MINE = "/t/mine"


@pytest.fixture
def visitor(session, place, now):
    from server.people.passwords import hash_password

    visitor = place.user(("volunteer", VILLAGE), username="zhang", password_hash=hash_password(PASSWORD))
    elder = make.elder(session, place.county, place.regions[VILLAGE], name="王桂兰")
    make.pairing(session, elder, visitor)
    flags = [{"code": "short_stay", "weight": 1.0, "figures": {"stay_s": 70, "min_s": 180}}]
    visitor.doubted = make.visit(session, elder, visitor, now, 1, assurance="doubtful", counts=False, flags=flags)
    make.visit(session, elder, visitor, now)
    other = make.elder(session, place.county, place.regions[VILLAGE], name="别人家")
    make.visit(session, other, place.user(("volunteer", VILLAGE)), now, assurance="doubtful", counts=False)
    session.commit()
    return visitor


def sign_in(client, username="zhang", password=PASSWORD):
    return client.post(f"{MINE}/login", data={"username": username, "password": password})


def reply(client, visitor, words="我在门口等了", state=None):
    page = client.get(MINE).text
    state = state or (re.search(r'name="state" value="([^"]+)"', page) or [None, "none"])[1]
    return client.post(f"{MINE}/{visitor.doubted.id}/reply", data={"state": state, "words": words})


def reject(client, place, visitor):
    director = place.somebody(("director", COUNTY))
    body = {"decision": "reject", "ground": "not_there", "reason": "核实过"}
    assert client.post(f"/api/v1/visits/{visitor.doubted.id}/review", json=body, headers=director).status_code == 200
    return director


def test_before_signing_in_nothing_is_shown_and_a_wrong_password_is_said(client, visitor):
    page = client.get(MINE)
    assert (page.status_code, "王桂兰" in page.text, "看您自己的探访记录" in page.text) == (200, False, True)
    wrong = sign_in(client, password="no")
    assert (wrong.status_code, "用户名或密码不对" in wrong.text) == (401, True)
    assert client.get(MINE, query_string={"lang": "en"}).text.count("Please sign in to see") == 1


def test_the_record_shows_ones_own_visits_and_nobody_elses_in_both_languages(client, visitor):
    answer = sign_in(client)
    assert (answer.status_code, answer.headers["Location"]) == (303, MINE)
    page = client.get(MINE)
    assert page.headers["Cache-Control"] == "no-store"
    for said in ("我的探访记录", "王桂兰", "探访 2 次", "存疑 1", "等主任复核", "70秒", "暂不计入"):
        assert said in page.text, said
    assert "别人家" not in page.text
    assert "reply" not in page.text  # there is no decision to answer yet
    english = client.get(MINE, query_string={"lang": "en"}).text
    assert "Waits for a director" in english
    assert not re.search(r"[\u4e00-\u9fff]", re.sub(r"<a [^>]*>.*?</a>|王桂兰|王建国", "", english))


def test_a_decision_is_answered_once_and_goes_to_somebody_else(client, session, place, visitor):
    director = reject(client, place, visitor)
    sign_in(client)
    page = client.get(MINE).text
    for said in ("驳回", "核实未到场", "核实过", "我要答复"):
        assert said in page, said
    empty = reply(client, visitor, words=" ")
    assert (empty.status_code, "请写明情况" in empty.text) == (422, True)
    assert reply(client, visitor).status_code == 303
    session.expire_all()
    assert session.get_one(Visit, (visitor.doubted.county_id, visitor.doubted.id)).decision is None
    page = client.get(MINE).text
    assert "我在门口等了" in page
    assert "由另一位复核" in page
    assert "我要答复" not in page
    queue = client.get("/api/v1/reviews/queue?by=reason", headers=director).json["items"]
    assert "visitor_replied" in [group["reason"]["code"] for group in queue]


def test_a_second_answer_is_refused_and_said(client, place, visitor):
    reject(client, place, visitor)
    sign_in(client)
    state = re.search(r'name="state" value="([^"]+)"', client.get(MINE).text)[1]
    assert reply(client, visitor, state=state).status_code == 303
    again = reply(client, visitor, words="另一种说法", state=state)
    assert again.status_code == 422
    assert reply(client, visitor, state=state).status_code == 303  # the same, sent twice


def test_a_form_of_another_page_or_about_another_visit_is_refused(client, place, visitor):
    reject(client, place, visitor)
    sign_in(client)
    assert reply(client, visitor, state="made up").status_code in (400, 403)
    state = re.search(r'name="state" value="([^"]+)"', client.get(MINE).text)[1]
    foreign = client.post(f"{MINE}/{uuid7()}/reply", data={"state": state, "words": "x"})
    assert foreign.status_code in (400, 403)
    headers = {"Sec-Fetch-Site": "cross-site"}
    refused = client.post(f"{MINE}/{visitor.doubted.id}/reply", data={"state": state, "words": "x"}, headers=headers)
    assert refused.status_code in (400, 403)


def test_signing_out_ends_it_and_kin_have_no_record(client, session, place, visitor):
    sign_in(client)
    assert client.post(f"{MINE}/logout").status_code == 303
    assert "王桂兰" not in client.get(MINE).text
    from server.people.passwords import hash_password

    place.user(("family", VILLAGE), username="kin", password_hash=hash_password(PASSWORD))
    sign_in(client, "kin")
    assert client.get(MINE).status_code == 403


def test_the_page_asks_a_constant_number_of_queries(client, session, place, visitor, now, queries):
    sign_in(client)
    client.get(MINE)
    with queries() as few:
        client.get(MINE)
    elder = make.elder(session, place.county, place.regions[VILLAGE])
    for _ in range(8):
        make.visit(session, elder, visitor, now, 1, assurance="doubtful", counts=False)
    session.commit()
    with queries() as many:
        client.get(MINE)
    assert len(many) <= len(few)
