"""The elder's card: what to know before the door opens, whom to call, what is due; and the ways to begin a visit.

The same card greets the visitor who has just scanned the tag: then the visit is going on already, and the large
button leads to its form.
"""

from __future__ import annotations

from typing import Any

from kivy.properties import StringProperty

from caregiver_app.presenters.views.base import Call
from caregiver_app.presenters.views.elder import ElderView
from caregiver_app.screens.base import Page
from caregiver_app.screens.cards import CallRow, Fact, Notice
from caregiver_app.screens.parts import Badge, BigButton, Card, Empty, Section, Txt, load_kv, on_release, replace
from caregiver_app.screens.style import ui
from caregiver_app.screens.today import DUE_LOOKS


def call_row(call: Call, dial: Any, said: str = "", tone: str = "muted") -> CallRow:
    """A line that dials at one touch."""
    row = CallRow(title=call.name or call.relation, said=said, said_tone=tone)
    row.text = " · ".join(part for part in (call.relation if call.name else "", call.number) if part)
    return on_release(row, lambda: dial(call))


class ElderScreen(Page):
    """Drawn once from the view; drawn again only when the view differs."""

    elder_name = StringProperty("")
    about = StringProperty("")
    main_words = StringProperty("")
    main_picture = StringProperty("scan")
    second_text = StringProperty("")

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
        self.main_picture = "edit" if view.draft_id else "scan"
        self.main_words = ui.word("elder.resume" if view.draft_id else "elder.scan")
        self.second_text = ui.roomy("elder.nobody", self.navigator.width - ui.icon - 90)
        replace(self.ids.body, self._body(view))

    def _gone(self) -> None:
        self.elder_name, self.about, self.main_words, self.second_text = ui.word("elder.title"), "", "", ""
        empty = Empty(picture="group", title=ui.word("elder.gone"), text=ui.word("elder.gone_help"))
        replace(self.ids.body, [empty])

    def _body(self, view: ElderView) -> list[Any]:
        parts: list[Any] = []
        if view.draft_text:
            begun, _, tag = view.draft_text.partition(" · ")
            parts.append(Notice(tone="jade", picture="clock", title=begun, text=tag))
        for line in view.alert_lines:
            parts.append(Notice(tone="red", picture="danger", title=line))
        for line in view.mild_lines:
            parts.append(Notice(tone="amber", picture="alert", title=line))
        if view.followup_text:
            if not view.alert_lines:
                again = view.row.again_text
                parts.append(Notice(tone="red", picture="no_answer", title=view.followup_text, text=again))
            steps = BigButton(text=ui.word("elder.steps"), picture="phone_alert", kind="danger")
            parts.append(on_release(steps, lambda: self.go("steps", elder_id=self._id)))
        if view.status != "active" and view.status_text:
            parts.append(Notice(tone="amber", picture="alert", title=view.status_text))
        if view.notes:
            parts.append(Notice(tone="amber", picture="medical", title=ui.word("elder.notes"), text=view.notes))
        if view.changed_lines:
            news = "\n".join(view.changed_lines)
            parts.append(Notice(tone="jade", picture="news", title=ui.word("elder.changed"), text=news))
        parts.append(self._last(view))
        parts.append(self._place(view))
        parts.append(Section(text=ui.word("elder.calls")))
        if not view.calls:
            parts.append(Txt(text=ui.word("elder.no_calls"), tone="muted"))
        parts.extend(call_row(call, lambda call: self.navigator.dial(call.number)) for call in view.calls)
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

    def _last(self, view: ElderView) -> Card:
        """How it was last time: what was not good stands out, all well is said in one line."""
        card = Card()
        card.add_widget(Fact(title=ui.word("elder.last"), text=view.last_visit_text))
        for line in view.found_lines:
            card.add_widget(Badge(text=line, tone="amber", picture="alert", widest=self._inner()))
        if view.needs_text:
            card.add_widget(Fact(title=ui.word("elder.last_needs"), text=view.needs_text))
        return card

    def _place(self, view: ElderView) -> Card:
        card = Card()
        tone, picture = DUE_LOOKS.get(view.row.due, ("grey", ""))
        if view.row.due in ("alert", "no_answer", "missing"):
            tone, picture = "grey", "calendar"  # the alert has a notice of its own above
        if view.row.due_text:
            card.add_widget(Badge(text=view.row.due_text, tone=tone, picture=picture, widest=self._inner()))
        lines = [line for line in (view.region, view.address, view.row.distance_text) if line]
        if lines:
            card.add_widget(Fact(title=ui.word("elder.address"), text="\n".join(lines)))
        return card

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

    def nobody(self) -> None:
        """Nobody opened, or they would not: the form with that outcome."""
        visit = self.phone.begin_visit(self._id)
        if visit.view().outcome == "met":
            visit.set_outcome("not_home")
        self.go("visit", draft_id=visit.draft_id)

    def begin(self, channel: str) -> None:
        """Begin a visit without a code."""
        visit = self.phone.begin_visit(self._id, channel=channel)
        self.go("visit", draft_id=visit.draft_id)


load_kv(__file__)
