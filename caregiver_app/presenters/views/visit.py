"""The visit form."""

from __future__ import annotations

from dataclasses import dataclass

from caregiver_app.presenters.views.base import Call, Choice
from caregiver_app.presenters.views.today import ElderRow


@dataclass(frozen=True, slots=True)
class FormItem:
    """A question; `value` is None until answered."""

    id: str
    title: str
    options: tuple[Choice, ...]
    value: str | None
    required: bool


@dataclass(frozen=True, slots=True)
class FormGroup:
    """Items of one class (health, mind, …), under its title."""

    id: str
    title: str
    items: tuple[FormItem, ...]


@dataclass(frozen=True, slots=True)
class PhotoView:
    """A photo taken for this visit; `Visit.photo` has the picture. `size` in bytes."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class NeedNote:
    """What is said about a need that is chosen; `note` may be empty."""

    kind: str
    label: str
    note: str


@dataclass(frozen=True, slots=True)
class VisitView:
    """The visit form. `groups` is empty unless the outcome is met; `reasons` is empty if it is."""

    draft_id: str
    title: str
    elder: ElderRow | None
    tag_text: str
    started_text: str
    channel: str
    channels: tuple[Choice, ...]
    outcome: str
    outcomes: tuple[Choice, ...]
    reason: str | None
    reasons: tuple[Choice, ...]
    groups: tuple[FormGroup, ...]
    answered: int
    questions: int
    has_all_good: bool  # the form can be graded by one tap
    all_good: bool  # it was, and nothing was changed since
    urgent: str | None
    urgent_words: str
    urgents: tuple[Choice, ...]
    needs: tuple[Choice, ...]
    note: str
    note_left: int
    photos: tuple[PhotoView, ...]
    photos_left: int
    companions: tuple[Choice, ...]
    next_steps: tuple[Call, ...]  # not_home: whom to call now
    advice: str  # what to do now for this outcome; empty if nothing
    can_save: bool
    missing_text: str  # why it cannot be saved yet, or what is still open
    doubts: tuple[str, ...] = ()  # what may be asked about it, kindly; saving is possible all the same
    has_tag: bool = True  # a home visit without a tag says so, and offers to scan
    call: Call | None = None  # a call by phone or video: whom to dial
    can_dictate: bool = False
    need_notes: tuple[NeedNote, ...] = ()  # of the needs that are chosen
    calls_follow: bool = False  # saved as it is, it leads to the calls after nobody answered


@dataclass(frozen=True, slots=True)
class Saved:
    """Said after saving, honestly: it lies on this phone and was not sent yet."""

    visit_id: str
    message: str
    next: str = ""  # steps (nobody answered: what to do now) | help (urgent: whom to call now)
    elder_id: str | None = None
