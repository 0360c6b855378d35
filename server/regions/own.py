"""What a county may set for itself (`counties.settings`): a closed list, so that a slip of the pen is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from server.language import Text
from server.problems import problem
from shared.protocol.version import read_version


@dataclass(frozen=True, slots=True)
class Own:
    words: Text
    fits: Callable[[Any], bool]


def _minutes(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(steps, list) and all(_number(m) and 0 <= m <= 100_000 for m in steps) for steps in value.values()
    )


def _numbers(value: Any) -> bool:
    return isinstance(value, dict) and all(type(v) is int and 0 <= v <= 100_000 for v in value.values())


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


SETTINGS: Mapping[str, Own] = {
    "min_app": Own(
        Text("手机应用的最低版本，如 \"0.2.0\"", 'oldest app that is still served, like "0.2.0"'),
        lambda value: isinstance(value, str) and read_version(value) is not None,
    ),
    "ladders": Own(
        Text('各类预警逐级通知的分钟数，如 {"sos": [0, 2, 4]}',
             'minutes of each alert\'s steps, like {"sos": [0, 2, 4]}'),
        _minutes,
    ),
    "timebank": Own(
        Text("时间银行的上限：standard_min、day_max_min、per_elder_month",
             "the time bank's caps: standard_min, day_max_min, per_elder_month"),
        _numbers,
    ),
}  # fmt: skip


def check(name: str, value: Any) -> None:
    """Raise `validation` unless a county may set this; None takes the county's own away."""
    own = SETTINGS.get(name)
    if own is None:
        known = ", ".join(SETTINGS)
        raise problem("validation", errors={"name": [Text(f"没有这一项；有：{known}", f"Unknown; there are: {known}")]})
    if value is not None and not own.fits(value):
        raise problem("validation", errors={"value": [own.words]})
