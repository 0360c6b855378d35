"""The list, and an elder as a line of it."""

from __future__ import annotations

from dataclasses import dataclass

from caregiver_app.presenters.views.base import SyncBadge


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
