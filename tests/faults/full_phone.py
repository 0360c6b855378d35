"""A phone whose disk is full: the app's own store, presenters and sync in a process that may be killed.

Commands, one JSON object a line, each answered by one: `enrol`, `live`, `finish`, `send`, `fill`, `free`, `compare`,
`end`. What it answers is what the app told its user.
"""

from __future__ import annotations

import json
import random
import sqlite3
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from caregiver_app.fleet.compare import Comparer
from caregiver_app.fleet.machine import FleetClock, machine, picture
from caregiver_app.platform.fake import FakePosition
from caregiver_app.presenters.phone import Phone
from caregiver_app.presenters.views.visit import VisitView
from caregiver_app.store import open_store
from caregiver_app.sync.http import RequestsHttp
from tests.faults.room import Ballast, Limit

NOTE = "老人精神很好，血压药快吃完了，已提醒家属。" * 20


class FullPhone:
    """One phone on a small disk."""

    def __init__(self, disk: str, base_url: str, code: str, seed: int, mounted: bool, leave: int | None) -> None:
        self.base_url, self.code, self.rng = base_url, code, random.Random(f"full/{seed}")
        self.room = (Ballast if mounted else Limit)(Path(disk))
        if leave is not None and not mounted:
            self.room.fill(leave)
        platform = machine(FleetClock(), FakePosition())
        self.phone = Phone(open_store(Path(disk) / "phone"), platform, RequestsHttp(), self.rng)

    def enrol(self) -> dict[str, Any]:
        view = self.phone.enrol.submit(self.base_url, self.code)
        return {"done": view.done, "problem": view.problem}

    def fill(self, leave: int) -> dict[str, Any]:
        self.room.fill(leave)
        return {}

    def free(self) -> dict[str, Any]:
        self.room.free()
        return {}

    def live(self) -> dict[str, Any]:
        """One visit as a stubborn visitor goes it: every touch twice → what came of each, and what was said."""
        said: dict[str, Any] = {"id": None, "saved": False, "note": False, "photo": None, "refused": 0, "silent": []}
        elders = [elder["id"] for elder in self.phone.store.cache.all("elders")]
        going_on = set(self.phone.store.drafts.by_elder())
        visit = self._twice("begin", lambda: self.phone.begin_visit(
            self.rng.choice([one for one in elders if one not in going_on] or elders)), said)  # fmt: skip
        if visit is None:
            return said
        said["id"] = visit.draft_id
        jpeg = picture(self.rng)
        self._twice("all good", visit.all_good, said)
        noted = self._twice("note", lambda: visit.set_note(NOTE), said)
        said["note"] = noted is not None and noted.note == NOTE
        if self.rng.random() < 0.6:
            shown = self._twice("photo", lambda: visit.add_photo(jpeg), said)
            said["photo"] = shown is not None
        saved = self._twice("save", visit.save, said)
        said["saved"] = saved is not None
        return said

    def _twice(self, name: str, touch: Callable[[], Any], said: dict[str, Any]) -> Any:
        """A touch that the disk refused is said, in words, and made once more."""
        disk_words = self.phone.text("visit.disk")
        for _ in range(2):
            try:
                found = touch()
            except OSError as error:
                # The screen says so where a touch is refused by an error (tests/ui); the line about syncing does too.
                if self.phone.today.view().badge.state != "disk":
                    said["silent"].append(f"{name}: {error}")
            except ValueError as error:  # not complete: an earlier touch did not go in
                if "save" not in name:
                    said["silent"].append(f"{name}: {error}")
            else:
                if not isinstance(found, VisitView) or found.missing_text != disk_words:
                    return found
            said["refused"] += 1
        return None

    def kept(self) -> dict[str, Any]:
        """What is on the disk, as a user could see it."""
        store = self.phone.store
        drafts = {}
        for draft_id in self.phone.drafts():
            draft = store.drafts.get(draft_id) or {}
            readable = [digest for digest in draft["photos"] if store.photos.read(digest)]
            drafts[draft_id] = {"note": draft["note"] == NOTE, "photos": len(readable) == len(draft["photos"]) > 0}
        rows = {row.id: row.state for row in store.outbox.all()}
        return {"drafts": drafts, "rows": rows, "check": store.database.row("PRAGMA integrity_check")[0]}

    def finish(self) -> dict[str, Any]:
        """There is room again: every draft is saved."""
        done = []
        for draft_id in self.phone.drafts():
            visit = self.phone.open_draft(draft_id)
            visit.all_good()
            done.append(visit.save().visit_id)
        return {"saved": done, "state": self.phone.today.view().badge.state}

    def send(self, steps: int) -> dict[str, Any]:
        """Sync as the app's thread does: what the disk refuses is tried again later."""
        troubles = 0
        self.phone.engine.kick()
        for _ in range(steps):
            try:
                wait = self.phone.engine.step()
            except (OSError, sqlite3.Error):
                troubles, wait = troubles + 1, 0.05
            if wait is None or wait > 400:
                break
            time.sleep(min(wait, 0.3))
        store = self.phone.store
        return {"troubles": troubles, **store.outbox.counts(), "photos": store.photos.counts()}

    def compare(self) -> dict[str, Any]:
        there, sentences = Comparer(self.phone.store, self.phone.platform).disagreements()
        return {"there": there, "sentences": sentences}


def main() -> None:
    try:
        phone = FullPhone(**json.loads(sys.argv[1]))
    except (OSError, sqlite3.Error) as error:  # the app shows "store.disk" and ends (caregiver_app/main.py)
        print(json.dumps({"opened": False, "why": str(error)}), flush=True)
        return
    print(json.dumps({"opened": True}), flush=True)
    for text in sys.stdin:
        order = json.loads(text)
        name = order.pop("do")
        if name == "end":
            break
        print(json.dumps(getattr(phone, name)(**order), ensure_ascii=False), flush=True)
    phone.phone.stop()


if __name__ == "__main__":
    main()
