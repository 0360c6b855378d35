"""Whom to call: the elder, the contacts, the people on duty, and the numbers that everybody knows."""

from __future__ import annotations

from typing import Any

from caregiver_app.presenters.common import Common
from caregiver_app.presenters.views import Call

#: Ambulance and police, in this order (DOMAIN, SOS).
EMERGENCY = (("120", "sos.ambulance"), ("110", "sos.police"))
NEIGHBOURS = ("neighbour", "邻居")
#: Who answers for a place comes before who helps out there.
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
    """The people on duty, directors first; this phone's holder is none of them."""
    me = (common.store.meta.get("user") or {}).get("id")
    people = [one for one in common.section("people") if one.get("phone") and one.get("id") != me]
    people.sort(key=lambda one: (_rank(one.get("role")), str(one.get("name") or "")))
    return tuple(
        Call(
            str(one.get("name") or ""), common.label("role", one.get("role") or "other"), str(one["phone"]),
            f"person:{one['id']}", "director" if one.get("role") == "director" else "other",
        )
        for one in people
    )  # fmt: skip


def emergency(common: Common) -> tuple[Call, ...]:
    """120 and 110."""
    return tuple(Call(common.text(key), "", number, number, "other") for number, key in EMERGENCY)


def _rank(role: Any) -> int:
    return DUTY_ORDER.index(role) if role in DUTY_ORDER else len(DUTY_ORDER)
