"""Items on their way in: who sends them, what was read of each, and what is answered."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.elders.model import Elder
from server.elders.vault import Vault
from server.tags.model import Tag
from server.visits.model import Refusal
from shared.ids import uuid7
from shared.protocol import visit as wire
from shared.protocol.limits import MAX_ITEM
from shared.protocol.tags import token_hash, token_of


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends. `county_id`: of the device's enrolment; without one the elder's county decides, among `counties`,
    those in which the person holds a role. `device_lost`: all that the device sends is looked at; `revoked_at`: since
    when it should not have been used, for one whose holder left or that was replaced."""

    user_id: uuid.UUID
    county_id: int | None = None
    counties: tuple[int, ...] = ()
    device_id: uuid.UUID | None = None
    device_lost: bool = False
    revoked_at: dt.datetime | None = None

    @property
    def candidates(self) -> list[int]:
        """The counties that what they send may belong to."""
        return [self.county_id] if self.county_id is not None else sorted(self.counties)


@dataclass(slots=True)
class Result:
    """What became of one item, in the words of CONTRACT's `results[]` (`error` is a problem code with fields)."""

    id: str | None
    status: str = "accepted"
    assurance: str | None = None
    flags: Sequence[Mapping[str, Any]] = ()
    photos_missing: Sequence[str] = ()
    error: str | None = None
    errors: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Closed:
    """An item whose seal stayed closed (or should never have been opened): `raw` as it came, `code` why. It is kept
    and rejected without a word about what else is known by its id."""

    raw: Any
    code: str
    errors: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(slots=True)
class Item:
    """One item on its way in: `raw` as it was parsed, `clear` as it is kept."""

    sender: Sender
    raw: Any
    clear: bytes
    read: wire.ReadVisit
    result: Result
    county_id: int | None = None
    closed: Closed | None = None

    def begin_again(self) -> None:
        """Forget what was answered: the transaction was undone."""
        self.result = first_result(self.raw, self.read) if self.closed is None else closed_result(self.closed)

    @property
    def visit(self) -> wire.Visit:
        assert self.read.visit is not None
        return self.read.visit


def read(sender: Sender, raw: Any) -> Item:
    if isinstance(raw, Closed):
        return Item(sender, raw.raw, _clear(raw.raw), wire.ReadVisit(None, None), closed_result(raw), closed=raw)
    clear = _clear(raw)
    if len(clear) > MAX_ITEM and wire.size(raw) > MAX_ITEM:  # escapes are never shorter than what they stand for
        named = raw.get("id") if isinstance(raw, dict) else None
        read = wire.ReadVisit(None, None, (), {"": ["item_too_large"]})
        return Item(sender, raw, clear, read, Result(_text_id(named), "rejected", error="item_too_large"))
    read = wire.read_visit(raw)
    return Item(sender, raw, clear, read, first_result(raw, read))


def _clear(raw: Any) -> bytes:
    return wire.raw_text(raw).encode()


def first_result(raw: Any, read: wire.ReadVisit) -> Result:
    if read.visit is None:
        named = str(read.id) if read.id else _text_id(raw.get("id") if isinstance(raw, dict) else None)
        too_large = "" in read.errors and "item_too_large" in read.errors[""]
        code = "item_too_large" if too_large else "validation"
        return Result(named, "rejected", error=code, errors={} if too_large else read.errors)
    return Result(str(read.visit.id))


def closed_result(closed: Closed) -> Result:
    named = closed.raw.get("id") if isinstance(closed.raw, dict) else None
    return Result(_text_id(named), "rejected", error=closed.code, errors=closed.errors)


def _text_id(value: object) -> str | None:
    """An unreadable id is given back as it came, so that the phone finds its item."""
    return wire.clean_text(value)[:64] if isinstance(value, str) else None


def assign_counties(session: Session, sender: Sender, items: Sequence[Item]) -> list[int]:
    """Give each of the sender's items its county: the enrolment's, else the elder's. → the counties concerned, in
    order."""
    candidates = sender.candidates
    if len(candidates) > 1:
        readable = [i.visit for i in items if i.read.visit is not None]
        of_elder = _elder_counties(session, candidates, readable)
        for item in items:
            found = None
            if item.read.visit is not None:
                found = of_elder.get(item.visit.elder_id) or of_elder.get(tag_hash(item.visit))
            item.county_id = found or candidates[0]
    else:
        for item in items:
            item.county_id = candidates[0] if candidates else None
    if not candidates:
        for item in items:
            item.result = Result(item.result.id, "rejected", error="forbidden")
    return sorted({i.county_id for i in items if i.county_id is not None})


def _elder_counties(
    session: Session, counties: Sequence[int], visits: Sequence[wire.Visit]
) -> dict[uuid.UUID | str | None, int]:
    ids = [v.elder_id for v in visits if v.elder_id is not None]
    hashes = [h for v in visits if (h := tag_hash(v))]
    found: dict[uuid.UUID | str | None, int] = {}
    elders = sa.select(Elder.id, Elder.county_id).where(Elder.county_id.in_(counties), Elder.id.in_(ids))
    found.update((elder_id, county) for elder_id, county in session.execute(elders))
    tags = sa.select(Tag.token_hash, Tag.county_id).where(Tag.county_id.in_(counties), Tag.token_hash.in_(hashes))
    found.update((digest, county) for digest, county in session.execute(tags))
    found.pop(None, None)
    return found


def tag_hash(visit: wire.Visit) -> str | None:
    token = token_of(visit.tag)
    return token_hash(token) if token else None


def refusal(county_id: int | None, item: Item, vault: Vault, now: dt.datetime) -> Refusal:
    """A rejected item as it is kept, with everything that came."""
    refusal_id = uuid7(now)
    key = vault.county_key(county_id or 0)
    return Refusal(
        id=refusal_id, county_id=county_id, user_id=item.sender.user_id, device_id=item.sender.device_id,
        item_id=item.result.id, code=item.result.error or "validation", received_at=now,
        raw=key.seal("refused_items", "raw", refusal_id, item.clear),
    )  # fmt: skip
