"""How well the presence rule tells made-up visits from real ones, what each kind of evidence adds, and what it costs.

    scripts/bench presence [--simulator ../shared/tools/simulate_visits.py] [--seeds 1-10] [--ablation-seeds 3]

Two worlds: the simulator's (where it is at hand; 200 visitors, three months, all its cheats, and once more without
any), and tests/bench/otherworld.py's, which shares nothing with it; the second also as tests/bench/variants.py varies
it. Judged as `yuetan presence evaluate` does: as
things stand seven days after arrival. The ablation leaves out one kind of evidence at a time by giving its flags no
weight. The cost is processor time in one thread: a new visit into a history of a hundred, taken in, judged and
remembered; and the bytes of such a history read and written, which happens once a batch.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from server.visits.evaluating import Line, judged, read_lines
from shared.rules.evidence import Home, evidence_of
from shared.rules.packing import pack_visitor, unpack_visitor
from shared.rules.remembering import Memory, Remembered, mark, remember, trace_of
from shared.rules.weights import WEIGHTS
from tests.bench import variants
from tests.bench.otherworld import world

ROOT = Path(__file__).parents[2]
SIMULATOR = ROOT.parent / "shared" / "tools" / "simulate_visits.py"
TZ = dt.timezone(dt.timedelta(hours=8))

KINDS: dict[str, tuple[str, ...]] = {
    "distance from the home": ("far", "rather_far", "off_beat"),
    "many homes from one spot": ("one_spot",),
    "start in the street": ("start_far",),
    "simulated or too exact": ("mocked", "same_as_register", "too_exact", "frozen_position", "position_repeats"),
    "positions switched off": ("positions_off",),
    "stay": ("short_stay", "stay_at_minimum"),
    "ways and overlaps": ("overlap", "too_fast", "hasty", "two_phones", "shared_phone"),
    "clock": ("clock_set", "clock_moved", "clock_jumped"),
    "repeats": ("answers_copied", "photo_reused", "month_end", "written_together"),
    "the outing": ("doubtful_company",),
}


@dataclass
class Score:
    """What was seen and what was doubted, by truth."""

    seen: Counter[str] = field(default_factory=Counter)
    doubted: Counter[str] = field(default_factory=Counter)

    def add(self, lines: Sequence[Line], truth: dict[str, str]) -> None:
        for line, judgement in judged(lines):
            what = truth[str(line.visit.id)]
            self.seen[what] += 1
            self.doubted[what] += judgement.assurance == "doubtful"

    def rate(self, *kinds: str) -> float | None:
        seen = sum(self.seen[k] for k in kinds)
        return sum(self.doubted[k] for k in kinds) / seen if seen else None

    @property
    def cheats(self) -> list[str]:
        return sorted(k for k in self.seen if k != "honest")

    def row(self, name: str) -> str:
        least = min(((self.rate(c) or 0.0, c) for c in self.cheats), default=None)
        recall = self.rate(*self.cheats)
        told = [
            name, str(sum(self.seen.values())), "" if recall is None else f"{recall:.3f}",
            "" if least is None else f"{least[0]:.3f} ({least[1]})", f"{self.rate('honest') or 0:.4f}",
        ]  # fmt: skip
        return "| " + " | ".join(told) + " |"


def read(lines: Iterable[str]) -> list[Line]:
    return [line for line in read_lines(lines) if isinstance(line, Line)]


def simulated(simulator: Path, seed: int, share: float | None) -> tuple[list[Line], dict[str, str]]:
    """The simulator's world of this seed."""
    with tempfile.TemporaryDirectory() as folder:
        out, truth = Path(folder, "visits.ndjson"), Path(folder, "truth.csv")
        more = [] if share is None else ["--cheat-share", str(share)]
        subprocess.run(
            [sys.executable, str(simulator), "--visitors", "200", "--months", "3", "--seed", str(seed),
             "--out", str(out), "--truth", str(truth), *more],
            check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        with open(out, encoding="utf-8") as lines, open(truth, encoding="utf-8") as told:
            return read(lines), {row["id"]: row["truth"] for row in csv.DictReader(told)}


def other(seed: int, share: float | None) -> tuple[list[Line], dict[str, str]]:
    """Our own other world of this seed."""
    lines, truth = world(seed, **({} if share is None else {"cheat_share": share}))
    return read(json.dumps(line) for line in lines), truth


@contextmanager
def without(codes: Iterable[str]) -> Iterator[None]:
    """The rule with no weight on these flags."""
    kept = dict(WEIGHTS)
    WEIGHTS.update(dict.fromkeys(codes, 0.0))
    try:
        yield
    finally:
        WEIGHTS.update(kept)


def table(name: str, make: object, seeds: Sequence[int]) -> None:
    print(f"\n{name}\n\n| seed | visits | recall | least | honest doubted |\n|---|---|---|---|---|")
    pooled, clean = Score(), Score()
    for seed in seeds:
        score = Score()
        lines, truth = make(seed, None)  # type: ignore[operator]
        score.add(lines, truth)
        print(score.row(str(seed)), flush=True)
        pooled.seen += score.seen
        pooled.doubted += score.doubted
        clean.add(*make(seed, 0))  # type: ignore[operator]
    print(pooled.row("all"))
    print(clean.row("all, nobody cheats"))
    print("\n" + ", ".join(f"{c} {pooled.rate(c):.3f}" for c in pooled.cheats))


def varied(seeds: Sequence[int]) -> None:
    """A row a variant, and what became of each cheat over all of them."""
    print("\nthe other world, varied\n\n| variant | visits | honest doubted | nobody cheats |\n|---|---|---|---|")
    pooled = Score()
    for name in variants.VARIANTS:
        score, clean = Score(), Score()
        for seed in seeds:
            for into, share in ((score, 0.25), (clean, 0.0)):
                lines, truth = variants.world(seed, name, cheat_share=share)
                into.add(read(json.dumps(line) for line in lines), truth)
        seen = sum(score.seen.values())
        print(f"| {name} | {seen:,} | {score.rate('honest'):.4f} | {clean.rate('honest'):.4f} |", flush=True)
        pooled.seen += score.seen
        pooled.doubted += score.doubted
    print("\n" + ", ".join(f"{c} {pooled.rate(c):.3f}" for c in pooled.cheats))


def ablation(worlds: dict[str, list[tuple[list[Line], dict[str, str]]]]) -> None:
    names = list(worlds)
    print("\n| left out | " + " | ".join(f"{n}: recall | honest doubted" for n in names) + " |")
    print("|---" * (1 + 2 * len(names)) + "|")
    for kind, codes in {"nothing": (), **KINDS}.items():
        cells = [kind]
        for name in names:
            score = Score()
            with without(codes):
                for lines, truth in worlds[name]:
                    score.add(lines, truth)
            cells += [f"{score.rate(*score.cheats):.3f}", f"{score.rate('honest'):.4f}"]
        print("| " + " | ".join(cells) + " |", flush=True)


def cost(lines: Sequence[Line]) -> None:
    """Processor time of a visit into its visitor's history of a hundred."""
    visitor = Counter(line.visitor_id for line in lines).most_common(1)[0][0]
    own = sorted((line for line in lines if line.visitor_id == visitor), key=lambda x: x.received_at)[:101]
    memory = Memory()

    def new(line: Line) -> Remembered:
        evidence = evidence_of(
            line.visit, line.times, line.tag, None if line.home is None else Home(*line.home),
            elder_id=line.home_id, received_at=line.received_at,
        )  # fmt: skip
        return Remembered(evidence, line.home, trace_of(line.visit, evidence, mark(visitor), TZ), line.visit.photos)

    for line in own[:-1]:
        remember(memory, [new(line)])
    history = memory.visitors[mark(visitor)]
    held = len(history.traces)
    packed = pack_visitor(history)
    last = own[-1]
    taken = _least(lambda: remember(memory, [new(last)]))
    print(f"\na visit into a history of {held} visits: {taken:.0f} µs; "
          f"that history of {len(packed)} bytes read {_least(lambda: unpack_visitor(packed)):.0f} µs, "
          f"written {_least(lambda: pack_visitor(history)):.0f} µs, once a batch")  # fmt: skip


def _least(what: object, times: int = 500) -> float:
    best = float("inf")
    for _ in range(7):
        begun = time.thread_time()
        for _ in range(times):
            what()  # type: ignore[operator]
        best = min(best, (time.thread_time() - begun) / times * 1e6)
    return best


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--simulator", type=Path, default=SIMULATOR)
    ask.add_argument("--seeds", default="1-10", help="first-last")
    ask.add_argument("--ablation-seeds", type=int, default=3, help="how many of them; 0: no ablation")
    told = ask.parse_args()
    first, _, last = told.seeds.partition("-")
    seeds = range(int(first), int(last or first) + 1)
    makers = {"the simulator's world": lambda s, share: simulated(told.simulator, s, share)}
    if not told.simulator.is_file():
        print(f"no simulator at {told.simulator}: its world is left out", file=sys.stderr)
        makers = {}
    makers["the other world"] = other
    cost(other(first := seeds[0], 0)[0])  # type: ignore[assignment]
    for name, make in makers.items():
        table(name, make, seeds)
    varied(list(seeds)[:3])
    if told.ablation_seeds:
        some = list(seeds)[: told.ablation_seeds]
        ablation({name: [make(seed, None) for seed in some] for name, make in makers.items()})


if __name__ == "__main__":
    main()
