"""What to do next with the server: at most one exchange per step, no thread, no sleep, no clock of its own.

Order: valid tokens, then saved visits (urgent first), then what changed, then photos. Three kinds of trouble
are kept apart: no network or a server in trouble (wait, longer each time), no right to speak (new tokens, or
a new enrolment; the outbox waits), and a refusal of one visit (kept and shown; the others go on).
"""

from __future__ import annotations

import math
import random
import threading
from collections.abc import Callable
from datetime import UTC, timedelta

from caregiver_app.platform.protocols import Platform
from caregiver_app.store.outbox import KEEP_SENT_DAYS
from caregiver_app.store.store import ENROLLED, Store
from caregiver_app.sync import offset
from caregiver_app.sync.enrol import exchange, keep_tokens, lost, refresh_request
from caregiver_app.sync.http import Http, NetworkError
from caregiver_app.sync.link import DONE, NO_NETWORK, Link, Outcome, trouble
from caregiver_app.sync.photos import PhotoPush
from caregiver_app.sync.pull import Pull
from caregiver_app.sync.push import LARGEST_BATCH, Push
from caregiver_app.sync.status import Status

PULL_EVERY_MS = 900_000
TOO_OLD_WAIT_MS = 86_400_000
FIRST_WAIT_S, LONGEST_WAIT_S, LONGEST_ASKED_S = 2.0, 300.0, 3600.0
TOKEN_MARGIN = timedelta(seconds=30)
REFUSED_REFRESHES = 3
FIRST_PULL_STEPS = 500


class Engine:
    """One phone's conversation with its server. `lock` is held during a step."""

    def __init__(
        self, store: Store, platform: Platform, http: Http, rng: random.Random, largest_batch: int = LARGEST_BATCH
    ) -> None:
        self.status = Status()
        self.lock = threading.RLock()
        self._store = store
        self._platform = platform
        self._http = http
        self._rng = rng
        self._link = Link(store, platform, http)
        self._push = Push(self._link, largest_batch)
        self._pull = Pull(self._link)
        self._photos = PhotoPush(self._link)
        self._boot = platform.clock.boot()
        # Uptimes in milliseconds.
        self._not_before = 0
        self._asked_to_wait = False
        self._next_pull = 0
        self._too_old_until = 0
        self._fresh_tokens = False
        self._refused_refreshes = 0
        self._clock_corrected = False

    def step(self) -> float | None:
        """Do the next thing → seconds until there may be another (0: at once; None: only when kicked)."""
        with self.lock:
            self._notice_reboot()
            action = self._next()
            if action is None:
                self.status.busy = False
                return self._idle_s()
            self.status.busy = True
            wait = self._conclude(action())
            self.status.busy = wait == 0
            return wait

    def ready(self) -> bool:
        """Whether a step now would talk to the server."""
        with self.lock:
            self._notice_reboot()
            return self._next() is not None

    def kick(self) -> None:
        """The user asks for it, or the network is back: do not wait, unless the server asked for that."""
        if not self._asked_to_wait:
            self._not_before = 0
        self._next_pull = 0

    def saved(self, urgent: bool) -> None:
        """A visit was saved. An urgent one does not wait out a backoff."""
        if urgent and not self._asked_to_wait:
            self._not_before = 0

    def first_pull(self) -> None:
        """After enrolling: step until the first list is in, or something fails."""
        for _ in range(FIRST_PULL_STEPS):
            if self.step() != 0 or (self._store.meta.get("pulled_at") and self._pull.finished):
                return

    def _next(self) -> Callable[[], Outcome] | None:
        store = self._store
        now = self._now()
        if store.standing != ENROLLED or now < self._not_before:
            return None
        actions = (
            (self._push.waiting, self._pushed),
            (lambda: self._pull_due(now), self._pulled),
            (self._photos.waiting, self._photos.step),
        )
        for wanted, action in actions:
            if wanted():
                return action if self._token_good() else self._refresh
        return None

    def _pull_due(self, now: int) -> bool:
        return now >= max(self._next_pull, self._too_old_until) or not self._pull.finished

    def _pushed(self) -> Outcome:
        outcome = self._push.step()
        if outcome.kind == "done":
            # What the server made of the visits (duties done, alerts ended) is worth asking for at once.
            self._next_pull = 0
        return outcome

    def _pulled(self) -> Outcome:
        outcome = self._pull.step()
        if outcome.kind == "done" and self._pull.finished:
            self._next_pull = self._now() + PULL_EVERY_MS
            self._purge()
        if outcome.code == "app_too_old":
            # Only reading is refused to an old app; its visits still go out.
            self._pull.finished = True
            self._too_old_until = self._now() + TOO_OLD_WAIT_MS
        return outcome

    def _conclude(self, outcome: Outcome) -> float:
        if outcome.kind == "unauthorised":
            outcome = self._unauthorised(outcome)
        self.status.code, self.status.detail = outcome.code, outcome.detail
        if outcome.kind == "done" or outcome.code == "app_too_old":
            if outcome is DONE:
                self._fresh_tokens = False
            self.status.failures = 0
            self._asked_to_wait = False
            self._not_before = 0
            return 0.0
        self.status.failures += 1
        wait = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(self.status.failures - 1, 10))
        wait = self._rng.uniform(wait / 2, wait)
        self._asked_to_wait = outcome.wait_s is not None
        if outcome.wait_s is not None:
            wait = min(LONGEST_ASKED_S, outcome.wait_s) + self._rng.uniform(0, 1)
        wait_ms = math.ceil(wait * 1000)
        self.status.wait_s = wait_ms / 1000
        self._not_before = self._now() + wait_ms
        return wait_ms / 1000

    def _unauthorised(self, outcome: Outcome) -> Outcome:
        """No right to speak: the token is old, or the phone itself is no longer known. The outbox waits."""
        if outcome.code == "device_revoked":
            self._store.revoke()
        elif outcome.code in ("refresh_used", "device_unknown"):
            lost(self._store)
        elif self._fresh_tokens:
            self._fresh_tokens = False
            self._store.meta.set(access_token=None)
            return Outcome("failed", "auth", outcome.detail)
        else:
            self._store.meta.set(access_token=None)
        return Outcome("done", "auth")

    def _refresh(self) -> Outcome:
        if not self._store.meta.get("refresh_token"):
            lost(self._store)
            return Outcome("done", "auth")
        try:
            response = exchange(self._store, self._platform, self._http, refresh_request(self._store, self._platform))
        except NetworkError:
            return NO_NETWORK
        answer = response.json()
        if response.status == 200 and answer is not None and isinstance(answer.get("access_token"), str):
            with self._store.database.transaction():
                self._store.learn_epoch(answer.get("epoch"))
                keep_tokens(self._store, self._platform, answer)
            self._fresh_tokens, self._clock_corrected, self._refused_refreshes = True, False, 0
            return Outcome("done", "auth")
        if response.code == "clock_off":
            # The answer brought the server's time, and the next request is dated by it.
            again, self._clock_corrected = not self._clock_corrected, True
            return Outcome("done" if again else "failed", "clock_off")
        if response.code in ("refresh_used", "device_unknown", "device_revoked"):
            return Outcome("unauthorised", response.code)
        if response.status in (400, 401, 403, 422) and answer is not None:
            self._refused_refreshes += 1
            if self._refused_refreshes >= REFUSED_REFRESHES:
                self._refused_refreshes = 0
                lost(self._store)
                return Outcome("done", "auth")
            return Outcome("failed", "auth", trouble(response).detail)
        return trouble(response)

    def _token_good(self) -> bool:
        meta = self._store.meta
        if not meta.get("access_token"):
            return False
        ends = offset.parse(meta.get("access_ends"))
        # A clock that jumped must not make a good token look old for ever: fresh ones are tried anyway.
        now = offset.server_now(meta, self._platform.clock)
        return self._fresh_tokens or ends is None or now + TOKEN_MARGIN < ends

    def _purge(self) -> None:
        now = offset.server_now(self._store.meta, self._platform.clock).astimezone(UTC)
        self._store.purge((now - timedelta(days=KEEP_SENT_DAYS)).isoformat(timespec="seconds"))

    def _idle_s(self) -> float | None:
        if self._store.standing != ENROLLED:
            return None
        now = self._now()
        if now < self._not_before:
            return (self._not_before - now) / 1000
        return max(1000, max(self._next_pull, self._too_old_until) - now) / 1000

    def _notice_reboot(self) -> None:
        """Uptimes of another boot mean nothing; in an app they end with the process, in a simulator not."""
        if self._platform.clock.boot() != self._boot:
            self._boot = self._platform.clock.boot()
            self._not_before = self._next_pull = self._too_old_until = 0

    def _now(self) -> int:
        return self._platform.clock.uptime_ms()
