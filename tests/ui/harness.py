"""The real app in a window that nobody sees: frames are counted, touches are made, pictures are taken.

Kivy decides at import what it draws with, so `prepare()` comes before anything that imports kivy. Nothing
sleeps: `frames(n)` runs the loop n times, `until(condition)` as often as it takes, within a bound.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

WIDTH, HEIGHT = 360, 780


def prepare(density: float = 2.0) -> None:
    """An offscreen window of 360 × 780 dp. Call before kivy is first imported."""
    home = tempfile.mkdtemp(prefix="yuetan-kivy-")
    os.environ.update(
        KIVY_NO_ARGS="1",
        KIVY_LOG_MODE="PYTHON",
        KIVY_NO_FILELOG="1",
        KIVY_HOME=home,
        KIVY_METRICS_DENSITY=str(density),
        KIVY_DPI=str(round(96 * density)),
        SDL_VIDEODRIVER="offscreen",
        SDL_AUDIODRIVER="dummy",
    )
    from kivy.config import Config

    from caregiver_app.quiet import quiet

    with quiet():
        import kivy.core.clipboard
        import kivy.input  # noqa: F401

    Config.set("graphics", "width", str(round(WIDTH * density)))
    Config.set("graphics", "height", str(round(HEIGHT * density)))
    Config.set("graphics", "multisamples", "0")
    Config.set("graphics", "maxfps", "0")
    from kivy.clock import Clock

    Clock._max_fps = 0  # made before the line above, and would sleep 16 ms in each of some ten thousand frames
    Config.set("kivy", "exit_on_escape", "0")
    for section in ("input",):
        for option in list(Config[section]):
            Config.remove_option(section, option)


class Stage:
    """Runs one app at a time."""

    def __init__(self) -> None:
        self.app: Any = None
        #: How often a finger came down.
        self.touches = 0

    def open(self, phone: Any, preset: dict[str, str] | None = None, dial: Any = None) -> Any:
        """Start the app with this phone, errors of callbacks let out; its navigator."""
        self.close()
        from kivy.base import EventLoop

        from caregiver_app.app import YuetanApp

        EventLoop.ensure_window()
        self.app = YuetanApp(phone, dial or (lambda number: True), preset, forgiving=False)
        self.app._run_prepare()
        self.frames(3)
        return self.app.navigator

    def close(self) -> None:
        """Stop the app and empty the window."""
        if self.app is None:
            return
        from kivy.base import EventLoop

        app, self.app = self.app, None
        app.dispatch("on_stop")
        window = EventLoop.window
        for child in list(window.children):
            window.remove_widget(child)
        window.canvas.clear()
        app._app_window = None

    def frames(self, count: int = 3) -> None:
        """Draw this many frames."""
        from kivy.base import EventLoop

        for _ in range(count):
            EventLoop.idle()

    def layout(self, count: int = 4) -> None:
        """Let everything take its place, and draw nothing."""
        from kivy.clock import Clock
        from kivy.lang import Builder

        for _ in range(count):
            Clock.tick()
            Builder.sync()
            Clock.tick_draw()
            Builder.sync()

    def until(self, condition: Callable[[], Any], most_s: float = 20) -> None:
        """Draw until it is so; the bound is only for what never comes."""
        end = time.monotonic() + most_s
        while time.monotonic() < end:
            if condition():
                self.frames(2)
                return
            self.frames(1)
        raise AssertionError("it never came about")

    def press(self, widget: Any) -> None:
        """A finger down and up in the middle of a widget, after scrolling it into view."""
        from kivy.base import EventLoop
        from kivy.tests.common import UnitTestTouch
        from kivy.uix.scrollview import ScrollView

        parent = widget.parent
        while parent is not None and parent is not EventLoop.window:
            if isinstance(parent, ScrollView):
                self.frames(2)
                if parent.children and parent.children[0].height > parent.height:
                    parent.scroll_to(widget, padding=20, animate=False)
                    self.frames(2)
                break
            parent = parent.parent
        x, y = widget.to_window(*widget.center)
        touch = UnitTestTouch(x, y)
        touch.touch_down()
        self.touches += 1
        self.frames(1)
        touch.touch_up()
        self.frames(4)

    def picture(self, path: Path) -> Path:
        """What the window shows, as a PNG."""
        from kivy.core.window import Window
        from kivy.graphics.opengl import GL_RGBA, GL_UNSIGNED_BYTE, glReadPixels
        from PIL import Image

        self.frames(3)
        width, height = Window.size
        from kivy.base import EventLoop

        EventLoop.window.dispatch("on_draw")
        pixels = glReadPixels(0, 0, width, height, GL_RGBA, GL_UNSIGNED_BYTE)
        image = Image.frombytes("RGBA", (width, height), pixels).transpose(Image.Transpose.FLIP_TOP_BOTTOM)
        path.parent.mkdir(parents=True, exist_ok=True)
        image.convert("RGB").save(path, optimize=True)
        return path


def walk(widget: Any) -> Iterator[Any]:
    """Every widget under this one that can be seen."""
    if widget.opacity == 0 or getattr(widget, "height", 1) <= 0:
        return
    yield widget
    for child in widget.children:
        yield from walk(child)
