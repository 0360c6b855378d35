"""Tags, signed texts, forms and flags: the small lists that both sides hold."""

from __future__ import annotations

import hashlib
import re
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.protocol.flags import FLAGS, message
from shared.protocol.signing import b64, photo_text, refresh_text, sealed_text, unb64
from shared.protocol.tags import make_token, token_hash, token_of
from shared.rules.forms import CONTACT_CALL, FORMS, HOME_VISIT, all_good, form, form_for
from shared.rules.presence import WEIGHTS
from tests.vectors import load

TAGS = load("tags")


@pytest.mark.parametrize("case", TAGS["made"], ids=lambda case: case["token"])
def test_printed_tags_keep_their_token_for_good(case):
    made = make_token(bytes.fromhex(case["key_hex"]), case["key_id"], UUID(case["tag_id"]), case["generation"])
    assert made == case["token"]


@pytest.mark.parametrize("case", TAGS["read"], ids=lambda case: case["text"])
def test_a_token_is_found_in_what_was_scanned_or_typed(case):
    assert token_of(case["text"]) == case["token"]


@given(st.binary(min_size=32, max_size=32), st.uuids(), st.integers(1, 99))
def test_every_token_reads_back_and_has_26_characters(key, tag, generation):
    token = make_token(key, "k1", tag, generation)
    assert re.fullmatch("[a-z2-7]{26}", token)
    assert token_of(f"https://x.example/t/{token}") == token == token_of(token.upper())
    assert token != make_token(key, "k1", tag, generation + 1)
    assert token_hash(token.upper()) == hashlib.sha256(token.encode()).hexdigest()


@given(st.text(st.characters(codec=None), max_size=60) | st.none())
def test_any_text_holds_a_token_or_none(text):
    token = token_of(text)
    assert token is None or len(token) == 26


def test_signed_texts_are_those_of_the_contract():
    assert refresh_text("d", "r", "2026-11-03T09:00:00+08:00") == b"yuetan-refresh\nd\nr\n2026-11-03T09:00:00+08:00"
    assert sealed_text("i", b"\x00\x01") == b"yuetan-sealed\ni\n\x00\x01"
    assert photo_text("v", "s", b"jpg") == b"yuetan-photo\nv\ns\njpg"
    assert refresh_text(UUID(int=1), "r", "t").startswith(b"yuetan-refresh\n00000000-0000-0000-0000-000000000001\n")


@given(st.binary(max_size=70))
def test_bytes_have_one_spelling(data):
    text = b64(data)
    assert unb64(text) == data
    assert not set("+/=") & set(text)
    if text:
        with pytest.raises(ValueError, match="base64url"):
            unb64(text + "=")


@pytest.mark.parametrize("text", ["a", "ab+d", "ab d", "é", "ab\n", "QQ==", "QR"])
def test_what_is_no_base64url_is_refused(text):
    with pytest.raises(ValueError, match="base64url"):
        unb64(text)


def test_the_home_visit_has_five_classes_of_three_graded_items():
    assert len(HOME_VISIT["items"]) == 15
    assert len({item["id"].split(".")[0] for item in HOME_VISIT["items"]}) == 5
    assert all(item["options"] == ["good", "fair", "poor"] for item in HOME_VISIT["items"])
    assert set(all_good(HOME_VISIT).values()) == {"good"}
    assert len(all_good(HOME_VISIT)) == 15


def test_a_call_asks_who_was_spoken_to_first():
    assert [item["id"] for item in CONTACT_CALL["items"]] == [
        "call.spoken_to", "call.health", "call.mood", "call.food", "call.safety", "call.family_contact",
        "call.wants_visit",
    ]  # fmt: skip
    assert CONTACT_CALL["items"][0]["required"] is True
    assert "call.spoken_to" not in all_good(CONTACT_CALL)


def test_every_form_speaks_both_languages_and_is_found():
    for each in FORMS:
        assert form(each["id"], each["version"]) is each
        for item in each["items"]:
            assert item["title"]["zh"]
            assert item["title"]["en"]
            assert set(item["option_titles"]) == set(item["options"])
    assert form("home-visit", 99) is None
    assert form_for("home") is HOME_VISIT
    assert form_for("video") is CONTACT_CALL
    assert form_for("letter") is None


def test_every_flag_has_a_weight_and_two_sentences_with_the_same_figures():
    assert set(FLAGS) == set(WEIGHTS)
    for code, (zh, en) in FLAGS.items():
        assert re.fullmatch("[a-z0-9_]{1,40}", code)
        assert set(re.findall(r"{(\w+)}", zh)) == set(re.findall(r"{(\w+)}", en)), code
        assert re.search("[一-鿿]", zh)
        assert not re.search("[一-鿿]", en)


def test_a_sentence_never_fails():
    assert message("far", {"distance_m": 512.4, "accuracy_m": 20}) == "离登记住址约512米（定位误差20米）"
    assert message("far", {}, "en") == "About ? m from the registered home (accuracy ? m)"
    assert message("value_unknown", {"paths": ["note", "{x}"]}, "en").endswith("note, {x}")
    assert message("no_such_code") == "no_such_code"
