"""`yuetan presence …`."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import click

from server.commands import Group, NothingDone, Outcome


@click.group(cls=Group)
def presence() -> None:
    """到场证据 / what shows that the visitor was there."""


@presence.command("evaluate")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="默认标准输出 / default: stdout")
def evaluate(file: Path, out: Path | None) -> Outcome:
    """Judge the visits of an NDJSON file with the code that judges them at ingest."""
    from server.visits.evaluating import LineUnreadable, judged, read_lines

    try:
        with open(file, encoding="utf-8") as lines:
            visits = list(read_lines(lines))
    except (LineUnreadable, UnicodeDecodeError) as wrong:
        raise NothingDone(f"无法读取 / cannot be read: {wrong}") from None
    found: Counter[str] = Counter()
    written = []
    for line, judgement in judged(visits):
        found[judgement.assurance] += 1
        written.append(json.dumps(
            {"id": str(line.visit.id), "assurance": judgement.assurance, "flags": list(judgement.codes)}
        ))  # fmt: skip
    text = "\n".join(written)
    counts = {"visits": len(visits), **{k: found[k] for k in ("verified", "plausible", "doubtful")}}
    if out is None:
        if text:
            click.echo(text)  # what was asked for, also where one object more is to come last
        return Outcome("", counts)
    out.write_text(text + "\n" if text else "", encoding="utf-8")
    return Outcome(json.dumps(counts), counts)
