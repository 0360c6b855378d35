"""A phone on a wire that can be cut anywhere, and the server at its other end: what the plays of `cuts.py` share.

`keep` puts phone, server and clock aside as they are; `again` puts them back, with the app started anew. So each of
thousands of cuts is a cut of the same exchange, and costs as much as the first.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from pathlib import Path

import sqlalchemy as sa

from caregiver_app.fleet.compare import Comparer
from caregiver_app.platform.fake import FakeClock, fake
from caregiver_app.presenters.events import tell
from caregiver_app.presenters.phone import Phone
from caregiver_app.store import open_store
from caregiver_app.store.store import ENROL_AGAIN, ENROLLED
from caregiver_app.sync.enrol import enrol
from caregiver_app.sync.push import Push
from server import clock
from server.database import db
from server.sync.model import PhoneEvent
from server.visits.model import Photo, Visit
from tests.copies import Copies, swap_files
from tests.fakes.byte_line import ByteHttp, Wire
from tests.faults.report import Run
from tests.faults.world import World

URL = "http://yuetan.test"
TOLD_EVERY_S = 15.0


class Cutter:
    """One phone with its wire."""

    def __init__(self, made: World, folder: Path, run: Run, step: int, seed: int) -> None:
        self.made, self.run, self.step = made, run, step
        self.rng = random.Random(f"{run.name}/{seed}")
        self.clock = FakeClock(real=clock.now())
        clock.set_clock(made.app, lambda: self.clock.real)
        self.wire = Wire(made.app)
        self.cuts: Counter[str] = Counter()
        self.largest = 0
        self.code = made.code(sorted(made.visitors)[0])
        self._folder, self._seed = folder, seed
        self._copies = Copies(made.home.parent, made.url, made.home)
        self._kept = self.clock.real
        self._began = self._told = time.monotonic()
        self._start()

    def _start(self) -> None:
        self.phone = Phone(
            open_store(self._folder), fake(self.clock), ByteHttp(self.wire), random.Random(self._seed)
        )
        self.store = self.phone.store

    def close(self) -> None:
        """Give everything back."""
        self.phone.stop()
        clock.set_clock(self.made.app, None)
        self._let_go()
        self._copies.drop()

    # The same moment again.

    def keep(self) -> None:
        """Put everything aside as it is."""
        self._still()
        self._copies.keep("moment")
        swap_files(self._folder, self._aside)
        self._kept = self.clock.real
        self._start()

    def again(self) -> None:
        """Put back what was kept: phone, server and clock."""
        self._still()
        self._copies.restore("moment")
        swap_files(self._aside, self._folder)
        self.clock.real = self._kept
        self._start()

    @property
    def _aside(self) -> Path:
        return self._folder.with_name("phone-aside")

    def _still(self) -> None:
        self.phone.stop()
        self._let_go()

    def _let_go(self) -> None:
        with self.made.app.app_context():
            db.session.remove()
            db.engine.dispose()

    # What there is to send.

    def save(self, words: int = 0, *, photo: bytes = b"") -> str:
        """A visit with a note of so many random characters → its id."""
        elders = [elder["id"] for elder in self.store.cache.all("elders")]
        visit = self.phone.begin_visit(self.rng.choice(elders))
        self.clock.advance(400)
        visit.all_good()
        visit.set_note("".join(chr(self.rng.randrange(0x4E00, 0x9FA0)) for _ in range(words)))
        if photo:
            visit.add_photo(photo)
        return visit.save().visit_id

    def tell(self) -> str:
        """Something else to tell, of a visit that is sent → its id."""
        subject = self.save()
        self.whole()
        return tell(self.phone._common, "ladder_call", subject, {"whom": "elder", "outcome": "no_answer", "words": ""})

    def forget_tokens(self) -> None:
        """No right to speak any more: what there is goes sealed."""
        self.store.meta.set(standing=ENROL_AGAIN, access_token=None)

    # What the phone does.

    def enrol(self) -> None:
        """Try to enrol with the one code there is. Raises NetworkError."""
        enrol(self.store, self.phone.platform, self.phone.http, URL, self.code)

    def whole(self, steps: int = 60) -> None:
        """Let everything through until there is nothing to say."""
        self.wire.out = self.wire.back = None
        self.phone.engine.kick()
        for _ in range(steps):
            wait = self.phone.engine.step()
            if wait is None or wait > 400:
                return
            self.clock.advance(wait)
        self.run.violations.append(f"still talking after {steps} steps: {self.phone.engine.status}")

    def one(self, path: str, *, pull: bool = False) -> None:
        """One step, which must be the exchange that we mean to cut."""
        engine = self.phone.engine
        engine._link.pace.size = 64 * 1024
        for lane in engine._lanes:
            pushing = getattr(lane.step, "__self__", None)
            if isinstance(pushing, Push):
                pushing.limit = 100
        if path != "/devices/refresh" and not engine._refresh.token_good() and self.store.standing == ENROLLED:
            with self.wire.mended():
                engine._refresh.step()
        engine.kick()
        if not pull:
            engine._next_pull = self.clock.uptime_ms() + 900_000
        before = self.wire.exchanges
        engine.step()
        self.run.check(
            self.wire.exchanges == before + 1 and (not self.wire.path or path in self.wire.path),
            f"{self.wire.exchanges - before} exchanges, {self.wire.path} instead of {path}",
        )

    def counted(self, side: str, at: int) -> None:
        """A cut is done. Says now and then how far it is, so that a long run is seen to go on."""
        self.cuts[side] += 1
        length = self.wire.sent if side == "out" else self.wire.answered
        self.largest = max(self.largest, length)
        now = time.monotonic()
        if now - self._told >= TOLD_EVERY_S:
            self._told = now
            done = sum(self.cuts.values())
            manner = "" if side == "back" or self.wire.deaf else ", answered"
            print(f"{self.run.name}: {side}{manner}, byte {at:,} of {length:,}; {done:,} cuts, "
                  f"{done / (now - self._began):.0f} a second", file=sys.stderr, flush=True)  # fmt: skip

    # What must hold.

    def pending(self, ids: set[str], where: str) -> None:
        """Exactly these wait, in the phone's eyes."""
        states = {row.id: row.state for row in (*self.store.outbox.all(), *self.store.events.all()) if row.id in ids}
        self.run.check(set(states.values()) <= {"pending"} and len(states) == len(ids), f"{where}: {states}")

    def sent(self, where: str, steps: int = 12) -> None:
        """With the line whole again: everything that waits goes, and the phone says so."""
        self.wire.out = self.wire.back = None
        engine = self.phone.engine
        engine.kick()
        for _ in range(steps):
            engine._next_pull = self.clock.uptime_ms() + 900_000
            if not engine.ready():
                break
            self.clock.advance(engine.step() or 0)
        self._all_sent(where)

    def agree(self, where: str) -> None:
        """With the line whole again: everything is sent, and phone and server hold the same, word for word."""
        self.whole()
        if self.store.standing != ENROLLED:  # told without the right to speak; asked with it
            self.store.meta.set(standing=ENROLLED)
            self.whole()
        self._all_sent(where)
        rows = self.store.outbox.all()
        visits, sentences = Comparer(self.store, self.phone.platform, self.phone.http).disagreements()
        self.run.check(visits == len(rows), f"{where}, afterwards: {visits} of the phone's {len(rows)} visits listed")
        self.run.violations += [f"{where}, afterwards: {sentence}" for sentence in sentences]

    def _all_sent(self, where: str) -> None:
        states = Counter(row.state for row in (*self.store.outbox.all(), *self.store.events.all()))
        self.run.check(states.keys() <= {"sent"}, f"{where}, afterwards: {states}")
        self.run.check(self.store.photos.next() is None, f"{where}, afterwards: a photo waits")

    def visits_there(self) -> int:
        """Visits that the server has."""
        return self._counted(sa.select(sa.func.count()).select_from(Visit))

    def events_there(self) -> int:
        """Events that the server has."""
        return self._counted(sa.select(sa.func.count()).select_from(PhoneEvent))

    def photos_there(self) -> int:
        """Photos that the server has whole."""
        return self._counted(sa.select(sa.func.count()).where(Photo.file_id.is_not(None)))

    def _counted(self, asked: sa.Select[tuple[int]]) -> int:
        with self.made.session() as own:
            return own.scalar(asked) or 0


