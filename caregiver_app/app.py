"""Wiring: the phone (presenters, store, sync) on one side, the window and its screens on the other."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from kivy.app import App
from kivy.base import ExceptionHandler, ExceptionManager
from kivy.core.window import Window
from kivy.metrics import dp
from kivy.uix.anchorlayout import AnchorLayout
from kivy.uix.widget import Widget

from caregiver_app.presenters.interface import Phone
from caregiver_app.screens.navigator import Navigator
from caregiver_app.screens.parts import Empty
from caregiver_app.screens.style import register_fonts, ui
from caregiver_app.store.database import DiskTrouble
from caregiver_app.store.vault import Locked
from caregiver_app.texts import TEXTS

log = logging.getLogger(__name__)

BACK_KEY = 27  # Escape, and Android's back button


class KeepRunning(ExceptionHandler):
    """A fault in one screen must not end the app: it is logged, said, and leads back to the list."""

    def __init__(self, app: YuetanApp) -> None:
        self._app = app

    def handle_exception(self, inst: BaseException) -> int:
        if not isinstance(inst, Exception):
            return int(ExceptionManager.RAISE)
        if isinstance(inst, Locked):  # the lock fell while a screen was at work
            self._app.navigator.begin()
            return int(ExceptionManager.PASS)
        if isinstance(inst, DiskTrouble):  # where no screen expects it: a visit begun, thrown away
            self._app.navigator.trouble(disk=True)
            return int(ExceptionManager.PASS)
        log.error("a screen failed", exc_info=inst)
        self._app.navigator.trouble()
        return int(ExceptionManager.PASS)


class YuetanApp(App):
    """The caregiver's app. `forgiving=False` lets errors of callbacks out, as the tests want them."""

    title = "月探 Yuetan"
    kv_file = ""

    def __init__(
        self,
        phone: Phone,
        dial: Callable[[str], bool],
        preset: dict[str, str] | None = None,
        forgiving: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.phone = phone
        self._dial = dial
        self._preset = preset
        self._forgiving = forgiving
        self._unsubscribe: Callable[[], None] = lambda: None

    def load_kv(self, filename: str | None = None) -> bool:
        """Every screen loads its own; there is no kv of the app."""
        return False

    def build(self) -> Navigator:
        register_fonts()
        settings = self.phone.settings.view()
        ui.follow(settings)
        Window.clearcolor = ui.paper
        Window.softinput_mode = "below_target"
        self.navigator = Navigator(self.phone, self._dial, self._preset)
        self.navigator.begin()
        return self.navigator

    def on_start(self) -> None:
        if self._forgiving:
            ExceptionManager.add_handler(KeepRunning(self))
        Window.bind(on_keyboard=self._key)
        self._unsubscribe = self.phone.subscribe(self.navigator.changed)
        self.phone.start()

    def on_pause(self) -> bool:
        """Nothing is lost by being put away, whether it comes back or not."""
        self.navigator.put_away()
        self.phone.away()
        return True

    def on_resume(self) -> None:
        """Away too long: locked."""
        self.phone.back()
        self.navigator.changed()

    def on_stop(self) -> None:
        Window.unbind(on_keyboard=self._key)
        self._unsubscribe()
        self.navigator.close()
        self.phone.stop()

    def _key(self, _window: object, key: int, *_: object) -> bool:
        return key == BACK_KEY and self.navigator.back()


class RefusalApp(App):
    """What the app shows when it must not touch its data: why, in both languages, and nothing else."""

    title = "月探 Yuetan"
    kv_file = ""

    def __init__(self, key: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._key = key

    def load_kv(self, filename: str | None = None) -> bool:
        """There is no kv of the app."""
        return False

    def build(self) -> Widget:
        register_fonts()
        Window.clearcolor = ui.paper
        zh, en = TEXTS[self._key]
        middle = AnchorLayout(padding=dp(16))
        middle.add_widget(Empty(picture="alert", title=zh, text=en))
        return middle
