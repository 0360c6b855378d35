"""What to do next with the server: at most one exchange per step, no thread, no sleep, no clock of its own.

Order: a call for help, saved visits (urgent first), what else there is to tell, what changed, photos; all that was
recorded goes sealed where there is no right to speak, visits also while the app is locked; new tokens when one of them
needs them. Four kinds of trouble are kept apart: no network or a server in trouble (everything waits, longer each
time), a server that stumbles over one thing (that waits, the rest goes on), no right to speak (new tokens, or a new
enrolment), and a refusal of one item (kept and shown).
"""

from __future__ import annotations

import math
import random
import threading
from datetime import UTC, timedelta

from caregiver_app.platform.protocols import Platform
from caregiver_app.store.outbox import KEEP_SENT_DAYS
from caregiver_app.store.store import NEW, Store
from caregiver_app.sync import offset
from caregiver_app.sync.enrol import lost
from caregiver_app.sync.http import Http
from caregiver_app.sync.lanes import Lane
from caregiver_app.sync.link import DONE, Link, Outcome
from caregiver_app.sync.photos import PhotoPush
from caregiver_app.sync.pull import Pull
from caregiver_app.sync.push import LARGEST_BATCH, Push
from caregiver_app.sync.queues import events_of, sealed_events_of, sealed_of, speaks, visits_of
from caregiver_app.sync.refresh import Refresh
from caregiver_app.sync.status import Status

PULL_EVERY_MS = 900_000
TOO_OLD_WAIT_MS = 86_400_000
FIRST_WAIT_S, LONGEST_WAIT_S, LONGEST_ASKED_S = 2.0, 300.0, 3600.0
FIRST_PULL_STEPS = 500
PUSHING = ("help", "help_sealed", "sealed", "visits", "events", "events_sealed")


class Engine:
    """One phone's conversation with its server. `lock` is held during a step."""

    def __init__(
        self, store: Store, platform: Platform, http: Http, rng: random.Random, largest_batch: int = LARGEST_BATCH
    ) -> None:
        self.status = Status()
        self.lock = threading.RLock()
        self._store = store
        self._platform = platform
        self._rng = rng
        self._link = Link(store, platform, http)
        self._refresh = Refresh(self._link)
        self._pull = Pull(self._link)
        self._visits = Push(self._link, visits_of(self._link), largest_batch)
        self._photos = PhotoPush(self._link)
        help_ = Push(self._link, events_of(self._link, urgent=True))
        events = Push(self._link, events_of(self._link, urgent=False))
        help_sealed = Push(self._link, sealed_events_of(self._link, urgent=True))
        sealed = Push(self._link, sealed_of(self._link), largest_batch)
        events_sealed = Push(self._link, sealed_events_of(self._link, urgent=False))
        photos = self._photos
        self._lanes = [
            Lane("help", help_.waiting, help_.step, help_.fresh),
            Lane("help_sealed", help_sealed.waiting, help_sealed.step, help_sealed.fresh, token=lambda: False),
            Lane("sealed", sealed.waiting, sealed.step, sealed.fresh, token=lambda: False),
            Lane("visits", self._visits.waiting, self._visits.step, self._visits.fresh),
            Lane("events", events.waiting, events.step, events.fresh),
            Lane("events_sealed", events_sealed.waiting, events_sealed.step, events_sealed.fresh, token=lambda: False),
            Lane("pull", self._pull_due, self._pulled),
            Lane("photos", photos.waiting, photos.step, photos.fresh, photos.needs_token),
        ]
        self._boot = platform.clock.boot()
        # Uptimes in milliseconds.
        self._not_before = 0
        self._asked_to_wait = False
        self._failures = 0
        self._next_pull = 0
        self._too_old_until = 0

    def step(self) -> float | None:
        """Do the next thing → seconds until there may be another (0: at once; None: only when kicked)."""
        with self.lock:
            self._notice_reboot()
            lane = self._next()
            if lane is None:
                self.status.busy = False
                return self._idle_s()
            self.status.busy, self.status.doing = True, lane.name
            needs_tokens = lane.token() and not self._refresh.token_good()
            outcome = self._refresh.step() if needs_tokens else lane.step()
            wait = self._conclude(lane, outcome, refreshed=needs_tokens)
            self.status.busy = wait == 0 and self._next() is not None
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
        for lane in self._lanes:
            lane.impatient()
        self._next_pull = 0

    def saved(self, urgent: bool) -> None:
        """Something was saved. What is urgent does not wait out a backoff."""
        if urgent and not self._asked_to_wait:
            self._not_before = 0

    def first_pull(self) -> None:
        """After enrolling: step until the first list is in, or something fails."""
        for _ in range(FIRST_PULL_STEPS):
            if self.step() != 0 or (self._store.meta.get("pulled_at") and self._pull.finished):
                return

    def _next(self) -> Lane | None:
        now = self._now()
        if now < self._not_before:
            return None
        return next((lane for lane in self._open_lanes() if lane.due(now)), None)

    def _open_lanes(self) -> list[Lane]:
        """Those for which this phone has the right to speak; what is sealed needs none, but a server."""
        if self._store.standing == NEW:
            return []
        shut = set() if speaks(self._link) else {"help", "visits", "events", "pull"}
        if self._store.locked:
            shut |= {"visits", "pull"}
        return [lane for lane in self._lanes if lane.name not in shut]

    def _pull_due(self) -> bool:
        return self._now() >= max(self._next_pull, self._too_old_until) or not self._pull.finished

    def _pulled(self) -> Outcome:
        outcome = self._pull.step()
        if outcome.kind == "done":
            self.status.too_old = False
            if self._pull.finished:
                self._next_pull = self._now() + PULL_EVERY_MS
                self._purge()
        if outcome.code == "app_too_old":
            # Only reading is refused to an old app; its visits still go out.
            self.status.too_old = True
            self._pull.finished = True
            self._too_old_until = self._now() + TOO_OLD_WAIT_MS
            return DONE
        return outcome

    def _conclude(self, lane: Lane, outcome: Outcome, *, refreshed: bool) -> float:
        if outcome.kind == "unauthorised":
            outcome = self._unauthorised(outcome)
        if outcome.kind == "done":
            self._asked_to_wait = False
            self._not_before = self._failures = 0
            if not refreshed:
                lane.went()
                if outcome is DONE:
                    self._refresh.spent()
                if lane.name in PUSHING:
                    # What the server made of it (duties done, alerts ended) is worth asking for at once.
                    self._next_pull = 0
            return self._told(outcome, 0.0)
        if outcome.kind == "stuck" and not refreshed:
            failures = 0 if outcome.narrowed else lane.failures
            lane.stuck(outcome, self._now() + self._wait_ms(outcome, failures))
            # The line and the server are well.
            self._failures = 0
            return self._told(outcome, 0.0)
        wait_ms = self._wait_ms(outcome, self._failures)
        self._failures += 1
        self._asked_to_wait = outcome.wait_s is not None
        self._not_before = self._now() + wait_ms
        return self._told(outcome, wait_ms / 1000)

    def _wait_ms(self, outcome: Outcome, failures: int) -> int:
        """As long as the server asked for, else longer each time; never all phones at the same moment."""
        if outcome.wait_s is not None:
            wait = min(LONGEST_ASKED_S, outcome.wait_s) + self._rng.uniform(0, 1)
        else:
            longest = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(failures, 10))
            wait = self._rng.uniform(longest / 2, longest)
        return math.ceil(wait * 1000)

    def _told(self, outcome: Outcome, wait: float) -> float:
        """Write into the status what there is to say: of this exchange, or of a lane that is still in trouble."""
        stuck = [lane for lane in self._lanes if lane.trouble is not None]
        said = outcome
        if outcome.kind == "done" and stuck and stuck[0].trouble is not None:
            said = stuck[0].trouble
        status = self.status
        status.code, status.detail = said.code, said.detail
        status.failures = self._failures or max((lane.failures for lane in stuck), default=0)
        status.wait_s = wait
        status.next_ms = self._now() + math.ceil(wait * 1000) if wait else None
        return wait

    def _unauthorised(self, outcome: Outcome) -> Outcome:
        """No right to speak: the token is old, or the phone itself is no longer known. The outbox waits."""
        if outcome.code == "device_revoked":
            self._store.revoke()
        elif outcome.code in ("refresh_used", "device_unknown"):
            lost(self._store)
        elif self._refresh.refused():
            return Outcome("failed", "auth", outcome.detail)
        return Outcome("done", "auth")

    def _purge(self) -> None:
        now = offset.server_now(self._store.meta, self._platform.clock).astimezone(UTC)
        self._store.purge((now - timedelta(days=KEEP_SENT_DAYS)).isoformat(timespec="seconds"))
        self._store.seal_waiting()

    def _idle_s(self) -> float | None:
        """Until something is due by itself."""
        lanes = self._open_lanes()
        now = self._now()
        if now < self._not_before:
            self.status.next_ms = self._not_before
            return (self._not_before - now) / 1000
        times = [lane.not_before for lane in lanes if lane.not_before > now and lane.waiting()]
        if any(lane.name == "pull" for lane in lanes):
            times.append(max(self._next_pull, self._too_old_until))
        if not times:
            self.status.next_ms = None
            return None
        until = max(now + 1000, min(times))
        self.status.next_ms = until
        return (until - now) / 1000

    def _notice_reboot(self) -> None:
        """Uptimes of another boot mean nothing; in an app they end with the process, in a simulator not."""
        if self._platform.clock.boot() != self._boot:
            self._boot = self._platform.clock.boot()
            self._not_before = self._next_pull = self._too_old_until = 0
            for lane in self._lanes:
                lane.impatient()

    def _now(self) -> int:
        return self._platform.clock.uptime_ms()
