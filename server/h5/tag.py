"""What a tag is to somebody: unknown, somebody else's elder, or theirs."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.auth.reach import Actor
from server.elders.model import Elder
from server.pairings.model import Pairing
from server.regions.model import Region
from server.sync.scope import visiting_now
from server.tags.model import Tag
from shared.protocol.tags import token_hash, token_of

RIGHT = "tags.open"


@dataclass(frozen=True, slots=True)
class Opened:
    """`paired`: tied to the elder now, to visit them. `open`: may see who it is, as paired or as staff or director of
    the place; else nothing of the elder may be told. `revoked`: a newer tag hangs there, or should."""

    county_id: int
    elder_id: uuid.UUID
    revoked: bool
    paired: bool
    open: bool


def find(session: Session, token: str) -> Tag | None:
    """The tag of a token as it stands in an address or was typed; None: there is none."""
    read = token_of(token)
    if read is None:
        return None
    return session.scalar(sa.select(Tag).where(Tag.token_hash == token_hash(read)))


def opened(session: Session, who: Actor, tag: Tag, *, now: dt.datetime, today: dt.date) -> Opened:
    """What `tag` is to `who`. An elder who left the register is nobody's."""
    reach = who.reach(RIGHT)
    row = session.execute(
        sa.select(Region.code)
        .join(Elder, Elder.region_id == Region.id)
        .where(
            Elder.county_id == tag.county_id, Elder.id == tag.elder_id,
            sa.or_(Elder.left_on.is_(None), Elder.left_on > today),
        )
    ).first()  # fmt: skip
    paired = row is not None and reach.paired and _is_paired(session, who, tag, now)
    in_place = row is not None and row.code is not None and reach.covers(tag.county_id, row.code)
    return Opened(tag.county_id, tag.elder_id, tag.revoked_at is not None, paired, paired or in_place)


def _is_paired(session: Session, who: Actor, tag: Tag, now: dt.datetime) -> bool:
    tie = sa.select(Pairing.id).where(
        Pairing.county_id == tag.county_id, Pairing.elder_id == tag.elder_id, Pairing.user_id == who.user_id,
        visiting_now(Pairing, now),
    )  # fmt: skip
    return session.execute(tie.limit(1)).first() is not None
