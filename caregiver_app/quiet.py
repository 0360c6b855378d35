"""Kivy calls it critical that a machine has no camera or no second clipboard; it is not."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet() -> Iterator[None]:
    """Kivy's log is off inside."""
    log = logging.getLogger("kivy")
    before = log.level
    log.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        log.setLevel(before)
