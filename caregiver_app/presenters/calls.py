"""Whom to call: the elder, the contacts, the people on duty, and the numbers that everybody knows."""

from __future__ import annotations

import contextlib
from datetime import datetime
from typing import Any

from caregiver_app.presenters.common import Common
from caregiver_app.presenters.views.base import Call

#: Ambulance and police, in this order (DOMAIN, SOS).
EMERGENCY = (("120", "sos.ambulance"), ("110", "sos.police"))
NEIGHBOURS = ("neighbour", "邻居")
#: Who answers for a place comes before who helps out there.
ON_DUTY = "on_duty"
DUTY_ORDER = ("director", "community_worker", "grid_worker", "social_worker", "doctor")


def of_elder(elder: dict[str, Any], common: Common) -> tuple[Call, ...]:
    """The elder first, then the contacts in the register's order; who has no number is left out."""
    found = []
    if elder.get("phone"):
        name = str(elder.get("name") or "")
        found.append(Call(name, common.text("call.elder"), str(elder["phone"]), "elder", "elder"))
    for number, contact in enumerate(elder.get("contacts") or ()):
        if isinstance(contact, dict) and contact.get("phone"):
            relation = contact.get("relation") or "other"
            whom = "neighbour" if relation in NEIGHBOURS else "contact"
            found.append(
                Call(
                    str(contact.get("name") or ""), common.label("relation", relation), str(contact["phone"]),
                    f"contact{number}", whom,
                )
            )  # fmt: skip
    return tuple(found)


def duty(common: Common) -> tuple[Call, ...]:
    """The people to call: who is on the roster at this hour, then directors, then the others; this phone's holder is
    none of them, nor is somebody who is there for the roster alone and off duty."""
    me = (common.store.meta.get("user") or {}).get("id")
    now = common.now()
    people = [
        (one, _on_duty(one, now)) for one in common.section("people") if one.get("phone") and one.get("id") != me
    ]
    people = [(one, here) for one, here in people if here or one.get("role") != ON_DUTY]
    people.sort(key=lambda pair: (not pair[1], _rank(pair[0].get("role")), str(pair[0].get("name") or "")))
    return tuple(
        Call(
            str(one.get("name") or ""), _role(common, one, here), str(one["phone"]),
            f"person:{one['id']}", "director" if one.get("role") == "director" else "other",
        )
        for one, here in people
    )  # fmt: skip


def _role(common: Common, one: dict[str, Any], here: bool) -> str:
    if not here:
        return common.label("role", one.get("role") or "other")
    if one.get("role") == ON_DUTY:
        return common.text("role.on_duty")
    return common.text("role.on_duty_too", role=common.label("role", one.get("role") or "other"))


def _on_duty(one: dict[str, Any], now: datetime) -> bool:
    """Whether one of this person's shifts is running; one that cannot be read is none."""
    for shift in one.get("on_duty") or ():
        with contextlib.suppress(KeyError, TypeError, ValueError):
            if datetime.fromisoformat(shift["from"]) <= now < datetime.fromisoformat(shift["to"]):
                return True
    return False


def emergency(common: Common) -> tuple[Call, ...]:
    """120 and 110."""
    return tuple(Call(common.text(key), "", number, number, "other") for number, key in EMERGENCY)


def _rank(role: Any) -> int:
    return DUTY_ORDER.index(role) if role in DUTY_ORDER else len(DUTY_ORDER)
