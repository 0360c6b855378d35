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
    from server.visits.evaluating import Line, Unread, judged, read_lines

    with open(file, encoding="utf-8", errors="replace") as text:
        lines = list(read_lines(text))
    unread = [line for line in lines if isinstance(line, Unread)]
    if unread and len(unread) == len(lines):
        raise NothingDone(f"无法读取 / cannot be read: line {unread[0].number}: {unread[0].why}")
    for line in unread:
        click.echo(f"第{line.number}行无法读取 / line {line.number} cannot be read: {line.why}", err=True)
    found: Counter[str] = Counter()
    written = []
    judgements = judged([line for line in lines if isinstance(line, Line)])
    for line in lines:
        told = {"id": line.id, "assurance": "doubtful", "flags": ["value_unknown"]} if isinstance(line, Unread) else {}
        if not told:
            read, judgement = next(judgements)
            told = {"id": str(read.visit.id), "assurance": judgement.assurance, "flags": list(judgement.codes)}
        if told["id"] is not None:
            found[str(told["assurance"])] += 1
            written.append(json.dumps(told))
    counts = {
        "visits": len(lines), "unread": len(unread), **{k: found[k] for k in ("verified", "plausible", "doubtful")}
    }  # fmt: skip
    if out is None:
        if written:
            click.echo("\n".join(written))  # what was asked for, also where one object more is to come last
        return Outcome("", counts, bool(unread))
    out.write_text("".join(f"{line}\n" for line in written), encoding="utf-8")
    return Outcome(json.dumps(counts), counts, bool(unread))
