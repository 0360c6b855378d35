"""Issuing, printing, reissuing and revoking tags.

An elder has one tag, which bears the elder's own id, in generations: a new one revokes the one before, and a code that
was revoked is known for ever as such. Printing gives a tag to every elder who has none; printing again gives the same
codes. What is done to a tag shows on the phones that know the elder (`elders.service.touch`).
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.audit import service as audit
from server.database import begin_reading, insert_into
from server.elders import service as elders
from server.elders.model import Elder
from server.tags import queries
from server.tags.label import Label
from server.tags.model import Tag
from server.tags.queries import TagStatus, Wanted
from server.tags.tokens import TagKeys
from server.tasks import service as tasks
from server.tasks.model import Task
from server.tasks.service import NewTask
from shared.protocol.tags import make_token, token_hash

PRINT = "tags.print"
_BATCH = 1000


@dataclass(frozen=True, slots=True)
class Sheet:
    """`pdf`: None where there is nobody to print for. `unprintable`: short numbers whose code was made with a secret
    that the server no longer has; reissue those."""

    pdf: bytes | None
    printed: int = 0
    issued: int = 0
    unprintable: list[int] = field(default_factory=list)


def issue(
    session: Session, wanted: Wanted, *, keys: TagKeys, actor_id: uuid.UUID | None, now: dt.datetime
) -> int:  # fmt: skip
    """Give a tag to each of `wanted` who has none. Composed: does not commit. Returns how many are new."""
    bare = queries.without_tag(session, wanted)
    for start in range(0, len(bare), _BATCH):
        rows = [
            _row(county_id, elder_id, generation + 1, keys, actor_id, now)
            for county_id, elder_id, generation in bare[start : start + _BATCH]
        ]
        session.execute(insert_into(session, Tag).on_conflict_do_nothing(), rows)  # somebody prints at the same time
    for county_id in {row[0] for row in bare}:
        elders.touch(session, county_id, [row[1] for row in bare if row[0] == county_id])
    return len(bare)


def print_sheet(
    session: Session,
    wanted: Wanted,
    *,
    keys: TagKeys,
    public_url: str,
    actor_id: uuid.UUID | None,
    now: dt.datetime,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Sheet:
    """The sheet for `wanted`. Commits what was issued before it draws, so that nothing is held while it does."""
    issued = issue(session, wanted, keys=keys, actor_id=actor_id, now=now)
    session.commit()
    begin_reading(session)
    from server.tags.sheet import sheet  # drawing is for the few: a web worker starts without its libraries

    labels, lost = _labels(queries.for_sheet(session, wanted), keys, public_url)
    session.rollback()
    pdf = sheet(labels, made_at=now, progress=progress) if labels else None
    return Sheet(pdf, len(labels), issued, lost)


def ask_for_sheet(
    session: Session,
    *,
    county_id: int,
    region_id: int,
    codes: tuple[int, int],
    elder_ids: Sequence[uuid.UUID] | None,
    task_id: uuid.UUID,
    actor_id: uuid.UUID,
    now: dt.datetime,
) -> Task:
    """Have a sheet made as a task: `codes` the range of the region, which the caller has found within reach."""
    params = {
        "lo": codes[0], "hi": codes[1], "elder_ids": None if elder_ids is None else [str(i) for i in elder_ids]
    }  # fmt: skip
    task = tasks.enqueue(session, NewTask(county_id, PRINT, params, region_id, actor_id, task_id), now=now)
    session.commit()
    return task


def reissue(
    session: Session,
    elder: Elder,
    *,
    replaces: int | None,
    keys: TagKeys,
    actor_id: uuid.UUID | None,
    now: dt.datetime,
) -> TagStatus:
    """A new code for the elder; the one before is revoked. `replaces`: the generation that the caller saw (0: none);
    where it is no longer the newest nothing is done, so that a request sent twice makes one code."""
    before = _locked(session, elder)
    if replaces is None or replaces == (before.generation if before else 0):
        if before is not None and before.revoked_at is None:
            before.revoked_at = now
        generation = before.generation + 1 if before else 1
        session.add(Tag(**_row(elder.county_id, elder.id, generation, keys, actor_id, now)))
        _changed(session, elder, "tag.reissue", generation, actor_id, now)
    session.commit()
    return queries.status(session, elder)


def revoke(session: Session, elder: Elder, *, actor_id: uuid.UUID | None, now: dt.datetime) -> TagStatus:
    """The code counts no more (lost, copied). Revoked again, or never issued: nothing changes."""
    tag = _locked(session, elder)
    if tag is not None and tag.revoked_at is None:
        tag.revoked_at = now
        _changed(session, elder, "tag.revoke", tag.generation, actor_id, now)
    session.commit()
    return queries.status(session, elder)


def _locked(session: Session, elder: Elder) -> Tag | None:
    """The newest generation, once nobody else is changing it."""
    mine = (Elder.county_id == elder.county_id, Elder.id == elder.id)
    session.execute(sa.select(Elder.id).where(*mine).with_for_update(key_share=True))
    return queries.newest(session, elder)


def _changed(
    session: Session, elder: Elder, action: str, generation: int, actor_id: uuid.UUID | None, now: dt.datetime
) -> None:
    session.flush()
    elders.touch(session, elder.county_id, [elder.id])
    audit.record(
        session, action, "elder", elder.id, now=now, actor_id=actor_id, county_id=elder.county_id,
        details={"generation": generation},
    )  # fmt: skip


def _row(
    county_id: int, elder_id: uuid.UUID, generation: int, keys: TagKeys, actor_id: uuid.UUID | None, now: dt.datetime
) -> dict[str, object]:
    key_id = keys.newest
    token = make_token(keys.by_id[key_id], key_id, elder_id, generation)
    return {
        "county_id": county_id, "id": elder_id, "generation": generation, "elder_id": elder_id, "key_id": key_id,
        "token_hash": token_hash(token), "issued_at": now, "issued_by": actor_id, "revoked_at": None,
    }  # fmt: skip


def _labels(rows: Iterable[tuple[Tag, int, str]], keys: TagKeys, public_url: str) -> tuple[list[Label], list[int]]:
    labels, lost = [], []
    for tag, short_no, community in rows:
        token = keys.token(tag)
        if token is None:
            lost.append(short_no)
        else:
            labels.append(Label(community, short_no, f"{public_url}/t/{token}", token))
    return labels, lost
