"""The shapes of elders on the wire. What identifies somebody is masked; only `RevealedOut` has it whole."""

from __future__ import annotations

import datetime as dt
from typing import Any

from marshmallow import ValidationError, fields, post_dump, validate, validates_schema

from server.elders.masks import mask_address, mask_id, mask_phone
from server.elders.model import STATUSES, ElderStatus
from server.elders.profile import Contact
from server.elders.queries import Listed
from server.language import Text
from server.people.schemas import PersonRef
from server.regions.codes import code_text
from server.regions.schemas import CODE, RegionRef
from server.validation import Instant, Shape
from shared.geo import gcj02_to_wgs84, plausible
from shared.identity import IdentityError, check_id_number, clean_phone
from shared.rules.categories import BY_CODE

LEGAL_BASES = ("statutory", "consent", "guardian")



class ElderRef(PersonRef):
    """An elder as other things name them."""

    region = fields.Nested(RegionRef, allow_none=True)


class EldersQuery(Shape):
    region = fields.String(load_default=None, validate=CODE)
    q = fields.String(load_default="", validate=validate.Length(max=60),
                      metadata={"description": "a name's beginning, a short number, a whole phone or ID number"})
    category = fields.String(load_default=None)
    status = fields.String(load_default=None, validate=validate.OneOf((*STATUSES, "on_register")))


class ImportQuery(Shape):
    region = fields.String(required=True, validate=CODE)
    dry_run = fields.Boolean(load_default=False)
    name = fields.String(load_default="", validate=validate.Length(max=200), metadata={"description": "file name"})
    id = fields.UUID(load_default=None, metadata={"description": "of the task: sent again, it is asked for once"})


class ContactIn(Shape):
    name = fields.String(required=True, validate=validate.Length(max=60))
    relation = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=20))
    phone = fields.String(load_default=None, allow_none=True)

    @validates_schema
    def _phone(self, data: dict[str, Any], **_: Any) -> None:
        _check_phone(data)


class PositionIn(Shape):
    lat = fields.Float(required=True)
    lon = fields.Float(required=True)
    datum = fields.String(load_default="wgs84", validate=validate.OneOf(("wgs84", "gcj02")))

    @validates_schema
    def _in_china(self, data: dict[str, Any], **_: Any) -> None:
        if not plausible(data["lat"], data["lon"]):
            raise ValidationError([Text("坐标不在中国境内", "The position is not in China")])


class ElderPatch(Shape):
    """What is not there is left; null empties it."""

    region = fields.String(validate=CODE)
    name = fields.String(validate=validate.Length(min=1, max=60))
    sex = fields.String(allow_none=True, validate=validate.OneOf(("m", "f")))
    birth_date = fields.Date(allow_none=True)
    id_number = fields.String(allow_none=True)
    phone = fields.String(allow_none=True)
    address = fields.String(allow_none=True, validate=validate.Length(max=200))
    contacts = fields.List(fields.Nested(ContactIn), validate=validate.Length(max=10))
    categories = fields.List(fields.String(validate=validate.OneOf(tuple(BY_CODE))))
    position = fields.Nested(PositionIn, allow_none=True)
    notes = fields.String(allow_none=True, validate=validate.Length(max=2000))
    policy_id = fields.String(validate=validate.Regexp(r"^[a-z0-9_-]{1,40}$"))
    legal_basis = fields.String(validate=validate.OneOf(LEGAL_BASES))
    legal_basis_version = fields.String(validate=validate.Length(min=1, max=20))
    legal_basis_on = fields.Date()
    consent_health = fields.Boolean(allow_none=True)
    consent_position = fields.Boolean(allow_none=True)

    @validates_schema
    def _numbers(self, data: dict[str, Any], **_: Any) -> None:
        _check_phone(data)
        if data.get("id_number"):
            try:
                data["id_number"] = check_id_number(data["id_number"]).text
            except IdentityError:
                raise ValidationError({"id_number": [Text("不是有效的身份证号", "Not a valid ID number")]}) from None


class ElderIn(ElderPatch):
    id = fields.UUID(required=True)
    region = fields.String(required=True, validate=CODE)
    name = fields.String(required=True, validate=validate.Length(min=1, max=60))
    registered_on = fields.Date(load_default=None, allow_none=True)


class StatusIn(Shape):
    id = fields.UUID(required=True)
    status = fields.String(required=True, validate=validate.OneOf(STATUSES))
    effective_on = fields.Date(required=True)
    supersedes = fields.UUID(load_default=None, allow_none=True)
    note = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=1000))


class StatusOut(Shape):
    id = fields.UUID()
    status = fields.String()
    effective_on = fields.Date()
    recorded_at = Instant()
    recorded_by = fields.UUID(allow_none=True)
    supersedes = fields.UUID(allow_none=True)


class ContactOut(Shape):
    name = fields.String()
    relation = fields.String(allow_none=True)
    phone = fields.String(allow_none=True)


class ElderOut(Shape):
    """An elder in a list: phone and ID number masked."""

    id = fields.UUID(attribute="elder.id")
    short_no = fields.Integer(attribute="elder.short_no")
    name = fields.String(attribute="elder.name")
    sex = fields.String(attribute="elder.sex", allow_none=True)
    birth_year = fields.Function(lambda e: e.elder.birth_date.year if e.elder.birth_date else None)
    region = fields.Nested(RegionRef)
    categories = fields.List(fields.String(), attribute="elder.categories")
    status = fields.String(attribute="elder.status")
    policy_id = fields.String(attribute="elder.policy_id")
    registered_on = fields.Date(attribute="elder.registered_on")
    left_on = fields.Date(attribute="elder.left_on", allow_none=True)
    phone = fields.Function(lambda e: mask_phone(e.particulars.phone), metadata={"description": "masked"})
    id_number = fields.Function(lambda e: mask_id(e.particulars.id_number), metadata={"description": "masked"})
    version = fields.Integer()

    @post_dump(pass_original=True)
    def _region(self, out: dict[str, Any], listed: Listed, **_: Any) -> dict[str, Any]:
        region = listed.region
        code = code_text(region.code) if region.code is not None else None
        return {**out, "region": {"code": code, "name": region.name, "level": region.level}}


class ElderDetail(ElderOut):
    """An elder's page: still masked, with everything that is not sealed."""

    lat = fields.Float(attribute="elder.lat", allow_none=True)
    lon = fields.Float(attribute="elder.lon", allow_none=True)
    address = fields.Function(lambda e: mask_address(e.particulars.address), metadata={"description": "masked"})
    contacts = fields.Function(
        lambda e: [{**contact, "phone": mask_phone(contact["phone"])} for contact in e.particulars.contacts],
        metadata={"description": "phones masked"},
    )
    legal_basis = fields.String(attribute="elder.legal_basis")
    legal_basis_version = fields.String(attribute="elder.legal_basis_version")
    legal_basis_on = fields.Date(attribute="elder.legal_basis_on")
    consent_health = fields.Boolean(attribute="elder.consent_health", allow_none=True)
    consent_position = fields.Boolean(attribute="elder.consent_position", allow_none=True)
    erased = fields.Function(lambda e: e.elder.data_key is None)


class RevealedOut(Shape):
    """What is sealed, whole. That it was asked for is on record."""

    id_number = fields.String(allow_none=True)
    phone = fields.String(allow_none=True)
    address = fields.String(allow_none=True)
    contacts = fields.List(fields.Nested(ContactOut))
    notes = fields.String(allow_none=True)


def values(body: dict[str, Any], region_id: int | None) -> dict[str, Any]:
    """A body's fields as columns of `profile`."""
    columns = {k: v for k, v in body.items() if k not in ("id", "region", "position", "contacts", "registered_on")}
    if "contacts" in body:
        columns["contacts"] = [_contact(contact) for contact in body["contacts"]]
    if "position" in body:
        columns["lat"], columns["lon"] = _wgs84(body["position"])
    if "categories" in columns:
        columns["categories"] = list(dict.fromkeys(columns["categories"]))
    if region_id is not None:
        columns["region_id"] = region_id
    if body.get("registered_on") is not None:
        columns["registered_on"] = body["registered_on"]
    return columns


def from_id_number(columns: dict[str, Any]) -> dict[str, Any]:
    """Birth date and sex as the ID number has them, where they were not given."""
    if not columns.get("id_number"):
        return columns
    number = check_id_number(columns["id_number"])
    born: dt.date = number.birth_date
    return {"birth_date": born, "sex": "m" if number.sex == "male" else "f"} | columns


def _wgs84(position: dict[str, Any] | None) -> tuple[float | None, float | None]:
    if position is None:
        return None, None
    point = position["lat"], position["lon"]
    return gcj02_to_wgs84(*point) if position["datum"] == "gcj02" else point


def _contact(data: dict[str, Any]) -> Contact:
    return {"name": data["name"], "relation": data["relation"], "phone": data["phone"]}


def _check_phone(data: dict[str, Any]) -> None:
    if data.get("phone"):
        clean = clean_phone(data["phone"])
        if clean is None:
            raise ValidationError({"phone": [Text("不是有效的电话号码", "Not a valid phone number")]})
        data["phone"] = clean


def status_event(event: ElderStatus) -> dict[str, Any]:
    return {"id": event.id, "status": event.status, "effective_on": event.effective_on,
            "recorded_at": event.recorded_at, "recorded_by": event.recorded_by,
            "supersedes": event.supersedes}  # fmt: skip
