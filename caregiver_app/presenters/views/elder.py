"""An elder's card."""

from __future__ import annotations

from dataclasses import dataclass

from caregiver_app.presenters.views.base import Call, Choice
from caregiver_app.presenters.views.today import ElderRow


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
    mild_lines: tuple[str, ...] = ()  # alerts that press nobody: a tag to be replaced, a visit in doubt
