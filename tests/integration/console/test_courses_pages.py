"""The pages of courses: who finished what, and the words as phones show them."""

import pytest

from server.courses import service
from server.courses.reading import read_path
from server.courses.service import Result
from shared.ids import uuid7
from tests.conftest import NOW
from tests.integration.console.desk import desk
from tests.integration.sync.test_courses import SHIPPED
from tests.people import CITY, ELSEWHERE, VILLAGE, VILLAGE_B


@pytest.fixture
def courses(session, place):
    return [p.course for p in service.import_courses(session, [place.county.id], read_path(SHIPPED), now=NOW)]


def test_a_director_sees_who_finished_what_and_who_owes_it(session, client, place, courses):
    diligent = place.user(("volunteer", VILLAGE), name="勤快的")
    lazy = place.user(("neighbour", VILLAGE), name="没学的")
    place.user(("volunteer", VILLAGE_B), name="别村的")
    done = Result(uuid7(), courses[0].id, 1, 4, 4, True, NOW)
    service.record(session, place.county.id, diligent.id, [done])
    session.commit()
    text = desk(client, place, ("director", VILLAGE)).get("/console/courses").text
    assert "第一次探访" in text
    assert "别村的" not in text
    rows = {name: text[text.index(name) :].split("</tr>")[0] for name in (diligent.name, lazy.name)}
    assert "11月14日" in rows[diligent.name]
    assert "未学" in rows[lazy.name]
    assert rows[lazy.name].count("未学") == 1  # the other one is not required


def test_the_words_stand_with_their_pictures_and_the_quiz_with_its_answers(client, place, courses):
    someone = desk(client, place, ("director", VILLAGE))
    text = someone.get(f"/console/courses/{courses[0].id}").text
    assert text.count("data:image/png;base64,") == 2
    assert "进门" in text
    assert "不扫码开始" in text
    english = someone.get(f"/console/courses/{courses[0].id}", headers={"Accept-Language": "en"}).text
    assert "At the door" in english


def test_another_countys_course_is_not_there(client, place, courses):
    someone = desk(client, place, ("director", ELSEWHERE))
    assert someone.get(f"/console/courses/{courses[0].id}").status_code == 404
    assert "第一次探访" not in someone.get("/console/courses").text


def test_a_city_sees_no_persons(client, place, courses):
    place.user(("volunteer", VILLAGE), name="某志愿者")
    assert "某志愿者" not in desk(client, place, ("director", CITY)).get("/console/courses").text
