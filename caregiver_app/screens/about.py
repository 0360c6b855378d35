"""What this app is, and what it does with people's data: in words for those who carry it, not for lawyers."""

from __future__ import annotations

from caregiver_app.screens.base import Page
from caregiver_app.screens.parts import Card, Txt, load_kv, replace
from caregiver_app.screens.style import ui

PARTS = ("what", "keeps", "sends", "position", "lost", "rights")


class AboutScreen(Page):
    """The notice, a card a question."""

    def refresh(self) -> None:
        cards = []
        for part in PARTS:
            card = Card()
            card.add_widget(Txt(text=ui.word(f"about.{part}"), strong=True))
            card.add_widget(Txt(text=ui.word(f"about.{part}_text")))
            cards.append(card)
        replace(self.ids.rows, cards)


load_kv(__file__)
