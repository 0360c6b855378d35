"""The sync page: what waits, what the server has, what it refused and why."""

from __future__ import annotations

from collections.abc import Callable

from caregiver_app.presenters.common import Common
from caregiver_app.presenters.elder import state_text
from caregiver_app.presenters.views import OutboxRow, OutboxView
from caregiver_app.store.outbox import Row
from caregiver_app.store.store import ENROLLED


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
            waiting=tuple(self._row(row) for row in reversed(store.outbox.listed("pending"))),
            refused=tuple(self._row(row) for row in store.outbox.listed("refused")),
            sent=tuple(self._row(row) for row in store.outbox.listed("sent")),
            photos_waiting=photos.get("waiting", 0) + photos.get("pending", 0),
            last_contact_text=(
                common.text("outbox.contact", when=common.when(contact))
                if contact
                else common.text("outbox.no_contact")
            ),
            status_text=self._status(),
            storage_text=common.text("outbox.storage", mb=f"{store.storage_used().total / 1_000_000:.1f}"),
            sending=common.status.busy,
            can_send=store.standing == ENROLLED,
            badge=common.badge(),
        )

    def send_now(self) -> None:
        """Wake the engine."""
        self._wake()

    def try_again(self, visit_id: str) -> None:
        """Send a refused visit once more, unchanged: the server may have learnt to read it."""
        if self._common.store.outbox.again(visit_id):
            self._wake()

    def _status(self) -> str:
        common = self._common
        standing = common.store.standing
        if standing != ENROLLED:
            return common.text(f"standing.{standing}")
        words = common.label("sync", common.status.code)
        if common.status.detail:
            words += " " + common.status.detail
        rescued = common.store.meta.get("rescued")
        if rescued:
            words += " " + common.text("outbox.rescued", visits=rescued["outbox"], drafts=rescued["drafts"])
        return words

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

    def _detail(self, row: Row) -> str:
        common = self._common
        if row.state == "pending":
            return common.label("failure", row.last_error) if row.last_error else ""
        answer = row.answer or {}
        if row.state == "sent":
            flags = [flag for flag in answer.get("flags") or () if isinstance(flag, dict)]
            return "；".join(str(flag.get("message") or flag.get("code")) for flag in flags)
        error = answer.get("error")
        words = ""
        if isinstance(error, dict):
            words = str(error.get("detail") or error.get("title") or error.get("code") or "")
        reason = words or common.label("failure", row.last_error)
        return common.text("outbox.refused_because", reason=reason)
