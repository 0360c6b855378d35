"""What a fault run came to: a table for people, one JSON line for programs, and an exit status."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Run:
    """One fault run on one database. `figures` go into the table; any violation fails it."""

    name: str
    database: str
    seed: int
    figures: dict[str, Any] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def check(self, holds: object, sentence: str) -> None:
        """Note `sentence` as a violation unless it holds."""
        if not holds:
            self.violations.append(sentence)


def show(runs: list[Run]) -> int:
    """Print everything → exit status."""
    for run in runs:
        rows = {"database": run.database, "seed": run.seed, **run.figures, "violations": len(run.violations),
                "seconds": round(run.seconds, 1)}  # fmt: skip
        print(f"\n{run.name}")
        width = max(map(len, rows))
        for name, value in rows.items():
            print(f"  {name.ljust(width)}  {value}")
        for sentence in run.violations[:20]:
            print(f"  !! {sentence}")
    lines = [
        {"run": r.name, "database": r.database, "seed": r.seed, **r.figures, "violations": r.violations[:20],
         "seconds": round(r.seconds, 1)} for r in runs
    ]  # fmt: skip
    wrong = sum(len(run.violations) for run in runs)
    print(json.dumps({"holds": not wrong, "violations": wrong, "runs": lines}, ensure_ascii=False, default=str))
    return 1 if wrong else 0
