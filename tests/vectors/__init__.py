"""Golden cases, as data, for whoever must agree: the server's tests and the phone's read the same files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def load(name: str) -> Any:
    """The content of `tests/vectors/<name>.json`."""
    return json.loads((Path(__file__).parent / f"{name}.json").read_text(encoding="utf-8"))
