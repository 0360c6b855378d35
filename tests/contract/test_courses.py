"""CONTRACT: `courses[]` in the feed, and the event that says that one is done."""

import base64
import re

from tests.contract.client import now, uuid7


def test_courses_are_whole_in_both_languages_with_pictures_inside(phone):
    courses = phone.pull().json()["courses"]
    assert any(course["required"] for course in courses)
    for course in courses:
        assert {"id", "version", "title", "markdown", "quiz", "required", "done"} <= course.keys()
        assert set(course["title"]) == set(course["markdown"]) == {"zh", "en"}
        pictures = re.findall(r"\]\((data:image/[a-z]+;base64,[^)]+)\)", course["markdown"]["zh"])
        assert sum(map(len, pictures)) <= 150 * 1024
        assert all(base64.b64decode(uri.partition(",")[2], validate=True) for uri in pictures)
        for question in course["quiz"]:
            assert 0 <= question["correct"] < len(question["options"])


def test_a_course_that_is_done_is_told_once_and_comes_back_as_done(demo):
    phone = demo.phone()
    first = phone.pull().json()
    course = next(c for c in first["courses"] if c["required"])
    of = len(course["quiz"])
    event = {
        "id": uuid7(), "kind": "course_done", "at": now().isoformat(), "clock": None, "subject_id": course["id"],
        "data": {"version": course["version"], "correct": of, "of": of, "passed": True},
    }  # fmt: skip
    for status in ("accepted", "duplicate"):
        answer = phone.http.post("/sync/events", {"events": [event]}, token=phone.token)
        assert [r["status"] for r in answer.json()["results"]] == [status]
    again = phone.pull(first["cursor"]).json()["courses"]
    known = course["done"] or {"at": ""}
    assert [(c["id"], c["done"]["version"]) for c in again] == [(course["id"], course["version"])]
    assert again[0]["done"]["at"] > known["at"]
