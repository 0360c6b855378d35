"""What every screen can do: ask its presenter, go somewhere, work in the background, be drawn anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kivy.clock import Clock
from kivy.properties import ObjectProperty
from kivy.uix.screenmanager import Screen

from caregiver_app.presenters.interface import Phone
from caregiver_app.screens import frame  # noqa: F401 - named by the layouts of screens
from caregiver_app.screens.aloud import main_text
from caregiver_app.screens.reader import reader

if TYPE_CHECKING:
    from caregiver_app.screens.navigator import Navigator


class Page(Screen):
    """One screen. Subclasses draw in `refresh`, which may be called at any time, on the main thread."""

    navigator: Navigator = ObjectProperty(None)
    #: The tab that is lit, for screens that are one of the four places.
    tab: str | None = None
    #: Where the back key leads; None: nowhere, it leaves the app.
    has_back = True
    drawn_as: object = None

    def __init__(self, navigator: Navigator, **params: Any) -> None:
        self.params = params
        super().__init__(navigator=navigator)
        self.setup(**params)
        self.refresh()

    @property
    def phone(self) -> Phone:
        """The app without its widgets."""
        return self.navigator.phone

    def setup(self, **params: Any) -> None:
        """Take what the screen was opened with."""

    def refresh(self) -> None:
        """Ask the presenter for a new view and draw it."""

    def put_away(self) -> None:
        """The app goes into the background, and may never come back: what was typed goes to the disk now."""

    def again(self) -> None:
        """The screen is shown once more, after others were: brought up to date."""
        self.refresh()

    def leave(self) -> None:
        """The screen is taken off: stop what it started."""

    def main_text(self) -> str:
        """What is read aloud of this screen."""
        return main_text(self)

    def read_aloud(self) -> None:
        """Read it, or stop; a machine without a voice shows the words instead."""
        if reader.reading:
            reader.hush()
            return
        text = self.main_text()
        if text and not reader.read(text):
            self.go("words", text=text)

    def back(self) -> None:
        """One screen back."""
        self.navigator.back()

    def go(self, name: str, **params: Any) -> None:
        """Open another screen over this one."""
        self.navigator.go(name, **params)

    def in_background(
        self, work: Callable[[], Any], done: Callable[[Any], None], failed: Callable[[BaseException], None]
    ) -> None:
        """Run `work` on a thread and hand on its result, or its error, here, unless the user has left."""

        def finished(result: Any, error: BaseException | None) -> None:
            Clock.schedule_once(lambda _: hand_on(result, error), 0)

        def hand_on(result: Any, error: BaseException | None) -> None:
            if not self.navigator.holds(self):
                return
            if error is not None:
                failed(error)
            else:
                done(result)

        self.phone.in_background(work, finished)
