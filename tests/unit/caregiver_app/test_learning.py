"""Courses on the phone: read offline, answered at leisure, told to the server once."""

from __future__ import annotations

import pytest

from caregiver_app.presenters.demo import demo_phone
from caregiver_app.presenters.learning import needed


@pytest.fixture
def phone(tmp_path):
    made = demo_phone(tmp_path)
    yield made
    made.stop()


def required(phone):
    return phone.learning.view().asked[0].id


def events(phone):
    return [row.event() for row in phone.store.events.of("course_done")]


def change(phone, course_id, **values):
    """The server sends a course anew."""
    course = next(c for c in phone.store.cache.all("courses") if c["id"] == course_id)
    phone.store.cache.apply(
        {"courses": [{**course, **values}]}, first=False, whole=False, at="2026-11-03T10:00:00+08:00"
    )


def test_what_is_required_comes_first_and_is_asked_for(phone):
    view = phone.learning.view()
    assert [row.required for row in view.rows] == [True, False]
    assert [row.id for row in view.asked] == [view.rows[0].id]
    assert "1" in view.asked_text


def test_all_right_passes_and_is_told_once(phone):
    course = required(phone)
    quiz = phone.learning.quiz(course)
    assert not quiz.view().can_mark
    quiz.choose(0, 0)
    assert quiz.choose(1, 1).can_mark
    view = quiz.mark()
    assert view.passed
    assert quiz.mark() == view
    (event,) = events(phone)
    assert event["kind"] == "course_done"
    assert event["subject_id"] == course
    assert event["data"] == {"version": 1, "correct": 2, "of": 2, "passed": True}
    assert phone.learning.view().asked == ()
    assert "有网络时" in phone.learning.view().rows[-1].state_text


def test_a_wrong_answer_is_explained_and_may_be_tried_again(phone):
    course = required(phone)
    quiz = phone.learning.quiz(course)
    quiz.choose(0, 2)
    quiz.choose(1, 1)
    view = quiz.mark()
    assert not view.passed
    assert [question.right for question in view.questions] == [False, True]
    assert "给老人打电话" in view.questions[0].right_text
    assert view.questions[0].why
    assert quiz.choose(0, 0) == view  # marked is marked
    assert phone.learning.view().rows[0].state == "failed"
    quiz.again()
    quiz.choose(0, 0)
    quiz.choose(1, 1)
    assert quiz.mark().passed
    assert [event["data"]["passed"] for event in events(phone)] == [True, False]


def test_a_course_without_a_quiz_is_done_when_it_was_read(phone):
    course = phone.learning.view().rows[1].id
    assert phone.learning.quiz(course) is None
    phone.learning.read(course)
    assert phone.learning.course(course).row.state == "passed"
    phone.learning.read(required(phone))  # has a quiz: reading alone does not do
    assert len(events(phone)) == 1


def test_what_the_server_says_is_done_is_done_and_a_new_version_is_not(phone):
    course = required(phone)
    change(phone, course, done={"version": 1, "at": "2026-11-01T10:00:00+08:00"})
    row = phone.learning.course(course).row
    assert (row.state, "服务器" in row.state_text) == ("passed", True)
    change(phone, course, version=2)
    assert phone.learning.course(course).row.state == "open"


def test_what_was_sent_is_said_to_be_known(phone):
    course = phone.learning.view().rows[1].id
    phone.learning.read(course)
    event = phone.store.events.of("course_done")[0]
    phone.store.events.settle(event.id, "sent", {"id": event.id, "status": "accepted"}, error=None, at="x")
    assert "服务器已记录" in phone.learning.course(course).row.state_text


def test_an_empty_english_is_shown_in_chinese(phone):
    phone.settings.set_language("en")
    course = phone.learning.course(phone.learning.view().rows[1].id)
    assert course.row.title == "Gas safety in three minutes"
    assert course.blocks[0].text.startswith("闻到")


def test_malformed_questions_are_left_out(phone):
    course = required(phone)
    good = {"question": {"zh": "?"}, "options": [{"zh": "是"}, {"zh": "否"}], "correct": 0, "why": {}}
    change(
        phone,
        course,
        quiz=[good, "no", {"options": [], "correct": 0}, {**good, "correct": 9}, {**good, "correct": None}],
    )
    assert phone.learning.course(course).questions == 1
    quiz = phone.learning.quiz(course)
    quiz.choose(5, 0)
    quiz.choose(0, 7)
    assert quiz.view().answered == 0


def test_a_course_that_was_taken_back_is_gone(phone):
    assert phone.learning.course("no") is None
    assert phone.learning.quiz("no") is None
    phone.learning.read("no")


@pytest.mark.parametrize(("of", "least"), [(0, 0), (1, 1), (2, 2), (3, 3), (4, 4), (5, 4), (10, 8)])
def test_four_of_five_pass(of, least):
    assert needed(of) == least
