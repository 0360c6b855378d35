"""「长辈版」 by figures, on the widgets as they are drawn: targets, what lies between them, contrast, line height.

STANDARDS: targets of 60 dp with 8 dp between, 7:1 for body text and 4.5:1 for all else, lines 1.5 apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pytest

from tests.ui.fakes import FakePhone
from tests.ui.harness import walk
from tests.ui.test_geometry import SCREENS, place, rect

Colour = tuple[float, ...]


def luminance(colour: Colour) -> float:
    parts = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in colour[:3]]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: Colour, other: Colour) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def ground(widget: Any) -> Colour:
    """What a widget stands on: the nearest filled surface, or the paper."""
    from caregiver_app.screens.parts import Surface
    from caregiver_app.screens.style import ui

    while widget is not None and widget is not widget.parent:
        if isinstance(widget, Surface) and widget.fill[3] > 0:
            return tuple(widget.fill)
        widget = widget.parent
    return tuple(ui.paper)


def pressable(page: Any) -> list[Any]:
    from kivy.uix.behaviors import ButtonBehavior

    from caregiver_app.screens.fields import Entry

    return [w for w in walk(page) if isinstance(w, ButtonBehavior | Entry) and w.width > 0 and not w.disabled]


def within(one: Any, other: Any) -> bool:
    """Whether one is a part of the other (a field's clear button lies in its field)."""
    parents = set()
    while one is not None and one is not one.parent:
        parents.add(one)
        one = one.parent
    return other in parents


def written_in(entry: Any) -> tuple[float, ...]:
    """The colour that the words of a field take: the last one before them."""
    from kivy.graphics import Color

    return tuple([one.rgba for one in entry.canvas.before.children if isinstance(one, Color)][-1])


def shown(stage: Any, language: str) -> Iterator[tuple[str, Any]]:
    navigator = stage.open(FakePhone(language, "largest"))
    for screen, show in SCREENS.items():
        phone = navigator.phone = FakePhone(language, "largest")
        navigator.close()
        show(navigator, phone)
        stage.layout()
        yield screen, navigator.page


@pytest.mark.parametrize("language", ["zh", "en"])
def test_targets_are_60_dp_with_8_between_and_words_stand_out_seven_to_one(stage: Any, language: str) -> None:
    from kivy.metrics import dp
    from kivy.uix.label import Label

    from caregiver_app.screens.fields import Entry
    from caregiver_app.screens.style import ui

    wrong: list[str] = []
    for screen, page in shown(stage, language):
        assert ui.elder
        targets = [(widget, rect(widget), place(widget)) for widget in pressable(page)]
        for widget, _, _ in targets:
            if min(widget.size) < dp(60) - 0.5:
                wrong.append(f"{screen}: {type(widget).__name__} is {tuple(widget.size)}")
        for (one, a, here), (other, b, there) in combinations(targets, 2):
            if here is not there or within(one, other) or within(other, one) or Entry in (type(one), type(other)):
                continue
            across = max(a[0], b[0]) - min(a[2], b[2])
            along = max(a[1], b[1]) - min(a[3], b[3])
            if max(across, along) < dp(8) - 0.5:
                wrong.append(f"{screen}: {max(across, along):.0f} dp between {one} and {other}")
        for widget in walk(page):
            if isinstance(widget, Label) and widget.text and widget.font_name != "Icons":
                colour = widget.disabled_color if widget.disabled else widget.color
                found = contrast(tuple(colour), ground(widget))
                if found < 7:
                    wrong.append(f"{screen}: {found:.1f}:1 for {widget.text!r}")
            elif isinstance(widget, Label) and widget.text and contrast(tuple(widget.color), ground(widget)) < 3:
                wrong.append(f"{screen}: a picture stands out by less than 3:1")
            elif isinstance(widget, Entry) and contrast(tuple(written_in(widget)), tuple(widget.fill)) < 7:
                wrong.append(f"{screen}: what is typed stands out by less than 7:1")
    assert wrong == []


def test_lines_are_one_and_a_half_apart(stage: Any, demo: Any) -> None:
    from caregiver_app.screens.style import measure, ui

    stage.open(FakePhone("zh", "largest"))
    for size in (ui.body, ui.name, ui.title):
        two, one = measure("老人\n平安", size)[1], measure("老人", size)[1]
        assert (two - one) / size >= 1.5 - 0.02


def test_a_list_drawn_in_elder_mode_keeps_no_row_of_the_same_type_size_without_it(stage: Any) -> None:
    heights = []
    for elder in (False, True):
        phone = FakePhone("zh", "large")
        phone.is_elder = elder
        navigator = stage.open(phone)
        stage.layout(8)
        rows = navigator.page.ids.list.children[0].children
        assert rows
        heights.append({row.name: row.children[-1].children[-1].line_height for row in rows})
        navigator.page.ids.search.text = "nobody of that name"  # the rows go to where Kivy keeps used ones
        stage.layout(8)
    assert {name: heights[1][name] > heights[0][name] for name in heights[1]} == dict.fromkeys(heights[1], True)
