"""What the register's edges (api, cli) share: the consequences that they hand into use cases."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Collection

from sqlalchemy.orm import Session

from server import outcomes


def settle_at(now: dt.datetime) -> Callable[[Session, int, Collection[uuid.UUID]], None]:
    """What follows for elders who were taken in, moved, left or changed policy: their duties, by outcomes."""

    def settle(session: Session, county_id: int, elder_ids: Collection[uuid.UUID]) -> None:
        outcomes.settle_elders(session, county_id, elder_ids, now=now)

    return settle
