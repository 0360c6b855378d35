"""People: who uses the system in one's regions, their roles, their phones."""

from __future__ import annotations

import io
import uuid

import qrcode
import qrcode.image.svg
from flask import Response, request
from markupsafe import Markup
from sqlalchemy import and_

from server import clock, keys
from server.auth.current import actor, reach
from server.auth.rights import ROLES
from server.console.ask import asked_choice, asked_page, asked_region_or_none, form_text, form_uuid, regions_of
from server.console.pages import Pages, done, to
from server.console.render import may, page
from server.database import session
from server.devices import queries as devices
from server.devices import service as phones
from server.devices.api import enrolment_url
from server.devices.model import REVOCATIONS, Device
from server.language import language
from server.people import queries, service
from server.people.api import granter, today
from server.people.model import ROLES as ROLE_ORDER
from server.people.model import RoleGrant
from server.people.queries import Person
from server.people.service import DIRECTORS_GRANT, Wanted
from server.problems import Problem, problem
from server.regions.codes import code_range, parse_code
from server.regions.model import Region
from shared.ids import uuid7

console = Pages()


@console.get("/users", right="users.read")
def users() -> str:
    """People who hold a role in my regions."""
    region, role = asked_region_or_none("users.read"), asked_choice("role", ROLES)
    within = reach().within(Region.code, RoleGrant.county_id)
    if region is not None and region.code is not None:
        within = and_(within, Region.code.between(*code_range(region.code, region.level)))
    rows = queries.people_page(session(), asked_page(100), today(), within, role=role)
    return page(
        "users.html", rows=rows, region=region, role=role, roles=ROLE_ORDER, regions=regions_of("users.read"),
    )  # fmt: skip


@console.get("/users/new", right="users.write")
def new_user() -> str:
    """The form for a new person."""
    return _new_page({}, 200)


@console.post("/users", right="users.write")
def create_user() -> Response:
    """A new person with one role; a director makes visitors and family, an admin anybody."""
    try:
        person = service.create_user(
            session(), username=form_text("username", 64), name=form_text("name", 64) or _missing("name"),
            password=request.form.get("password") or None, roles=[_wanted()], by=granter(), now=clock.now(),
            today=today(), user_id=form_uuid("id"), phone=form_text("phone", 32) or None,
        )  # fmt: skip
    except Problem as wrong:
        return Response(_new_page(_errors(wrong), wrong.status), wrong.status, mimetype="text/html")
    done("users.created", name=person.user.name)
    return to("user", user_id=person.user.id)


@console.get("/users/<uuid:user_id>", right="users.read")
def user(user_id: uuid.UUID) -> str:
    """One person: roles, phones."""
    return _user_page(_readable(user_id))


@console.post("/users/<uuid:user_id>/roles", right="users.write")
def grant_role(user_id: uuid.UUID) -> Response:
    """Grant a role from today."""
    person = _readable(user_id)
    try:
        service.grant_role(
            session(), user_id, _wanted(), by=granter(), now=clock.now(), today=today(), grant_id=form_uuid("id")
        )
    except Problem as wrong:
        return _again(person, wrong)
    done("users.role_added")
    return to("user", user_id=user_id)


@console.post("/users/<uuid:user_id>/roles/<uuid:grant_id>/end", right="users.write")
def end_role(user_id: uuid.UUID, grant_id: uuid.UUID) -> Response:
    """End a role today."""
    _readable(user_id)
    service.end_grant(session(), user_id, grant_id, by=granter(), now=clock.now(), today=today())
    done("users.role_ended")
    # whoever holds no role here any more has left this director's list
    return to("user", user_id=user_id) if _reaches(user_id) else to("users")


@console.post("/users/<uuid:user_id>/disabled", right="users.write")
def set_disabled(user_id: uuid.UUID) -> Response:
    """Shut somebody out, or let them in again."""
    disabled = request.form.get("disabled") == "1"
    service.set_disabled(session(), user_id, disabled, by=granter(), now=clock.now(), today=today())
    done("users.disabled_done" if disabled else "users.enabled_done")
    return to("user", user_id=user_id)


@console.post("/users/<uuid:user_id>/password", right="users.write")
def set_password(user_id: uuid.UUID) -> Response:
    """A new password for somebody who forgot theirs."""
    person = _readable(user_id)
    try:
        service.set_password(
            session(), user_id, request.form.get("password", ""), by=granter(), now=clock.now(), today=today()
        )
    except Problem as wrong:
        return _again(person, wrong)
    done("users.password_done")
    return to("user", user_id=user_id)


@console.post("/users/<uuid:user_id>/code", right="devices.enrol")
def enrolment_code(user_id: uuid.UUID) -> str:
    """A code for one phone, shown on this answer and nowhere else; the form's id again gives the same code."""
    if not devices.reaches_user(session(), user_id, reach(), today()):
        raise problem("not_found")
    issued = phones.issue_code(
        session(), keys.ring(), user_id, now=clock.now(), today=today(), code_id=form_uuid("id"),
        counties=reach().counties, actor_id=actor().user_id, replaces=_replaced(user_id),
    )  # fmt: skip
    url = enrolment_url(issued.code)
    return page("code.html", person=issued.user, code=issued.code, expires_at=issued.expires_at, qr=_qr(url))


@console.post("/devices/<uuid:device_id>/revoke", right="devices.revoke")
def revoke_device(device_id: uuid.UUID) -> Response:
    """Shut a phone out."""
    found = devices.visible_device(session(), device_id, reach(), today())
    how = request.form.get("as", "")
    if found is None or how not in REVOCATIONS:
        raise problem("not_found")
    user_id = found[1].id
    phones.revoke(session(), device_id, how, now=clock.now(), actor_id=actor().user_id)
    done("users.revoked")
    return to("user", user_id=user_id) if may("users.read") else to("home")


def _replaced(user_id: uuid.UUID) -> uuid.UUID | None:
    """The person's phone that the new one takes the place of, where the form says so."""
    device_id = form_uuid("replaces") if request.form.get("replaces") else None
    if device_id is not None and device_id not in {d.id for d in devices.of_user(session(), user_id, reach(), today())}:
        raise problem("not_found")
    return device_id


def _new_page(errors: dict[str, list[str]], status: int) -> str:
    return page(
        "user_new.html", errors=errors, given=request.form, id=request.form.get("id") or str(uuid7()),
        roles=_grantable(), regions=regions_of("users.write"),
    )  # fmt: skip


def _user_page(person: Person, errors: dict[str, list[str]] | None = None) -> str:
    theirs: list[Device] = []
    if may("devices.read"):
        theirs = devices.of_user(session(), person.user.id, reach("devices.read"), today())
    return page(
        "user.html", person=person, errors=errors or {}, roles=_grantable(), regions=regions_of("users.write"),
        devices=theirs, in_use=[d for d in theirs if d.revoked_at is None],
        revocations=REVOCATIONS, new_id=str(uuid7()), changeable=_changeable(person),
        visits_too=any(h.role in phones.ENROLLED_ROLES for h in person.roles),
    )  # fmt: skip


def _again(person: Person, wrong: Problem) -> Response:
    return Response(_user_page(person, _errors(wrong)), wrong.status, mimetype="text/html")


def _errors(wrong: Problem) -> dict[str, list[str]]:
    if wrong.status in (404, 403):
        raise wrong
    session().rollback()
    body = wrong.body(language())
    found: dict[str, list[str]] = body.get("errors") or {"_": [body["title"]]}
    return found


def _grantable() -> tuple[str, ...]:
    """The roles that this person may give anybody."""
    return tuple(r for r in ROLE_ORDER if r in DIRECTORS_GRANT or may("users.appoint"))


def _changeable(person: Person) -> bool:
    if not may("users.write"):
        return False
    try:
        service.changeable(session(), person.user.id, granter(), today())
    except Problem:
        return False
    return True


def _readable(user_id: uuid.UUID) -> Person:
    person = queries.person(session(), user_id, today())
    if person is None or not _covered(person):
        raise problem("not_found")
    return person


def _reaches(user_id: uuid.UUID) -> bool:
    person = queries.person(session(), user_id, today())
    return person is not None and _covered(person)


def _covered(person: Person) -> bool:
    held = reach("users.read")
    return any(h.region.code is not None and held.covers(h.county_id, h.region.code) for h in person.roles)


def _wanted() -> Wanted:
    role, code = request.form.get("role", ""), parse_code(request.form.get("region", ""))
    if role not in ROLES:
        _missing("role")
    if code is None:
        _missing("region")
    assert code is not None
    return Wanted(role, code)


def _missing(field: str) -> str:
    from server.language import Text

    raise problem("validation", errors={field: [Text("请填写", "Required.")]})


def _qr(text: str) -> Markup:
    """The picture as SVG without size or style of its own."""
    out = io.BytesIO()
    qrcode.make(text, image_factory=qrcode.image.svg.SvgPathImage, border=2).save(out)
    svg = out.getvalue().decode()
    return Markup(svg[svg.index("<svg") :])
