"""What screens may call. The working presenters fulfil these protocols; a screen depends on nothing else.

Every method returns at once except those marked *blocking* (network or decoding): run them by
`phone.in_background`. `phone.subscribe` tells when anything shown may have changed; the listener is called on
whatever thread made the change, so a screen hands on to its own loop and asks for a new view there.

Get one by `caregiver_app.presenters.phone.open_phone(directory, platform)`; for looking at screens without a
server, `caregiver_app.presenters.demo.demo_phone(directory)` fills a real store with invented people.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from caregiver_app.platform.protocols import Frame, Platform
    from caregiver_app.presenters.views.course import CourseView, QuizView
    from caregiver_app.presenters.views.elder import ElderView
    from caregiver_app.presenters.views.enrol import EnrolView
    from caregiver_app.presenters.views.hours import HoursView
    from caregiver_app.presenters.views.learning import LearningView
    from caregiver_app.presenters.views.lock import LockView
    from caregiver_app.presenters.views.outbox import OutboxView
    from caregiver_app.presenters.views.scan import ScanView
    from caregiver_app.presenters.views.settings import SettingsView
    from caregiver_app.presenters.views.sos import SosView
    from caregiver_app.presenters.views.steps import StepsView
    from caregiver_app.presenters.views.today import TodayView
    from caregiver_app.presenters.views.visit import Saved, VisitView


class Enrol(Protocol):
    """First contact with a server, and again when the server no longer knows the phone."""

    def view(self) -> EnrolView: ...

    def read(self, scanned: str) -> tuple[str, str]:
        """Address and code from a scanned QR text or a typed code; either may be empty."""

    def submit(self, address: str, code: str) -> EnrolView:
        """*Blocking.* Enrol and pull the first list; `done` or `problem` says what came of it."""


class Today(Protocol):
    """The list of elders."""

    def view(self, query: str = "") -> TodayView:
        """Due first; `query` matches name, address, short number, pinyin and pinyin initials."""


class Scan(Protocol):
    """From a code to an elder, offline."""

    def read_text(self, text: str, by: str = "camera") -> ScanView:
        """`by`: camera | image | typed | link."""

    def read_image(self, path: Path) -> ScanView:
        """*Blocking.* A code in a picture file."""

    def read_frame(self, pixels: bytes, width: int, height: int, channels: int = 4) -> ScanView | None:
        """*Blocking, some ms.* A code in a camera frame (8-bit RGBA, RGB or grey); None: none seen."""

    def can_decode(self) -> bool:
        """Whether this machine can read codes from pictures; typing always works."""


class Elder(Protocol):
    """The elder's card."""

    def view(self, elder_id: str) -> ElderView | None:
        """None: no longer on this phone."""


class Visit(Protocol):
    """One open draft. Every change is on disk when the call returns: a kill loses nothing."""

    draft_id: str

    def view(self) -> VisitView: ...

    def set_channel(self, channel: str) -> VisitView: ...

    def add_tag(self, tag: str, by: str) -> VisitView:
        """The code was scanned after all."""

    def set_outcome(self, outcome: str) -> VisitView: ...

    def set_reason(self, reason: str | None) -> VisitView: ...

    def all_good(self) -> VisitView: ...

    def answer(self, item_id: str, value: str | None) -> VisitView: ...

    def set_urgent(self, kind: str | None, words: str = "") -> VisitView: ...

    def toggle_need(self, kind: str) -> VisitView: ...

    def set_need_note(self, kind: str, text: str) -> VisitView: ...

    def set_note(self, text: str) -> VisitView: ...

    def dictate(self, done: Callable[[str | None], None]) -> bool:
        """Listen, and add what was said to the note → whether it began; `done(note or None)`, on any thread."""

    def add_photo(self, source: Path | bytes | Frame) -> VisitView:
        """*Blocking.* Shrunk, hashed, kept; ValueError: not a picture."""

    def remove_photo(self, sha256: str) -> VisitView: ...

    def photo(self, sha256: str) -> bytes | None:
        """A photo's JPEG, for showing it (it lies closed on the disk)."""

    def toggle_companion(self, person_id: str) -> VisitView: ...

    def save(self) -> Saved:
        """One transaction: frozen into the outbox, the draft gone.

        ValueError unless `can_save`; OSError: the disk is full, and the draft is still there.
        """

    def discard(self) -> None: ...


class Steps(Protocol):
    """After nobody answered: calls and their outcomes, and going again. Every touch is on disk."""

    def view(self) -> StepsView | None:
        """None: nothing is to be followed up, or the elder left this phone."""

    def dialled(self, place: str) -> StepsView | None:
        """A number was dialled; how it went will be asked."""

    def outcome(self, place: str, outcome: str, where: str | None = None, words: str = "") -> StepsView | None:
        """How the call went. ValueError: not one of the view's, or `whereabouts` without `where` and `words`."""

    def again(self, value: str | None) -> StepsView | None:
        """Remind of a second attempt; None: do not."""


class Sos(Protocol):
    """An emergency, offline too."""

    def view(self) -> SosView: ...

    def raise_alert(self) -> SosView:
        """Tell everybody on duty, ahead of everything that waits; pressed again soon, it is the same call.

        OSError: the disk is full.
        """


class Outbox(Protocol):
    """The sync page."""

    def view(self) -> OutboxView: ...

    def send_now(self) -> None:
        """Wake the engine, whatever it waits for; returns at once."""

    def try_again(self, visit_id: str) -> None:
        """Send a refused visit once more, unchanged."""


class Hours(Protocol):
    """The holder's time-bank account."""

    def view(self) -> HoursView | None:
        """None: no account is known on this phone."""


class Quiz(Protocol):
    """One go at a course's quiz; nothing runs out."""

    def view(self) -> QuizView: ...

    def choose(self, question: int, option: int) -> QuizView: ...

    def mark(self) -> QuizView:
        """Mark it and keep the result. OSError: the disk is full."""

    def again(self) -> QuizView: ...


class Learning(Protocol):
    """Courses, readable offline."""

    def view(self) -> LearningView: ...

    def course(self, course_id: str) -> CourseView | None:
        """None: the server took it back."""

    def read(self, course_id: str) -> None:
        """A course without a quiz was read to its end. OSError: the disk is full."""

    def quiz(self, course_id: str) -> Quiz | None:
        """None: it has none."""


class Settings(Protocol):
    """Language, elder mode, text size and reading aloud, kept on the phone; what the owner allows."""

    def view(self) -> SettingsView: ...

    def set_language(self, language: str) -> SettingsView:
        """`zh` or `en`."""

    def set_edition(self, edition: str) -> SettingsView:
        """`standard` or `elder` (「长辈版」): brings large type and reading aloud along."""

    def set_aloud(self, aloud: bool) -> SettingsView:
        """Whether every screen offers to be read aloud."""

    def ask(self, name: str) -> None:
        """Ask the owner for one of `view().permissions`."""

    def set_text_size(self, size: str) -> SettingsView:
        """`normal` (18 sp body), `large` (24) or `largest` (30)."""


class Lock(Protocol):
    """The app's own lock. While it is locked, what reads elders, drafts or visits raises `store.vault.Locked`."""

    @property
    def state(self) -> str:
        """new (no PIN chosen yet) | locked | waiting | open | wiped (enrol anew)."""

    def view(self) -> LockView: ...

    def set_pin(self, pin: str) -> LockView:
        """*Blocking, about a second.* The first PIN (state new), or one in place of the phone's own lock."""

    def change_pin(self, old: str, new: str) -> LockView:
        """*Blocking.* A wrong old one counts as a try."""

    def unlock(self, pin: str) -> LockView:
        """*Blocking.* Six digits; `problem` says what was wrong."""

    def use_phone_lock(self, done: Callable[[LockView], None]) -> bool:
        """Leave it to the phone's own lock → whether that is asked; then `done` is called once."""

    def unlock_by_phone(self, done: Callable[[LockView], None]) -> bool:
        """Ask the phone's own lock → whether it is asked; then `done` is called once."""

    def lock(self) -> LockView: ...

    def forgot(self) -> LockView:
        """Drop the list and wait for a new enrolment; saved visits are still sent. Ask first: it is for good."""

    def away(self) -> None:
        """The app went into the background."""

    def back(self) -> LockView:
        """It is in front again; locked if it was away too long."""

    def set_lock_after(self, minutes: int) -> LockView:
        """One of the view's `lock_after`."""


class Phone(Protocol):
    """The whole app but its widgets."""

    @property
    def platform(self) -> Platform:
        """The machine's senses that a screen uses itself: camera, voice, dictation, gallery, permissions."""

    @property
    def enrol(self) -> Enrol: ...

    @property
    def today(self) -> Today: ...

    @property
    def scan(self) -> Scan: ...

    @property
    def elder(self) -> Elder: ...

    @property
    def lock(self) -> Lock: ...

    @property
    def outbox(self) -> Outbox: ...

    @property
    def hours(self) -> Hours: ...

    @property
    def learning(self) -> Learning: ...

    @property
    def settings(self) -> Settings: ...

    def begin_visit(
        self,
        elder_id: str | None,
        *,
        tag: str | None = None,
        tag_by: str | None = None,
        channel: str = "home",
    ) -> Visit:
        """Start time, uptime and position are taken now. An open draft for the same elder is resumed."""

    def open_draft(self, draft_id: str) -> Visit | None: ...

    def drafts(self) -> tuple[str, ...]:
        """Ids of visits begun and not saved, newest first."""

    def steps(self, elder_id: str) -> Steps: ...

    def sos(self, elder_id: str | None) -> Sos: ...

    def text(self, key: str, **params: Any) -> str:
        """A text of the catalogue (`caregiver_app/texts`) in the chosen language."""

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` after changes; the returned function ends it."""

    def in_background(self, work: Callable[[], Any], done: Callable[[Any, BaseException | None], None]) -> None:
        """Run `work` on a thread; `done(result, error)` is called there too."""

    def start(self) -> None:
        """Begin syncing in the background."""

    def away(self) -> None:
        """The app went into the background: no position is listened for, and the lock's minutes begin."""

    def back(self) -> None:
        """It is in front again; locked if it was away too long."""

    def stop(self) -> None:
        """End the background work and close the store; safe to call twice."""
