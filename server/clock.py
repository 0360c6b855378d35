"""What time it is, for the edge: services are passed `now`, and only api, jobs and cli ask here.

Tests set the time with `set_clock`; nothing else does.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from zoneinfo import ZoneInfo

from flask import current_app, has_app_context

Clock = Callable[[], dt.datetime]
DEFAULT_ZONE = "Asia/Shanghai"


def now() -> dt.datetime:
    """The instant, aware, in UTC."""
    if has_app_context() and (clock := current_app.extensions.get("yuetan_clock")):
        return clock()
    return dt.datetime.now(dt.UTC)


def set_clock(app: object, clock: Clock | None) -> None:
    app.extensions["yuetan_clock"] = clock  # type: ignore[attr-defined]


def zone() -> dt.tzinfo:
    """The zone whose months and days count (`YUETAN_TIMEZONE`)."""
    settings = current_app.extensions.get("yuetan_settings") if has_app_context() else None
    return ZoneInfo(settings.timezone if settings is not None else DEFAULT_ZONE)
