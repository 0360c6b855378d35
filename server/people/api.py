"""/users: who uses the system, for those who answer for a region."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import and_

from server import clock
from server.database import session
from server.http import Page, PageArgs, Router, actor, reach
from server.people import queries, service
from server.people.model import RoleGrant
from server.people.queries import Person
from server.people.schemas import GrantNewIn, PersonOut, UserIn, UserPatch, UsersQuery
from server.people.service import Granter, Wanted
from server.problems import problem
from server.regions import queries as regions
from server.regions.codes import code_range
from server.regions.model import Region

api = Router("users")


@api.get("/users", right="users.read", query=UsersQuery, answer=PersonOut, paged=True)
def list_users(query: dict[str, Any], page: PageArgs) -> Page[Person]:
    """People who hold a role in my regions."""
    within = reach().within(Region.code, RoleGrant.county_id)
    if query["region"] is not None:
        region = regions.by_any_code(session(), int(query["region"]))
        if region is None or region.code is None or not regions.holds(reach().areas, region):
            raise problem("not_found")
        within = and_(within, Region.code.between(*code_range(region.code, region.level)))
    return queries.people_page(session(), page, today(), within, role=query["role"])


@api.get("/users/<uuid:user_id>", right="users.read", answer=PersonOut)
def read_user(user_id: uuid.UUID) -> Person:
    """One of them."""
    person = queries.person(session(), user_id, today())
    if person is None or not any(_covered(held) for held in person.roles):
        raise problem("not_found")
    return person


@api.post("/users", right="users.write", body=UserIn, answer=PersonOut, status=201, creates=True)
def create_user(body: dict[str, Any]) -> Person:
    """A new person with roles; a director makes visitors and family, an admin anybody."""
    roles = [Wanted(role["role"], int(role["region"])) for role in body["roles"]]
    return service.create_user(
        session(), username=body["username"], name=body["name"], password=body["password"], roles=roles,
        by=granter(), now=clock.now(), today=today(), user_id=body["id"], phone=body["phone"],
    )  # fmt: skip


@api.patch("/users/<uuid:user_id>", right="users.write", body=UserPatch, answer=PersonOut)
def change_user(user_id: uuid.UUID, body: dict[str, Any]) -> Person:
    """Shut somebody out or let them in again; give a new password."""
    by, now = granter(), clock.now()
    person = service.changeable(session(), user_id, by, today())
    if "password" in body:
        person = service.set_password(session(), user_id, body["password"], by=by, now=now, today=today())
    if "disabled" in body:
        person = service.set_disabled(session(), user_id, body["disabled"], by=by, now=now, today=today())
    return person


@api.post("/users/<uuid:user_id>/roles", right="users.write", body=GrantNewIn, answer=PersonOut, creates=True)
def grant_role(user_id: uuid.UUID, body: dict[str, Any]) -> Person:
    """Grant a role in a region from today."""
    wanted = Wanted(body["role"], int(body["region"]))
    return service.grant_role(
        session(), user_id, wanted, by=granter(), now=clock.now(), today=today(), grant_id=body["id"]
    )


@api.delete("/users/<uuid:user_id>/roles/<uuid:grant_id>", right="users.write", answer=PersonOut)
def end_role(user_id: uuid.UUID, grant_id: uuid.UUID) -> Person:
    """End a role today."""
    read_user(user_id)
    return service.end_grant(session(), user_id, grant_id, by=granter(), now=clock.now(), today=today())


def granter() -> Granter:
    """The acting person, as far as they may make people what they are."""
    return Granter(actor().user_id, reach("users.write").covers, reach("users.appoint").covers)


def today() -> dt.date:
    return clock.now().astimezone(clock.zone()).date()


def _covered(held: queries.Held) -> bool:
    return held.region.code is not None and reach("users.read").covers(held.county_id, held.region.code)
