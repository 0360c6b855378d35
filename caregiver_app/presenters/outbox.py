"""The sync page: what waits, what the server has, what it refused and why, and when it is tried again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from caregiver_app.presenters.common import Common
from caregiver_app.presenters.elder import state_text
from caregiver_app.presenters.views.outbox import OutboxRow, OutboxView
from caregiver_app.store.events import EventRow
from caregiver_app.store.outbox import Row
from caregiver_app.store.store import ENROLLED, NEW

SOON_S = 90


class OutboxPresenter:
    """Fulfils `interface.Outbox`."""

    def __init__(self, common: Common, wake: Callable[[], None]) -> None:
        self._common = common
        self._wake = wake

    def view(self) -> OutboxView:
        """The page as it now stands."""
        common = self._common
        store = common.store
        contact = store.meta.get("contact_at")
        photos = store.photos.counts()
        return OutboxView(
            waiting=tuple(reversed(self._rows("pending"))),
            refused=self._rows("refused"),
            sent=self._rows("sent"),
            photos_waiting=photos.get("waiting", 0) + photos.get("pending", 0),
            last_contact_text=(
                common.text("outbox.contact", when=common.when(contact))
                if contact
                else common.text("outbox.no_contact")
            ),
            status_text=self._status(),
            storage_text=common.text("outbox.storage", mb=f"{store.storage_used().total / 1_000_000:.1f}"),
            sending=common.status.busy,
            can_send=store.standing != NEW,
            badge=common.badge(),
            next_try_text=self._next_try(),
        )

    def send_now(self) -> None:
        """Wake the engine."""
        self._wake()

    def try_again(self, visit_id: str) -> None:
        """Send a refused visit (or event) once more, unchanged: the server may have learnt to read it."""
        store = self._common.store
        if store.outbox.again(visit_id) or store.events.again(visit_id):
            self._wake()

    def _next_try(self) -> str:
        """Only where something waits: when the engine goes on by itself."""
        common = self._common
        if common.status.busy or common.status.next_ms is None or not common.badge().waiting:
            return ""
        left = common.status.next_ms - common.platform.clock.uptime_ms()
        if left <= 0:
            return ""
        seconds = -(-left // 1000)
        if seconds < SOON_S:
            when = common.text("outbox.in_seconds", n=seconds)
        else:
            # The page is not drawn anew every minute: a time stays true.
            when = common.when(common.now() + timedelta(seconds=seconds))
        return common.text("outbox.next_try", when=when)

    def _status(self) -> str:
        common = self._common
        standing = common.store.standing
        if standing != ENROLLED:
            sealed = common.store.outbox.counts()["pending"] and standing != NEW
            return common.text(f"standing.{standing}") + (common.text("outbox.sealed") if sealed else "")
        if common.status.too_old and not common.status.failing:
            return common.text("sync.app_too_old")
        words = common.label("sync", common.status.code)
        if common.status.detail:
            words += " " + common.status.detail
        rescued = common.store.meta.get("rescued")
        if rescued:
            words += " " + common.text("outbox.rescued", visits=rescued["outbox"], drafts=rescued["drafts"])
        return words

    def _rows(self, state: str) -> tuple[OutboxRow, ...]:
        """Visits and events of a state, newest first."""
        store = self._common.store
        found: list[tuple[str, OutboxRow]] = [(row.created_at, self._row(row)) for row in store.outbox.listed(state)]
        found += [(row.created_at, self._event(row)) for row in store.events.listed(state)]
        return tuple(row for _, row in sorted(found, key=lambda one: one[0], reverse=True))

    def _event(self, row: EventRow) -> OutboxRow:
        common = self._common
        visit = common.store.outbox.get(row.subject) if row.subject else None
        elder = common.store.cache.one("elders", str(visit.elder_id if visit else row.subject))
        title = common.label("event", row.kind)
        return OutboxRow(
            id=row.id,
            title=f"{elder.get('name')} · {title}" if elder else title,
            when_text=common.when(row.created_at),
            state=row.state,
            state_text=common.text(f"state.{row.state}"),
            detail=self._detail(row),
            urgent=row.urgent,
        )

    def _row(self, row: Row) -> OutboxRow:
        common = self._common
        visit = row.visit()
        elder = common.store.cache.one("elders", row.elder_id) if row.elder_id else None
        name = str(elder.get("name")) if elder else common.text("outbox.somebody")
        photos = common.store.photos.of(row.id)
        sent = sum(photo.state == "sent" for photo in photos)
        return OutboxRow(
            id=row.id,
            title=f"{name} · {common.label('outcome', visit.get('outcome'))}",
            when_text=common.when(visit.get("started_at")),
            state=row.state,
            state_text=state_text(row, common),
            detail=self._detail(row),
            urgent=row.urgent,
            photos_text=common.text("outbox.photos", sent=sent, all=len(photos)) if photos else "",
        )

    def _detail(self, row: Row | EventRow) -> str:
        common = self._common
        if row.state == "pending":
            return common.label("failure", row.last_error) if row.last_error else ""
        answer = row.answer or {}
        if row.state == "sent":
            flags = [flag for flag in answer.get("flags") or () if isinstance(flag, dict)]
            said = [str(flag.get("message") or flag.get("code")) for flag in flags]
            return "；".join([*said, *self._photos_refused(row.id)])
        error = answer.get("error")
        return self._refusal(error if isinstance(error, dict) else {}, row.last_error)

    def _refusal(self, error: dict[str, Any], last_error: str | None) -> str:
        """Why, in the server's words, and what to do about it."""
        common = self._common
        todo = f"todo.{error.get('code')}"
        if common.label("todo", error.get("code")) != str(error.get("code")):
            return common.text(todo)
        words = str(error.get("detail") or error.get("title") or error.get("code") or "")
        return common.text("outbox.refused_because", reason=words or common.label("failure", last_error))

    def _photos_refused(self, visit_id: str) -> list[str]:
        refused = [photo for photo in self._common.store.photos.of(visit_id) if photo.state == "refused"]
        if not refused:
            return []
        reason = self._common.label("failure", refused[0].last_error)
        return [self._common.text("outbox.photo_refused", n=len(refused), reason=reason)]
