"""JSON as phones in the field write it, and JSON as a database can always keep it.

Broken receivers write NaN, broken keyboards half a surrogate pair; one such value must not cost the other 499
visits of a batch. And what came is kept word for word as ASCII text with escapes, which every database takes.
"""

from __future__ import annotations

import json
from typing import Any


def loads(data: bytes | str) -> Any:
    """Read a JSON body. NaN, Infinity, lone surrogates, doubled keys (the last wins) and huge numbers pass.

    Raises ValueError for what is not JSON, not UTF-8, or nested too deep: `json_invalid`.
    """
    try:
        try:
            return json.loads(data)
        except ValueError as error:
            if "integer string conversion" not in str(error):
                raise
            return json.loads(data, parse_int=_int)
    except RecursionError:
        raise ValueError("JSON is nested too deep") from None


def _int(digits: str) -> int | float:
    return int(digits) if len(digits) < 300 else float(digits)


def raw_text(item: object) -> str:
    """`item` as JSON in ASCII with escapes; what was NaN or half a surrogate pair stays readable. Never raises
    for what `loads` gave."""
    try:
        return json.dumps(item, separators=(",", ":"))
    except RecursionError:
        return _write_deep(item)


def size(item: object) -> int:
    """Bytes of `item` as compact UTF-8 JSON, the measure of MAX_ITEM."""
    try:
        text = json.dumps(item, separators=(",", ":"), ensure_ascii=False)
    except RecursionError:
        text = _write_deep(item)
    return len(text.encode("utf-8", "surrogatepass"))


def _write_deep(item: object) -> str:
    """As `json.dumps`, with a stack of its own instead of the interpreter's."""
    out: list[str] = []
    todo: list[tuple[bool, object]] = [(False, item)]  # (is finished text, text or value), last first
    while todo:
        done, value = todo.pop()
        if done:
            out.append(str(value))
        elif isinstance(value, dict):
            parts: list[tuple[bool, object]] = [(True, "{")]
            for n, (key, inner) in enumerate(value.items()):
                parts += [(True, ("," if n else "") + json.dumps(key) + ":"), (False, inner)]
            todo += reversed([*parts, (True, "}")])
        elif isinstance(value, list):
            parts = [(True, "[")]
            for n, inner in enumerate(value):
                parts += [(True, "," if n else ""), (False, inner)]
            todo += reversed([*parts, (True, "]")])
        else:
            out.append(json.dumps(value))
    return "".join(out)
