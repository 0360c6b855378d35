"""Taking a photo of what was found: what the camera sees, one large button, and a second look before it is kept."""

from __future__ import annotations

from typing import Any

from kivy.clock import Clock
from kivy.properties import BooleanProperty, ObjectProperty

from caregiver_app.platform.protocols import Frame
from caregiver_app.screens.base import Page
from caregiver_app.screens.parts import load_kv


class ShutterScreen(Page):
    """Calls `on_pick(frame or path)`; whoever opened it goes on from there. No camera: it is the list of pictures."""

    has_camera = BooleanProperty(False)
    seen = BooleanProperty(False)  # there is something to take
    taken = ObjectProperty(None, allownone=True)

    def setup(self, on_pick: Any = None, **_: Any) -> None:
        self._on_pick = on_pick
        finder = self.ids.finder
        finder.bind(on_ready=lambda *_: self._sees(), on_frame=lambda *_: setattr(self, "seen", True))
        platform = self.phone.platform
        self._ask = Clock.create_trigger(lambda _: self.choose(), 0)
        if finder.start(platform):
            self._sees()
        elif not platform.camera.available() or platform.permissions.granted("camera"):
            self._ask()  # no camera, or one that will not: once this screen stands, another takes its place

    def leave(self) -> None:
        self._ask.cancel()
        self.ids.finder.stop()

    def _sees(self) -> None:
        self.has_camera = True

    def take(self) -> None:
        """What is seen now stands still; nothing is kept yet."""
        self.taken = self.ids.finder.freeze()

    def again(self) -> None:
        """Not that one."""
        self.taken, self.seen = None, False
        self.has_camera = self.ids.finder.start(self.phone.platform)

    def use(self) -> None:
        """This one."""
        frame: Frame | None = self.taken
        if frame is not None:
            self._on_pick(frame)

    def choose(self) -> None:
        """A picture that lies on the phone instead."""
        self.navigator.swap("files", on_pick=self._on_pick)


load_kv(__file__)
