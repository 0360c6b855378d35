"""Courses as phones and directors see them: what is there, and who finished what."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.courses.model import Course, CourseResult, CourseVersion
from server.paging import Page, PageArgs
from server.people.model import VISITING_ROLES, User
from server.people.queries import Person, people_page


@dataclass(frozen=True, slots=True)
class Done:
    """The newest passed attempt of one person."""

    version: int
    at: dt.datetime


def running(session: Session, county_ids: Collection[int]) -> list[Course]:
    """The courses in force, in the order in which they are meant to be read."""
    if not county_ids:
        return []
    return list(
        session.scalars(
            sa.select(Course)
            .where(Course.county_id.in_(sorted(county_ids)), Course.withdrawn_at.is_(None))
            .order_by(Course.county_id, Course.position, Course.id)
        )
    )


def of_person(
    session: Session, county_ids: Collection[int], user_id: uuid.UUID
) -> list[tuple[Course, Done | None]]:
    """The courses in force, each with this person's newest passed attempt. One query."""
    if not county_ids:
        return []
    rows = session.execute(
        sa.select(Course, CourseResult.version, CourseResult.at)
        .outerjoin(
            CourseResult,
            sa.and_(
                CourseResult.county_id == Course.county_id, CourseResult.course_id == Course.id,
                CourseResult.user_id == user_id, CourseResult.passed.is_(True),
            ),
        )
        .where(Course.county_id.in_(sorted(county_ids)), Course.withdrawn_at.is_(None))
        .order_by(
            Course.county_id, Course.position, Course.id, CourseResult.version, CourseResult.at, CourseResult.id
        )
    )  # fmt: skip
    newest = {course: Done(version, at) if version is not None else None for course, version, at in rows}
    return list(newest.items())


def running_page(session: Session, county_ids: Collection[int], page: PageArgs) -> Page[Course]:
    """The same, page by page."""
    wanted = sa.select(Course).where(Course.county_id.in_(sorted(county_ids)), Course.withdrawn_at.is_(None))
    if (after := page.after(int, int, uuid.UUID)) is not None:
        wanted = wanted.where(sa.tuple_(Course.county_id, Course.position, Course.id) > sa.tuple_(*after))
    rows = session.scalars(wanted.order_by(Course.county_id, Course.position, Course.id).limit(page.limit + 1)).all()
    return page.cut(rows, lambda course: (course.county_id, course.position, course.id))


def contents(session: Session, courses: Iterable[Course]) -> dict[tuple[int, uuid.UUID], Mapping[str, Any]]:
    """The words in force of these courses. One query."""
    keys = [(c.county_id, c.id, c.version) for c in courses]
    if not keys:
        return {}
    rows = session.execute(
        sa.select(CourseVersion.county_id, CourseVersion.course_id, CourseVersion.content).where(
            sa.or_(
                *(
                    sa.and_(
                        CourseVersion.county_id == county_id, CourseVersion.course_id == course_id,
                        CourseVersion.version == version,
                    )
                    for county_id, course_id, version in keys
                )
            )
        )
    )  # fmt: skip
    return {(county_id, course_id): content for county_id, course_id, content in rows}


def done(
    session: Session, county_ids: Collection[int], user_ids: Collection[uuid.UUID]
) -> dict[tuple[uuid.UUID, uuid.UUID], Done]:
    """(person, course) → their newest passed attempt. One query."""
    if not county_ids or not user_ids:
        return {}
    rows = session.execute(
        sa.select(CourseResult.user_id, CourseResult.course_id, CourseResult.version, CourseResult.at)
        .where(
            CourseResult.county_id.in_(sorted(county_ids)), CourseResult.user_id.in_(list(user_ids)),
            CourseResult.passed.is_(True),
        )
        .order_by(CourseResult.version, CourseResult.at, CourseResult.id)
    )  # fmt: skip
    return {(user_id, course_id): Done(version, at) for user_id, course_id, version, at in rows}


def wire(course: Course, content: Mapping[str, Any], finished: Done | None) -> dict[str, Any]:
    """`courses[]` of the feed."""
    return {
        "id": str(course.id), "version": course.version, "title": content["title"], "markdown": content["markdown"],
        "quiz": content["quiz"], "required": course.required, "position": course.position,
        "done": None if finished is None else {"version": finished.version, "at": finished.at.isoformat()},
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Learner:
    """A visitor, what they finished by course, and which required courses they still owe."""

    person: Person
    finished: Mapping[uuid.UUID, Done]
    missing: tuple[uuid.UUID, ...]


def learners(
    session: Session, page: PageArgs, today: dt.date, within: sa.ColumnElement[bool]
) -> tuple[Page[Learner], list[Course]]:
    """Visitors who hold a role in a region of `within`, with what they finished; and the courses of their counties."""
    people = people_page(session, page, today, sa.and_(within, User.disabled_at.is_(None)), roles=VISITING_ROLES)
    of_person = {
        p.user.id: {h.county_id for h in p.roles if h.county_id is not None and h.role in VISITING_ROLES}
        for p in people.items
    }
    counties = set().union(*of_person.values()) if of_person else set()
    courses = running(session, counties)
    known = done(session, counties, list(of_person))

    def learner(person: Person) -> Learner:
        mine = [c for c in courses if c.county_id in of_person[person.user.id]]
        finished = {c.id: known[person.user.id, c.id] for c in mine if (person.user.id, c.id) in known}
        owed = tuple(dict.fromkeys(c.id for c in mine if c.required and c.id not in finished))
        return Learner(person, finished, owed)

    return people.map(learner), courses
