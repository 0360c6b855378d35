"""The camera, where Kivy finds one; without it codes are read from pictures or typed."""

from __future__ import annotations

from typing import Any

from kivy.clock import Clock
from kivy.core.window import Window
from kivy.uix.image import Image

from caregiver_app.quiet import quiet

FRAME_S = 0.2


def open_camera() -> Any | None:
    """Kivy's camera, running; None where there is none or it does not start."""
    try:
        with quiet():
            from kivy.core.camera import Camera

            if Camera is None:
                return None
            camera = Camera(index=0, resolution=(1280, 720), stopped=True)
            camera.start()
            return camera
    except Exception:
        return None


class Finder(Image):
    """Shows what the camera sees and hands on five pictures a second."""

    __events__ = ("on_frame",)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._camera: Any | None = None
        self._tick: Any | None = None

    def on_frame(self, pixels: bytes, width: int, height: int) -> None:
        """A frame: 8-bit RGBA."""

    def start(self) -> bool:
        """Whether there is a camera to see with."""
        if self._camera is None:
            self._camera = open_camera()
        if self._camera is None:
            return False
        self._camera.bind(on_texture=self._show)
        self._tick = Clock.schedule_interval(self._hand_on, FRAME_S)
        return True

    def stop(self) -> None:
        """Let go of the camera, so that others may use it."""
        if self._tick is not None:
            self._tick.cancel()
            self._tick = None
        if self._camera is not None:
            self._camera.stop()
            self._camera = None

    def _show(self, camera: Any) -> None:
        self.texture = camera.texture
        self.canvas.ask_update()
        Window.canvas.ask_update()

    def _hand_on(self, _: float) -> None:
        if self.texture is not None:
            self.dispatch("on_frame", self.texture.pixels, *map(int, self.texture.size))
