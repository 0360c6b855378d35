"""Many seeds, one after another, on every core: until the time is over or something does not hold."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tests.databases import cluster
from tests.quick import calm, folder
from tests.sim.damage import damage
from tests.sim.house import built
from tests.sim.world import Life, live

TOLD_EVERY_S = 60.0
SHOWN = 60  # last lines of a failing trace


@dataclass
class Share:
    """What one process came to. `failed`: the first seed that did not hold."""

    seeds: int = 0
    figures: Counter[str] = field(default_factory=Counter)
    failed: Life | None = None


def share(kind: str, postgres: str | None, first: int, stride: int, count: int, until: float, steps: int) -> Share:
    """Seeds first, first + stride … until there were `count`, or it is `until` (Unix seconds)."""
    done, told = Share(), time.time()
    with (
        tempfile.TemporaryDirectory(prefix="yuetan-sim-", dir=folder()) as place,
        built(Path(place), kind, postgres) as house,
        calm(),
    ):
        for seed in range(first, first + stride * count, stride):
            if time.time() > until:
                break
            phones = Path(place) / "phones"
            phones.mkdir()
            life = live(house, phones, seed, steps)
            done.seeds += 1
            done.figures.update(life.figures)
            if time.time() - told >= TOLD_EVERY_S:
                told = time.time()
                print(f"sim: {done.seeds:,} lives, the last seed {seed}", file=sys.stderr, flush=True)
            if life.violations:
                done.failed = life
                break
    return done


def sim(kind: str, *, first: int, count: int, minutes: float, processes: int, steps: int, trace: bool) -> int:
    """Run → exit status. Prints what ran, and the first seed that did not hold with its trace."""
    began = time.time()
    until = began + minutes * 60
    processes = max(1, min(processes, count))
    with cluster() if kind == "postgresql" else contextlib.nullcontext() as postgres:
        if processes == 1:
            shares = [share(kind, postgres, first, 1, count, until, steps)]
        else:
            each = -(-count // processes)
            with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
                waiting = [
                    pool.submit(share, kind, postgres, first + number, processes, each, until, steps)
                    for number in range(processes)
                ]
                shares = [one.result() for one in waiting]
    seconds = time.time() - began
    figures: Counter[str] = Counter()
    for one in shares:
        figures.update(one.figures)
    seeds = sum(one.seeds for one in shares)
    _table(figures)
    failed = min((one.failed for one in shares if one.failed), key=lambda life: life.seed, default=None)
    if failed is not None:
        _show(failed, kind, steps, trace)
    print(json.dumps({
        "holds": failed is None, "run": "sim", "database": kind, "seeds": seeds, "first": first,
        "seeds_per_hour": round(seeds / seconds * 3600), "seconds": round(seconds, 1),
        **{name: figures[name] for name in ("visits", "photos", "exchanges", "kills")},
        "failed": failed.seed if failed else None, "violations": failed.violations[:20] if failed else [],
    }, ensure_ascii=False))  # fmt: skip
    return 1 if failed else 0


def damaged(kind: str, *, rounds: int, seed: int) -> int:
    """Phones' databases, harmed → exit status."""
    began = time.time()
    with (
        tempfile.TemporaryDirectory(prefix="yuetan-sim-", dir=folder()) as place,
        cluster() if kind == "postgresql" else contextlib.nullcontext() as postgres,
        built(Path(place), kind, postgres) as house,
    ):
        done = damage(house, Path(place) / "phones", rounds=rounds, seed=seed)
    _table(done.figures)
    print("\n".join(f"!! {sentence}" for sentence in done.violations[:20]))
    print(json.dumps({
        "holds": not done.violations, "run": "damage", "database": kind, "seed": seed, "rounds": rounds,
        **done.figures, "violations": done.violations[:20], "seconds": round(time.time() - began, 1),
    }, ensure_ascii=False))  # fmt: skip
    return 1 if done.violations else 0


def _table(figures: Counter[str]) -> None:
    for name, count in sorted(figures.items()):
        print(f"  {name.ljust(36)} {count}")


def _show(life: Life, kind: str, steps: int, trace: bool) -> None:
    lines = life.trace if trace else life.trace[-SHOWN:]
    if len(lines) < len(life.trace):
        print(f"… {len(life.trace) - len(lines)} lines before (--trace shows all)")
    print("\n".join(lines))
    for sentence in life.violations:
        print(f"!! {sentence}")
    print(f"seed {life.seed} does not hold; again: scripts/faults --database {kind} sim --seed {life.seed} --seeds 1 "
          f"--steps {steps} --trace")  # fmt: skip
