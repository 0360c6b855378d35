"""Every sentence of the console, in both languages side by side; a test holds them complete and in use."""

from __future__ import annotations

from typing import Any

from server.console.texts import (
    account,
    callbacks,
    common,
    courses,
    elders,
    homes,
    month,
    register,
    review,
    shifts,
    visits,
    ward,
)
from server.language import Text, language

TEXTS: dict[str, Text] = {}
for _part in (common, account, courses, month, visits, review, callbacks, homes, ward, shifts, elders, register):
    for _key, (_zh, _en) in _part.TEXTS.items():
        if _key in TEXTS:
            raise LookupError(f"two texts are named {_key}")
        TEXTS[_key] = Text(_zh, _en)


def say(key: str, **params: Any) -> str:
    """The text in the reader's language; an unknown key is a KeyError, in the first test."""
    return TEXTS[key].say(language(), **params)
