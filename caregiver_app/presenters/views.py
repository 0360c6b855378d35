"""The pictures that screens draw: frozen, complete, already in the user's language.

Texts for people are ready to show; codes beside them (`state`, `kind`, `value`) are for choosing icons and
colours, never for showing. No view holds a widget, a row or a wire object.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several values; `chosen` ones are marked by words or a tick, not by colour alone."""

    value: str
    label: str
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class SyncBadge:
    """The line at the top of every screen.

    `state`: ok | waiting | sending | offline | refused | enrol | revoked | disk (it would not write) | rescued (the
    store was damaged, and the list is being fetched again).
    """

    state: str
    text: str
    waiting: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class ElderRow:
    """An elder in a list.

    `due`: alert (urgent or SOS) | no_answer (nobody answered, and nobody knows why) | missing (a period passed
    without a visit) | week (owed this week) | soon (owed, and the month ends within 10 days) | due (owed this
    month) | saved (a visit lies on this phone, not yet confirmed) | done | none (nothing is owed).
    `again_text`: when the visitor meant to come back.
    """

    id: str
    short_no: str
    name: str
    place: str
    due: str
    due_text: str
    done: int
    needed: int
    focused: bool = False
    categories: tuple[str, ...] = ()
    alert_text: str = ""
    distance_text: str = ""
    draft: bool = False
    again_text: str = ""


@dataclass(frozen=True, slots=True)
class TodayView:
    """Today's list, most urgent first. `progress_done` counts only what the server confirmed."""

    title: str
    rows: tuple[ElderRow, ...]
    query: str
    progress_done: int
    progress_saved: int
    progress_total: int
    progress_text: str
    empty_text: str
    as_of_text: str
    badge: SyncBadge
    progress_figure: str = ""  # "16 / 20": elders of the month
    progress_short: str = ""  # the text without what is saved and not yet sent, for large type


@dataclass(frozen=True, slots=True)
class ScanView:
    """What a scanned text turned out to be.

    `kind`: elder (one of mine) | revoked (my elder's old tag) | unknown (a tag, but of nobody on this phone)
    | not_a_tag | nothing (no code in the picture). With `can_visit` a visit may be begun with this tag: an
    unknown one is recorded as it was read and the server finds out whose it is.
    """

    kind: str
    message: str
    text: str = ""
    by: str = "camera"
    elder: ElderRow | None = None
    can_visit: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """Somebody to call: `number` may be dialled as it stands. `place` names the line, `whom` is the ladder's word."""

    name: str
    relation: str
    number: str
    place: str = ""
    whom: str = "other"


@dataclass(frozen=True, slots=True)
class PastVisit:
    """A visit in the card's history; `state`: pending | sent | refused | server (known from there only)."""

    when_text: str
    outcome_text: str
    state: str
    state_text: str


@dataclass(frozen=True, slots=True)
class ElderView:
    """The elder's card: only what the visitor needs."""

    row: ElderRow
    about: str  # "女 · 1941 年生 · 独居"
    region: str
    address: str
    status: str
    status_text: str
    calls: tuple[Call, ...]
    notes: str
    last_visit_text: str
    due_lines: tuple[str, ...]
    alert_lines: tuple[str, ...]
    channels: tuple[Choice, ...]  # how this elder may be visited, home first
    history: tuple[PastVisit, ...]
    draft_id: str | None
    found_lines: tuple[str, ...] = ()  # what was not good last time
    needs_text: str = ""  # what was missing last time
    changed_lines: tuple[str, ...] = ()  # what is new since the visitor was last there
    followup_text: str = ""  # nobody answered, and it is not over: the steps are open
    draft_text: str = ""  # since when a visit is going on, and whether its tag was scanned


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


@dataclass(frozen=True, slots=True)
class Saved:
    """Said after saving, honestly: it lies on this phone and was not sent yet."""

    visit_id: str
    message: str
    next: str = ""  # steps (nobody answered: what to do now) | help (urgent: whom to call now)
    elder_id: str | None = None


@dataclass(frozen=True, slots=True)
class StepCall:
    """A call of the next steps. `state`: "" (not yet) | asked (dialled; how did it go?) | the outcome's code."""

    call: Call
    state: str
    text: str


@dataclass(frozen=True, slots=True)
class StepsView:
    """After nobody answered. `asked`: the line whose outcome is being asked for; `outcomes` fit it."""

    elder: ElderRow
    title: str
    when_text: str
    ladder_text: str  # who is told by itself, and when
    calls: tuple[StepCall, ...]
    asked: str | None
    outcomes: tuple[Choice, ...]
    wheres: tuple[Choice, ...]
    agains: tuple[Choice, ...]
    again_text: str
    ended_text: str  # it is over, and why; empty while it is not


@dataclass(frozen=True, slots=True)
class SosView:
    """Whom to call now. `state`: "" (no alert raised) | pending (on this phone) | sent (with the server)."""

    name: str
    where: str
    first: tuple[Call, ...]
    duty: tuple[Call, ...]
    family: tuple[Call, ...]
    state: str
    state_text: str


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A saved visit, or what else was told (a call, a course, a call for help), and where it stands.

    `state`: pending | sent | refused.
    """

    id: str
    title: str
    when_text: str
    state: str
    state_text: str
    detail: str = ""  # refused: why, and what to do; sent: flags; pending: last error
    urgent: bool = False
    photos_text: str = ""


@dataclass(frozen=True, slots=True)
class OutboxView:
    """The sync page."""

    waiting: tuple[OutboxRow, ...]
    refused: tuple[OutboxRow, ...]
    sent: tuple[OutboxRow, ...]
    photos_waiting: int
    last_contact_text: str
    status_text: str
    storage_text: str
    sending: bool
    can_send: bool
    badge: SyncBadge
    next_try_text: str = ""  # when it is tried again by itself; empty if nothing is waited for


@dataclass(frozen=True, slots=True)
class EnrolView:
    """The first screen. `needed`: show it; `again`: was enrolled before, `waiting` visits lie safe here."""

    needed: bool
    again: bool
    address: str
    waiting: int
    message: str
    problem: str
    done: bool
    problem_code: str = ""  # the server's, for those who act on it


@dataclass(frozen=True, slots=True)
class PermissionRow:
    """Something that the app asks the phone's owner for. `name` is None for what is not asked but only declared."""

    name: str | None
    title: str
    why: str
    granted: bool
    state_text: str


@dataclass(frozen=True, slots=True)
class SettingsView:
    """Language, elder mode, text size, reading aloud, and facts about this phone."""

    languages: tuple[Choice, ...]
    editions: tuple[Choice, ...]  # standard | elder
    text_sizes: tuple[Choice, ...]
    readings: tuple[Choice, ...]  # on | off
    language: str
    elder: bool
    text_size: str
    aloud: bool
    voice_text: str  # empty, or that this machine has no voice for the language
    permissions: tuple[PermissionRow, ...]
    who: str
    device_id: str
    address: str
    version: str
