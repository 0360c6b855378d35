"""Kivy is imported here and nowhere else in the tests, when the first of these tests asks for the stage."""

from __future__ import annotations

import ctypes.util
import logging
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from caregiver_app import collector
from caregiver_app.platform.desktop import ZxingDecoder
from caregiver_app.platform.fake import FakeClock, fake
from tests.ui import harness

NEEDED = "to draw without a screen install libegl1 libgl1-mesa-dri libgles2 (Debian's names)"


@pytest.fixture(scope="session")
def window() -> None:
    """An offscreen window, once for all."""
    if ctypes.util.find_library("EGL") is None:
        pytest.fail(NEEDED)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Kivy's own modules deprecate is not ours to mend
        harness.prepare(density=1.0)
        logging.getLogger("kivy").setLevel(logging.CRITICAL)
        from kivy.base import EventLoop

        EventLoop.ensure_window()
    # As the app does: full looks for garbage, among what never dies, are a third of what these tests cost.
    collector.settle()


@pytest.fixture
def stage(window: None) -> Iterator[harness.Stage]:
    """Opens the app with a phone, presses, waits by frames, and closes it at the end."""
    made = harness.Stage()
    yield made
    made.close()


@pytest.fixture
def machine() -> Any:
    """A fake phone's body whose eyes are real: codes are read by zxing-cpp."""
    from dataclasses import replace

    return replace(fake(FakeClock()), decoder=ZxingDecoder())


@pytest.fixture
def demo(tmp_path: Path, machine: Any) -> Iterator[Callable[..., Any]]:
    """`demo(elders=20)`: a phone over a real store with invented people and no server."""
    from caregiver_app.presenters.demo import demo_phone

    opened = []

    def make(elders: int = 20) -> Any:
        phone = demo_phone(tmp_path / "phone", elders=elders, platform=machine)
        opened.append(phone)
        return phone

    yield make
    for phone in opened:
        phone.stop()
