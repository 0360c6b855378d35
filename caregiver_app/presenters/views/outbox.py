"""The sync page."""

from __future__ import annotations

from dataclasses import dataclass

from caregiver_app.presenters.views.base import SyncBadge


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
