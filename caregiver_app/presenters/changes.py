"""What is different since this visitor was last with an elder: the card's fields, and who came in between.

At saving, two bytes of a digest per field are kept, not the field: enough to see a change, too little to read a
phone number back.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from caregiver_app.presenters.common import Common
from caregiver_app.sync.offset import parse

FIELDS = ("phone", "contacts", "address", "notes", "status", "focused", "categories")


def _key(elder_id: str) -> str:
    return f"seen.{elder_id}"


def _marks(elder: dict[str, Any]) -> dict[str, str]:
    return {name: _mark(name, elder.get(name)) for name in FIELDS}


def _mark(name: str, value: Any) -> str:
    written = json.dumps([name, value or None], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(written.encode()).hexdigest()[:4]


def remember(common: Common, elder: dict[str, Any], at: str) -> None:
    """The visitor was with the elder, and saw the card as it is."""
    common.store.meta.set(**{_key(str(elder["id"])): {"at": at, **_marks(elder)}})


def since(common: Common, elder: dict[str, Any]) -> tuple[str, ...]:
    """Lines to show: which fields differ, and whether somebody else came since. None known: nothing to compare."""
    seen = common.store.meta.get(_key(str(elder["id"])))
    if not isinstance(seen, dict):
        return ()
    lines = []
    now = _marks(elder)
    changed = [common.text(f"field.{name}") for name in FIELDS if seen.get(name, now[name]) != now[name]]
    if changed:
        lines.append(common.text("changed.fields", fields=common.text("list.comma").join(changed)))
    mine, last = parse(seen.get("at")), parse((elder.get("last_visit") or {}).get("at"))
    if mine is not None and last is not None and (last - mine).total_seconds() > 3600:
        lines.append(common.text("changed.other_visit", when=common.when(last)))
    return tuple(lines)
