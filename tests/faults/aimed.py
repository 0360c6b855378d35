"""A fleet's phone that kills itself, for good (SIGKILL), at a place where it hurts: in an open transaction, in the
middle of writing a photo, or when the server has a request and the phone not yet the answer.

Shots at random moments (`caregiver_app/fleet/killing.py`) seldom fall there. `python -m tests.faults.aimed ORDER PLACE
MOMENT` is such a phone.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
from pathlib import Path
from typing import Any

from caregiver_app.fleet.killing import Bullet, KilledPhone
from caregiver_app.fleet.worker import run_child
from caregiver_app.store import files, photos
from caregiver_app.sync.http import Request, RequestsHttp, Response

PLACES = {"transaction": 200, "photo": 3, "answer": 5}  # and the latest moment that is aimed at
AIMED = 0.6  # of all shots


class AimedPhone(KilledPhone):
    """Killed at random, or at one of the places."""

    def bullet(self) -> Bullet:
        shot = super().bullet()
        if self.rng.random() >= AIMED:
            return shot
        place = self.rng.choice(sorted(PLACES))
        return Bullet(self.rng.uniform(2, 5), shot.after_saved, place, self.rng.randint(1, PLACES[place]))

    def command(self, order: str, bullet: Bullet | None) -> list[str]:
        if bullet is None or not bullet.place:
            return super().command(order, bullet)
        return [sys.executable, "-m", "tests.faults.aimed", order, bullet.place, str(bullet.moment)]


class Trigger:
    """Counts moments at one place; at the last one this process ends."""

    def __init__(self, place: str, moment: int) -> None:
        self._place, self._left = place, moment

    def pull(self) -> None:
        self._left -= 1
        if self._left == 0:
            print(f"hit {self._place}", flush=True)
            os.kill(os.getpid(), signal.SIGKILL)


def in_transactions(trigger: Trigger) -> None:
    """Before each statement within a transaction of the store, its COMMIT among them."""

    class Connection(sqlite3.Connection):
        def execute(self, *arguments: Any) -> sqlite3.Cursor:
            if self.in_transaction:
                trigger.pull()
            return super().execute(*arguments)

    connect = sqlite3.connect
    sqlite3.connect = lambda *given, **named: connect(*given, **{**named, "factory": Connection})  # type: ignore[assignment]


def in_photos(trigger: Trigger) -> None:
    """With half of a photo's bytes, closed or sealed, on the disk."""
    whole = files.write_whole

    def half(target: Path, data: bytes, mode: int = 0o600) -> None:
        part = target.with_name(target.name + ".part")
        part.write_bytes(data[: len(data) // 2])
        trigger.pull()
        whole(target, data, mode)

    photos.write_whole = half


def before_answers(trigger: Trigger) -> None:
    """When the server has answered, before the phone has read it."""
    send = RequestsHttp.send

    def heard(self: RequestsHttp, base_url: str, request: Request) -> Response:
        response = send(self, base_url, request)
        trigger.pull()
        return response

    RequestsHttp.send = heard  # type: ignore[method-assign]


ARM = {"transaction": in_transactions, "photo": in_photos, "answer": before_answers}

if __name__ == "__main__":
    ARM[sys.argv[2]](Trigger(sys.argv[2], int(sys.argv[3])))
    run_child(sys.argv[1])
