"""What courses are written in, and that nothing written can hurt a phone."""

from __future__ import annotations

import base64

from hypothesis import given
from hypothesis import strategies as st

from shared.markdown import PICTURE_MAX, blocks, plain


def kinds(text):
    return [(block.kind, block.mark + block.text) for block in blocks(text)]


def test_headings_lists_quotations_and_rules_are_told_apart():
    text = "# 一\n## 二 ##\n正文\n- 甲\n* 乙\n1. 先\n2、后\n> 记住\n---\n完"
    assert kinds(text) == [
        ("heading", "一"),
        ("heading", "二"),
        ("text", "正文"),
        ("bullet", "•甲"),
        ("bullet", "•乙"),
        ("number", "1.先"),
        ("number", "2.后"),
        ("quote", "记住"),
        ("rule", ""),
        ("text", "完"),
    ]


def test_lines_of_a_paragraph_are_joined_as_their_script_wants():
    assert kinds("先敲门\n再等\n\nKnock\nand wait") == [("text", "先敲门再等"), ("text", "Knock and wait")]


def test_marks_inside_a_line_leave_its_words():
    assert plain("**敲三下**，*等*，`110`，看[这里](https://x.example/a_b)") == "敲三下，等，110，看这里"
    assert plain(r"2 \* 3, a_b_c, 2 * 3 * 4") == "2 * 3, a_b_c, 2 * 3 * 4"


def test_a_paragraph_that_is_bold_from_end_to_end_stands_out():
    assert [block.strong for block in blocks("**不碰钱**\n\n**先**敲门")] == [True, False]


def test_a_picture_that_comes_along_is_shown_and_no_other_is_fetched():
    data = base64.b64encode(b"\x89PNG picture").decode()
    (inside,) = blocks(f"![一扇门](data:image/png;base64,{data})")
    assert (inside.kind, inside.data, inside.text) == ("picture", b"\x89PNG picture", "一扇门")
    for address in (
        "https://x.example/a.png",
        "file:///etc/passwd",
        "data:image/svg+xml;base64,AA==",
        "data:image/png;base64,@@",
    ):
        (outside,) = blocks(f"![一扇门]({address})")
        assert (outside.kind, outside.text, outside.data) == ("quote", "一扇门", b"")


def test_a_picture_that_is_too_large_for_a_phone_is_left_out():
    data = base64.b64encode(bytes(PICTURE_MAX + 100)).decode()
    assert blocks(f"![门](data:image/png;base64,{data})")[0].kind == "quote"


def test_html_is_shown_as_it_is_written():
    assert kinds("<script>alert(1)</script>") == [("text", "<script>alert(1)</script>")]


@given(st.text(alphabet="#*_`->![]()1. \n探访ab\\", max_size=200))
def test_whatever_is_written_becomes_blocks_and_no_letter_is_lost(text):
    found = blocks(text)
    shown = "".join(block.mark + block.text for block in found)
    for letter in "探访b":  # letters inside an address or a picture's are not words
        if "](" not in text:
            assert shown.count(letter) == text.count(letter)
