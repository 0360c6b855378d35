"""What the register's edges (api, cli) share: the consequences that they hand into use cases."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection

from sqlalchemy.orm import Session

from server import outcomes
from server.elders.service import Settle


def settle_at(now: dt.datetime) -> Settle:
    """What follows for elders who were taken in, moved, left or changed policy: their duties, by outcomes."""

    def settle(
        session: Session, county_id: int, elder_ids: Collection[uuid.UUID], *, since: dt.date | None = None,
        until: dt.date | None = None,
    ) -> None:  # fmt: skip
        outcomes.settle_elders(session, county_id, elder_ids, now=now, since=since, until=until)

    return settle
