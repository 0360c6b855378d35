"""Courses: what visitors learn, and who finished which."""

from __future__ import annotations

import base64
import uuid
from typing import Any

from sqlalchemy import and_

from server.auth.current import actor, reach
from server.console.ask import asked_page, asked_region_or_none, regions_of
from server.console.pages import Pages
from server.console.render import page
from server.courses import queries
from server.database import session
from server.language import language
from server.people.api import today
from server.people.model import RoleGrant
from server.problems import problem
from server.regions.codes import code_range
from server.regions.model import Region
from shared.markdown import Block, blocks

console = Pages()


@console.get("/courses", right="progress.read")
def courses() -> str:
    """Which visitors of a region finished which courses."""
    region = asked_region_or_none("progress.read")
    within = reach().within(Region.code, RoleGrant.county_id)
    if region is not None and region.code is not None:
        within = and_(within, Region.code.between(*code_range(region.code, region.level)))
    rows, _ = queries.learners(session(), asked_page(100), today(), within)
    return page(
        "courses.html", rows=rows, courses=_mine(), region=region, regions=regions_of("progress.read"), words=_words
    )


@console.get("/courses/<uuid:course_id>", right="progress.read")
def course(course_id: uuid.UUID) -> str:
    """One course, as phones show it."""
    found = next((c for c in _mine() if c.id == course_id), None)
    if found is None:
        raise problem("not_found")
    content = queries.contents(session(), [found])[found.county_id, found.id]
    return page(
        "course.html", course=found, blocks=blocks(_words(content["markdown"])), quiz=content["quiz"], words=_words,
        picture=_picture,
    )  # fmt: skip


def _mine() -> list[Any]:
    """The courses of the counties in which I act; one that several share is named once."""
    return list({c.id: c for c in queries.running(session(), actor().counties)}.values())


def _words(pair: dict[str, str]) -> str:
    """In the reader's language; Chinese where there is no other."""
    return pair.get(language()) or pair["zh"]


def _picture(block: Block) -> str:
    kind = "png" if block.data.startswith(b"\x89PNG") else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(block.data).decode()}"
