"""The app's own lock: a PIN of six digits, or the phone's lock; what wrong tries cost, and what a forgotten PIN does.

What is closed and how stands in `store/vault.py` and `store/tries.py`; here is what a screen shows and asks.
While locked the app goes on sending what was saved, in its sealed form.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from datetime import timedelta

from caregiver_app.presenters.common import Common
from caregiver_app.presenters.views.base import Choice
from caregiver_app.presenters.views.lock import LockView
from caregiver_app.store.tries import LAST
from caregiver_app.store.vault import DEVICE, GONE, PHONE, PIN, Cost, Locked, measured_cost

NEW, LOCKED, WAITING, OPEN, WIPED = "new", "locked", "waiting", "open", "wiped"
PIN_LENGTH = 6
# Minutes in the background after which the app locks itself.
LOCK_AFTER = (1, 5, 15, 30)
LOCK_AFTER_DEFAULT = 5
# From here on every answer says what is at stake.
WARN_FROM_LEFT = 5


class LockPresenter:
    """Fulfils `interface.Lock`. `forget` drops what presenters hold in memory; `nudge` has `mind` called soon;
    `opened` is called once what was locked can be read again."""

    def __init__(
        self,
        common: Common,
        forget: Callable[[], None],
        cost: Callable[[], Cost] = measured_cost,
        nudge: Callable[[], None] = lambda: None,
        opened: Callable[[], None] = lambda: None,
    ) -> None:
        self._common = common
        self._nudge = nudge
        self._opened = opened
        self._store = common.store
        self._clock = common.platform.clock
        self._forget = forget
        self._cost = cost
        self._one = threading.Lock()
        self._away: tuple[str, int] | None = None
        if self._store.vault.kind == PIN and self._store.tries.count >= LAST:
            # The app was killed between the last wrong try and what follows from it.
            self._store.wipe()

    @property
    def state(self) -> str:
        """new | locked | waiting | open | wiped."""
        vault = self._store.vault
        if vault.kind == GONE:
            return WIPED
        if vault.is_open:
            return NEW if vault.kind == DEVICE else OPEN
        return WAITING if self._wait_ms() else LOCKED

    def view(self, problem: str = "") -> LockView:
        """The lock as it now stands."""
        common, state = self._common, self.state
        wait_s = -(-self._wait_ms() // 1000) if state == WAITING else 0
        until = common.now() + timedelta(seconds=wait_s) if wait_s else None
        by_phone = self._store.vault.kind == PHONE
        left = self._store.tries.left
        words = "locked_phone" if state == LOCKED and by_phone else state
        return LockView(
            state=state,
            title=common.text(f"lock.title.{state}"),
            text=common.text(
                f"lock.text.{words}",
                minutes=-(-wait_s // 60),
                when=common.when(until),
            ),
            problem=problem,
            note=self._note(state, left),
            tries_left=left,
            wait_until=until,
            wait_s=wait_s,
            by_phone=by_phone,
            phone_offered=common.platform.screen_lock.available() and state in (NEW, OPEN),
            lock_after=tuple(
                Choice(str(minutes), common.text("lock.after", minutes=minutes), minutes == self._after_min())
                for minutes in LOCK_AFTER
            ),
        )

    def set_pin(self, pin: str) -> LockView:
        """*Blocking, about a second.* Choose the first PIN, or one in place of the phone's own lock."""
        with self._one:
            if self.state != NEW and self._store.vault.kind != PHONE:
                return self.view()
            return self._choose(pin)

    def change_pin(self, old: str, new: str) -> LockView:
        """*Blocking, about two seconds.* Wrong old ones count like any other try."""
        with self._one:
            if self.state != OPEN or self._store.vault.kind != PIN:
                return self.view()
            problem = self._fault(new)
            if problem:
                return self.view(problem)
            problem = self._try(old)
            return self._choose(new) if not problem and self.state == OPEN else self.view(problem)

    def unlock(self, pin: str) -> LockView:
        """*Blocking, about half a second.* Try a PIN; one that cannot be one is not counted."""
        with self._one:
            if self.state != LOCKED or self._store.vault.kind != PIN:
                return self.view()
            problem = self._try(pin)
            if not problem and self._store.vault.is_open:
                self._store.unlocked()
                self._opened()
            return self.view(problem)

    def use_phone_lock(self, done: Callable[[LockView], None]) -> bool:
        """Leave the lock to the phone's own, after it was opened once → whether it is asked; then `done` is called."""

        def asked(opened: bool) -> None:
            problem = "" if opened else self._common.text("lock.problem.phone")
            if opened and self.state in (NEW, OPEN):
                try:
                    self._store.set_phone_lock()
                except OSError:
                    problem = self._common.text("lock.problem.disk")
            done(self.view(problem))

        return self._common.platform.screen_lock.ask(self._common.text("lock.ask_phone"), asked)

    def unlock_by_phone(self, done: Callable[[LockView], None]) -> bool:
        """Ask the phone's own lock → whether it is asked; then `done` is called."""

        def asked(opened: bool) -> None:
            opened = opened and self._store.vault.unlock_phone()
            if opened:
                self._store.unlocked()
                self._opened()
            done(self.view("" if opened else self._common.text("lock.problem.phone")))

        if self._store.vault.kind != PHONE:
            return False
        return self._common.platform.screen_lock.ask(self._common.text("lock.ask_phone"), asked)

    def lock(self) -> LockView:
        """Lock now. Before a PIN is chosen there is nothing to lock with."""
        self._store.lock()
        if self._store.locked:
            self._forget()
        return self.view()

    def forgot(self) -> LockView:
        """The PIN is forgotten: drop what it closes and wait for a new enrolment. Saved visits are still sent."""
        if self.state in (LOCKED, WAITING):
            self._store.wipe()
            self._forget()
        return self.view()

    def away(self) -> None:
        """The app was put into the background."""
        self._away = (self._clock.boot(), self._clock.uptime_ms())
        self._nudge()

    def back(self) -> LockView:
        """It is in front again, and locks itself if it was away too long."""
        away, self._away = self._away, None
        if away is not None:
            boot, uptime_ms = self._clock.boot(), self._clock.uptime_ms()
            if boot != away[0] or uptime_ms - away[1] >= self._after_min() * 60_000:
                return self.lock()
        return self.view()

    def mind(self) -> float | None:
        """Called beside the syncing: lock when it is time → seconds until that may be, None: not in sight."""
        if self._away is None or self._store.vault.kind not in (PIN, PHONE) or self._store.locked:
            return None
        left_ms = self._after_min() * 60_000 - (self._clock.uptime_ms() - self._away[1])
        if left_ms > 0:
            return left_ms / 1000
        self.lock()
        return None

    def set_lock_after(self, minutes: int) -> LockView:
        """ValueError for a time that is not offered."""
        if minutes not in LOCK_AFTER:
            raise ValueError(minutes)
        self._store.meta.set(lock_after_min=minutes)
        return self.view()

    def _choose(self, pin: str) -> LockView:
        problem = self._fault(pin)
        if not problem:
            try:
                self._store.set_pin(pin, self._cost())
            except OSError:
                problem = self._common.text("lock.problem.disk")
            except Locked:
                problem = self._common.text("lock.problem.locked")
        return self.view(problem)

    def _try(self, pin: str) -> str:
        """Try a PIN → what was wrong. The last wrong one wipes."""
        store, text = self._store, self._common.text
        if not _well_formed(pin):
            return text("lock.problem.form")
        if self._wait_ms():
            return text("lock.problem.wait")
        try:
            store.tries.begin(self._clock.boot(), self._clock.uptime_ms())
        except OSError:
            return text("lock.problem.disk")
        if store.vault.unlock_pin(pin):
            store.tries.reset()
            return ""
        if store.tries.count >= LAST:
            store.wipe()
            self._forget()
            return text("lock.problem.wiped")
        return text("lock.problem.wrong")

    def _fault(self, pin: str) -> str:
        if not _well_formed(pin):
            return self._common.text("lock.problem.form")
        return self._common.text("lock.problem.weak") if _weak(pin) else ""

    def _note(self, state: str, left: int) -> str:
        common = self._common
        if state == WIPED:
            lost = int(self._store.meta.get("lost_drafts", 0))
            waiting = self._store.outbox.counts()["pending"]
            parts = [common.text("lock.note.waiting", count=waiting)] if waiting else []
            parts += [common.text("lock.note.lost", count=lost)] if lost else []
            return "".join(parts) if common.language == "zh" else " ".join(parts)
        if state in (LOCKED, WAITING) and self._store.vault.kind == PIN and left <= LAST - WARN_FROM_LEFT:
            return common.text("lock.note.left", left=left)
        return ""

    def _wait_ms(self) -> int:
        if self._store.vault.kind != PIN:
            return 0
        try:
            return self._store.tries.wait_ms(self._clock.boot(), self._clock.uptime_ms())
        except OSError:
            return 60_000

    def _after_min(self) -> int:
        kept = self._store.meta.get("lock_after_min", LOCK_AFTER_DEFAULT)
        return kept if kept in LOCK_AFTER else LOCK_AFTER_DEFAULT


def _well_formed(pin: str) -> bool:
    return len(pin) == PIN_LENGTH and pin.isascii() and pin.isdigit()


def _weak(pin: str) -> bool:
    """What thieves try first: one or two digits over and over, and straight runs."""
    steps = {(int(b) - int(a)) % 10 for a, b in itertools.pairwise(pin)}
    return len(set(pin)) <= 2 or steps in ({1}, {9})


__all__ = ["LOCKED", "LOCK_AFTER", "NEW", "OPEN", "PIN_LENGTH", "WAITING", "WIPED", "LockPresenter", "LockView"]
