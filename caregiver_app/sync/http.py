"""One exchange with the server. Whatever is not a whole answer is a NetworkError, and nothing is concluded.

The client follows no redirects: a hotel's login page is not the server.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from caregiver_app.version import VERSION

CONNECT_S, READ_S = 15.0, 60.0
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
        """Seconds of `Retry-After`; dates are left to our own backoff."""
        value = self.headers.get("retry-after", "")
        return float(value) if value.isascii() and value.isdigit() else None


class Http(Protocol):
    """Something that carries a request to `base_url`."""

    def send(self, base_url: str, request: Request) -> Response:
        """The whole answer. Raises NetworkError."""


class RequestsHttp:
    """The real thing, over one kept connection."""

    def __init__(self) -> None:
        self._session: Any = None

    def send(self, base_url: str, request: Request) -> Response:
        # Loaded at the first exchange, on the sync thread: the list is to be on the screen before that.
        import requests

        if self._session is None:
            self._session = requests.Session()
            self._session.headers["User-Agent"] = f"Yuetan/{VERSION}"
        try:
            answer = self._session.request(
                request.method,
                base_url + request.path,
                headers=dict(request.headers),
                data=request.body,
                timeout=(CONNECT_S, READ_S),
                allow_redirects=False,
            )
            body = answer.content
        except (requests.RequestException, OSError, ValueError) as error:
            raise NetworkError(type(error).__name__) from error
        if len(body) > LARGEST_ANSWER:
            raise NetworkError("the answer is too large")
        return Response(answer.status_code, {k.lower(): v for k, v in answer.headers.items()}, body)

    def close(self) -> None:
        """Give up kept connections."""
        if self._session is not None:
            self._session.close()
