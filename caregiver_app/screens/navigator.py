"""Which screen is shown, and the way back.

The stack holds live screens, so that going back finds the list where it was left. Changing language or text
size builds every screen on the stack anew. No transition: nothing moves, and a picture taken after a frame is
whole.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from kivy.clock import Clock
from kivy.core.window import Window
from kivy.uix.screenmanager import NoTransition, ScreenManager

from caregiver_app import collector
from caregiver_app.presenters.interface import Phone
from caregiver_app.screens.base import Page
from caregiver_app.screens.reader import reader
from caregiver_app.screens.style import ui

#: name -> (module, class); a screen is imported when it is first shown, so that the app starts fast.
SCREENS = {
    "welcome": ("welcome", "WelcomeScreen"),
    "today": ("today", "TodayScreen"),
    "scan": ("scan", "ScanScreen"),
    "shutter": ("shutter", "ShutterScreen"),
    "files": ("files", "FilesScreen"),
    "elder": ("elder", "ElderScreen"),
    "visit": ("visit", "VisitScreen"),
    "saved": ("saved", "SavedScreen"),
    "steps": ("steps", "StepsScreen"),
    "sos": ("sos", "SosScreen"),
    "sync": ("sync", "SyncScreen"),
    "hours": ("hours", "HoursScreen"),
    "settings": ("settings", "SettingsScreen"),
    "words": ("words_page", "WordsScreen"),
    "lock": ("lock", "LockScreen"),
    "pin": ("pin", "PinScreen"),
    "forgotten": ("forgotten", "ForgottenScreen"),
    "locking": ("locking", "LockingScreen"),
    "done": ("done", "DoneScreen"),
    "courses": ("courses", "CoursesScreen"),
    "course": ("course", "CourseScreen"),
    "quiz": ("quiz", "QuizScreen"),
    "permissions": ("permissions", "PermissionsScreen"),
    "about": ("about", "AboutScreen"),
    "trouble": ("trouble", "TroubleScreen"),
}


#: States of the lock in which nothing of people may be shown.
CLOSED = ("locked", "waiting")
#: Between these the list is kept; anything else (the lock, the enrolment) lets it go, and what it holds.
TABS = ("today", "sync", "hours", "settings")


class Navigator(ScreenManager):
    """Shows the top of the stack. `dial(number) -> bool` opens the phone's dialler."""

    def __init__(
        self, phone: Phone, dial: Callable[[str], bool], preset: dict[str, str] | None = None
    ) -> None:
        super().__init__(transition=NoTransition())
        self.phone = phone
        self.dial = dial
        #: What the command line gave: `address` and `code` of the first screen.
        self.preset = dict(preset or {})
        self.stack: list[tuple[str, Page]] = []
        self._wanted = False
        self._serial = 0
        #: The list, kept while other tabs are shown: making it anew is what takes longest.
        self._kept: Page | None = None
        #: What a screen that was left leaves behind is cleared away when nothing moves.
        self._sweep = Clock.create_trigger(lambda _: collector.sweep(), collector.REST_S)
        reader.use(phone.platform.voice)

    # ------------------------------------------------------------------ ways

    @property
    def page(self) -> Page:
        """The screen that is shown."""
        return self.stack[-1][1]

    @property
    def path(self) -> tuple[str, ...]:
        """Names on the stack, the shown one last."""
        return tuple(name for name, _ in self.stack)

    def holds(self, page: Page) -> bool:
        """Whether this very screen is still on the stack."""
        return any(held is page for _, held in self.stack)

    def begin(self) -> None:
        """The first screen: the list; before it the lock, the enrolment, or the choice of a PIN."""
        state = self.phone.lock.state
        if state in CLOSED:
            self.home("lock")
        elif self.phone.enrol.view().needed:
            self.home("welcome")
        elif state == "new":
            self.home("pin", first=True)
        else:
            self.home("today")

    def go(self, name: str, **params: Any) -> None:
        """Open a screen over the shown one."""
        self._put(name, self._make(name, params))

    def swap(self, name: str, **params: Any) -> None:
        """Open a screen in place of the shown one, so that back does not return to it."""
        page = self._make(name, params)
        self._drop()
        self._put(name, page)

    def home(self, name: str = "today", **params: Any) -> None:
        """Open a screen as the only one."""
        page = self._take(name) if not params else None
        page = page or self._make(name, params)
        while self.stack:
            self._drop()
        if name not in TABS or name == "today":
            self._kept = None
        self._put(name, page)

    def back(self) -> bool:
        """One screen back; from another tab to today. False: there is nothing behind."""
        if len(self.stack) > 1:
            self._drop()
            self._show()
            self.page.refresh()
            return True
        if self.stack and self.stack[0][0] not in ("today", "welcome", "lock", "pin"):
            self.home()
            return True
        return False

    def put_away(self) -> None:
        """The app goes into the background: every screen writes what was typed."""
        for _, page in self.stack:
            page.put_away()

    def close(self) -> None:
        """The app ends: every screen lets go of what it holds, and writes what was typed."""
        reader.hush()
        while self.stack:
            self._drop()
        self._kept = None

    def trouble(self, disk: bool = False) -> None:
        """A screen failed, or the disk would not: show that instead of it, unless that is what failed."""
        if self.path != ("trouble",):
            self.home("trouble", disk=disk)

    def rebuild(self) -> None:
        """Draw everything anew, after a change of language or text size."""
        entries = [(name, page.params) for name, page in self.stack]
        while self.stack:
            self._drop()
        self._kept = None
        for name, params in entries:
            self._put(name, self._make(name, params))

    def changed(self) -> None:
        """Something shown may have changed; may be called from any thread."""
        if not self._wanted:
            self._wanted = True
            Clock.schedule_once(self._refresh, 0)

    def on_touch_move(self, touch: Any) -> Any:
        """Somebody scrolls: clearing away waits."""
        if self._sweep.is_triggered:
            self._sweep.cancel()
            self._sweep()
        return super().on_touch_move(touch)

    # --------------------------------------------------------------- the stack

    def _refresh(self, _: float) -> None:
        self._wanted = False
        if not self.stack:
            return
        state = self.phone.lock.state
        if state in CLOSED and self.stack[0][0] != "lock":
            self.home("lock")  # locked meanwhile: what stood here is not to be seen any more
        elif state == "wiped" and self.stack[0][0] not in ("lock", "welcome"):
            self.home("welcome")
        else:
            self.page.refresh()

    def _make(self, name: str, params: dict[str, Any]) -> Page:
        if ui.follow(self.phone.settings.view()):
            Window.clearcolor = ui.paper
        module, kind = SCREENS[name]
        page: Page = getattr(import_module(f"caregiver_app.screens.{module}"), kind)(self, **params)
        page.drawn_as = ui.key
        self._serial += 1
        page.name = f"{name}-{self._serial}"
        return page

    def _take(self, name: str) -> Page | None:
        """The kept list, brought up to date; None: there is none, or it is drawn as it should no longer be."""
        if ui.follow(self.phone.settings.view()):
            Window.clearcolor = ui.paper
        page = self._kept
        if name != "today" or page is None or page.drawn_as != ui.key:
            return None
        page.again()
        return page

    def _put(self, name: str, page: Page) -> None:
        self.stack.append((name, page))
        self.add_widget(page)
        self._show()

    def _drop(self) -> None:
        name, page = self.stack.pop()
        page.leave()
        if len(self.screens) > 1:
            self.current = next(screen.name for screen in self.screens if screen is not page)
        self.remove_widget(page)
        if name == "today":
            self._kept = page
        self._sweep()

    def _show(self) -> None:
        reader.hush()
        self.current = self.stack[-1][1].name
