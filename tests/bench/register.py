"""How long the two large imports take: a county's register, and the whole country's divisions.

    python -m tests.bench.register [--rows 100000] [--regions 700000] [--databases sqlite,postgresql]

Prints a table of seconds and rates. The register is read from XLSX, as `yuetan elders import` does it, with duties
made for everybody; the first import adds, the second changes nothing, the third changes one row in ten.
"""

from __future__ import annotations

import argparse
import datetime as dt
import io
import itertools
import random
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.elders.edge import settle_at
from server.elders.importing import import_register
from server.elders.vault import Vault
from server.regions import service as regions
from tests.databases import cluster, fresh_database
from tests.registers import HEADINGS, WEIDU_CSV, good_row, weidu_rows, xlsx

NOW = dt.datetime(2026, 11, 14, 2, 0, tzinfo=dt.UTC)
TODAY = NOW.date()


def register_of(rows: int, changed: bool = False) -> bytes:
    """A register of that many good rows, spread over the villages of Weidu district."""
    rng = random.Random(1)
    listed = weidu_rows()
    towns = {row["code"]: row["name"] for row in listed if row["level"] == "town"}
    villages = [(towns[row["parent_code"]], row["name"]) for row in listed if row["level"] == "village"]
    days = [dt.date(1936, 1, 1) + dt.timedelta(days=i) for i in range(10_000)]
    numbers = itertools.product(days, range(900, 1000))
    made = []
    for i, (born, sequence) in zip(range(rows), numbers, strict=False):
        town, village = rng.choice(villages)
        phone = f"139{i:08d}" if changed and i % 10 == 0 else f"138{i:08d}"
        row = good_row(sequence, f"{born:%Y%m%d}", 所属街道=town, 所属社区=village, 联系电话=phone, 备注=f"第{i}号")
        made.append(row)
    return xlsx(("台账", [HEADINGS, *made]))


def country_of(regions_wanted: int) -> bytes:
    """A list of that many divisions, in the country's proportions (17 villages to a town, 13 towns to a county)."""
    out = io.StringIO()
    out.write("code,name,level,parent_code\n")
    out.writelines(itertools.islice(_divisions(), regions_wanted))
    return out.getvalue().encode()


def _divisions() -> Iterator[str]:
    for p in range(11, 66):
        yield f"{p}0000000000,省{p},province,\n"
        for c in range(1, 12):
            city = f"{p}{c:02d}"
            yield f"{city}00000000,市{city},city,{p}0000000000\n"
            for k in range(1, 10):
                county = f"{city}{k:02d}"
                yield f"{county}000000,县{county},county,{city}00000000\n"
                for t in range(1, 14):
                    town = f"{county}{t:03d}"
                    yield f"{town}000,镇{town},town,{county}000000\n"
                    for v in range(1, 18):
                        yield f"{town}{v:03d},村{town}{v:03d}村民委员会,village,{town}000\n"


def timed(what: str, count: int, run: Callable[[], object]) -> None:
    start, cpu = time.perf_counter(), time.process_time()
    result = run()
    seconds = time.perf_counter() - start
    cpu = time.process_time() - cpu
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    times = f"{seconds:8.1f} s ({cpu:.1f} s of CPU here) {count / seconds:8.0f} rows/s"
    print(f"{what:<44} {times} {memory:6.0f} MB at most  {result}", flush=True)


def measure(url: str, kind: str, rows: int, region_count: int) -> None:
    engine = sa.create_engine(url)
    vault = Vault("a secret of the bench only")
    first, changed = register_of(rows), register_of(rows, changed=True)
    with Session(engine) as session:
        regions.import_regions(session, WEIDU_CSV.read_bytes(), now=NOW, valid_from=TODAY)
        for what, data in (("import", first), ("the same again", first), ("a tenth changed", changed)) if rows else ():
            def run(data: bytes = data) -> object:
                done = import_register(
                    session, data, vault=vault, now=NOW, today=dt.date(2026, 11, 14), settle=settle_at(NOW)
                )
                return f"created {done.created}, updated {done.updated}, unchanged {done.unchanged}"

            timed(f"{kind}: {rows} elders, {what}", rows, run)
        if region_count:
            country = country_of(region_count)
            for what in ("import", "the same again"):
                timed(f"{kind}: {region_count} divisions, {what}", region_count, lambda: regions.import_regions(
                    session, country, now=NOW, valid_from=TODAY
                ))  # fmt: skip
    engine.dispose()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--regions", type=int, default=700_000)
    parser.add_argument("--databases", default="sqlite,postgresql")
    args = parser.parse_args()
    for kind in args.databases.split(","):
        with (
            tempfile.TemporaryDirectory() as folder,
            cluster() as postgres,
            fresh_database(kind, Path(folder), postgres) as url,
        ):
            measure(url, kind, args.rows, args.regions)


if __name__ == "__main__":
    main()
