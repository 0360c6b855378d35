"""Sizes and contrasts of STANDARDS, held by figures and not by eye."""

from __future__ import annotations

import pytest

from caregiver_app.theme import BODY_SP, SHAPE_PAIRS, TEXT_PAIRS, Theme, contrast


@pytest.mark.parametrize(("text", "ground"), TEXT_PAIRS)
def test_every_text_stands_out_seven_to_one(text: str, ground: str) -> None:
    assert contrast(text, ground) >= 7


@pytest.mark.parametrize(("shape", "ground"), SHAPE_PAIRS)
def test_every_border_of_something_to_touch_stands_out_three_to_one(shape: str, ground: str) -> None:
    assert contrast(shape, ground) >= 3


@pytest.mark.parametrize("elder", [False, True])
@pytest.mark.parametrize("size", BODY_SP)
def test_no_type_is_smaller_than_18_sp_and_no_target_smaller_than_the_norm(size: str, elder: bool) -> None:
    theme = Theme(size, elder)
    assert min(theme.body_sp, theme.name_sp, theme.title_sp, theme.small_sp, theme.figure_sp) >= 18
    assert theme.target_dp >= (60 if elder else 48)


def test_elder_mode_has_the_steps_18_24_30() -> None:
    assert list(BODY_SP.values()) == [18, 24, 30]
