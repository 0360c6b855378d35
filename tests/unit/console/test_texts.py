"""Every sentence of the console exists in both languages, is used, and has the same gaps in both."""

import re
import string
from pathlib import Path

import pytest

from server.alerts.model import KINDS
from server.auth.rights import ROLES
from server.console.texts import TEXTS
from server.console.words import GROUNDS, WORDS
from server.elders.model import STATUSES
from server.pairings.model import PAIRING_ROLES
from shared.protocol.values import NEED_KINDS, NOT_HOME_REASONS, OUTCOMES, REFUSED_REASONS, URGENT_KINDS

CONSOLE = Path(__file__).parents[3] / "server" / "console"
SOURCES = "\n".join(p.read_text() for p in [*CONSOLE.glob("*.py"), *CONSOLE.glob("templates/*.html")])
CJK = re.compile(r"[\u4e00-\u9fff]")


def gaps(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_text_is_said_in_both_languages_with_the_same_gaps():
    for key, text in TEXTS.items():
        assert text.zh, key
        assert text.en, key
        assert gaps(text.zh) == gaps(text.en), key
        if not key.startswith("app.language"):  # the switch speaks the other language
            assert not CJK.search(text.en), key


def test_every_text_that_is_asked_for_exists():
    asked = set(re.findall(r'\b(?:t|say|done)\(\s*[\'"]([a-z_0-9.]+)[\'"]\s*[,)]', SOURCES))
    assert asked
    assert not asked - TEXTS.keys()


def test_every_text_is_used():
    # "…" + code in a template
    built = ("month.sort_", "elder.absence_", "elder.sex_", "import.", "visit.at_", "visit.home_",
             "visit.accept", "visit.reject",
             "month.visited", "month.away", "month.refused")  # fmt: skip
    unused = [k for k in TEXTS if f'"{k}"' not in SOURCES and f"'{k}'" not in SOURCES and not k.startswith(built)]
    assert not sorted(unused)


def test_every_code_has_words():
    for kind, codes in {
        "role": ROLES, "outcome": OUTCOMES, "reason": {*NOT_HOME_REASONS, *REFUSED_REASONS}, "urgent": URGENT_KINDS,
        "need": NEED_KINDS, "elder_status": STATUSES, "pairing": PAIRING_ROLES, "alert": KINDS,
    }.items():  # fmt: skip
        assert not set(codes) - WORDS[kind].keys(), kind


@pytest.mark.parametrize("kind", sorted(WORDS))
def test_words_are_said_in_both_languages(kind):
    for code, text in WORDS[kind].items():
        assert text.zh, code
        assert text.en, code
        assert not CJK.search(text.en), code


def test_grounds_are_said_in_both_languages():
    for grounds in GROUNDS.values():
        for text in grounds.values():
            assert text.zh
            assert not CJK.search(text.en)


def test_no_template_holds_a_sentence_of_its_own():
    for path in CONSOLE.glob("templates/*.html"):
        bare = re.sub(r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}", "", path.read_text(), flags=re.S)
        assert not CJK.search(bare), path.name
