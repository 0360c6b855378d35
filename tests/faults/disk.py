"""A phone lives on a file system that is really full, again and again, and is killed there; then it has room again.

What must hold: no touch is refused in silence; nothing that was said to be saved is lost, and nothing else is saved;
what a draft was said to hold it still holds after the app was started anew; and with room again everything goes on:
drafts are saved, all is sent once, phone and server agree.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.faults import room, sound
from tests.faults.report import Run
from tests.faults.served import ROOT, Server
from tests.faults.world import World

LEFT = (0, 0, 4096, 12_288, 40_960, 122_880, 409_600)  # bytes that a round begins with
STEPS = 6


class Killed(Exception):
    """The phone's process is gone."""


class SmallPhone:
    """The phone's process, started again after it ended."""

    def __init__(self, disk: Path, server: Server, code: str, seed: int, mounted: bool) -> None:
        self.given = {"disk": str(disk), "base_url": server.base_url, "code": code, "seed": seed, "mounted": mounted}
        self.full: int | None = None
        self.starts = 0
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> bool:
        """Start the app → whether it would open its store."""
        self.starts += 1
        given = {**self.given, "seed": f"{self.given['seed']}/{self.starts}", "leave": self.full}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.full_phone", json.dumps(given)], cwd=ROOT, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        opened = bool(self._answer()["opened"])
        if not opened:
            self._process.wait()
        return opened

    def do(self, name: str, kill_after_s: float | None = None, **order: Any) -> dict[str, Any]:
        """Have it do something. Killed: the process was killed meanwhile, and nobody knows how far it came."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": name, **order}) + "\n")
        self._process.stdin.flush()
        if kill_after_s is not None:
            time.sleep(kill_after_s)
            self._process.kill()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process is not None
        assert self._process.stdout is not None
        answer = self._process.stdout.readline()
        if not answer.endswith("\n"):
            self._process.wait()
            if self._process.returncode >= 0:
                raise RuntimeError(f"the phone ended with {self._process.returncode}")
            raise Killed
        found: dict[str, Any] = json.loads(answer)
        return found

    def kill(self) -> None:
        """The system wants the memory."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def end(self) -> None:
        """Quit, however it stands."""
        if self._process is not None and self._process.poll() is None:
            self.kill()


@contextlib.contextmanager
def small_phone(folder: Path, server: Server, code: str, seed: int) -> Iterator[tuple[SmallPhone, Any]]:
    """A phone on a file system of its own, and what fills that."""
    mounted = room.mounted(folder)
    phone = SmallPhone(folder, server, code, seed, mounted)
    try:
        yield phone, (room.Ballast if mounted else room.Limit)
    finally:
        phone.end()
        if mounted:
            subprocess.run(["umount", str(folder)], check=False)


def disk(made: World, server: Server, folder: Path, *, rounds: int, seed: int) -> Run:
    """`rounds` times: full, a visit, perhaps a kill or an exchange, started anew while full, room again."""
    run, began, rng = Run("disk", made.kind, seed), time.monotonic(), random.Random(f"disk/{seed}")
    counts: Counter[str] = Counter()
    promised: set[str] = set()
    with small_phone(folder, server, made.code(max(made.visitors)), seed) as (phone, kind):
        run.check(phone.start() and phone.do("enrol")["done"], "not enrolled")
        phone.do("send", steps=20)
        for number in range(rounds):
            _round(run, phone, rng, promised, counts, f"round {number}")
        sent = phone.do("send", steps=400)
        kept = phone.do("kept")
        compared = phone.do("compare")
    rows = set(kept["rows"])
    there = sound.stored_ids(made, rows)
    run.check(promised <= rows, f"{len(promised - rows)} saved visits are not on the phone")
    run.check(rows <= promised, f"{len(rows - promised)} visits are saved that nobody was told of")
    run.check(there == rows, f"{len(rows - there)} visits are not on the server")
    run.check((sent["pending"], sent["refused"]) == (0, 0), f"not through: {sent}")
    run.check(set(sent["photos"]) <= {"sent"}, f"photos: {sent['photos']}")
    run.check(compared["there"] == len(rows), f"{compared['there']} of {len(rows)} are listed once")
    run.violations += compared["sentences"] + sound.violations(made) + server.loud()
    run.figures = {
        "disk": kind.kind, "rounds": rounds, "visits": len(rows), "photos": sent["photos"].get("sent", 0),
        **{name: counts[name] for name in (
            "touches refused, and said so", "saved while full", "drafts that waited for room", "kills", "not opened",
            "exchanges the disk refused")},
    }  # fmt: skip
    run.seconds = time.monotonic() - began
    return run


def _round(
    run: Run, phone: SmallPhone, rng: random.Random, promised: set[str], counts: Counter[str], where: str
) -> None:
    leave = rng.choice(LEFT)
    phone.do("fill", leave=leave)
    phone.full = leave
    said: dict[str, Any] | None = None
    try:
        if rng.random() < 0.25:  # in the middle of a touch
            phone.do("live", kill_after_s=rng.uniform(0.0, 0.25))
        said = phone.do("live")
        counts["touches refused, and said so"] += said["refused"]
        run.check(not said["silent"], f"{where}: refused without a word: {said['silent']}")
        if said["saved"]:
            promised.add(said["id"])
            counts["saved while full"] += 1
        if rng.random() < 0.5:
            counts["exchanges the disk refused"] += phone.do("send", steps=STEPS)["troubles"]
        if rng.random() < 0.5:
            phone.kill()
            raise Killed
    except Killed:
        counts["kills"] += 1
        if rng.random() < 0.7 and not phone.start():  # while the disk is still full
            counts["not opened"] += 1
    _room_again(run, phone, said, promised, counts, where)


def _room_again(
    run: Run, phone: SmallPhone, said: dict[str, Any] | None, promised: set[str], counts: Counter[str], where: str
) -> None:
    if phone.given["mounted"]:
        room.Ballast(Path(phone.given["disk"])).free()
    phone.end()
    phone.full = None
    run.check(phone.start(), f"{where}: with room again the app does not open its store")
    kept = phone.do("kept")
    run.check(kept["check"] == "ok", f"{where}: {kept['check']}")
    lost = promised - set(kept["rows"])
    run.check(not lost, f"{where}: saved and gone: {sorted(lost)}")
    # A visit whose phone was killed before it could say so may be saved or not; it is in one place.
    promised |= set(kept["rows"]) if said is None else set()
    if said is not None and said["id"] and not said["saved"]:
        draft = kept["drafts"].get(said["id"])
        run.check(draft is not None, f"{where}: the draft is gone")
        for name, what in (("note", "note"), ("photo", "photos")):
            run.check(draft is None or not said[name] or draft[what], f"{where}: the draft lost its {name}")
    counts["drafts that waited for room"] += len(kept["drafts"])
    finished = phone.do("finish")
    run.check(set(finished["saved"]) == set(kept["drafts"]), f"{where}: drafts that could not be saved")
    run.check(finished["state"] != "disk", f"{where}: it still says that the disk is full")
    promised |= set(finished["saved"])
