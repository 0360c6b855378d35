"""`scripts/phones`: enrol a fleet, record offline, send over a breaking line, compare.

Exit status: 0 phones and server agree, 1 they do not (or nothing could be done), 2 wrong usage.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from caregiver_app.fleet.compare import Comparer
from caregiver_app.fleet.killing import KilledPhone
from caregiver_app.fleet.worker import Order, Worker, fresh_seed, run_child

COLUMNS = ("phone", "user", "elders", "pending", "sent", "refused", "photos", "exchanges", "cut_out", "cut_back")


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="scripts/phones", description=__doc__)
    parser.add_argument("--phones", type=int, default=5)
    parser.add_argument("--visits", type=int, default=8, help="visits that each phone records")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--aborts", type=float, default=0.1, help="chance that an exchange is cut")
    parser.add_argument("--repeats", type=float, default=0.05, help="chance that an exchange is sent twice")
    parser.add_argument("--demo", type=Path, default=Path("var/demo.json"), help="where the demo says how it is")
    parser.add_argument("--first", type=int, default=0, help="skip that many enrolment codes")
    parser.add_argument("--kill", type=int, default=0, metavar="N", help="SIGKILL phones N times in all")
    parser.add_argument("--parallel", type=int, default=8)
    parser.add_argument("--timeout", type=float, default=900.0, help="seconds for the whole of it")
    parser.add_argument("--keep", type=Path, default=None, help="keep the phones' stores in this folder")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> int:
    """Run → exit status."""
    given = arguments()
    if given.child:
        run_child(given.child)
        return 0
    try:
        demo = json.loads(given.demo.read_text())
        codes = demo["enrolment_codes"][given.first :][: given.phones]
    except (OSError, ValueError, KeyError) as error:
        print(f"cannot read {given.demo}: start scripts/demo first ({error})", file=sys.stderr)
        return 1
    if len(codes) < given.phones:
        print(f"{given.demo} has codes for {len(codes)} phones, not {given.phones}", file=sys.stderr)
        return 1
    seed = fresh_seed() if given.seed is None else given.seed
    folder = given.keep or Path(tempfile.mkdtemp(prefix="yuetan-phones-"))
    orders = [
        Order(
            index=number,
            folder=folder / f"phone-{number:03d}",
            base_url=demo["base_url"].rstrip("/"),
            code=code["code"],
            username=code["username"],
            visits=given.visits,
            seed=seed,
            aborts=given.aborts,
            repeats=given.repeats,
            deadline_s=given.timeout,
            command=str(demo.get("command") or ""),
            env=dict(demo.get("env") or {}),
        )
        for number, code in enumerate(codes)
    ]
    began = time.monotonic()
    try:
        seen = killed(orders, given) if given.kill else together(orders, given)
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        if given.keep is None:
            shutil.rmtree(folder, ignore_errors=True)
    summary = report(seen, seed, time.monotonic() - began)
    return 0 if summary["agree"] else 1


def together(orders: list[Order], given: argparse.Namespace) -> list[dict[str, Any]]:
    """All phones in this process, in three acts: everybody enrols, everybody records offline, everybody sends."""
    workers = [Worker(order) for order in orders]
    try:
        with ThreadPoolExecutor(given.parallel) as pool:
            act(pool, "enrol", workers, Worker.enrol)
            act(pool, "record", workers, Worker.record)
            act(pool, "send", workers, Worker.send)
            return list(pool.map(judged, workers))
    finally:
        for worker in workers:
            worker.phone.stop()


def act(pool: ThreadPoolExecutor, name: str, workers: list[Worker], do: Callable[[Worker], None]) -> None:
    """One act of the play, with its time on the error stream."""
    began = time.monotonic()
    list(pool.map(do, workers))
    print(f"{name}: {len(workers)} phones in {time.monotonic() - began:.1f} s", file=sys.stderr)


def killed(orders: list[Order], given: argparse.Namespace) -> list[dict[str, Any]]:
    """Each phone a process, killed at random and started again until its share of kills is used up."""
    rng = random.Random(orders[0].seed)
    shares = [given.kill // len(orders) + (number < given.kill % len(orders)) for number in range(len(orders))]
    phones = [
        KilledPhone(order, share, random.Random(rng.random())) for order, share in zip(orders, shares, strict=True)
    ]
    with ThreadPoolExecutor(min(given.parallel, 4)) as pool:
        list(pool.map(KilledPhone.run, phones))
    seen = []
    for phone in phones:
        worker = Worker(phone.order)
        try:
            one = judged(worker)
            rows = {row.id for row in worker.phone.store.outbox.all()}
            one["disagreements"] += [
                f"visit {visit_id} was said to be saved and is gone" for visit_id in sorted(phone.promised - rows)
            ]
            one |= {"kills": phone.kills, **phone.tally}
            seen.append(one)
        finally:
            worker.phone.stop()
    return seen


def judged(worker: Worker) -> dict[str, Any]:
    """What a phone says of itself, and every disagreement with the server."""
    worker.look()
    on_server, disagreements = Comparer(worker.phone.store, worker.phone.platform).disagreements()
    seen = worker.seen()
    if seen["sent"] != worker.order.visits:
        disagreements.append(f"{seen['sent']} of {worker.order.visits} visits are sent")
    return {**seen, "on_server": on_server, "disagreements": disagreements}


def report(seen: list[dict[str, Any]], seed: int, seconds: float) -> dict[str, Any]:
    """A table of what each phone saw, the disagreements, and one JSON line."""
    names = [*COLUMNS, "on_server", "agrees"]
    rows = [[*(str(one[name]) for name in names[:-1]), str(not one["disagreements"])] for one in seen]
    widths = [max(len(row[n]) for row in [names, *rows]) for n in range(len(names))]
    for row in [names, *rows]:
        print("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)))
    for one in seen:
        for sentence in one["disagreements"][:10]:
            print(f"phone {one['phone']}: {sentence}")
    totals = ("sent", "pending", "refused", "photos", "on_server", "exchanges", "cut_out", "cut_back", "repeats")
    summary = {
        "phones": len(seen),
        **{name: sum(one[name] for one in seen) for name in totals},
        "kills": sum(one.get("kills", 0) for one in seen),
        "disagreements": sum(len(one["disagreements"]) for one in seen),
        "agree": not any(one["disagreements"] for one in seen),
        "seed": seed,
        "seconds": round(seconds, 1),
    }
    print(json.dumps(summary))
    return summary


if __name__ == "__main__":
    sys.exit(main())
