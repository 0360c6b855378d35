"""What the machine's camera sees, on the screen; without one, codes are read from pictures or typed."""

from __future__ import annotations

from typing import Any

from kivy.clock import Clock
from kivy.core.window import Window
from kivy.graphics.texture import Texture
from kivy.uix.image import Image

from caregiver_app.platform.protocols import Frame, Platform

FRAME_S = 0.2
FORMATS = {1: "luminance", 3: "rgb", 4: "rgba"}


class Finder(Image):
    """Shows what the camera sees and hands on five pictures a second.

    Where the owner has not yet allowed the camera they are asked, and `on_ready` tells that it sees after all.
    """

    __events__ = ("on_frame", "on_ready")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._platform: Platform | None = None
        self._tick: Any | None = None

    def on_frame(self, pixels: bytes, width: int, height: int) -> None:
        """A frame: 8-bit RGBA."""

    def on_ready(self) -> None:
        """The camera sees now, though `start` said that it did not yet."""

    def start(self, platform: Platform) -> bool:
        """Whether there is a camera to see with, now."""
        self._platform = platform
        if not platform.camera.available():
            return False
        if not platform.permissions.granted("camera"):
            platform.permissions.ask("camera", lambda allowed: Clock.schedule_once(lambda _: self._allowed(allowed), 0))
            return False
        return self._begin()

    def freeze(self) -> Frame | None:
        """What is seen now stands still, and the camera is let go of. None: nothing was seen yet."""
        frame = self._platform.camera.frame() if self._platform is not None else None
        if frame is not None:
            self.stop()
            self.texture = None  # the camera's own may be gone with it
            self._draw(frame)
        return frame

    def stop(self) -> None:
        """Let go of the camera, so that others may use it."""
        if self._tick is not None:
            self._tick.cancel()
            self._tick = None
        if self._platform is not None:
            self._platform.camera.stop()
            self._platform = None

    def _allowed(self, allowed: bool) -> None:
        if allowed and self._platform is not None and self._begin():
            self.dispatch("on_ready")

    def _begin(self) -> bool:
        if self._platform is None or not self._platform.camera.start():
            return False
        if self._tick is None:
            self._tick = Clock.schedule_interval(self._look, FRAME_S / 4)
        self._looks = 0
        return True

    def _look(self, _: float) -> None:
        """Draw what is seen; every fourth look is handed on to be read."""
        camera = self._platform.camera if self._platform is not None else None
        if camera is None:
            return
        self._looks += 1
        hand_on = self._looks % 4 == 0
        texture = camera.texture()
        if texture is not None:
            self.texture = texture
            self.canvas.ask_update()
            Window.canvas.ask_update()
            if hand_on:
                self.dispatch("on_frame", texture.pixels, *map(int, texture.size))
            return
        frame = camera.frame()
        if frame is not None:
            self._draw(frame)
            if hand_on:
                self.dispatch("on_frame", frame.pixels, frame.width, frame.height)

    def _draw(self, frame: Frame) -> None:
        if self.texture is None or self.texture.size != (frame.width, frame.height):
            self.texture = Texture.create(size=(frame.width, frame.height), colorfmt="rgba")
            self.texture.flip_vertical()
        self.texture.blit_buffer(frame.pixels, colorfmt=FORMATS[frame.channels], bufferfmt="ubyte")
        self.canvas.ask_update()
