"""marshmallow's findings in the user's language, by field path; and the field types that the wire uses.

marshmallow words its standard errors in English. They are turned into pairs of sentences here, in one table; a
validator of our own raises `ValidationError([Text(zh, en)])`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from marshmallow import EXCLUDE, Schema, fields

from server.language import Text


class Shape(Schema):
    """The base of every schema: clients may send fields that we do not know yet, and we ignore them."""

    class Meta:
        unknown = EXCLUDE


class Instant(fields.AwareDateTime):
    """RFC 3339 with an offset."""

    def __init__(self, **options: Any) -> None:
        super().__init__(format="iso", **options)


_PATTERNS: tuple[tuple[re.Pattern[str], Text], ...] = tuple(
    (re.compile(pattern), Text(zh, en))
    for pattern, zh, en in (
        (r"Missing data for required field\.", "必填", "Required."),
        (r"Field may not be null\.", "不能为空", "May not be null."),
        (r"Unknown field\.", "没有这个项目", "Unknown field."),
        (r"Invalid input type\.|Invalid type\.", "应为一个对象", "Must be an object."),
        (r"Not a valid string\.", "应为文字", "Must be a string."),
        (r"Not a valid UTF-8 string\.|Not a valid utf-8 string\.", "文字编码有误", "Not valid UTF-8."),
        (r"Not a valid integer\.", "应为整数", "Must be a whole number."),
        (r"Not a valid number\.", "应为数字", "Must be a number."),
        (r"Number too large\.", "数字太大", "The number is too large."),
        (r"Not a valid boolean\.", "应为 true 或 false", "Must be true or false."),
        (r"Not a valid UUID\.", "编号格式不对", "Not a valid id."),
        (r"Not a valid aware datetime\.|Not a valid datetime\.|Not a valid naive datetime\.",
         "时间格式不对，需要带时区，如 2026-11-03T09:12:31+08:00",
         "Must be an RFC 3339 time with offset, like 2026-11-03T09:12:31+08:00."),
        (r"Not a valid date\.", "日期格式不对，如 2026-11-03", "Must be a date like 2026-11-03."),
        (r"Not a valid time\.", "时间格式不对", "Not a valid time."),
        (r"Not a valid list\.", "应为列表", "Must be a list."),
        (r"Not a valid mapping type\.", "应为一个对象", "Must be an object."),
        (r"Must be one of: (?P<values>.*)\.", "只能是：{values}", "Must be one of: {values}."),
        (r"Length must be between (?P<low>\d+) and (?P<high>\d+)\.", "长度应为 {low} 到 {high}",
         "Length must be {low} to {high}."),
        (r"Shorter than minimum length (?P<low>\d+)\.", "至少 {low} 个字", "At least {low} characters."),
        (r"Longer than maximum length (?P<high>\d+)\.", "最多 {high} 个字", "At most {high} characters."),
        (r"Length must be (?P<exact>\d+)\.", "长度应为 {exact}", "Length must be {exact}."),
        (r"Must be greater than or equal to (?P<low>\S+?)(?: and less than or equal to (?P<high>\S+?))?\.",
         "应不小于 {low}", "Must be at least {low}."),
        (r"Must be less than or equal to (?P<high>\S+?)\.", "应不大于 {high}", "Must be at most {high}."),
        (r"String does not match expected pattern\.", "格式不对", "Wrong format."),
    )
)  # fmt: skip


def translated(message: Any) -> Text | str:
    if isinstance(message, Text):
        return message
    for pattern, text in _PATTERNS:
        if match := pattern.fullmatch(str(message)):
            found = {k: v or "" for k, v in match.groupdict().items()}
            return Text(text.zh.format(**found), text.en.format(**found)) if found else text
    return str(message)


def field_errors(messages: Any) -> dict[str, list[Text | str]]:
    """marshmallow's nested messages, flat: `device.public_key`, `items.3.id`; of the whole object: `_`."""
    flat: dict[str, list[Text | str]] = {}
    for path, message in _walk(messages, ()):
        flat.setdefault(".".join(path) or "_", []).append(translated(message))
    return flat


def _walk(messages: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(messages, dict):
        for key, value in messages.items():
            yield from _walk(value, path if key == "_schema" else (*path, str(key)))
    elif isinstance(messages, (list, tuple)):
        for message in messages:
            yield from _walk(message, path)
    else:
        yield path, messages
