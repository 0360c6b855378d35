"""One exchange with the server. Whatever is not a whole answer is a NetworkError, and nothing is concluded.

The client follows no redirects: a hotel's login page is not the server.
"""

from __future__ import annotations

import io
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from caregiver_app.version import VERSION

CONNECT_S, READ_S = 20.0, 60.0
# Masts and routers forget connections that nobody uses, and tell neither side.
IDLE_S = 50.0
LARGEST_ANSWER = 64 * 1024 * 1024


class NetworkError(Exception):
    """No whole answer came: whether the server acted is unknown."""


@dataclass(frozen=True, slots=True)
class Request:
    """`path` begins with `/`; `headers` as they go out."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """`headers` with names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> dict[str, Any] | None:
        """The body as a JSON object, or None: then somebody else answered than our server."""
        if "json" not in self.headers.get("content-type", ""):
            return None
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            return None
        return value if isinstance(value, dict) else None

    @property
    def code(self) -> str:
        """The problem's code, or empty."""
        problem = self.json() if self.status >= 400 else None
        return str((problem or {}).get("code") or "")

    def retry_after_s(self) -> float | None:
        """Seconds of `Retry-After`; a date is read against the answer's own `Date`, whatever our clock says."""
        value = self.headers.get("retry-after", "").strip()
        if value.isascii() and value.isdigit():
            return float(value[:9])
        from email.utils import parsedate_to_datetime  # seldom needed, and it loads all that reads mail

        try:
            until = parsedate_to_datetime(value)
            return max(0.0, (until - parsedate_to_datetime(self.headers.get("date", ""))).total_seconds())
        except (TypeError, ValueError, IndexError, OverflowError):
            return None


class Http(Protocol):
    """Something that carries a request to `base_url`."""

    def send(self, base_url: str, request: Request) -> Response:
        """The whole answer. Raises NetworkError."""


class RequestsHttp:
    """The real thing, over one kept connection."""

    def __init__(self) -> None:
        self._session: Any = None
        self._used = 0.0

    def send(self, base_url: str, request: Request) -> Response:
        # Loaded at the first exchange, on the sync thread: the list is to be on the screen before that.
        import requests

        if time.monotonic() - self._used > IDLE_S:
            self.close()
        if self._session is None:
            self._session = self._open()
        try:
            answer = self._session.request(
                request.method,
                base_url + request.path,
                headers=dict(request.headers),
                # As a file it goes out in blocks, each with CONNECT_S of its own: a slow line is not a dead one.
                data=io.BytesIO(request.body) if request.body else request.body,
                timeout=(CONNECT_S, READ_S),
                allow_redirects=False,
            )
            body = answer.content
        except (requests.RequestException, OSError, ValueError) as error:
            raise NetworkError(type(error).__name__) from error
        finally:
            self._used = time.monotonic()
        if len(body) > LARGEST_ANSWER:
            raise NetworkError("the answer is too large")
        return Response(answer.status_code, {k.lower(): v for k, v in answer.headers.items()}, body)

    def _open(self) -> Any:
        import requests

        session = requests.Session()
        session.headers["User-Agent"] = f"Yuetan/{VERSION}"
        return session

    def close(self) -> None:
        """Give up kept connections."""
        if self._session is not None:
            self._session.close()
            self._session = None
