"""What push, pull and photos share: an exchange, how much one should carry, and what an answer means for the phone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC

from caregiver_app.platform.protocols import Platform
from caregiver_app.store.store import Store
from caregiver_app.sync import offset
from caregiver_app.sync.enrol import API, exchange, headers
from caregiver_app.sync.http import Http, NetworkError, Request, Response
from caregiver_app.sync.pace import Pace


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one exchange came to.

    `kind`: done (go on at once) | failed (the line or the whole server: wait with everything) | stuck (the server
    answered, and would not: other lanes go on) | unauthorised (new tokens are needed).
    `code` is for the sync page; `wait_s` is what the server asked for; `narrowed`: the next try carries less, so
    it need not wait long.
    """

    kind: str
    code: str = "ok"
    detail: str = ""
    wait_s: float | None = None
    narrowed: bool = False


DONE = Outcome("done")
# The server's word for a body of which only a part came.
CUT = "body_cut_short"


@dataclass(frozen=True, slots=True)
class Link:
    """The phone's side of the line."""

    store: Store
    platform: Platform
    http: Http
    pace: Pace = field(default_factory=Pace)

    def call(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        more: Mapping[str, str] | None = None,
        *,
        bearer: bool = True,
    ) -> Response:
        """An exchange, with the bearer unless told otherwise. Raises NetworkError."""
        carried = dict(headers(self.store))
        if bearer:
            carried["Authorization"] = f"Bearer {self.store.meta.get('access_token')}"
        request = Request(method, API + path, {**carried, **(more or {})}, body)
        sent, began = len(body or b""), self.platform.clock.uptime_ms()
        try:
            response = exchange(self.store, self.platform, self.http, request)
        except NetworkError:
            self.pace.broke(sent)
            raise
        if response.status < 500 and (response.json() is not None or not response.body):
            self.pace.went(sent, self.platform.clock.uptime_ms() - began)
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
    asked = response.retry_after_s()
    if response.status == 401 or response.code in ("device_revoked", "device_unknown", "refresh_used"):
        return Outcome("unauthorised", response.code or "token_expired", words)
    if response.status in (429, 503):
        return Outcome("failed", "busy", words, asked)
    if response.status == 408 or response.code == CUT:
        # The line fell silent or broke under an upload; nothing is wrong with what was sent.
        return Outcome("failed", "network", "", asked)
    if response.status >= 500:
        # Our server says in JSON that it stumbled, over this content perhaps; what else says 5xx stands before it.
        kind = "stuck" if problem is not None and response.status == 500 else "failed"
        return Outcome(kind, "server_error", "", asked)
    if problem is None:
        return Outcome("failed", "odd")
    return Outcome("stuck", "refused", words, asked)


NO_NETWORK = Outcome("failed", "network")
