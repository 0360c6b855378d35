"""Every exchange of the sync cut at each byte, out and back: nothing saved is lost, nothing is there twice.

The app's real client, engine and store against the server's real parser and application, in one process
(tests/fakes/byte_line.py). Before the last byte of a request is there the server has nothing of it; before the last
byte of an answer was read the phone believes nothing of it; and afterwards both agree. Each play (`PLAYS`) has a
county and a phone of its own, so that plays can run beside one another.
"""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from caregiver_app.store.store import ENROLLED
from caregiver_app.sync.http import NetworkError
from tests.fakes.byte_line import points
from tests.faults import sound
from tests.faults.cutter import Cutter
from tests.faults.report import Run
from tests.faults.world import world
from tests.quick import calm, folder

LARGEST = 8 * 1024
LISTED = {"list": 18}  # elders of each visitor, where it matters
MANNERS = (True, False)  # deaf, or answered
# After so many cuts phone and server are also compared word for word; out, that takes putting all back afterwards.
COMPARED_EVERY_OUT, COMPARED_EVERY_BACK = 97, 8


@dataclass(frozen=True)
class Telling:
    """Something that the phone tells. `prepare(large)` makes something to send → its ids; `before`: what the phone
    must do first, over a line that holds; `count`: how many such things the server has."""

    path: str
    prepare: Callable[[Cutter, bool], set[str]]
    count: Callable[[Cutter], int]
    before: Callable[[Cutter], None] = lambda _: None


def cuts(
    kind: str, postgres: str | None, *, step: int, seed: int, plays: Sequence[str] = (), processes: int = 1
) -> list[Run]:
    """Cut everything at every `step`th byte (1: at each) → a run for each play, of which so many go on at once."""
    wanted = list(plays or PLAYS)
    one = partial(play, kind, postgres, step, seed)
    if processes == 1:
        return [one(name) for name in wanted]
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        return list(pool.map(one, wanted))


def play(kind: str, postgres: str | None, step: int, seed: int, name: str) -> Run:
    """One play in a county of its own."""
    run, began, spent = Run(f"cuts {name}", kind, seed), time.monotonic(), time.process_time()
    with (
        tempfile.TemporaryDirectory(prefix="yuetan-cuts-", dir=folder()) as place,
        world(kind, Path(place) / "server", postgres, visitors=2, elders_each=LISTED.get(name, 4), seed=seed) as made,
    ):
        cutter = Cutter(made, Path(place) / "phone", run, step, seed)
        try:
            with calm():
                if name != "enrolment":
                    cutter.enrol()
                    cutter.whole()
                PLAYS[name](cutter)
                cutter.agree(name)
            saved = len(cutter.store.outbox.all())
        finally:
            cutter.close()
        run.violations += sound.violations(made)
    run.figures = {"cut": sum(cutter.cuts.values()), **cutter.cuts, "largest_bytes": cutter.largest, "visits": saved,
                   "cpu_seconds": round(time.process_time() - spent, 1)}  # fmt: skip
    run.seconds = time.monotonic() - began
    return run


# --- what the phone tells --------------------------------------------------------------------------------------------


def _visits(cutter: Cutter, large: bool) -> set[str]:
    return {cutter.save(330) for _ in range(8)} if large else {cutter.save(), cutter.save(20)}


def _sealed(cutter: Cutter, large: bool) -> set[str]:
    """As large as sealed visits may be within 8 KB; without the right to speak."""
    made = {cutter.save(120 if large else 0) for _ in range(4 if large else 2)}
    cutter.forget_tokens()
    return made


def _event(cutter: Cutter, _large: bool) -> set[str]:
    return {cutter.tell()}


def _photo(cutter: Cutter, large: bool) -> set[str]:
    """The visit goes first; the photo is what is left to send."""
    jpeg = b"\xff\xd8\xff" + cutter.rng.randbytes(7_300 if large else 200)
    visit = cutter.save(photo=jpeg)
    while cutter.store.outbox.get(visit).state == "pending":
        cutter.phone.engine.step()
    return set()


def _sealed_photo(cutter: Cutter, large: bool) -> set[str]:
    _photo(cutter, large)
    cutter.forget_tokens()
    return set()


def _ask_first(cutter: Cutter) -> None:
    """After a break the phone asks where to go on; that exchange is not the one to cut."""
    held = cutter.store.photos.next()
    if held is not None and held.offset is None:
        with cutter.wire.mended():
            cutter.one("/photos/")


def _tell(telling: Telling, cutter: Cutter) -> None:
    _out(cutter, telling)
    _back(cutter, telling)


def _out(cutter: Cutter, telling: Telling) -> None:
    """Until the last byte of the request but one, the server has nothing and the phone goes on waiting."""
    run, wire = cutter.run, cutter.wire
    ids = telling.prepare(cutter, True)
    had, new = telling.count(cutter), max(1, len(ids))
    cutter.keep()
    for deaf in MANNERS:
        cutter.again()
        wire.deaf, wire.out, wire.back = deaf, 0, None
        telling.before(cutter)
        cutter.one(telling.path)
        length = wire.sent
        run.check(length <= LARGEST + 1024, f"{run.name}: {length} bytes are more than were meant")
        for number, at in enumerate(points(length, cutter.step), start=1):
            where = f"{run.name} cut at {at} of {length}{'' if deaf else ', answered'}"
            wire.out = at
            telling.before(cutter)
            cutter.one(telling.path)
            cutter.counted("out", at)
            run.check(at < wire.sent, f"{where}: only {wire.sent} bytes this time")
            run.check(telling.count(cutter) == had, f"{where}: something is there")
            cutter.pending(ids, where)
            if number % COMPARED_EVERY_OUT == 0:
                cutter.agree(where)
                run.check(telling.count(cutter) == had + new, f"{where}: not there once afterwards")
                cutter.again()
        cutter.agree(f"{run.name}, all cuts out")
        run.check(telling.count(cutter) == had + new, f"{run.name}, all cuts out: not there once")


def _back(cutter: Cutter, telling: Telling) -> None:
    """Until the last byte of the answer but one, the server has it once and the phone does not know yet; sent again,
    it is still there once, and the phone knows."""
    run, wire = cutter.run, cutter.wire
    ids = telling.prepare(cutter, False)
    had, new = telling.count(cutter), max(1, len(ids))
    cutter.keep()
    at, length = 0, 1
    while at < length:
        where = f"{run.name}, answer cut at {at}"
        cutter.again()
        wire.out, wire.back = None, at
        telling.before(cutter)
        cutter.one(telling.path)
        length = wire.answered
        run.check(telling.count(cutter) == had + new, f"{where}: not there once")
        if at < length:  # else this one was shorter than the one before, and came whole
            cutter.counted("back", at)
            cutter.pending(ids, where)
        cutter.sent(where)
        if cutter.cuts["back"] % COMPARED_EVERY_BACK == 0:
            cutter.agree(where)
        run.check(telling.count(cutter) == had + new, f"{where}: not there once afterwards")
        at += cutter.step


# --- what the phone asks for -----------------------------------------------------------------------------------------


def _ask(cutter: Cutter, side: str, believed: Callable[[], str]) -> None:
    """Cut an exchange that may be had again as often as one likes at each of its bytes. `believed`: have it, and say
    what the phone believes of it."""
    wire = cutter.wire
    at, length = 0, 1
    while at < length:
        wire.out = wire.back = None
        setattr(wire, side, at)
        words = believed()
        length = wire.sent if side == "out" else wire.answered
        if at < length:  # else this one was shorter than the one before, and came whole
            cutter.counted(side, at)
            cutter.run.check(not words, f"{cutter.run.name} cut {side} at {at} of {length}: {words}")
        at += cutter.step
    wire.out = wire.back = None


def _enrolment(cutter: Cutter) -> None:
    """The code stays good until the phone has its answer."""

    def believed() -> str:
        try:
            cutter.enrol()
        except NetworkError:
            return "" if cutter.store.standing != ENROLLED else "believed"
        return "enrolled"

    for side in ("out", "back"):
        _ask(cutter, side, believed)
    cutter.enrol()
    cutter.whole()
    cutter.run.check(cutter.store.standing == ENROLLED, "not enrolled by the code whose answers were lost")


def _refresh(cutter: Cutter) -> None:
    """However many answers get lost, the tokens that the phone has lead on."""
    meta = cutter.store.meta

    def believed() -> str:
        meta.set(access_token=None)
        cutter.one("/devices/refresh", pull=True)
        return "" if meta.get("access_token") is None else "believed"

    for side in ("out", "back"):
        _ask(cutter, side, believed)
        cutter.whole()
        cutter.run.check(cutter.store.standing == ENROLLED, f"stranded by refreshes cut on the way {side}")


def _list(cutter: Cutter) -> None:
    """What the phone holds is a whole list, the old one or the new one, at any byte: of all, or of what changed."""
    store, visitor = cutter.store, sorted(cutter.made.visitors)[0]
    for _ in range(2):
        cutter.save()
    cutter.whole()
    for whole in (True, False):
        for side in ("out", "back"):
            held = store.cache.all("elders")
            cutter.made.reassign(visitor)

            def believed(held: list[object] = held, whole: bool = whole) -> str:
                if whole:
                    store.meta.set(cursor=None, incoming_cursor=None)
                cutter.phone.engine._pull.limit = 500
                cutter.one("/sync/changes", pull=True)
                kept = store.cache.all("elders")
                return "" if kept == held else f"{len(kept)} elders, not those that it had"

            _ask(cutter, side, believed)
            cutter.agree(f"{cutter.run.name}, all cuts {side}")
            cutter.run.check(store.cache.all("elders") != held, f"{cutter.run.name}: the list did not change")


PLAYS: dict[str, Callable[[Cutter], None]] = {
    "enrolment": _enrolment,
    "refresh": _refresh,
    "list": _list,
    "visits": partial(_tell, Telling("/sync/visits", _visits, Cutter.visits_there)),
    "events": partial(_tell, Telling("/sync/events", _event, Cutter.events_there)),
    "photo": partial(_tell, Telling("/photos/", _photo, Cutter.photos_there, _ask_first)),
    "sealed": partial(_tell, Telling("/sync/sealed", _sealed, Cutter.visits_there)),
    "sealed_photo": partial(_tell, Telling("/photos/", _sealed_photo, Cutter.photos_there, _ask_first)),
}
