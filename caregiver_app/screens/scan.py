"""From a code to an elder: by camera, from a picture, typed; and from the list where the code is torn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kivy.properties import BooleanProperty, ObjectProperty, StringProperty

from caregiver_app.presenters.views.scan import ScanView
from caregiver_app.screens import cards, fields  # noqa: F401 - named by the layout
from caregiver_app.screens.base import Page
from caregiver_app.screens.parts import load_kv
from caregiver_app.screens.style import ui


class ScanScreen(Page):
    """`purpose` visit: what was found is shown and a visit begun; enrol: the text is given to `on_text`.

    `elder_id`: the card that scanning was begun from; a tag of another elder is then said, not hidden.
    """

    typed = StringProperty("")
    working = BooleanProperty(False)
    has_camera = BooleanProperty(False)
    can_decode = BooleanProperty(True)
    enrolling = BooleanProperty(False)
    found = ObjectProperty(None, allownone=True)
    found_title = StringProperty("")
    found_text = StringProperty("")
    found_tone = StringProperty("jade")
    begin_text = StringProperty("")
    without_text = StringProperty("")

    def setup(
        self, purpose: str = "visit", on_text: Any = None, elder_id: str | None = None, **_: Any
    ) -> None:
        self.enrolling = purpose == "enrol"
        self._on_text = on_text
        self._elder_id = elder_id
        self._from_form = self.navigator.path[-1:] == ("visit",)
        if not self.enrolling:
            begun = "scan.go_on" if self._from_form else "elder.no_tag" if elder_id else "scan.torn"
            self.without_text = ui.word(begun)
        self._reading = False
        self.can_decode = self.phone.scan.can_decode()
        self.ids.finder.bind(on_ready=lambda *_: setattr(self, "has_camera", True))
        self.has_camera = self.can_decode and self.ids.finder.start(self.phone.platform)
        self.ids.finder.bind(on_frame=self._frame)

    def leave(self) -> None:
        self.ids.finder.stop()

    # ------------------------------------------------------------ reading

    def _frame(self, _: Any, pixels: bytes, width: int, height: int) -> None:
        if self._reading or self.found is not None:
            return
        self._reading = True

        def done(view: ScanView | None) -> None:
            self._reading = False
            if view is not None and view.kind != "nothing":
                self.take(view)

        def failed(_: BaseException) -> None:
            self._reading = False

        self.in_background(lambda: self.phone.scan.read_frame(pixels, width, height), done, failed)

    def pick(self) -> None:
        """Read a picture file."""
        self.go("files", on_pick=self.read_picture)

    def read_picture(self, path: Path) -> None:
        """A picture was chosen."""
        if self.navigator.page is not self:
            self.navigator.back()
        self.working = True
        self.found = None

        def done(view: ScanView) -> None:
            self.working = False
            self.take(view)

        def failed(_: BaseException) -> None:
            self.working = False
            self.take(ScanView("nothing", ui.word("visit.not_picture")))

        self.in_background(lambda: self.phone.scan.read_image(path), done, failed)

    def use_typed(self) -> None:
        """The letters under the code were typed in."""
        if self.typed.strip():
            self.take(self.phone.scan.read_text(self.typed.strip(), "typed"))

    # ------------------------------------------------------------ what was found

    def take(self, view: ScanView) -> None:
        """Show what it is; a code of registration goes back to the first screen."""
        if self.enrolling and view.text:
            self._on_text(view.text)
            return
        good = view.kind == "elder"
        other = bool(good and self._elder_id and view.elder and view.elder.id != self._elder_id)
        if good and not other:
            self._arrived(view)
            return
        self.found = view
        self.found_tone = "amber" if view.can_visit else "red"
        self.found_title = ui.word("scan.other") if other else view.message
        self.found_text = f"{view.elder.name}\n{view.elder.place}" if view.elder else ""
        self.begin_text = ""
        if view.can_visit:
            self.begin_text = ui.word("scan.begin" if view.elder else "scan.begin_unknown")
        self.ids.scroll.scroll_y = 1

    def _arrived(self, view: ScanView) -> None:
        """One of mine: the visit has begun, and the card says what to know before anything is filled in."""
        assert view.elder is not None
        self.phone.begin_visit(view.elder.id, tag=view.text, tag_by=view.by)
        below = self.navigator.stack[-2] if len(self.navigator.stack) > 1 else None
        if below is not None and below[0] in ("elder", "visit") and self._elder_id == view.elder.id:
            self.back()  # to the card or the form that asked for the code
        else:
            self.navigator.swap("elder", elder_id=view.elder.id)

    def begin(self) -> None:
        """Begin the visit with this code."""
        view = self.found
        if view.elder:
            self._arrived(view)
            return
        visit = self.phone.begin_visit(None, tag=view.text, tag_by=view.by)
        self.navigator.swap("visit", draft_id=visit.draft_id)

    def again(self) -> None:
        """Forget what was found."""
        self.found = None

    def without(self) -> None:
        """Torn or missing: whose card or form it was begun from is known; else choose from the list."""
        if self._from_form:
            self.back()
        elif self._elder_id:
            visit = self.phone.begin_visit(self._elder_id)
            self.navigator.swap("visit", draft_id=visit.draft_id)
        else:
            self.navigator.home("today")


load_kv(__file__)
