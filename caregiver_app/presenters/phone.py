"""The whole app but its widgets: one object that a screen, the fleet, a test or the simulator holds."""

from __future__ import annotations

import contextlib
import random
import sqlite3
from collections.abc import Callable
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from caregiver_app.platform.choose import choose
from caregiver_app.platform.protocols import Platform
from caregiver_app.presenters.common import Common
from caregiver_app.presenters.enrol import EnrolPresenter
from caregiver_app.presenters.followups import rearm
from caregiver_app.presenters.learning import LearningPresenter
from caregiver_app.presenters.lock import LockPresenter
from caregiver_app.presenters.place import Place
from caregiver_app.presenters.settings import SettingsPresenter
from caregiver_app.presenters.today import TodayPresenter
from caregiver_app.store import Store, keys, open_store
from caregiver_app.store.vault import Cost, Locked, measured_cost
from caregiver_app.sync.engine import Engine
from caregiver_app.sync.enrol import enrol
from caregiver_app.sync.http import Http, RequestsHttp
from caregiver_app.sync.push import LARGEST_BATCH
from caregiver_app.sync.runner import Runner

if TYPE_CHECKING:
    from caregiver_app.presenters.elder import ElderPresenter
    from caregiver_app.presenters.hours import HoursPresenter
    from caregiver_app.presenters.outbox import OutboxPresenter
    from caregiver_app.presenters.scan import ScanPresenter
    from caregiver_app.presenters.sos import SosPresenter
    from caregiver_app.presenters.steps import StepsPresenter
    from caregiver_app.presenters.visit import VisitPresenter

#: Presenters that the list can do without, in the order in which they are likely to be asked for.
LATER = ("scan", "elder", "visit", "steps", "sos", "outbox", "hours")


class Phone:
    """Fulfils `interface.Phone`. `engine` and `store` are there for the fleet, tests and the simulator."""

    def __init__(
        self,
        store: Store,
        platform: Platform,
        http: Http,
        rng: random.Random | None = None,
        largest_batch: int = LARGEST_BATCH,
        cost: Callable[[], Cost] = measured_cost,
    ) -> None:
        self.store = store
        self.platform = platform
        self.http = http
        keys.device_id(store.meta)
        self.engine = Engine(store, platform, http, rng or random.Random(), largest_batch)
        self.runner = Runner(self.engine, self._tell, lambda: self.lock.mind())
        self._common = Common(store, platform, self.engine.status)
        self._listeners: list[Callable[[], None]] = []
        store.database.listen(self._tell)
        self.enrol = EnrolPresenter(self._common, self._enrol, self.engine.first_pull)
        self.today = TodayPresenter(self._common)
        self.lock = LockPresenter(self._common, self._forget, cost, self.runner.wake, self._remind)
        self._place = Place(self._common, self._tell)
        self.learning = LearningPresenter(self._common, self.wake)
        self.settings = SettingsPresenter(self._common, self._tell, self.wake)

    # What the list does not need is loaded when it is first asked for, or soon after the start by `_warm`.

    @cached_property
    def scan(self) -> ScanPresenter:
        """From a code to an elder."""
        from caregiver_app.presenters.scan import ScanPresenter

        return ScanPresenter(self._common)

    @cached_property
    def elder(self) -> ElderPresenter:
        """An elder's card."""
        from caregiver_app.presenters.elder import ElderPresenter

        return ElderPresenter(self._common)

    @cached_property
    def outbox(self) -> OutboxPresenter:
        """The sync page."""
        from caregiver_app.presenters.outbox import OutboxPresenter

        return OutboxPresenter(self._common, self.wake)

    @cached_property
    def hours(self) -> HoursPresenter:
        """The time-bank account."""
        from caregiver_app.presenters.hours import HoursPresenter

        return HoursPresenter(self._common)

    def begin_visit(
        self,
        elder_id: str | None,
        *,
        tag: str | None = None,
        tag_by: str | None = None,
        channel: str = "home",
    ) -> VisitPresenter:
        """A draft that begins now, or the one that is going on with this elder (its tag is then added)."""
        from caregiver_app.presenters.draft import resume

        if channel == "home":
            self._place.need()
        return self._visit(resume(self._common, elder_id, tag=tag, tag_by=tag_by, channel=channel))

    def open_draft(self, draft_id: str) -> VisitPresenter | None:
        """A draft by id, if it still is one."""
        return self._visit(draft_id) if self.store.drafts.get(draft_id) else None

    def drafts(self) -> tuple[str, ...]:
        """Visits begun and not saved, newest first."""
        return tuple(self.store.drafts.ids())

    def steps(self, elder_id: str) -> StepsPresenter:
        """What to do after nobody answered."""
        from caregiver_app.presenters.steps import StepsPresenter

        return StepsPresenter(self._common, elder_id, self._saved)

    def sos(self, elder_id: str | None) -> SosPresenter:
        """Whom to call in an emergency, and the alert."""
        from caregiver_app.presenters.sos import SosPresenter

        return SosPresenter(self._common, elder_id, self._saved)

    def text(self, key: str, **params: Any) -> str:
        """A text in the chosen language."""
        return self._common.text(key, **params)

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` after changes, on whatever thread made them."""
        self._listeners.append(listener)

        def end() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return end

    def in_background(self, work: Callable[[], Any], done: Callable[[Any, BaseException | None], None]) -> None:
        """Run `work` on a thread of the platform's; `done(result, error)` is called there."""

        def run() -> None:
            try:
                result = work()
            except Exception as error:  # handed on: the screen shows it
                done(None, error)
            else:
                done(result, None)

        self.platform.spawn(run)

    def start(self) -> None:
        """Begin syncing in the background, and load what the first search would wait for."""
        self.runner.start()
        self._place.look()
        self.platform.spawn(self._warm)

    def away(self) -> None:
        """The app went into the background."""
        self._place.rest()
        self.lock.away()

    def back(self) -> None:
        """It is in front again; locked if it was away too long."""
        self.lock.back()
        self._place.look()

    def wake(self) -> None:
        """Sync now, whatever is being waited for."""
        self.engine.kick()
        self.runner.wake()

    def stop(self) -> None:
        """End the background work and close the store; safe to call twice."""
        self.runner.stop()
        self._place.rest()
        if isinstance(self.http, RequestsHttp):
            self.http.close()
        self.store.close()

    def _visit(self, draft_id: str) -> VisitPresenter:
        from caregiver_app.presenters.visit import VisitPresenter

        return VisitPresenter(self._common, draft_id, self._saved)

    def _saved(self, urgent: bool) -> None:
        self.engine.saved(urgent)
        self.runner.wake()

    def _forget(self) -> None:
        """The app is locked: nothing of elders stays in memory for the screens."""
        self._common.forget()
        self.today.forget()

    def _remind(self) -> None:
        """A phone that was switched off has forgotten what it was to remind of."""
        with contextlib.suppress(sqlite3.ProgrammingError, Locked):
            rearm(self._common)

    def _warm(self) -> None:
        self._remind()
        for name in LATER:
            import_module(f"caregiver_app.presenters.{name}")
        with contextlib.suppress(sqlite3.ProgrammingError, Locked):  # closed meanwhile: nobody will search
            self.today.warm()

    def _enrol(self, address: str, code: str) -> None:
        with self.engine.lock:
            self.store.begin_anew()
            if self.store.locked:
                raise Locked("enrolment")  # before the code is used
            enrol(self.store, self.platform, self.http, address, code)
            self.engine.kick()

    def _tell(self) -> None:
        for listener in list(self._listeners):
            listener()


def open_phone(
    directory: Path,
    platform: Platform | None = None,
    *,
    http: Http | None = None,
    rng: random.Random | None = None,
) -> Phone:
    """The phone whose store lies in `directory`. StoreTooNew: the store is a newer app's."""
    platform = platform or choose(directory)
    return Phone(open_store(directory, platform.secrets), platform, http or RequestsHttp(), rng)
