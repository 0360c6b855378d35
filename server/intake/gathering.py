"""What phones send at the same moment goes in together.

A visit that comes alone costs four trips to the database and a commit; ten that come at once cost little more, if they
are one batch. So in each web process one request at a time takes in what lies there, its own and that of those who came
meanwhile, who wait for their answers; then one of those who came since goes on. Nobody waits for company: who finds
nobody at work begins at once.

Nothing is risked for it. If a gathered batch fails, each of its deliveries goes in by itself, as if it had come alone;
and whoever has waited long (somebody's lock, a slow disk) goes alone as well.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from server import intake
from server.elders.vault import Vault
from server.intake.items import Result, Sender
from shared.protocol.limits import MAX_BATCH

log = logging.getLogger("yuetan.intake")
SMALL = 20  # items of a delivery that is gathered: more of them are a batch of their own
PATIENCE_S = 1.0


@dataclass(slots=True, eq=False)
class _Delivery:
    """What one request brings. Once `called`, either its `results` are there, or it is to go on by itself: as the next
    to take in what lies there if `leads`, else alone."""

    sender: Sender
    items: Sequence[Any]
    called: threading.Event = field(default_factory=threading.Event)
    results: list[Result] | None = None
    leads: bool = False


class Gathering:
    """One web process's."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[_Delivery] = []
        self._busy = False

    def receive(
        self, session: Session, sender: Sender, items: Sequence[Any], *, vault: Vault, now: dt.datetime
    ) -> list[Result]:
        """As `intake.receive`, whose errors it raises."""
        if len(items) > SMALL or len(sender.candidates) != 1:
            return intake.receive(session, sender, items, vault=vault, now=now)
        own = _Delivery(sender, items)
        with self._lock:
            own.leads, self._busy = not self._busy, True
        if not own.leads:
            # No connection is held while waiting. This may raise: so nobody counts on it yet.
            session.rollback()
            with self._lock:
                if self._busy:
                    self._waiting.append(own)
                else:
                    own.leads = self._busy = True
            if not own.leads:
                self._wait(own)
        if own.results is not None:
            return own.results
        try:
            if own.leads:
                self._gather(session, own, vault, now)
            return own.results or intake.receive(session, sender, items, vault=vault, now=now)
        finally:
            if own.leads:
                self._pass_on()

    def _wait(self, own: _Delivery) -> None:
        if own.called.wait(PATIENCE_S):
            return
        with self._lock:
            if own in self._waiting:
                self._waiting.remove(own)  # nobody has taken it up yet: it goes alone
                return
        own.called.wait()  # it is on its way

    def _gather(self, session: Session, own: _Delivery, vault: Vault, now: dt.datetime) -> None:
        """Take in own and what waits, if anything does; those that could not be are called without results."""
        with self._lock:
            company, room = [], MAX_BATCH - len(own.items)
            while self._waiting and room >= len(self._waiting[0].items):
                room -= len(self._waiting[0].items)
                company.append(self._waiting.pop(0))
        if not company:
            return
        everybody = [own, *company]
        try:
            deliveries = [(each.sender, each.items) for each in everybody]
            done = intake.receive_together(session, deliveries, vault=vault, now=now)
            for each, results in zip(everybody, done, strict=True):
                each.results = results
        except Exception as wrong:  # whatever it is, each sees for itself
            session.rollback()
            log.warning("a gathered batch failed; its deliveries go in one by one", extra={"error": repr(wrong)[:200]})
        finally:
            for each in company:
                each.called.set()

    def _pass_on(self) -> None:
        with self._lock:
            if not self._waiting:
                self._busy = False
                return
            heir = self._waiting.pop(0)
            heir.leads = True
        heir.called.set()


def current() -> Gathering:
    """The running app's, for the edge."""
    from flask import current_app

    found: Gathering = current_app.extensions.setdefault("yuetan_gathering", Gathering())
    return found
