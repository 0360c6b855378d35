"""The duty roster: who is called first when somebody calls for help."""

from __future__ import annotations

import datetime as dt
import uuid

from flask import Response, request

from server import clock
from server.auth.current import actor, reach
from server.console.ask import asked_page, form_uuid, regions_of
from server.console.pages import Pages, done, to
from server.console.render import may, page
from server.database import session
from server.http import PageArgs
from server.language import Text, language
from server.people.api import today
from server.people.model import STAFF_ROLES, RoleGrant
from server.people.queries import Person, people_page
from server.problems import Problem, problem
from server.regions.codes import parse_code
from server.regions.model import Region
from server.roster import queries, service
from shared.ids import uuid7

console = Pages()
CHOICES = 300  # people in the form's list


@console.get("/shifts", right="shifts.read")
def shifts() -> str:
    """Who is and will be on duty in my regions."""
    return _page({})


@console.post("/shifts", right="shifts.write")
def add_shift() -> Response:
    """Put somebody on duty."""
    code, user_id = parse_code(request.form.get("region", "")), form_uuid("user")
    if code is None or user_id is None:
        raise problem("not_found")
    try:
        service.add_shift(
            session(), reach(), form_uuid("id") or uuid7(), user_id, code, _instant("starts_at"), _instant("ends_at"),
            now=clock.now(), today=today(), actor_id=actor().user_id,
        )  # fmt: skip
    except Problem as wrong:
        if wrong.status != 422:
            raise
        session().rollback()
        errors: dict[str, list[str]] = wrong.body(language()).get("errors") or {}
        return Response(_page(errors), 422, mimetype="text/html")
    done("shifts.added")
    return to("shifts")


@console.post("/shifts/<uuid:shift_id>/cancel", right="shifts.write")
def cancel_shift(shift_id: uuid.UUID) -> Response:
    """Take somebody off duty."""
    found = queries.one(session(), reach(), shift_id)
    if found is None:
        raise problem("not_found")
    service.cancel_shift(session(), found[0], now=clock.now(), actor_id=actor().user_id)
    done("shifts.cancelled")
    return to("shifts")


def _page(errors: dict[str, list[str]]) -> str:
    now = clock.now()
    rows = queries.listed(session(), reach("shifts.read"), asked_page(100), now=now)
    hour = now.astimezone(clock.zone()).replace(minute=0, second=0, microsecond=0, tzinfo=None)
    return page(
        "shifts.html", rows=rows, errors=errors, given=request.form, moment_now=now, new_id=str(uuid7()),
        people=_people() if may("shifts.write") else [],
        regions=regions_of("shifts.write") if may("shifts.write") else [],
        first=f"{hour:%Y-%m-%dT%H:%M}", last=f"{hour + dt.timedelta(hours=12):%Y-%m-%dT%H:%M}",
    )  # fmt: skip


def _people() -> list[Person]:
    """Staff and directors of my regions."""
    within = reach("shifts.write").within(Region.code, RoleGrant.county_id)
    found = people_page(session(), PageArgs(CHOICES), today(), within, roles=STAFF_ROLES | {"director"})
    return [p for p in found.items if p.user.disabled_at is None]


def _instant(name: str) -> dt.datetime:
    """A form's `2026-11-14T08:00`, on the county's clock."""
    try:
        return dt.datetime.fromisoformat(request.form.get(name, "")).replace(tzinfo=clock.zone())
    except ValueError:
        raise problem("validation", errors={name: [Text("请填写日期和时间", "A date and a time, please.")]}) from None
