"""The screens' own words: both languages, none missing, none left over."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from caregiver_app.screens.words import WORDS, word

SCREENS = Path(__file__).parents[2] / "caregiver_app" / "screens"
CALL = re.compile(r"""(?:word|roomy)\(\s*f?["']([a-z0-9_.{}(')]+?)["']""")
QUOTED = re.compile(r"""["']([a-z]+\.[a-z_]+)["']""")


def sources() -> str:
    return "\n".join(
        path.read_text("utf-8")
        for path in sorted(SCREENS.iterdir())
        if path.suffix in (".py", ".kv") and path.name != "words.py"
    )


def values_of(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


@pytest.mark.parametrize("key", WORDS)
def test_each_label_is_there_in_both_languages_with_the_same_values(key: str) -> None:
    zh, en = WORDS[key]
    assert zh.strip()
    assert en.strip()
    assert values_of(zh) == values_of(en)


def test_every_label_that_a_screen_asks_for_exists() -> None:
    asked = {key for key in CALL.findall(sources()) if "{" not in key}
    assert asked - set(WORDS) == set()


def test_no_label_is_left_over() -> None:
    text = sources()
    quoted = set(QUOTED.findall(text)) | set(CALL.findall(text))
    made = {"sync.refused", "sync.waiting", "sync.sent"}
    begun = ("visit.all_good", "about.", "pin.title_", "locking.kind_")
    made |= {key for key in WORDS if key.endswith("_short") or key.startswith(begun)}
    assert set(WORDS) - quoted - made == set()


def test_an_unknown_label_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        word("no.such")
