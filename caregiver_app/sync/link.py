"""What push, pull and photos share: an authorised exchange, and what its answer means for the whole phone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC

from caregiver_app.platform.protocols import Platform
from caregiver_app.store.store import Store
from caregiver_app.sync import offset
from caregiver_app.sync.enrol import API, exchange, headers
from caregiver_app.sync.http import Http, Request, Response


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one exchange came to.

    `kind`: done (go on at once) | failed (wait and try again) | unauthorised (new tokens are needed).
    `code` is for the sync page; `wait_s` is what the server asked for.
    """

    kind: str
    code: str = "ok"
    detail: str = ""
    wait_s: float | None = None


DONE = Outcome("done")


@dataclass(frozen=True, slots=True)
class Link:
    """The phone's side of the line."""

    store: Store
    platform: Platform
    http: Http

    def call(
        self, method: str, path: str, body: bytes | None = None, more: Mapping[str, str] | None = None
    ) -> Response:
        """An exchange with the bearer. Raises NetworkError."""
        token = str(self.store.meta.get("access_token"))
        request = Request(
            method,
            API + path,
            {**headers(self.store), "Authorization": f"Bearer {token}", **(more or {})},
            body,
        )
        response = exchange(self.store, self.platform, self.http, request)
        if response.status < 500 and (response.json() is not None or not response.body):
            self.contact()
        return response

    def contact(self) -> None:
        """Remember when our server last answered."""
        self.store.meta.set(contact_at=self.at())

    def at(self) -> str:
        """The server's time as far as it is known: UTC, so that texts sort as times do."""
        now = offset.server_now(self.store.meta, self.platform.clock)
        return now.astimezone(UTC).isoformat(timespec="seconds")


def trouble(response: Response) -> Outcome:
    """What an answer that is not a success means, where the caller has no meaning of its own for it."""
    problem = response.json()
    words = str((problem or {}).get("detail") or (problem or {}).get("title") or "")
    if response.status == 401 or response.code in ("device_revoked", "device_unknown", "refresh_used"):
        return Outcome("unauthorised", response.code or "token_expired", words)
    if response.status in (429, 503):
        return Outcome("failed", "busy", words, response.retry_after_s())
    if response.status >= 500:
        return Outcome("failed", "server_error", "", response.retry_after_s())
    if problem is None:
        return Outcome("failed", "odd")
    return Outcome("failed", "refused", words)


NO_NETWORK = Outcome("failed", "network")
