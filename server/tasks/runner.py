"""The worker: claims one task after another and does it. Runs in the scheduler's process, and inside tests."""

from __future__ import annotations

import contextlib
import logging
import threading
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

from server import clock, database
from server.files.current import files
from server.problems import Problem
from server.tasks import service
from server.tasks.kinds import KINDS, Stopped, Work

if TYPE_CHECKING:
    from flask import Flask

log = logging.getLogger("yuetan.tasks")
BEAT_S = 3.0


class Runner:
    """`stop`: set when the process must end; running work gives up at its next word about progress."""

    def __init__(self, app: Flask, stop: threading.Event | None = None, *, beat_s: float = BEAT_S) -> None:
        self.app = app
        self.stop = stop or threading.Event()
        self.beat_s = beat_s

    def run_all(self) -> int:
        """Until nothing waits. Returns how many tasks were worked on."""
        done = 0
        while not self.stop.is_set() and self.run_one():
            done += 1
        return done

    def run_one(self) -> bool:
        """Claim and do one task. False: nothing waits."""
        with self.app.app_context():
            if not service.something_waits(database.session(), KINDS, now=clock.now()):
                return False
            held = service.claim(database.session(), KINDS, now=clock.now())
            if held is None:
                return False
            log.info("task begins", extra={"task": str(held.task_id), "kind": held.kind})
            self._do(held)
            return True

    def _do(self, held: service.Claim) -> None:
        session = database.session()
        pulse = _Pulse(self, held)
        work = Work(
            held.task_id, held.county_id, held.params, held.region_id, held.created_by, session, files(), clock.now(),
            pulse.progress,
        )  # fmt: skip
        try:
            with pulse:
                outcome = KINDS[held.kind](work)
                pulse.quiet()  # from here on only the end is written
                service.finish(session, held, outcome.result, outcome.file_id, pulse.told, now=clock.now())
                session.commit()
        except (Stopped, service.ClaimLost):
            session.rollback()
            service.give_back(session, held)  # does nothing where another worker has it
            log.info("task given back", extra={"task": str(held.task_id)})
        except Problem as wrong:
            session.rollback()
            service.fail(session, held, wrong.body(), now=clock.now())
        except DBAPIError as wrong:
            if not (wrong.connection_invalidated or _is_busy(wrong)):
                self._fail(session, held, wrong)
                return
            # the database went away or is locked: nothing can be written now; the silence gives the task back
            log.warning("task interrupted by the database", exc_info=wrong)
            with contextlib.suppress(DBAPIError):
                session.rollback()
        except Exception as wrong:
            self._fail(session, held, wrong)
        else:
            log.info("task done", extra={"task": str(held.task_id)})

    def _fail(self, session: Any, held: service.Claim, wrong: Exception) -> None:
        log.error("task failed", exc_info=wrong, extra={"task": str(held.task_id), "kind": held.kind})
        session.rollback()
        service.fail(session, held, {"code": "server_error", "status": 500}, now=clock.now())


def _is_busy(wrong: DBAPIError) -> bool:
    return "database is locked" in str(wrong.orig)


class _Pulse:
    """Says every few seconds, on a connection of its own, that the worker lives and how far it is."""

    def __init__(self, runner: Runner, held: service.Claim) -> None:
        self.runner, self.held = runner, held
        self.told: tuple[int, int | None] = (0, None)
        self._lost = False
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f"pulse-{held.task_id}", daemon=True)

    def progress(self, done: int, total: int | None = None) -> None:
        self.told = (done, total)
        if self._lost or self.runner.stop.is_set():
            raise Stopped

    def quiet(self) -> None:
        self._end.set()
        if self._thread.is_alive():
            self._thread.join()
        if self._lost:
            raise Stopped

    def __enter__(self) -> _Pulse:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._end.wait(self.runner.beat_s):
            try:
                with self.runner.app.app_context():
                    if not service.beat(database.session(), self.held, *self.told, now=clock.now()):
                        self._lost = True
                        return
            except DBAPIError:  # busy or away: the next beat tries again
                log.debug("no pulse", exc_info=True)
