"""When Python looks for garbage. A full look costs a microsecond an object, and the app has 140,000 of them that never
die (Kivy, the screens' rules, the table of readings), beside some 10,000 for each screen that was left: 150 to 250 ms
in the middle of a scroll, and as much at the start.

So none is made while the app starts; what is there once it has settled is left out of every later look; and those are
made when a screen was left and nobody touches anything.
"""

from __future__ import annotations

import gc

SETTLED_S = 5.0  # after the first frame: list drawn, readings of names loaded
REST_S = 2.0  # without a touch: a list that was flung has come to rest
SELDOM = 1000  # of the middle looks, one is a full one if no rest ever comes


def hold() -> None:
    """The app starts: everything made now is going to stay."""
    gc.disable()


def settle() -> None:
    """It has started: what lives now is not looked at again."""
    gc.freeze()
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young, middle, SELDOM)
    gc.enable()


def sweep() -> None:
    """A full look, at a moment when nothing moves; before the app has settled, none."""
    if gc.get_freeze_count():
        gc.collect()
