"""What was sent and what was not: a card a visit, refused ones first, with the reason and what to do."""

from __future__ import annotations

from typing import Any

from kivy.properties import BooleanProperty, NumericProperty, StringProperty

from caregiver_app.presenters.views.outbox import OutboxRow, OutboxView
from caregiver_app.screens.base import Page
from caregiver_app.screens.parts import Badge, BigButton, Card, Empty, Section, Txt, load_kv, on_release, replace
from caregiver_app.screens.style import ui

LOOKS = {"pending": ("amber", "wait"), "sent": ("jade", "sent"), "refused": ("red", "alert")}
MOST_SENT = 20


class SyncScreen(Page):
    """The outbox."""

    tab = "sync"
    has_back = False
    sync_text = StringProperty("")
    sync_state = StringProperty("ok")
    contact = StringProperty("")
    storage = StringProperty("")
    waiting = NumericProperty(0)
    sending = BooleanProperty(False)
    can_send = BooleanProperty(True)

    def setup(self, **_: Any) -> None:
        self._shown: object = None
        self._all = False

    def refresh(self) -> None:
        view = self.phone.outbox.view()
        self.sync_text, self.sync_state = view.badge.text, view.badge.state
        lines = (view.status_text, view.next_try_text, view.last_contact_text)
        self.contact = "\n".join(line for line in lines if line)
        self.storage = view.storage_text
        self.waiting = view.badge.waiting + view.badge.refused
        self.sending, self.can_send = view.sending, view.can_send
        shown = (view.waiting, view.refused, view.sent, view.photos_waiting, self._all)
        if shown != self._shown:
            self._shown = shown
            replace(self.ids.body, self._body(view))

    def _body(self, view: OutboxView) -> list[Any]:
        parts: list[Any] = []
        if not (view.refused or view.waiting or view.sent):
            return [Empty(picture="upload", title=ui.word("sync.empty"), text=ui.word("sync.empty_help"))]
        for key, rows in (("refused", view.refused), ("waiting", view.waiting), ("sent", view.sent)):
            if not rows:
                continue
            parts.append(Section(text=f"{ui.word(f'sync.{key}')} {len(rows)}"))
            if key == "waiting" and view.photos_waiting:
                parts.append(Txt(text=ui.word("sync.photos", count=view.photos_waiting), tone="muted"))
            hidden = len(rows) - MOST_SENT if key == "sent" and not self._all else 0
            parts.extend(self._row(row) for row in (rows[:MOST_SENT] if hidden > 0 else rows))
            if hidden > 0:
                more = BigButton(text=ui.word("sync.all", count=hidden), kind="plain")
                parts.append(on_release(more, self.show_all))
        return parts

    def _row(self, row: OutboxRow) -> Card:
        tone, picture = LOOKS.get(row.state, ("grey", "wait"))
        card = Card()
        card.add_widget(Txt(text=row.title, strong=True, font_size=ui.name))
        card.add_widget(Txt(text=row.when_text, tone="muted"))
        widest = max(100.0, self.navigator.width - 4 * ui.gap - 16)
        card.add_widget(Badge(text=row.state_text, tone=tone, picture=picture, widest=widest))
        for line in (row.detail, row.photos_text):
            if line:
                card.add_widget(Txt(text=line))
        if row.state == "refused":
            again = BigButton(text=ui.word("sync.again"), picture="sync")
            card.add_widget(on_release(again, lambda: self.phone.outbox.try_again(row.id)))
        return card

    def show_all(self) -> None:
        """The earlier ones too."""
        self._all = True
        self.refresh()

    def send(self) -> None:
        """Now; what comes of it appears by itself."""
        self.phone.outbox.send_now()
        self.refresh()


load_kv(__file__)
