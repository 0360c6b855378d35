"""The first screen: language, type size, and the registration of this phone by a code from the community."""

from __future__ import annotations

from typing import Any

from kivy.properties import BooleanProperty, ListProperty, StringProperty

from caregiver_app.presenters.views.enrol import EnrolView
from caregiver_app.screens import cards, choices, fields  # noqa: F401 - named by the layout
from caregiver_app.screens.base import Page
from caregiver_app.screens.parts import load_kv
from caregiver_app.screens.style import ui


class WelcomeScreen(Page):
    """Enrols. The address is asked for only where neither the command line nor an earlier code gave one."""

    has_back = False
    languages = ListProperty([])
    editions = ListProperty([])
    code = StringProperty("")
    address = StringProperty("")
    asks_address = BooleanProperty(True)
    code_problem = StringProperty("")
    address_problem = StringProperty("")
    problem = StringProperty("")
    message = StringProperty("")
    working = BooleanProperty(False)
    over = BooleanProperty(False)  # opened from the settings: there is a way back

    def setup(self, code: str = "", **_: Any) -> None:
        self.over = bool(self.navigator.stack)
        preset = self.navigator.preset
        view = self.phone.enrol.view()
        self.address = preset.get("address") or view.address
        self.code = code or preset.get("code", "")
        self.asks_address = not self.address
        self._say(view)
        if code:
            self.take(code)

    def refresh(self) -> None:
        settings = self.phone.settings.view()
        self.languages = list(settings.languages)
        self.editions = list(settings.editions)

    def _say(self, view: EnrolView) -> None:
        self.problem = view.problem
        known = view.again or view.waiting
        self.message = view.message if known and not view.problem else ""
        lock = self.phone.lock.view()
        if lock.state == "wiped" and not view.problem:
            self.message = "\n".join(line for line in (lock.text, lock.note) if line)

    def set_language(self, language: str) -> None:
        """The whole app speaks it from now on."""
        self._keep()
        self.phone.settings.set_language(language)
        self.navigator.rebuild()

    def set_edition(self, edition: str) -> None:
        """Standard, or 「长辈版」."""
        self._keep()
        self.phone.settings.set_edition(edition)
        self.navigator.rebuild()

    def _keep(self) -> None:
        self.navigator.preset = {"address": self.address, "code": self.code}

    def take(self, scanned: str) -> None:
        """A scanned or typed text: it may carry the server's address as well."""
        address, code = self.phone.enrol.read(scanned)
        if address:
            self.address, self.asks_address = address, False
        self.code = code or scanned.strip()
        self.code_problem = ""

    def scan(self) -> None:
        """Read the code with the camera, or from a picture."""
        self._keep()
        self.go("scan", purpose="enrol", on_text=self._scanned)

    def _scanned(self, text: str) -> None:
        self.navigator.back()
        self.take(text)

    def start(self) -> None:
        """Register; what came of it is said here, or the list is shown."""
        if self.working:
            return
        if self.code.strip():
            self.take(self.code)
        self.code_problem = "" if self.code.strip() else ui.word("welcome.empty_code")
        self.address_problem = "" if self.address.strip() else ui.word("welcome.empty_address")
        if self.address_problem:
            self.asks_address = True
        if self.code_problem or self.address_problem:
            return
        self.working, self.problem = True, ""
        address, code = self.address.strip(), self.code.strip()
        self.in_background(lambda: self.phone.enrol.submit(address, code), self._submitted, self._failed)

    def _submitted(self, view: EnrolView) -> None:
        self.working = False
        if view.done:
            self.navigator.preset = {}
            self.navigator.begin()
        else:
            self.asks_address = True
            self._say(view)

    def _failed(self, error: BaseException) -> None:
        self.working = False
        self.problem = ui.word("error.title")


load_kv(__file__)
