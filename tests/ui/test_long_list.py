"""A thousand elders: rows stand where Kivy's own layout would put them, and the first scroll has little to make."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from typing import Any

import pytest

SIZES = [(300.0, float(height)) for height in (120, 88, 301, 60, 60, 144, 97, 260, 75, 130, 90, 333)]


@pytest.fixture
def collector() -> Iterator[Any]:
    """The module, and everything as it was afterwards."""
    from caregiver_app import collector

    before = gc.get_threshold()
    gc.unfreeze()
    yield collector
    gc.freeze()
    gc.enable()
    gc.set_threshold(*before)


def places(kind: Any, stage: Any, scroll: float) -> tuple[Any, list[Any]]:
    """Height of a list laid out by `kind`, and what is seen of it when it is scrolled so far."""
    from kivy.base import EventLoop
    from kivy.metrics import dp
    from kivy.uix.label import Label
    from kivy.uix.recycleview import RecycleView

    class Row(Label):
        pass

    layout = kind(
        orientation="vertical",
        default_size=(None, dp(120)),
        default_size_hint=(1, None),
        key_size="size",
        size_hint_y=None,
        padding=[16, 4, 12, 20],
        spacing=10,
    )
    layout.bind(minimum_height=layout.setter("height"))
    view = RecycleView(size=(340, 400), size_hint=(None, None))
    view.add_widget(layout)
    view.viewclass = Row
    view.data = [{"text": str(at), "size": size} for at, size in enumerate(SIZES)]
    EventLoop.window.add_widget(view)
    stage.frames(3)
    view.scroll_y = scroll
    stage.frames(3)
    seen = sorted((int(row.text), *row.pos, *row.size) for row in layout.children)
    EventLoop.window.remove_widget(view)
    return layout.height, seen


@pytest.mark.parametrize("scroll", [1.0, 0.73, 0.4, 0.0])
def test_rows_stand_where_kivys_own_layout_puts_them(stage: Any, scroll: float) -> None:
    from kivy.uix.recycleboxlayout import RecycleBoxLayout

    from caregiver_app.screens.lines import Lines

    assert places(Lines, stage, scroll) == places(RecycleBoxLayout, stage, scroll)


def test_an_empty_list_is_as_high_as_its_padding(stage: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from caregiver_app.screens.lines import Lines

    monkeypatch.setitem(globals(), "SIZES", [])
    assert places(Lines, stage, 1.0) == (24, [])


def test_tiles_for_the_first_scroll_are_made_before_it(stage: Any, demo: Callable[..., Any]) -> None:
    navigator = stage.open(demo(elders=60))
    page = navigator.page
    stage.until(lambda: not page._todo)
    stage.frames(6)
    made = []
    kind = page.ids.list.viewclass
    made_by = kind.__init__
    kind.__init__ = lambda self, **kwargs: (made.append(self), made_by(self, **kwargs))[1]
    try:
        for step in range(1, 12):
            page.ids.list.scroll_y = 1 - step / 60
            stage.frames(1)
    finally:
        del kind.__init__
    assert made == []


def test_readings_of_names_are_loaded_without_the_table_of_phrases() -> None:
    from caregiver_app.presenters.search import pinyin

    assert ("zengli", "zl") in pinyin("曾丽")
    from pypinyin.constants import PHRASES_DICT

    assert PHRASES_DICT == {}


def test_while_the_app_starts_nobody_looks_for_garbage_and_what_it_made_is_never_looked_at(collector: Any) -> None:
    collector.hold()
    assert not gc.isenabled()
    held = [[] for _ in range(100)]
    collector.settle()
    assert gc.isenabled()
    assert gc.get_freeze_count() >= len(held)
    assert gc.get_threshold()[2] == collector.SELDOM


def test_what_a_screen_leaves_behind_is_cleared_away_when_nothing_moves(
    stage: Any, demo: Callable[..., Any], collector: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    swept: list[bool] = []
    monkeypatch.setattr(collector, "sweep", lambda: swept.append(True))
    monkeypatch.setattr(collector, "REST_S", 0.0)
    navigator = stage.open(demo())
    navigator.home("hours")
    stage.frames(2)
    assert swept
    assert not navigator._sweep.is_triggered


def test_a_sweep_before_the_app_has_settled_does_nothing(collector: Any) -> None:
    looked: list[str] = []
    gc.callbacks.append(lambda phase, info: looked.append(phase) if info["generation"] == 2 else None)
    try:
        collector.sweep()
        assert looked == []
        collector.settle()
        collector.sweep()
        assert looked == ["start", "stop"]
    finally:
        gc.callbacks.pop()
