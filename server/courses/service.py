"""Courses: put in place in versions, withdrawn, and the results that phones bring."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.audit import service as audit
from server.courses.model import Course, CourseResult, CourseVersion
from server.courses.reading import Wanted
from server.problems import problem


@dataclass(frozen=True, slots=True)
class Put:
    """What became of one course: `new`, `changed` (a version more), or `same`."""

    course: Course
    what: str


@dataclass(frozen=True, slots=True)
class Result:
    """An attempt at a quiz, as a phone told it."""

    id: uuid.UUID
    course_id: uuid.UUID
    version: int
    correct: int
    of: int
    passed: bool
    at: dt.datetime


def import_courses(
    session: Session, county_ids: Collection[int], wanted: Sequence[Wanted], *, now: dt.datetime,
    actor_id: uuid.UUID | None = None,
) -> list[Put]:  # fmt: skip
    """Put these courses in place in each of the counties. Commits."""
    done = [
        put_course(session, county_id, course, now=now, actor_id=actor_id)
        for county_id in sorted(county_ids)
        for course in wanted
    ]
    session.commit()
    return done


def put_course(
    session: Session, county_id: int, wanted: Wanted, *, now: dt.datetime, actor_id: uuid.UUID | None = None
) -> Put:
    """The course as wanted; other words are a new version, the same ones are not. Does not commit."""
    content = wanted.content()
    digest = _digest(content)
    course = session.get(Course, (county_id, wanted.id), with_for_update=True)
    if course is None:
        course = Course(
            county_id=county_id, id=wanted.id, version=1, title=wanted.title, required=wanted.required,
            position=wanted.position, created_at=now, updated_at=now, withdrawn_at=None,
        )  # fmt: skip
        session.add(course)
        session.flush()
        what = "new"
    else:
        running = session.get_one(CourseVersion, (county_id, wanted.id, course.version))
        what = "same" if running.digest == digest else "changed"
        facts = (course.required, course.position, course.withdrawn_at)
        if what == "same" and facts == (wanted.required, wanted.position, None):
            return Put(course, what)
        course.version += what == "changed"
        course.title, course.required, course.position = wanted.title, wanted.required, wanted.position
        course.updated_at, course.withdrawn_at = now, None
    if what != "same":
        session.add(
            CourseVersion(
                county_id=county_id, course_id=wanted.id, version=course.version, content=content, digest=digest,
                created_at=now,
            )
        )  # fmt: skip
    audit.record(
        session, "course.put", "course", wanted.id, now=now, actor_id=actor_id, county_id=county_id,
        details={"version": course.version, "required": course.required},
    )  # fmt: skip
    session.flush()
    return Put(course, what)


def withdraw(
    session: Session, county_ids: Collection[int], course_id: uuid.UUID, *, now: dt.datetime,
    actor_id: uuid.UUID | None = None,
) -> list[Course]:  # fmt: skip
    """Take a course off the phones; its results stay. Commits."""
    found = session.scalars(
        sa.select(Course).where(
            Course.county_id.in_(sorted(county_ids)), Course.id == course_id, Course.withdrawn_at.is_(None)
        )
    ).all()
    if not found:
        raise problem("not_found")
    for course in found:
        course.withdrawn_at = course.updated_at = now
        audit.record(
            session, "course.withdraw", "course", course_id, now=now, actor_id=actor_id, county_id=course.county_id
        )
    session.commit()
    return list(found)


def record(session: Session, county_id: int, user_id: uuid.UUID, results: Sequence[Result]) -> None:
    """Keep what phones say was finished; of courses that the county does not have too, for they may have been known to
    it before. New ones only: events are taken in once. Does not commit."""
    session.add_all(
        CourseResult(
            county_id=county_id, id=r.id, user_id=user_id, course_id=r.course_id, version=r.version,
            correct=r.correct, of=r.of, passed=r.passed, at=r.at,
        )
        for r in results
    )  # fmt: skip
    session.flush()


def _digest(content: dict[str, Any]) -> bytes:
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).digest()
