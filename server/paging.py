"""Keyset paging, the same for every list: `?limit=&cursor=` in, `{"items", "next_cursor"}` out.

A query asks for `page.limit + 1` rows ordered by its key and hands them to `page.cut`; the cursor is the last row's
key, so rows that appear or vanish between two pages are neither repeated nor skipped. No Flask here: queries use it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from server.problems import problem

DEFAULT_LIMIT = 50
MAX_LIMIT = 500

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    items: Sequence[T]
    next_cursor: str | None = None

    def map(self, change: Callable[[T], Any]) -> Page[Any]:
        return Page([change(item) for item in self.items], self.next_cursor)


@dataclass(frozen=True, slots=True)
class PageArgs:
    limit: int = DEFAULT_LIMIT
    cursor: str | None = None

    def after(self, *types: type) -> tuple[Any, ...] | None:
        """The key of the last row already shown, as the given types (UUID, datetime, date, int, str); None: start."""
        if self.cursor is None:
            return None
        try:
            padded = self.cursor + "=" * (-len(self.cursor) % 4)
            values = json.loads(base64.urlsafe_b64decode(padded.encode("ascii")))
            if not isinstance(values, list) or len(values) != len(types):
                raise ValueError
            return tuple(_parse(kind, value) for kind, value in zip(types, values, strict=True))
        except (ValueError, TypeError, AttributeError):
            raise problem("cursor_invalid") from None

    def cut(self, rows: Sequence[T], key: Callable[[T], Sequence[Any]]) -> Page[T]:
        """`rows` were fetched with `.limit(page.limit + 1)`."""
        if len(rows) <= self.limit:
            return Page(rows, None)
        kept = rows[: self.limit]
        return Page(kept, _cursor(key(kept[-1])))


def _cursor(values: Sequence[Any]) -> str:
    plain = [v.isoformat() if isinstance(v, (datetime, date)) else str(v) if isinstance(v, UUID) else v for v in values]
    return base64.urlsafe_b64encode(json.dumps(plain, separators=(",", ":")).encode()).decode().rstrip("=")


def _parse(kind: type, value: Any) -> Any:
    if value is None:
        return None
    if kind in (datetime, date):
        return kind.fromisoformat(value)  # type: ignore[attr-defined]
    if kind is int and (isinstance(value, bool) or not isinstance(value, int)):
        raise ValueError
    return kind(value)
