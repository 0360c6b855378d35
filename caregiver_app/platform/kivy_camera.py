"""The camera that Kivy finds, on a desktop as on Android; Kivy itself is loaded only when it is started."""

from __future__ import annotations

import importlib.util
import logging
from typing import Any

from caregiver_app.platform.protocols import Frame

RESOLUTION = (1280, 720)


class KivyCamera:
    """Kivy's provider of the machine. None where Kivy finds none, or it does not start."""

    def __init__(self) -> None:
        self._camera: Any | None = None

    def available(self) -> bool:
        return importlib.util.find_spec("kivy") is not None

    def start(self) -> bool:
        if self._camera is None:
            self._camera = _open()
        return self._camera is not None

    def stop(self) -> None:
        camera, self._camera = self._camera, None
        if camera is not None:
            camera.stop()

    def frame(self) -> Frame | None:
        texture = self.texture()
        return None if texture is None else Frame(texture.pixels, *map(int, texture.size))

    def texture(self) -> Any | None:
        return None if self._camera is None else self._camera.texture


def _open() -> Any | None:
    log = logging.getLogger("kivy")
    before = log.level
    log.setLevel(logging.CRITICAL + 1)  # Kivy calls it critical that a machine has no camera
    try:
        from kivy.core.camera import Camera

        if Camera is None:
            return None
        camera = Camera(index=0, resolution=RESOLUTION, stopped=True)
        camera.start()
        return camera
    except Exception:  # whatever a driver does, codes can still be read from pictures or typed
        return None
    finally:
        log.setLevel(before)
