"""The thread that steps the engine in the running app, and sleeps in between."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable

from caregiver_app.sync.engine import Engine

log = logging.getLogger(__name__)
AFTER_TROUBLE_S = 30.0


class Runner:
    """`tell` is called after each step, for screens that show what is going on; `mind` before each, for what else is
    due by the clock → seconds until it wants to be called again, None: not by itself."""

    def __init__(
        self, engine: Engine, tell: Callable[[], None], mind: Callable[[], float | None] = lambda: None
    ) -> None:
        self._engine = engine
        self._tell = tell
        self._mind = mind
        self._wake = threading.Event()
        self._ending = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; a second call changes nothing."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="sync", daemon=True)
            self._thread.start()

    def wake(self) -> None:
        """There may be something to do."""
        self._wake.set()

    def stop(self, timeout_s: float = 5.0) -> None:
        """End after the step that is going on; safe to call twice."""
        self._ending = True
        self._wake.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout_s)

    def _run(self) -> None:
        while not self._ending:
            self._wake.clear()
            due: float | None = None
            try:
                due = self._mind()
                if self._engine.ready() and not self._engine.status.busy:
                    self._engine.status.busy = True
                    self._tell()
                wait = self._engine.step()
            except sqlite3.Error as error:
                # A full disk or a closing app: nothing was lost, because nothing was concluded.
                log.warning("sync step failed in the store: %s", type(error).__name__)
                wait = AFTER_TROUBLE_S
            except Exception as error:
                # Whatever a server answers, syncing goes on: without its thread the outbox would wait for ever.
                log.warning("sync step failed: %s", type(error).__name__)
                wait = AFTER_TROUBLE_S
            if self._ending:
                return
            self._tell()
            if due is not None:
                wait = due if wait is None else min(wait, due)
            if wait is None or wait > 0:
                self._wake.wait(wait)
