"""What the app asks the phone's owner for: each with its reason, whether it was given, and a way to give it now."""

from __future__ import annotations

from typing import Any

from caregiver_app.presenters.views.settings import PermissionRow
from caregiver_app.screens.base import Page
from caregiver_app.screens.parts import Badge, BigButton, Card, Txt, load_kv, on_release, replace
from caregiver_app.screens.style import ui


class PermissionsScreen(Page):
    """One card each; what was refused can be given here, and what is refused costs no visit."""

    def setup(self, **_: Any) -> None:
        self._shown: object = None

    def refresh(self) -> None:
        rows = self.phone.settings.view().permissions
        if rows != self._shown:
            self._shown = rows
            replace(self.ids.rows, [self._card(row) for row in rows])

    def _card(self, row: PermissionRow) -> Card:
        card = Card()
        card.add_widget(Txt(text=row.title, strong=True, font_size=ui.name))
        tone, picture = ("jade", "check_circle") if row.granted else ("grey", "close")
        card.add_widget(Badge(text=row.state_text, tone=tone, picture=picture))
        card.add_widget(Txt(text=row.why))
        if row.name is not None and not row.granted:
            button = BigButton(text=ui.word("permissions.allow"))
            card.add_widget(on_release(button, lambda: self.phone.settings.ask(str(row.name))))
        return card


load_kv(__file__)
