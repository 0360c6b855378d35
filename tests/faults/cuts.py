"""Every exchange of the sync cut at each byte, out and back: nothing saved is lost, nothing is there twice.

The app's real client, engine and store against the server's real parser and application, in one process
(tests/fakes/byte_line.py). Before the last byte of a request is there the server has nothing of it; before the last
byte of an answer was read the phone believes nothing of it; and afterwards both agree.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from caregiver_app.fleet.compare import Comparer
from caregiver_app.platform.fake import FakeClock, fake
from caregiver_app.presenters.events import tell
from caregiver_app.presenters.phone import Phone
from caregiver_app.store import open_store
from caregiver_app.store.store import ENROL_AGAIN, ENROLLED
from caregiver_app.sync.enrol import enrol
from caregiver_app.sync.http import NetworkError
from caregiver_app.sync.push import Push
from server import clock
from server.sync.model import PhoneEvent
from server.visits.model import Photo, Visit
from tests.fakes.byte_line import ByteHttp, Wire, points
from tests.faults import sound
from tests.faults.report import Run
from tests.faults.world import World

URL = "http://yuetan.test"
LARGEST = 8 * 1024
MANNERS = (True, False)  # deaf, or answered


class Cutter:
    """One phone with its wire. `step`: cut at every `step`th byte only."""

    def __init__(self, made: World, folder: Path, run: Run, step: int, seed: int) -> None:
        self.made, self.run, self.by = made, run, step
        self.rng = random.Random(f"cuts/{seed}")
        self.clock = FakeClock(real=clock.now())
        clock.set_clock(made.app, lambda: self.clock.real)
        self.wire = Wire(made.app)
        self.phone = Phone(open_store(folder), fake(self.clock), ByteHttp(self.wire), random.Random(seed))
        self.store = self.phone.store
        self.cuts: Counter[str] = Counter()
        self.code = made.code(sorted(made.visitors)[0])

    # What there is to send.

    def save(self, words: int = 0, *, photo: bytes = b"") -> str:
        elders = [elder["id"] for elder in self.store.cache.all("elders")]
        visit = self.phone.begin_visit(self.rng.choice(elders))
        self.clock.advance(400)
        visit.all_good()
        visit.set_note("".join(chr(self.rng.randrange(0x4E00, 0x9FA0)) for _ in range(words)))
        if photo:
            visit.add_photo(photo)
        return visit.save().visit_id

    def tell(self) -> str:
        subject = self.save()
        self.whole()
        return tell(self.phone._common, "ladder_call", subject, {"whom": "elder", "outcome": "no_answer", "words": ""})

    # What the phone does.

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
            out, back, self.wire.out, self.wire.back = self.wire.out, self.wire.back, None, None
            engine._refresh.step()
            self.wire.out, self.wire.back = out, back
        engine.kick()
        if not pull:
            engine._next_pull = self.clock.uptime_ms() + 900_000
        before = self.wire.exchanges
        engine.step()
        self.run.check(
            self.wire.exchanges == before + 1 and (not self.wire.path or path in self.wire.path),
            f"{self.wire.exchanges - before} exchanges, {self.wire.path} instead of {path}",
        )

    # What must hold.

    def there(self, ids: set[str]) -> set[str]:
        return sound.stored_ids(self.made, ids)

    def pending(self, ids: set[str], where: str) -> None:
        states = {row.id: row.state for row in self.store.outbox.all() if row.id in ids}
        states |= {row.id: row.state for row in self.store.events.all() if row.id in ids}
        self.run.check(set(states.values()) <= {"pending"} and len(states) == len(ids), f"{where}: {states}")

    def events_there(self) -> int:
        with self.made.session() as own:
            return own.scalar(sa.select(sa.func.count()).select_from(PhoneEvent)) or 0

    def photos_there(self) -> int:
        with self.made.session() as own:
            return own.scalar(sa.select(sa.func.count()).where(Photo.file_id.is_not(None))) or 0


@dataclass(frozen=True)
class Play:
    """An exchange to cut. `prepare` makes something to send → its ids; `count` what the server has of such things."""

    name: str
    path: str
    prepare: Callable[[bool], set[str]]
    count: Callable[[], int]
    before: Callable[[], None] = lambda: None


def cuts(made: World, folder: Path, *, step: int, seed: int) -> Run:
    """Cut everything at every `step`th byte (1: at each)."""
    run, began = Run("cuts", made.kind, seed), time.monotonic()
    cutter = Cutter(made, folder, run, step, seed)
    try:
        _enrolment(cutter)
        _refresh(cutter)
        for play in _plays(cutter):
            _up(cutter, play)
        _list(cutter)
        cutter.whole()
        _agree(cutter)
        saved = len(cutter.store.outbox.all())
    finally:
        cutter.phone.stop()
        clock.set_clock(made.app, None)
    run.violations += sound.violations(made)
    run.figures = {"cut": sum(cutter.cuts.values()), **dict(sorted(cutter.cuts.items())),
                   "visits": saved}  # fmt: skip
    run.seconds = time.monotonic() - began
    return run


def _plays(cutter: Cutter) -> list[Play]:
    def visits(large: bool) -> set[str]:
        return {cutter.save(330) for _ in range(8)} if large else {cutter.save(), cutter.save(20)}

    def sealed(large: bool) -> set[str]:
        # As large as sealed visits of this size may be within 8 KB; without the right to speak.
        made = {cutter.save(120 if large else 0) for _ in range(2)}
        cutter.store.meta.set(standing=ENROL_AGAIN, access_token=None)
        return made

    def photo(large: bool) -> set[str]:
        jpeg = b"\xff\xd8\xff" + cutter.rng.randbytes(7_300 if large else 200)
        visit = cutter.save(photo=jpeg)
        while cutter.store.outbox.get(visit).state == "pending":
            cutter.phone.engine.step()
        return set()

    def ask_first() -> None:
        """After a break the phone asks where to go on; that exchange is not the one to cut."""
        held = cutter.store.photos.next()
        if held is not None and held.offset is None:
            out, back, cutter.wire.out, cutter.wire.back = cutter.wire.out, cutter.wire.back, None, None
            cutter.one("/photos/")
            cutter.wire.out, cutter.wire.back = out, back

    def count_visits() -> int:
        with cutter.made.session() as own:
            return own.scalar(sa.select(sa.func.count()).select_from(Visit)) or 0

    return [
        Play("visits", "/sync/visits", visits, count_visits),
        Play("events", "/sync/events", lambda _: {cutter.tell()}, cutter.events_there),
        Play("photo", "/photos/", photo, cutter.photos_there, ask_first),
        Play("sealed", "/sync/sealed", sealed, count_visits),
    ]


def _up(cutter: Cutter, play: Play) -> None:
    """Cut on the way out until the last byte but one, then on the way back with something new each time."""
    run, wire = cutter.run, cutter.wire
    ids = play.prepare(True)
    had = play.count()
    for deaf in MANNERS:
        wire.deaf, wire.out, wire.back = deaf, 0, None
        play.before()
        cutter.one(play.path)
        length = wire.sent
        run.check(length <= LARGEST + 1024, f"{play.name}: {length} bytes are more than were meant")
        for at in points(length, cutter.by):
            wire.out = at
            play.before()
            cutter.one(play.path)
            cutter.cuts[f"{play.name} out"] += 1
            run.check(play.count() == had, f"{play.name} cut at {at} of {length}: something is there")
            cutter.pending(ids, f"{play.name} cut at {at} of {length}")
    cutter.whole()
    at = 0
    while True:
        cutter.store.meta.set(standing=ENROLLED)
        ids = play.prepare(False)
        had = play.count()
        wire.out, wire.back = None, at
        play.before()
        cutter.one(play.path)
        run.check(play.count() == had + max(1, len(ids)), f"{play.name}, answer cut at {at}: not there once")
        if at >= wire.answered:
            break
        cutter.cuts[f"{play.name} back"] += 1
        cutter.pending(ids, f"{play.name}, answer cut at {at} of {wire.answered}")
        cutter.whole()
        run.check(play.count() == had + max(1, len(ids)), f"{play.name}, answer cut at {at}: there twice")
        at += cutter.by
    cutter.whole()
    cutter.store.meta.set(standing=ENROLLED)
    cutter.whole()
    states = {row.state for row in cutter.store.outbox.all()} | {row.state for row in cutter.store.events.all()}
    run.check(states <= {"sent"}, f"after {play.name}: {states}")


def _enrolment(cutter: Cutter) -> None:
    """The code stays good until the phone has its answer."""
    wire = cutter.wire
    for side in ("out", "back"):
        wire.out = wire.back = None
        setattr(wire, side, 0)
        length = 1
        at = 0
        while at < length:
            setattr(wire, side, at)
            try:
                enrol(cutter.store, cutter.phone.platform, cutter.phone.http, URL, cutter.code)
                cutter.run.violations.append(f"enrolled by an exchange cut {side} at {at} of {length}")
            except NetworkError:
                pass
            cutter.run.check(cutter.store.standing != ENROLLED, f"enrolment cut {side} at {at}: believed")
            length = wire.sent if side == "out" else wire.answered
            cutter.cuts[f"enrolment {side}"] += 1
            at += cutter.by
    wire.out = wire.back = None
    enrol(cutter.store, cutter.phone.platform, cutter.phone.http, URL, cutter.code)
    cutter.whole()
    cutter.run.check(cutter.store.standing == ENROLLED, "not enrolled by the code whose answers were lost")


def _refresh(cutter: Cutter) -> None:
    """However many answers get lost, the tokens that the phone has lead on."""
    wire, meta = cutter.wire, cutter.store.meta
    for side in ("out", "back"):
        length, at = 1, 0
        while at < length:
            meta.set(access_token=None)
            wire.out = wire.back = None
            setattr(wire, side, at)
            cutter.one("/devices/refresh", pull=True)
            length = wire.sent if side == "out" else wire.answered
            cutter.cuts[f"refresh {side}"] += 1
            cutter.run.check(meta.get("access_token") is None, f"refresh cut {side} at {at}: believed")
            at += cutter.by
        cutter.whole()
        cutter.run.check(cutter.store.standing == ENROLLED, f"stranded by refreshes cut on the way {side}")


def _list(cutter: Cutter) -> None:
    """What the phone holds is a whole list, the old one or the new one, at any byte."""
    wire, store = cutter.wire, cutter.store
    held = store.cache.all("elders")
    for side in ("out", "back"):
        length, at = 1, 0
        while at < length:
            store.meta.set(cursor=None, incoming_cursor=None)
            wire.out = wire.back = None
            setattr(wire, side, at)
            cutter.phone.engine._pull.limit = 500
            cutter.one("/sync/changes", pull=True)
            length = wire.sent if side == "out" else wire.answered
            cutter.cuts[f"list {side}"] += 1
            kept = store.cache.all("elders")
            cutter.run.check(kept == held, f"list cut {side} at {at} of {length}: {len(kept)} elders")
            at += cutter.by
        cutter.whole()


def _agree(cutter: Cutter) -> None:
    comparer = Comparer(cutter.store, cutter.phone.platform, ByteHttp(cutter.wire))
    visits, sentences = comparer.disagreements()
    cutter.run.check(visits == len(cutter.store.outbox.all()), f"{visits} of the phone's visits are listed")
    cutter.run.violations += sentences
