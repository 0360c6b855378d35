"""The shapes of divisions on the wire."""

from __future__ import annotations

from marshmallow import fields, validate

from server.validation import Shape

CODE = validate.Regexp(r"^\d{12}$")


class RegionQuery(Shape):
    parent = fields.String(validate=CODE, metadata={"description": "list what lies directly below this region"})


class RegionRef(Shape):
    """The contract's `region`."""

    code = fields.String(required=True, metadata={"description": "12 digits"})
    name = fields.String(required=True)
    level = fields.String(required=True)


class RegionOut(RegionRef):
    parent_code = fields.String(allow_none=True)


class RegionDetail(RegionOut):
    path = fields.List(fields.Nested(RegionRef), metadata={"description": "from the province down"})


class CountyOut(Shape):
    id = fields.Integer()
    name = fields.String()
    region = fields.Nested(RegionRef)
    settings = fields.Raw(metadata={"description": "the county's own numbers: ladders, timebank"})
