"""New tokens when the old ones ran out: signed by the phone's key, dated by the server's clock where it is known."""

from __future__ import annotations

from datetime import timedelta

from caregiver_app.sync import offset
from caregiver_app.sync.enrol import exchange, keep_tokens, lost, refresh_request
from caregiver_app.sync.http import NetworkError
from caregiver_app.sync.link import NO_NETWORK, Link, Outcome, trouble

TOKEN_MARGIN = timedelta(seconds=30)
REFUSALS = 3


class Refresh:
    """Keeps in mind whether the tokens are so new that no exchange has proved them yet."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._fresh = False
        self._refusals = 0
        self._clock_corrected = False

    def token_good(self) -> bool:
        """Whether the access token is worth trying."""
        meta = self._link.store.meta
        if not meta.get("access_token"):
            return False
        ends = offset.parse(meta.get("access_ends"))
        # A clock that jumped must not make a good token look old for ever: fresh ones are tried anyway.
        now = offset.server_now(meta, self._link.platform.clock)
        return self._fresh or ends is None or now + TOKEN_MARGIN < ends

    def spent(self) -> None:
        """An exchange with this token succeeded: from now on its end is believed."""
        self._fresh = False

    def refused(self) -> bool:
        """The server would not take the token: forget it → whether it was brand new, so that another is no cure."""
        brand_new, self._fresh = self._fresh, False
        self._link.store.meta.set(access_token=None)
        return brand_new

    def step(self) -> Outcome:
        """One exchange."""
        store, platform = self._link.store, self._link.platform
        if not store.meta.get("refresh_token"):
            lost(store)
            return Outcome("done", "auth")
        try:
            response = exchange(store, platform, self._link.http, refresh_request(store, platform))
        except NetworkError:
            return NO_NETWORK
        answer = response.json()
        if response.status == 200 and answer is not None and isinstance(answer.get("access_token"), str):
            with store.database.transaction():
                store.learn_epoch(answer.get("epoch"))
                keep_tokens(store, platform, answer)
            self._fresh, self._clock_corrected, self._refusals = True, False, 0
            return Outcome("done", "auth")
        if response.code == "clock_off":
            # The answer brought the server's time, and the next request is dated by it.
            again, self._clock_corrected = not self._clock_corrected, True
            return Outcome("done" if again else "failed", "clock_off")
        if response.code in ("refresh_used", "device_unknown", "device_revoked"):
            return Outcome("unauthorised", response.code)
        if response.status in (400, 401, 403, 422) and answer is not None:
            return self._not_taken(trouble(response).detail)
        return trouble(response)

    def _not_taken(self, detail: str) -> Outcome:
        self._refusals += 1
        if self._refusals < REFUSALS:
            return Outcome("failed", "auth", detail)
        self._refusals = 0
        lost(self._link.store)
        return Outcome("done", "auth")
