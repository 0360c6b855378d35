"""`scripts/faults`: long fault runs against the real server, each on throw-away databases.

Exit status: 0 everything held, 1 something did not (the last line says what, as JSON), 2 wrong usage.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.databases import KINDS, cluster, own_cluster
from tests.faults import netns, room
from tests.faults.away import locked, stopped
from tests.faults.cuts import PLAYS as CUT_PLAYS
from tests.faults.cuts import cuts
from tests.faults.disk import disk
from tests.faults.kills import kills
from tests.faults.link import link
from tests.faults.netns import Shape
from tests.faults.report import Run, show
from tests.faults.same import same
from tests.faults.served import serving
from tests.faults.storm import storm
from tests.faults.uploads import uploads
from tests.faults.world import World, world
from tests.sim.run import damaged, sim
from tests.sim.world import STEPS


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/faults", description=__doc__)
    parser.add_argument("--database", choices=(*KINDS, "both"), help="default: both; of sim, cuts, link, disk: sqlite")
    parser.add_argument("--seed", type=int, default=None, help="default: a random one, which is printed")
    plays = parser.add_subparsers(dest="play", required=True)
    one = plays.add_parser("kills", help="SIGKILL the server's processes and phones while a fleet records and sends")
    one.add_argument("--kills", type=int, default=1000)
    one.add_argument("--phones", type=int, default=50)
    one.add_argument("--visits", type=int, default=40, help="visits that each phone records")
    one.add_argument("--parallel", type=int, default=4, help="phones that live at the same time")
    one = plays.add_parser("uploads", help="cut uploads off at random bytes")
    one.add_argument("--uploads", type=int, default=200)
    one = plays.add_parser("same", help="send one body many times at once")
    one.add_argument("--times", type=int, default=20)
    one.add_argument("--visits", type=int, default=100)
    one.add_argument("--rounds", type=int, default=5)
    one = plays.add_parser("away", help="SQLite locked for long; PostgreSQL stopped and started")
    one.add_argument("--rounds", type=int, default=5)
    one = plays.add_parser("storm", help="shuffled, repeated and contradictory batches from many phones at once")
    one.add_argument("--phones", type=int, default=3, help="of each of six visitors")
    one.add_argument("--visits", type=int, default=40, help="of each visitor")
    one.add_argument("--batches", type=int, default=12, help="of each phone")
    one = plays.add_parser("cuts", help="cut every exchange of the sync at each byte, in one process")
    one.add_argument("--step", type=int, default=1, help="only at every so manieth byte")
    one.add_argument("--plays", type=_cut_plays, default=(), metavar="A,B", help=f"of {', '.join(CUT_PLAYS)}")
    one.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="plays that go on at once")
    one = plays.add_parser("link", help="send over bad links between two network namespaces")
    one.add_argument("--rounds", type=int, default=3)
    one.add_argument("--kbit", type=float, default=20.0, help="kbit/s, each way")
    one.add_argument("--latency", type=float, default=600.0, help="ms, each way")
    one.add_argument("--loss", type=float, default=5.0, help="per cent of the packets, each way")
    one.add_argument("--cut", type=float, default=0.0, help="reset all connections every so many seconds")
    one.add_argument("--notes", type=int, default=0, help="characters of note that every visit has")
    one.add_argument("--visits", type=int, default=20)
    one.add_argument("--photos", type=int, default=0)
    one = plays.add_parser("disk", help="a phone on a file system that is full, killed there, and with room again")
    one.add_argument("--rounds", type=int, default=40)
    one = plays.add_parser("sim", help="live whole counties in one process, drawn from seeds, and compare at their end")
    one.add_argument("--minutes", type=float, default=30.0)
    one.add_argument("--seeds", type=int, default=10**9, help="at most so many, from --seed on")
    one.add_argument("--steps", type=int, default=STEPS, help="moves of one life")
    one.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    one.add_argument("--trace", action="store_true", help="of a seed that fails, every line")
    one = plays.add_parser("damage", help="harm phones' databases at random places, and see what still arrives")
    one.add_argument("--rounds", type=int, default=300)
    for name in plays.choices.values():  # before or after the play: both are natural
        name.add_argument("--database", choices=(*KINDS, "both"), default=argparse.SUPPRESS)
        name.add_argument("--seed", type=int, default=argparse.SUPPRESS)
    return parser.parse_args()


def _cut_plays(names: str) -> tuple[str, ...]:
    wanted = tuple(names.split(","))
    if unknown := set(wanted) - set(CUT_PLAYS):
        raise argparse.ArgumentTypeError(f"no play: {', '.join(sorted(unknown))}")
    return wanted


def main() -> int:
    """Run → exit status."""
    given = arguments()
    seed = random.SystemRandom().randrange(10**6) if given.seed is None else given.seed
    if given.play == "damage":
        return damaged(given.database if given.database in KINDS else "sqlite", rounds=given.rounds, seed=seed)
    if given.play == "sim":
        print(f"sim, seeds from {seed} …", file=sys.stderr)
        statuses = [
            sim(kind, first=seed, count=given.seeds, minutes=given.minutes, processes=given.processes,
                steps=given.steps, trace=given.trace)
            for kind in (KINDS if given.database == "both" else (given.database or "sqlite",))
        ]  # fmt: skip
        return max(statuses)
    if given.play == "link":
        netns.enter()
    if given.play == "disk":
        room.enter()
    if given.database is None:
        given.database = "sqlite" if given.play in ("cuts", "link", "disk") else "both"
    databases = KINDS if given.database == "both" else (given.database,)
    runs: list[Run] = []
    with contextlib.ExitStack() as open_:
        shared = "postgresql" in databases and given.play != "away"  # that one stops its own
        postgres = open_.enter_context(cluster()) if shared else None
        for kind in databases:
            folder = Path(open_.enter_context(tempfile.TemporaryDirectory(prefix="yuetan-faults-")))
            print(f"{given.play} on {kind}, seed {seed} …", file=sys.stderr)
            runs += PLAYS[given.play](kind, folder, postgres, given, seed)
    return show(runs)


@contextlib.contextmanager
def _six(kind: str, folder: Path, postgres: str | None, seed: int) -> Iterator[tuple[World, Any]]:
    """Six visitors with a few elders each, and the server."""
    with (
        world(kind, folder, postgres, visitors=6, elders_each=8, seed=seed) as made,
        serving(made.url, made.home, threads=16) as server,
    ):
        yield made, server


def _kills(kind: str, folder: Path, postgres: str | None, given: argparse.Namespace, seed: int) -> list[Run]:
    with (
        world(kind, folder, postgres, visitors=given.phones, elders_each=6, seed=seed) as made,
        serving(made.url, made.home, threads=16) as server,
    ):
        return [kills(made, server, phones=given.phones, visits=given.visits, count=given.kills, seed=seed,
                      parallel=given.parallel)]  # fmt: skip


def _uploads(kind: str, folder: Path, postgres: str | None, given: argparse.Namespace, seed: int) -> list[Run]:
    with _six(kind, folder, postgres, seed) as (made, server):
        return [uploads(made, server, count=given.uploads, seed=seed)]


def _same(kind: str, folder: Path, postgres: str | None, given: argparse.Namespace, seed: int) -> list[Run]:
    with _six(kind, folder, postgres, seed) as (made, server):
        return [same(made, server, times=given.times, visits=given.visits, seed=seed + n) for n in range(given.rounds)]


def _away(kind: str, folder: Path, _postgres: str | None, given: argparse.Namespace, seed: int) -> list[Run]:
    if kind == "sqlite":
        with (
            world(kind, folder, None, visitors=6, elders_each=8, seed=seed) as made,
            serving(f"{made.url}?timeout=1", made.home) as server,
        ):
            return [locked(made, server, batches=12, seed=seed + n) for n in range(given.rounds)]
    with (
        own_cluster() as postgres,
        world(kind, folder, postgres.address, visitors=6, elders_each=8, seed=seed) as made,
        serving(made.url, made.home) as server,
    ):
        return [stopped(made, server, postgres, rounds=given.rounds, seed=seed)]


def _storm(kind: str, folder: Path, postgres: str | None, given: argparse.Namespace, seed: int) -> list[Run]:
    with _six(kind, folder, postgres, seed) as (made, server):
        return [storm(made, server, phones_each=given.phones, visits_each=given.visits, batches=given.batches,
                      seed=seed, decisions=100)]  # fmt: skip


def _cuts(kind: str, _folder: Path, postgres: str | None, given: argparse.Namespace, seed: int) -> list[Run]:
    return cuts(kind, postgres, step=given.step, seed=seed, plays=given.plays, processes=given.processes)


def _link(kind: str, folder: Path, postgres: str | None, given: argparse.Namespace, seed: int) -> list[Run]:
    shape = Shape(given.kbit * 1000, given.latency / 1000, given.loss / 100, given.cut)
    with (
        world(kind, folder, postgres, visitors=given.rounds + 1, elders_each=8, seed=seed) as made,
        serving(made.url, made.home, bind="0.0.0.0") as server,  # in a namespace of its own nobody else hears it
    ):
        return [
            link(made, server, folder / f"phone{n}", shape=shape, visits=given.visits, photos=given.photos,
                 notes=given.notes, seed=seed + n, visitor=name)
            for n, name in enumerate(sorted(made.visitors)[: given.rounds])
        ]  # fmt: skip


def _disk(kind: str, folder: Path, postgres: str | None, given: argparse.Namespace, seed: int) -> list[Run]:
    with (
        world(kind, folder, postgres, visitors=2, elders_each=12, seed=seed) as made,
        serving(made.url, made.home, workers=1) as server,
    ):
        return [disk(made, server, folder / "small", rounds=given.rounds, seed=seed)]


PLAYS: dict[str, Callable[..., list[Run]]] = {
    "kills": _kills, "uploads": _uploads, "same": _same, "away": _away, "storm": _storm,
    "cuts": _cuts, "link": _link, "disk": _disk,
}  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
