"""What makes thousands of small worlds in one process cheap: files in memory, and a collector that does not walk the
whole application again and again."""

from __future__ import annotations

import contextlib
import gc
import os
from collections.abc import Iterator
from pathlib import Path

MEMORY = Path("/dev/shm")


def folder() -> str | None:
    """A memory disk where there is one: a world syncs thousands of times, and nothing of it is kept."""
    return str(MEMORY) if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) else None


@contextlib.contextmanager
def calm() -> Iterator[None]:
    """What is here now stays: only what comes is looked through for garbage, and seldom."""
    usual = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()
