"""Courses: imported in versions, on every phone of the county, finished there, and seen by directors here."""

import datetime as dt
from pathlib import Path

import pytest

from server.courses import reading, service
from server.courses.reading import CourseUnreadable, Wanted, read_file, read_path
from shared.ids import uuid7
from tests.conftest import NOW
from tests.people import COUNTY, COUNTY_B, ELSEWHERE, TOWN, VILLAGE, VILLAGE_B

SHIPPED = Path(reading.__file__).with_name("shipped")


def course(title="第一次探访", **changes):
    values = {
        "id": uuid7(), "title": {"zh": title, "en": ""}, "markdown": {"zh": "正文", "en": ""},
        "quiz": [{"question": {"zh": "问", "en": ""}, "options": [{"zh": "甲", "en": ""}, {"zh": "乙", "en": ""}],
                  "correct": 1, "why": {"zh": "", "en": ""}}],
    } | changes  # fmt: skip
    return Wanted(**values)


@pytest.fixture
def volunteer(place):
    return place.user(("volunteer", VILLAGE))


@pytest.fixture
def bearer(place, volunteer):
    return place.bearer(volunteer)


def put(session, place, *courses, now=NOW, county=None):
    return service.import_courses(session, [(county or place.county).id], courses, now=now)


def pull(client, bearer, cursor=None):
    query = {"cursor": cursor} if cursor else {}
    return client.get("/api/v1/sync/changes", query_string=query, headers=bearer).json


def finish(client, bearer, wanted, correct=1, of=1, **changes):
    data = {"version": 1, "correct": correct, "of": of, "passed": correct == of} | changes
    event = {
        "id": str(uuid7()), "kind": "course_done", "at": NOW.isoformat(), "subject_id": str(wanted.id), "data": data,
    }  # fmt: skip
    [result] = client.post("/api/v1/sync/events", json={"events": [event]}, headers=bearer).json["results"]
    assert result["status"] == "accepted"
    return event


def test_a_course_reaches_the_phones_of_its_county_once(session, client, place, bearer):
    wanted = course(required=True)
    put(session, place, wanted)
    first = pull(client, bearer)
    assert first["courses"] == [
        {"id": str(wanted.id), "version": 1, "title": wanted.title, "markdown": wanted.markdown, "quiz": wanted.quiz,
         "required": True, "position": 0, "done": None}
    ]  # fmt: skip
    assert pull(client, bearer, first["cursor"])["courses"] == []
    assert pull(client, place.somebody(("volunteer", ELSEWHERE)))["courses"] == []


def test_other_words_are_a_new_version_and_take_the_old_ones_place(session, client, place, bearer):
    wanted = course()
    put(session, place, wanted)
    first = pull(client, bearer)
    [same] = put(session, place, wanted)
    assert (same.what, same.course.version) == ("same", 1)
    [changed] = put(session, place, course(id=wanted.id, markdown={"zh": "新正文", "en": ""}))
    assert (changed.what, changed.course.version) == ("changed", 2)
    second = pull(client, bearer, first["cursor"])
    assert [(c["version"], c["markdown"]["zh"]) for c in second["courses"]] == [(2, "新正文")]
    assert second["removed"]["courses"] == [f"{wanted.id}/1"]


def test_a_course_that_becomes_required_is_sent_again_in_the_same_version(session, client, place, bearer):
    wanted = course()
    put(session, place, wanted)
    first = pull(client, bearer)
    put(session, place, course(id=wanted.id, required=True))
    [again] = pull(client, bearer, first["cursor"])["courses"]
    assert (again["version"], again["required"]) == (1, True)


def test_a_withdrawn_course_leaves_the_phones_and_comes_back_when_it_is_imported_again(session, client, place, bearer):
    wanted = course()
    put(session, place, wanted)
    first = pull(client, bearer)
    service.withdraw(session, [place.county.id], wanted.id, now=NOW)
    gone = pull(client, bearer, first["cursor"])
    assert gone["removed"]["courses"] == [f"{wanted.id}/1"]
    put(session, place, wanted)
    assert [c["version"] for c in pull(client, bearer, gone["cursor"])["courses"]] == [1]


def test_a_finished_course_is_done_for_who_finished_it_and_nobody_else(session, client, place, bearer):
    wanted = course()
    put(session, place, wanted)
    first = pull(client, bearer)
    finish(client, bearer, wanted)
    [now_done] = pull(client, bearer, first["cursor"])["courses"]
    assert now_done["done"] == {"version": 1, "at": NOW.isoformat()}
    [other] = pull(client, place.somebody(("volunteer", VILLAGE)))["courses"]
    assert other["done"] is None


def test_a_failed_attempt_is_kept_and_is_not_done(session, client, place, bearer):
    wanted = course()
    put(session, place, wanted)
    finish(client, bearer, wanted, correct=0, of=3)
    assert pull(client, bearer)["courses"][0]["done"] is None


@pytest.mark.parametrize(
    "data", [{}, {"version": "1"}, {"version": 1, "correct": 4, "of": 3}, {"version": 1, "correct": -1, "of": 3}]
)
def test_an_event_that_says_too_little_is_kept_and_finishes_nothing(session, client, place, bearer, data):
    wanted = course()
    put(session, place, wanted)
    event = {"id": str(uuid7()), "kind": "course_done", "subject_id": str(wanted.id), "data": data}
    [result] = client.post("/api/v1/sync/events", json={"events": [event]}, headers=bearer).json["results"]
    assert result["status"] == "accepted"
    assert pull(client, bearer)["courses"][0]["done"] is None


def test_the_same_event_twice_counts_once(session, client, place, bearer):
    wanted = course()
    put(session, place, wanted)
    event = finish(client, bearer, wanted)
    [again] = client.post("/api/v1/sync/events", json={"events": [event]}, headers=bearer).json["results"]
    assert again["status"] == "duplicate"


def test_a_time_that_lies_ahead_is_now(session, client, place, bearer):
    wanted = course()
    put(session, place, wanted)
    event = {
        "id": str(uuid7()), "kind": "course_done", "at": (NOW + dt.timedelta(days=9)).isoformat(),
        "subject_id": str(wanted.id), "data": {"version": 1, "correct": 1, "of": 1, "passed": True},
    }  # fmt: skip
    client.post("/api/v1/sync/events", json={"events": [event]}, headers=bearer)
    assert pull(client, bearer)["courses"][0]["done"]["at"] == NOW.isoformat()


# --- who finished what ------------------------------------------------------------------------------------------------


def progress(client, headers, **query):
    answer = client.get("/api/v1/courses/progress", query_string=query, headers=headers)
    assert answer.status_code == 200, answer.json
    return {item["user"]["id"]: item for item in answer.json["items"]}


def test_a_director_sees_the_visitors_of_the_region_and_what_they_lack(session, client, place, volunteer, bearer):
    wanted, extra = course(required=True), course("安全")
    put(session, place, wanted, extra)
    put(session, place, course(required=True), county=place.other_county)
    lazy = place.user(("neighbour", VILLAGE))
    place.user(("family", VILLAGE))
    place.user(("volunteer", VILLAGE_B))
    finish(client, bearer, wanted)
    seen = progress(client, place.somebody(("director", VILLAGE)))
    assert set(seen) == {str(volunteer.id), str(lazy.id)}
    assert seen[str(volunteer.id)]["finished"] == [
        {"course_id": str(wanted.id), "version": 1, "at": seen[str(volunteer.id)]["finished"][0]["at"]}
    ]
    assert seen[str(volunteer.id)]["required_missing"] == []
    assert seen[str(lazy.id)]["required_missing"] == [str(wanted.id)]


def test_a_region_narrows_it_and_one_outside_is_not_there(client, place, volunteer):
    director = place.somebody(("director", TOWN))
    place.user(("volunteer", VILLAGE_B))
    assert set(progress(client, director, region=f"{VILLAGE:012d}")) == {str(volunteer.id)}
    answer = client.get("/api/v1/courses/progress", query_string={"region": f"{COUNTY_B:012d}"}, headers=director)
    assert answer.status_code == 404


def test_a_volunteer_reads_the_courses_and_nobodys_progress(session, client, place, bearer):
    put(session, place, course())
    assert len(client.get("/api/v1/courses", headers=bearer).json["items"]) == 1
    assert client.get("/api/v1/courses/progress", headers=bearer).status_code == 403


def test_many_courses_and_visitors_take_as_many_statements_as_one(session, client, place, bearer, queries):
    director = place.somebody(("director", COUNTY))
    put(session, place, course())
    with queries() as one:
        progress(client, director)
    put(session, place, *[course(str(n)) for n in range(5)])
    for _ in range(5):
        place.user(("volunteer", VILLAGE))
    with queries() as many:
        progress(client, director)
    assert len(many) == len(one)


# --- files ------------------------------------------------------------------------------------------------------------


def write(folder, text, name="course.md"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


HEAD = '+++\nid = "019aa2c0-7a00-7000-8000-0000000000aa"\ntitle = "课"\n{more}+++\n'


def test_the_shipped_courses_can_be_read_in_both_languages_and_are_small():
    found = read_path(SHIPPED)
    assert [c.required for c in found] == [True, False]
    for wanted in found:
        assert all(wanted.title.values())
        assert all(wanted.markdown.values())
        pictures = [words.count("](data:image/png;base64,") for words in wanted.markdown.values()]
        assert pictures[0] == pictures[1] > 0
        assert 3 <= len(wanted.quiz) <= 4
        for asked in wanted.quiz:
            assert all(words[language] for words in (asked["question"], asked["why"]) for language in ("zh", "en"))
            assert all(option["zh"] and option["en"] for option in asked["options"])
        assert sum(len(words) for words in wanted.markdown.values()) < 60_000


def test_english_may_be_missing(tmp_path):
    wanted = read_file(write(tmp_path, HEAD.format(more="") + "# 正文\n"))
    assert (wanted.title, wanted.markdown, wanted.quiz) == ({"zh": "课", "en": ""}, {"zh": "# 正文", "en": ""}, [])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("没有开头", "+++"),
        ("+++\nid = \n+++\n正文", "TOML"),
        ('+++\nid = "7"\ntitle = "课"\n+++\n正文', "UUID"),
        (HEAD.format(more="") + "<!-- en -->\nwords", "中文"),
        (HEAD.format(more="[[quiz]]\n") + "正文", "选项"),
        (HEAD.format(more='[[quiz]]\nquestion = "问"\noptions = ["甲", "乙"]\ncorrect = 2\n') + "正文", "correct"),
        (HEAD.format(more="") + "![](../secret.png)", "图片"),
        (HEAD.format(more="") + "![](nothing.png)", "图片"),
        (HEAD.format(more="") + "![](course.md)", "图片"),
    ],
)  # fmt: skip
def test_a_file_that_is_wrong_is_said_to_be_so_with_its_name(tmp_path, text, said):
    with pytest.raises(CourseUnreadable) as wrong:
        read_file(write(tmp_path, text))
    assert said in wrong.value.what.zh
    assert wrong.value.name == "course.md"


def test_pictures_together_are_bounded(tmp_path):
    (tmp_path / "big.png").write_bytes(bytes(120_000))
    with pytest.raises(CourseUnreadable) as wrong:
        read_file(write(tmp_path, HEAD.format(more="") + "![](big.png)"))
    assert "150 KB" in wrong.value.what.zh


def test_two_files_with_one_id_are_refused(tmp_path):
    for name in ("a.md", "b.md"):
        write(tmp_path, HEAD.format(more="") + "正文", name)
    with pytest.raises(CourseUnreadable, match=r"b\.md"):
        read_path(tmp_path)
