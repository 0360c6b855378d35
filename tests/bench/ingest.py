"""How fast visits come in, as a ratio to the floor (floor.py) in one run; gunicorn, database and clients share cores.

    scripts/bench ingest [--databases postgresql,sqlite] [--rounds 3] [--requests 600]

Single visits by 1, 8 and 32 clients, and batches of 100. System and floor take turns on databases of their own that
began as copies of one (2,000 elders, 400 volunteers); each cell is the median over the rounds. PostgreSQL is a cluster
made for the run with its defaults: fsync and synchronous_commit on. Memory is what one web worker holds for itself and
its share of what it holds with others (PSS).
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import http.client
import json
import os
import queue
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server import outcomes
from server.auth import service as auth
from server.auth.service import Issuer
from server.elders.vault import Vault
from server.keys import KeyRing
from server.timebank import ledger
from tests import factories as make
from tests.databases import cluster, free_port, fresh_database
from tests.visits import sent

ROOT = Path(__file__).parents[2]
SECRET = "a secret of this bench"
ELDERS, VOLUNTEERS = 2000, 400
SLOT = dt.timedelta(minutes=40)


@dataclass
class Volunteer:
    token: str
    floor: str  # what the floor is told instead of looking it up
    elders: list[Any]
    sent: int = 0


def seeded(url: str, now: dt.datetime) -> list[Volunteer]:
    """Fill a migrated database: one county, its volunteers with elders and accounts, this month's duties."""
    engine = sa.create_engine(url)
    vault, issuer = Vault(SECRET), Issuer(KeyRing((SECRET,)), dt.timedelta(hours=12))
    with Session(engine) as session:
        county = make.county(session)
        villages = [make.region(session, 411002001000 + i) for i in range(1, 41)]
        volunteers = []
        for number in range(VOLUNTEERS):
            village = villages[number % len(villages)]
            user = make.user(session)
            make.grant(session, user, "volunteer", village, county)
            elders = []
            for _ in range(ELDERS // VOLUNTEERS):
                elder = make.elder(session, county, village, lat=34.02, lon=113.8)
                _, elder.data_key = vault.new_key(county.id, elder.id)
                make.pairing(session, elder, user)
                elders.append(elder.id)
            held = auth.open_session(session, user.id, now)
            session.flush()
            account = ledger.member_account(county.id, user.id)
            service = ledger.service_account(county.id)
            told = f"{held.id},{county.id},{village.id},{account},{service}"
            volunteers.append(Volunteer(issuer.issue(held, user, now).access_token, told, elders))
        outcomes.open_periods(session, county.id, now=now)
        users = set(session.scalars(sa.select(make.RoleGrant.user_id)))
        ledger.open_members(session, county.id, users, now)
        session.commit()
        session.execute(sa.text("ANALYZE"))
        session.commit()
    engine.dispose()
    return volunteers


@contextlib.contextmanager
def served(url: str, what: str, folder: Path, workers: int) -> Iterator[tuple[int, int]]:
    """(port, pid of gunicorn) of the system or the floor, under one gunicorn configuration."""
    port = free_port()
    environ = {
        **os.environ, "YUETAN_HOME": str(folder), "YUETAN_DATABASE_URL": url, "YUETAN_PORT": str(port),
        "YUETAN_SECRET_KEY": SECRET, "YUETAN_WORKERS": str(workers), "YUETAN_THREADS": "16", "BENCH_URL": url,
        "YUETAN_LOG_LEVEL": "WARNING",
    }  # fmt: skip
    if what == "system":
        command = [sys.executable, "-m", "server.cli", "serve"]
    else:
        config = str(ROOT / "server" / "gunicorn.py")
        command = [sys.executable, "-m", "gunicorn", "-c", config, "tests.bench.floor:app"]
    process = subprocess.Popen(command, cwd=ROOT, env=environ)
    try:
        for _ in range(300):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5)
                break
            if process.poll() is not None:
                raise SystemExit(f"{what} did not start")
            time.sleep(0.1)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(30)


def bodies(volunteers: list[Volunteer], count: int, size: int, now: dt.datetime) -> list[tuple[Volunteer, bytes]]:
    """`count` requests of `size` visits, each of one volunteer, spread so that no two visits of one overlap."""
    made = []
    for number in range(count):
        who = volunteers[(number * 7) % len(volunteers)]
        items = []
        for _ in range(size):
            who.sent += 1
            start = now - dt.timedelta(hours=1) - SLOT * who.sent
            near = {"lat": 34.02, "lon": 113.8 + who.sent % 9 * 1e-5, "accuracy_m": 20.0, "datum": "wgs84"}
            elder = who.elders[who.sent % len(who.elders)]
            items.append(sent(elder, start, position=near, start_position={**near, "lat": 34.02011}))
        made.append((who, json.dumps({"visits": items}).encode()))
    return made


def load(port: int, requests: list[tuple[Volunteer, bytes]], clients: int) -> tuple[float, list[float]]:
    """Send them all by so many clients at once. → (seconds, milliseconds of each)."""
    waiting: queue.SimpleQueue[tuple[Volunteer, bytes] | None] = queue.SimpleQueue()
    for one in (*requests, *[None] * clients):
        waiting.put(one)
    took: list[float] = []
    failed: list[str] = []

    def client() -> None:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        while (one := waiting.get()) is not None:
            who, body = one
            headers = {"Authorization": f"Bearer {who.token}", "Content-Type": "application/json", "X-Bench": who.floor}
            begun = time.perf_counter()
            line.request("POST", "/api/v1/sync/visits", body, headers)
            answer = line.getresponse()
            text = answer.read()
            took.append((time.perf_counter() - begun) * 1000)
            if answer.status != 200 or text.count(b'"accepted"') != body.count(b'"elder_id"'):
                failed.append(f"{answer.status} {text[:300]!r}")
        line.close()

    threads = [threading.Thread(target=client) for _ in range(clients)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - begun
    if failed:
        raise SystemExit(f"{len(failed)} of {len(requests)} failed: {failed[0]}")
    return seconds, took


def memory_mb(master: int) -> float:
    """The largest worker's proportional share (PSS) in MB."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError):
            if int(path.read_text().rsplit(")", 1)[1].split()[1]) == master:
                lines = (path.parent / "smaps_rollup").read_text().splitlines()
                found.append(int(next(x for x in lines if x.startswith("Pss:")).split()[1]) / 1024)
    return max(found, default=0.0)


def measure(kind: str, postgres: str | None, folder: Path, rounds: int, requests: int) -> list[dict[str, Any]]:
    now = dt.datetime.now(dt.UTC)
    with contextlib.ExitStack() as stack:
        url = stack.enter_context(fresh_database(kind, folder, postgres))
        volunteers = seeded(url, now)
        floor_url = stack.enter_context(copied(kind, url, folder, postgres))
        system, master = stack.enter_context(served(url, "system", folder / "system", 2))
        floor, _ = stack.enter_context(served(floor_url, "floor", folder / "floor", 2))
        table = []
        for clients, size in ((1, 1), (8, 1), (32, 1), (8, 100)):
            count = max(clients, requests // (10 if size > 1 else 1) // (2 if clients == 1 else 1))
            ratios, tails, rates, p99s = [], [], [], []
            for round_ in range(rounds + 1):  # the first warms both up and is not counted
                if round_ == 1:  # as autovacuum does within a minute: plans made on empty tables are made anew
                    analyze(url, floor_url)
                wanted = bodies(volunteers, count, size, now)
                found = {name: load(port, wanted, clients) for name, port in (("system", system), ("floor", floor))}
                rate = {name: count * size / seconds for name, (seconds, _) in found.items()}
                p99 = {name: statistics.quantiles(took, n=100)[98] for name, (_, took) in found.items()}
                ratios.append(rate["system"] / rate["floor"])
                tails.append(p99["system"] / p99["floor"])
                rates.append(rate)
                p99s.append(p99)
            table.append({
                "database": kind, "clients": clients, "batch": size,
                "visits_per_s": round(statistics.median(r["system"] for r in rates[1:])),
                "floor_per_s": round(statistics.median(r["floor"] for r in rates[1:])),
                "rate_ratio": round(statistics.median(ratios[1:]), 2),
                "p99_ms": round(statistics.median(p["system"] for p in p99s[1:])),
                "floor_p99_ms": round(statistics.median(p["floor"] for p in p99s[1:])),
                "p99_ratio": round(statistics.median(tails[1:]), 2),
            })  # fmt: skip
            print(" ".join(f"{k}={v}" for k, v in table[-1].items()), flush=True)
        print(f"{kind}: one web worker holds {memory_mb(master):.0f} MB", flush=True)
    return table


def analyze(*urls: str) -> None:
    for url in urls:
        engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql("ANALYZE")
        engine.dispose()


@contextlib.contextmanager
def copied(kind: str, url: str, folder: Path, postgres: str | None) -> Iterator[str]:
    """The same data once more, for the floor to write in."""
    if kind == "sqlite":
        source = Path(url.removeprefix("sqlite:///"))
        target = folder / "floor.db"
        for ending in ("", "-wal", "-shm"):
            if Path(f"{source}{ending}").exists():
                shutil.copy(f"{source}{ending}", f"{target}{ending}")
        yield f"sqlite:///{target}"
        return
    assert postgres is not None
    made = sa.make_url(url)
    name = f"{made.database}_floor"
    server = sa.create_engine(postgres, isolation_level="AUTOCOMMIT")
    with server.connect() as c:
        c.execute(sa.text(f"CREATE DATABASE {name} TEMPLATE {made.database}"))
    yield made.set(database=name).render_as_string(hide_password=False)
    with server.connect() as c:
        c.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench ingest", description=__doc__)
    parser.add_argument("--databases", default="postgresql,sqlite")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--requests", type=int, default=600, help="single visits in one cell of one round")
    args = parser.parse_args()
    table: list[dict[str, Any]] = []
    for kind in args.databases.split(","):
        with contextlib.ExitStack() as stack, tempfile.TemporaryDirectory() as folder:
            postgres = stack.enter_context(cluster(fsync=True)) if kind == "postgresql" else None
            table += measure(kind, postgres, Path(folder), args.rounds, args.requests)
    print(json.dumps({"ingest": table}))


if __name__ == "__main__":
    main()
