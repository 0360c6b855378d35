"""/courses: what there is to learn, for whoever visits; and who finished what, for whoever answers for them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_

from server.courses import queries
from server.courses.queries import Learner
from server.courses.schemas import CourseOut, ProgressOut, ProgressQuery
from server.database import session
from server.http import Page, PageArgs, Router, actor, reach
from server.people.api import today
from server.people.model import RoleGrant
from server.problems import problem
from server.regions import queries as regions
from server.regions.codes import code_range
from server.regions.model import Region

api = Router("courses")


@api.get("/courses", right="courses.read", answer=CourseOut, paged=True)
def list_courses(page: PageArgs) -> Page[dict[str, Any]]:
    """The courses of my counties, as phones get them."""
    who = actor()
    counties = {who.county_id} if who.county_id is not None else who.counties
    rows = queries.running_page(session(), counties, page)
    words = queries.contents(session(), rows.items)
    mine = queries.done(session(), counties, [who.user_id])
    return rows.map(
        lambda course: queries.wire(course, words[course.county_id, course.id], mine.get((who.user_id, course.id)))
    )


@api.get("/courses/progress", right="progress.read", query=ProgressQuery, answer=ProgressOut, paged=True)
def list_progress(query: dict[str, Any], page: PageArgs) -> Page[dict[str, Any]]:
    """Which visitors of my regions finished which courses."""
    within = reach().within(Region.code, RoleGrant.county_id)
    if query["region"] is not None:
        region = regions.by_any_code(session(), int(query["region"]))
        if region is None or region.code is None or not regions.holds(reach().areas, region):
            raise problem("not_found")
        within = and_(within, Region.code.between(*code_range(region.code, region.level)))
    found, _ = queries.learners(session(), page, today(), within)
    return found.map(progress_wire)


def progress_wire(learner: Learner) -> dict[str, Any]:
    user = learner.person.user
    return {
        "user": {"id": str(user.id), "name": user.name},
        "finished": [{"course_id": key, "version": d.version, "at": d.at} for key, d in learner.finished.items()],
        "required_missing": list(learner.missing),
    }
