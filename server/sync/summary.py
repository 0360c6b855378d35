"""What the last visit found, in one line for the next visitor: what was not good, what was missing, what was urgent.

Made when a card is sent, from the sealed visit itself, so there is no second copy of health notes anywhere. An elder
who refused that health notes are kept gets none shown.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.elders.model import Elder, ElderCard
from server.elders.vault import Vault, VaultError
from server.language import Language, Text
from server.visits.model import Visit
from shared.protocol.visit import Visit as Told
from shared.protocol.visit import read_visit
from shared.rules.forms import form, form_for

LONGEST = 200
NOTE_LONGEST = 60
NEEDS = {
    "meals": Text("助餐", "meals"), "medical": Text("助医", "medical"), "bathing": Text("助浴", "bathing"),
    "cleaning": Text("助洁", "cleaning"), "emergency": Text("助急", "emergency help"),
    "mobility": Text("助行", "mobility"), "leisure": Text("助娱", "leisure"), "other": Text("其他", "other"),
}  # fmt: skip
URGENT = {
    "ill": Text("生病", "ill"), "fallen": Text("跌倒", "fallen"),
    "danger_at_home": Text("家中有危险", "danger at home"), "no_food": Text("没有食物", "no food"),
    "abuse": Text("受虐待", "abuse"), "other": Text("其他", "other"),
}  # fmt: skip
GRADES = {"fair": Text("中", "fair"), "poor": Text("差", "poor")}


def summaries(
    session: Session, seen: Sequence[tuple[Elder, ElderCard]], *, vault: Vault, language: Language
) -> dict[uuid.UUID, str]:
    """By visit id, for the last visits on these cards (of one county). One query."""
    elders = {c.last_visit_id: e for e, c in seen if c.last_visit_id is not None and may_tell(e)}
    if not elders:
        return {}
    county_id = seen[0][0].county_id
    rows = session.execute(
        sa.select(Visit.id, Visit.raw).where(Visit.county_id == county_id, Visit.id.in_(list(elders)))
    )
    words = {}
    for visit_id, raw in rows:
        elder = elders[visit_id]
        try:
            text = vault.elder_key(county_id, elder.id, elder.data_key).open("visits", "raw", visit_id, raw)
        except VaultError:  # sealed for the county while nobody knew whose visit it was
            continue
        told = read_visit(json.loads(text or "null")).visit
        if told is not None:
            words[visit_id] = summary(told, language)
    return words


def may_tell(elder: Elder) -> bool:
    return elder.data_key is not None and elder.consent_health is not False


def summary(told: Told, language: Language) -> str:
    """`行动能力 差；压力 中；需要：助餐（要软的）`, at most 200 characters."""
    parts = []
    if told.urgent is not None:
        kind = URGENT.get(told.urgent.kind or "other", URGENT["other"]).say(language)
        parts.append(Text("紧急：{kind}", "Urgent: {kind}").say(language, kind=kind))
    titles = _titles(told, language)
    for grade in ("poor", "fair"):
        parts += [
            f"{titles.get(item, item)} {GRADES[grade].say(language)}"
            for item, answer in told.answers.items()
            if answer == grade
        ]
    if needs := [_need(n.kind, n.note, language) for n in told.needs]:
        listed = ("、" if language == "zh" else ", ").join(dict.fromkeys(needs))
        parts.append(Text("需要：{needs}", "Needs: {needs}").say(language, needs=listed))
    text = ("；" if language == "zh" else "; ").join(parts)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _need(kind: str | None, note: str, language: Language) -> str:
    """`助餐（要软的）`. What separates the summary's parts does not stand inside one."""
    name = NEEDS.get(kind or "other", NEEDS["other"]).say(language)
    words = " ".join(note.replace("；", "，").replace(";", ",").split())
    if len(words) > NOTE_LONGEST:
        words = words[: NOTE_LONGEST - 1] + "…"
    return Text("{name}（{words}）", "{name} ({words})").say(language, name=name, words=words) if words else name


def _titles(told: Told, language: Language) -> dict[str, str]:
    known: dict[str, Any] | None = form(told.form.id, told.form.version) if told.form else None
    known = known or form_for(told.channel)
    return {item["id"]: item["title"][language] for item in known["items"]} if known else {}
