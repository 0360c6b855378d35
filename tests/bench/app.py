"""How the phone app stands to its measures, as a table: start, list, search, scan, save. Nothing here is asserted.

    scripts/bench app [--elders 1000] [--rounds 5] [--keep FOLDER]

Drawn without a display (SDL's offscreen driver, software GL), so "ms of Python" is the processor time of the app's own
thread for a frame's work (clock, layout, kv), without drawing, which a phone does in its GPU. The start is the wall
time from a new process to the first drawn frame with elders in it, beside the same for an empty Kivy window, in turns.
`--keep` writes the spoiled pictures that were not read.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
FRAME_MS, START_RATIO, READ, FRAMES_S, SAVE_MS = 16.0, 2.5, 58, 5.0, 30.0

EMPTY = """
from tests.ui import harness
harness.prepare(1.0)
from kivy.app import App
from kivy.base import EventLoop
from kivy.uix.widget import Widget
class Empty(App):
    def build(self): return Widget()
    def load_kv(self, filename=None): return False
EventLoop.ensure_window()
app = Empty()
app._run_prepare()
EventLoop.idle()
"""

LIST = """
import sys
from pathlib import Path
from caregiver_app import collector
collector.hold()  # as the app does first of all
from tests.ui import harness
harness.prepare(1.0)
from caregiver_app.presenters.demo import demo_phone
phone = demo_phone(Path(sys.argv[1]))
phone.start = lambda: None
from kivy.base import EventLoop
from caregiver_app.app import YuetanApp
EventLoop.ensure_window()
app = YuetanApp(phone, lambda number: True, forgiving=False)
app._run_prepare()
while not app.navigator.page.ids.list.children[0].children:
    EventLoop.idle()
"""

SAY = "\nimport time; print(time.monotonic_ns(), flush=True)\nimport os; os._exit(0)\n"


def start_ms(script: str, compiled: Path, *args: str) -> float:
    """Wall time from the new process to the end of the script.

    `compiled`: a folder for byte code; an app on a phone is packed compiled, as Kivy is installed here.
    """
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(compiled)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, "-c", script + SAY, *args]
    begun = time.monotonic_ns()
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    if run.returncode or not run.stdout.strip():
        raise SystemExit(run.stderr)
    return (int(run.stdout.split()[-1]) - begun) / 1e6


def starts(folder: Path, rounds: int) -> tuple[float, float]:
    """Medians of both, in ms."""
    empty, full = [], []
    with tempfile.TemporaryDirectory(prefix="yuetan-compiled-") as compiled:
        for _ in range(rounds + 1):
            empty.append(start_ms(EMPTY, Path(compiled)))
            full.append(start_ms(LIST, Path(compiled), str(folder)))
    return statistics.median(empty[1:]), statistics.median(full[1:])  # the first round compiles


class Frames:
    """Processor time of the app's thread, frame by frame."""

    def __init__(self, stage: Any) -> None:
        self.stage = stage

    def each(self, count: int, act: Callable[[int], None]) -> list[float]:
        """ms of each frame in which `act(n)` happens."""
        taken = []
        for number in range(count):
            begun = time.thread_time()
            act(number)
            self.stage.layout(1)
            taken.append((time.thread_time() - begun) * 1000)
            self.stage.frames(1)
        return taken


def frames(folder: Path) -> dict[str, list[float]]:
    """ms of Python for opening, scrolling and searching."""
    from caregiver_app import collector
    from tests.ui import harness

    collector.hold()
    harness.prepare(1.0)
    from caregiver_app.presenters.demo import demo_phone

    phone = demo_phone(folder)
    phone.start = lambda: None  # type: ignore[method-assign]
    stage = harness.Stage()
    navigator = stage.open(phone)
    phone.today.warm()  # what the app does in the background after its start
    stage.frames(60)
    collector.settle()
    clock = Frames(stage)
    found: dict[str, list[float]] = {}
    opened: list[float] = []
    for _ in range(9):
        navigator.home("hours")
        stage.frames(2)
        opened += clock.each(1, lambda _: navigator.home("today"))
    found["opening the list from another tab"] = opened
    page = navigator.page
    stage.until(lambda: not page._todo)  # heights of rows far below come bit by bit
    stage.until(lambda: not navigator._sweep.is_triggered)  # a hand, too, rests after changing tabs
    bar = page.ids.list

    def scroll(number: int) -> None:
        bar.scroll_y = 1 - number / 240

    found["scrolling"] = clock.each(240, scroll)
    field = navigator.page.ids.search
    queries = ("w", "wx", "wxy", "王", "王秀", "文峰路", "3号楼", "W05", "")

    def search(number: int) -> None:
        field.ids.entry.text = queries[number % len(queries)]

    found["searching"] = clock.each(len(queries) * 3, search)
    stage.close()
    phone.stop()
    return found


def scans(keep: Path | None) -> tuple[float, Counter[str], Counter[str]]:
    """Frames a second at 720p where there is no code to find (the longest look), and what was read of each trouble."""
    from caregiver_app.platform.desktop import ZxingDecoder
    from tests.bench import spoiled

    decoder = ZxingDecoder()
    shown = [frame.convert("RGBA").tobytes() for frame in (spoiled.clean(), spoiled.wall(random.Random(1)))]
    begun, count = time.perf_counter(), 0
    while time.perf_counter() - begun < 3:
        decoder.decode_frame(shown[count % 2], *spoiled.FRAME, 4)
        count += 1
    speed = count / (time.perf_counter() - begun)
    read: Counter[str] = Counter()
    of: Counter[str] = Counter()
    for trouble, picture, text in spoiled.pictures():
        of[trouble] += 1
        if decoder.decode_frame(picture.convert("RGBA").tobytes(), *picture.size, 4) == text:
            read[trouble] += 1
        elif keep is not None:
            keep.mkdir(parents=True, exist_ok=True)
            picture.save(keep / f"{trouble.replace(' ', '-')}-{of[trouble]:02}.png")
    return speed, read, of


def saves(folder: Path, count: int) -> tuple[list[float], list[int], float]:
    """ms and transactions of each save, sealed for a server's key; and ms of unlocking as a phone would set it up."""
    from nacl.public import PrivateKey

    from caregiver_app.presenters.demo import demo_phone
    from caregiver_app.store.vault import measured_cost
    from shared.protocol.signing import b64

    phone = demo_phone(folder)
    key = b64(bytes(PrivateKey.generate().public_key))
    phone.store.meta.set(config={"server_keys": [{"id": "k1", "key": key}]})
    statements: list[str] = []
    phone.store.database._connection.set_trace_callback(statements.append)
    taken, transactions = [], []
    for row in phone.today.view().rows[:count]:
        visit = phone.begin_visit(row.id)
        visit.all_good()
        visit.set_note("血压有点高，已经提醒按时吃药。" * 10)
        visit.toggle_need("meals")
        statements.clear()
        begun = time.perf_counter()
        visit.save()
        taken.append((time.perf_counter() - begun) * 1000)
        transactions.append(sum(1 for one in statements if one.startswith("BEGIN")))
    phone.store.set_pin("314159", measured_cost())
    phone.lock.lock()
    begun = time.perf_counter()
    phone.lock.unlock("314159")
    unlocking = (time.perf_counter() - begun) * 1000
    phone.stop()
    return taken, transactions, unlocking


def line(what: str, measured: str, wanted: str, held: bool | None) -> None:
    """A row of the table."""
    word = {True: "yes", False: "MISSED", None: ""}[held]
    print(f"| {what} | {measured} | {wanted} | {word} |", flush=True)


def main() -> int:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--elders", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--keep", type=Path, default=None)
    given = parser.parse_args()
    os.environ.setdefault("KIVY_NO_CONSOLELOG", "1")
    from caregiver_app.presenters.demo import demo_phone

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "phone"
        demo_phone(folder, elders=given.elders).stop()
        print(f"{given.elders} elders, {given.rounds} rounds, {os.cpu_count()} cores\n")
        print("| what | measured | wanted | held |\n|---|---|---|---|", flush=True)
        empty, full = starts(folder, given.rounds)
        line("empty Kivy window, from process to first frame", f"{empty:.0f} ms", "", None)
        line("the list, usable", f"{full:.0f} ms", "", None)
        ratio = full / empty
        line("list ÷ empty window", f"{ratio:.2f}", f"≤ {START_RATIO}", ratio <= START_RATIO)
        for what, taken in frames(folder).items():
            high = sorted(taken)[int(len(taken) * 0.95)]
            words = f"median {statistics.median(taken):.1f}, 95 % {high:.1f}, worst {max(taken):.1f} ms a frame"
            line(f"{what}, Python", words, f"≤ {FRAME_MS:.0f} ms", high <= FRAME_MS)
        speed, read, of = scans(given.keep)
        line("looking for a code at 720p", f"{speed:.0f} frames/s", f"≥ {FRAMES_S:.0f}", speed >= FRAMES_S)
        total = sum(read.values())
        each = ", ".join(f"{trouble} {read[trouble]}/{count}" for trouble, count in of.items())
        line("spoiled pictures read", f"{total} of {sum(of.values())} ({each})", f"≥ {READ}", total >= READ)
        taken, transactions, unlocking = saves(folder, 50)
        words = f"median {statistics.median(taken):.1f}, worst {max(taken):.1f} ms"
        held = statistics.median(taken) <= SAVE_MS
        line("saving a visit, sealed and on the disk", words, f"≤ {SAVE_MS:.0f} ms", held)
        most = max(transactions)
        line("transactions of a save", str(most), "1", most == 1)
        line("unlocking by PIN (argon2 as this machine sets it up)", f"{unlocking:.0f} ms", "", None)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
