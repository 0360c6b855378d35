"""The process `yuetan scheduler`: waits to lead, then runs jobs when their time comes, and queued tasks.

APScheduler keeps time; what has been done is in the database (`claims`), not in a job store, so a process that starts
late finds what it missed: every minute the daily jobs whose period nobody has finished are caught up with.
"""

from __future__ import annotations

import datetime as dt
import importlib
import importlib.util
import logging
import os
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.exc import SQLAlchemyError

from server import clock
from server.database import NOUNS
from server.scheduler.jobs import JOBS, Job
from server.scheduler.leader import Leadership
from server.scheduler.running import run
from server.scheduler.timing import Daily
from server.tasks.runner import Runner

if TYPE_CHECKING:
    from flask import Flask

log = logging.getLogger("yuetan.scheduler")
POLL_S = 1.0  # between two tries to lead, two looks whether we still do, and two looks for tasks
CATCH_UP_S = 60
PATIENCE_S = 25.0  # for running work after the word to stop; an init system kills after 30 or more


class Process:
    """`stop`: set to end. `run` returns when everything that ran has come to its end."""

    def __init__(
        self, app: Flask, lead: Leadership, jobs: Sequence[Job] = JOBS, *, stop: threading.Event | None = None,
        poll_s: float = POLL_S,
    ) -> None:  # fmt: skip
        self.app, self.lead, self.jobs, self.poll_s = app, lead, jobs, poll_s
        self.stop = stop or threading.Event()
        self._busy = {job.name: threading.Lock() for job in jobs}

    def run(self) -> None:
        load_kinds()
        log.info("waiting to lead")
        try:
            while not self.stop.is_set():
                if self._acquire():
                    self._serve()
                self.stop.wait(self.poll_s)
        finally:
            self.lead.release()
        log.info("stopped")

    def end(self) -> None:
        """Ask it to end (a signal handler does), and see to it that it does."""
        self.stop.set()
        watchdog = threading.Timer(PATIENCE_S, _give_up)
        watchdog.daemon = True
        watchdog.start()

    def _acquire(self) -> bool:
        try:
            return self.lead.acquire()
        except SQLAlchemyError as wrong:
            log.warning("the database does not answer: %s", str(wrong).splitlines()[0])
            self.stop.wait(self.poll_s * 4)
            return False

    def _serve(self) -> None:
        """Lead, until told to stop or until leadership is lost."""
        log.info("leading")
        zone = self._zone()
        ended = threading.Event()  # of this time of leading
        runner = Runner(self.app, ended)
        scheduler = BackgroundScheduler(
            timezone=zone,
            executors={"default": ThreadPoolExecutor(len(self.jobs) + 1)},
            # a run that comes late is better than none, and three late ones are one
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )
        for job in self.jobs:
            scheduler.add_job(self._run, job.when.trigger(zone), args=(job,), id=job.name, name=job.name)
        scheduler.add_job(
            self._catch_up, "interval", seconds=CATCH_UP_S, next_run_time=clock.now(), args=(ended,), id="catch-up"
        )  # fmt: skip
        tasks = threading.Thread(target=self._do_tasks, args=(runner, ended), name="tasks", daemon=True)
        scheduler.start()
        tasks.start()
        try:
            while not self.stop.wait(self.poll_s):
                if not self.lead.held():
                    log.error("leadership was lost")
                    break
        finally:
            ended.set()
            scheduler.shutdown(wait=True)
            tasks.join()
            self.lead.release()

    def _zone(self) -> dt.tzinfo:
        with self.app.app_context():
            return clock.zone()

    def _run(self, job: Job) -> None:
        """Once at a time: a job's own trigger and the catching-up may meet."""
        if not self._busy[job.name].acquire(blocking=False):
            return
        try:
            with self.app.app_context():
                now = clock.now()
            run(self.app, job, now=now, claimed=True)
        except SQLAlchemyError as wrong:
            log.warning("job put off: %s", str(wrong).splitlines()[0], extra={"job": job.name})
        finally:
            self._busy[job.name].release()

    def _catch_up(self, ended: threading.Event) -> None:
        for job in self.jobs:
            if isinstance(job.when, Daily) and not ended.is_set():
                self._run(job)

    def _do_tasks(self, runner: Runner, ended: threading.Event) -> None:
        while not ended.is_set():
            try:
                runner.run_all()
            except Exception as wrong:  # the database away, most often: nothing else may end this thread
                log.warning("tasks wait", exc_info=wrong)
            ended.wait(self.poll_s)


def load_kinds() -> None:
    """Import every noun's jobs.py, where it says which kinds of task it knows."""
    for noun in NOUNS:
        if importlib.util.find_spec(f"server.{noun}.jobs") is not None:
            importlib.import_module(f"server.{noun}.jobs")


def _give_up() -> None:
    log.error("work did not end in time; what it held is done again")
    os._exit(1)
