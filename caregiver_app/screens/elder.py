"""The elder's card: where, whom to call, what was last seen, what is due; and the ways to begin a visit."""

from __future__ import annotations

from typing import Any

from kivy.properties import ListProperty, StringProperty

from caregiver_app.presenters.views import ElderView
from caregiver_app.screens.base import Page
from caregiver_app.screens.parts import (
    Badge,
    BigButton,
    Card,
    Empty,
    Fact,
    ListRow,
    Notice,
    Section,
    Txt,
    load_kv,
    on_release,
    replace,
)
from caregiver_app.screens.style import ui
from caregiver_app.screens.today import DUE_LOOKS

PAST_LOOKS = {"pending": "upload", "sent": "sent", "refused": "alert", "server": "sent"}


class ElderScreen(Page):
    """Drawn once from the view; drawn again only when the view differs."""

    elder_name = StringProperty("")
    about = StringProperty("")
    main_text = StringProperty("")
    main_picture = StringProperty("scan")
    channels = ListProperty([])

    def setup(self, elder_id: str = "", **_: Any) -> None:
        self._id = elder_id
        self._view: ElderView | None = None
        self._drawn = False

    def refresh(self) -> None:
        view = self.phone.elder.view(self._id)
        if self._drawn and view == self._view:
            return
        self._view, self._drawn = view, True
        if view is None:
            self._gone()
            return
        self.elder_name, self.about = view.row.name, view.about
        self.channels = [choice.value for choice in view.channels]
        self.main_picture = "edit" if view.draft_id else "scan"
        self.main_text = ui.word("elder.resume" if view.draft_id else "elder.scan")
        replace(self.ids.body, self._body(view))

    def _gone(self) -> None:
        self.elder_name, self.about, self.main_text = ui.word("elder.title"), "", ""
        empty = Empty(picture="group", title=ui.word("elder.gone"), text=ui.word("elder.gone_help"))
        replace(self.ids.body, [empty])

    def _body(self, view: ElderView) -> list[Any]:
        parts: list[Any] = []
        for line in view.alert_lines:
            parts.append(Notice(tone="red", picture="danger", title=line))
        if view.status != "active" and view.status_text:
            parts.append(Notice(tone="amber", picture="alert", title=view.status_text))

        facts = Card()
        tone, picture = DUE_LOOKS.get(view.row.due, ("grey", ""))
        if view.row.due_text:
            facts.add_widget(Badge(text=view.row.due_text, tone=tone, picture=picture, widest=self._inner()))
        if view.due_lines:
            facts.add_widget(Fact(title=ui.word("elder.due"), text="\n".join(view.due_lines)))
        facts.add_widget(
            Fact(
                title=ui.word("elder.address"),
                text="\n".join(line for line in (view.region, view.address) if line),
            )
        )
        if view.last_visit_text:
            facts.add_widget(Fact(title=ui.word("elder.last"), text=view.last_visit_text))
        parts.append(facts)

        if view.notes:
            parts.append(Notice(tone="amber", picture="note", title=ui.word("elder.notes"), text=view.notes))
        parts.append(Section(text=ui.word("elder.calls")))
        if not view.calls:
            parts.append(Txt(text=ui.word("elder.no_calls"), tone="muted"))
        for call in view.calls:
            title = " · ".join(part for part in (call.name, call.relation) if part)
            row = ListRow(title=title, text=call.number, picture="phone")
            parts.append(on_release(row, lambda call=call: self.navigator.dial(call.number)))
        if not view.draft_id:
            parts.append(Section(text=ui.word("elder.more_ways")))
            parts.extend(self._ways(view))
        if view.history:
            parts.append(Section(text=ui.word("elder.history")))
            card = Card()
            for past in view.history:
                text = "\n".join(line for line in (past.outcome_text, past.state_text) if line)
                card.add_widget(Fact(title=past.when_text, text=text))
            parts.append(card)
        return parts

    def _inner(self) -> float:
        return max(100.0, self.navigator.width - 4 * ui.gap - 16)

    def _ways(self, view: ElderView) -> list[Any]:
        values = [choice.value for choice in view.channels]
        ways = []
        if "home" in values:
            ways.append(("elder.no_tag", "home", "house_heart"))
        if "phone" in values:
            ways.append(("elder.call_visit", "phone", "phone"))
        if "video" in values:
            ways.append(("elder.video_visit", "video", "video"))
        return [
            on_release(
                BigButton(text=ui.word(key), picture=picture), lambda channel=channel: self.begin(channel)
            )
            for key, channel, picture in ways
        ]

    def main(self) -> None:
        """The one large button: go on with the draft, or scan."""
        if self._view is not None and self._view.draft_id:
            self.go("visit", draft_id=self._view.draft_id)
        else:
            self.go("scan", elder_id=self._id)

    def begin(self, channel: str) -> None:
        """Begin a visit without a code."""
        visit = self.phone.begin_visit(self._id, channel=channel)
        self.go("visit", draft_id=visit.draft_id)


load_kv(__file__)
