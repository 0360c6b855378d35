"""Nobody answered: the calls to make now, what came of each, and when to go again."""

from __future__ import annotations

from typing import Any

from kivy.clock import Clock
from kivy.properties import StringProperty
from kivy.uix.widget import Widget

from caregiver_app.presenters.interface import Steps
from caregiver_app.presenters.views.steps import StepCall, StepsView
from caregiver_app.screens.base import Page
from caregiver_app.screens.cards import Notice
from caregiver_app.screens.choices import Choices
from caregiver_app.screens.elder import call_row
from caregiver_app.screens.fields import Field
from caregiver_app.screens.parts import BigButton, Card, Empty, Section, Txt, load_kv, on_release, replace
from caregiver_app.screens.style import ui

#: How the outcome of a call is written; what it says is the presenter's.
CALL_TONES = {"reached": "jade", "whereabouts": "jade", "no_answer": "amber"}
OUTCOME_TONES = {"whereabouts": "jade", "reached": "jade", "no_answer": "amber"}


class StepsScreen(Page):
    """`message`: said once, after the attempt was saved."""

    heading = StringProperty("")
    title = StringProperty("")

    def setup(self, elder_id: str = "", message: str = "", **_: Any) -> None:
        self._id, self._message = elder_id, message
        self._steps: Steps = self.phone.steps(elder_id)
        self._where: str | None = None  # the line that is asked where the elder is
        self._words = ""
        self._drawn: object = None

    def refresh(self) -> None:
        self.show(self._steps.view())

    def show(self, view: StepsView | None) -> None:
        """Draw a view, unless it is drawn."""
        state = (view, self._where)
        if state == self._drawn:
            return
        self._drawn, self._view = state, view
        if view is None:
            self.heading = self.title = ""
            gone = Empty(picture="check_circle", title=ui.word("steps.over"), text=ui.word("steps.over_help"))
            replace(self.ids.body, [gone])
            return
        self.heading, self.title = view.elder.name, view.title
        replace(self.ids.body, self._body(view))

    def _body(self, view: StepsView) -> list[Widget]:
        parts: list[Widget] = []
        if view.ended_text:
            thanks = ui.word("steps.ended_help")
            parts.append(Notice(tone="jade", picture="check_circle", title=view.ended_text, text=thanks))
        else:
            title = self._message or view.when_text
            parts.append(Notice(tone="amber", picture="clock", title=title, text=view.ladder_text))
        parts.append(Section(text=ui.word("steps.calls")))
        if not view.calls:
            parts.append(Txt(text=ui.word("elder.no_calls"), tone="muted"))
        for line in view.calls:
            parts.extend(self._line(view, line))
        if not view.ended_text:
            parts.append(Section(text=ui.word("steps.again")))
            choices = Choices(options=list(view.agains), most=1)
            choices.bind(on_pick=lambda _, value: self._again(value))
            parts.append(choices)
        return parts

    def _line(self, view: StepsView, line: StepCall) -> list[Widget]:
        place = line.call.place
        said = "" if line.state == "asked" else line.text
        row = call_row(line.call, lambda call: self.dial(call.place), said, CALL_TONES.get(line.state, "muted"))
        if line.state != "asked" or view.asked != place:
            return [row]
        card = Card(fill=ui.amber_wash, edge=ui.amber)
        card.add_widget(Txt(text=line.text, strong=True, tone="amber"))
        if self._where == place:
            card.add_widget(Txt(text=ui.word("steps.where"), strong=True))
            wheres = Choices(options=list(view.wheres), most=2)
            wheres.bind(on_pick=lambda _, where: self._outcome(place, "whereabouts", where))
            card.add_widget(wheres)
            field = Field(title=ui.word("steps.where_words"), text=self._words)
            field.bind(text=lambda _, text: setattr(self, "_words", text))
            card.add_widget(field)
            write = BigButton(text=ui.word("steps.where_write"))
            card.add_widget(on_release(write, lambda: self._written(place)))
            return [row, card]
        outcomes = Choices(options=list(view.outcomes), tones=OUTCOME_TONES, most=1)
        outcomes.bind(on_pick=lambda _, outcome: self._picked(place, outcome))
        card.add_widget(outcomes)
        return [row, card]

    # ------------------------------------------------------------ touches

    def dial(self, place: str) -> None:
        """Call, and then ask how it went: also if the app is gone when the call is over."""
        line = next(one for one in self._view.calls if one.call.place == place)
        self._where = None
        self.show(self._steps.dialled(place))
        self.navigator.dial(line.call.number)

    def _picked(self, place: str, outcome: str) -> None:
        if outcome == "whereabouts":
            self._where, self._words = place, ""
            self.show(self._view)
        else:
            self._outcome(place, outcome)

    def _outcome(self, place: str, outcome: str, where: str | None = None) -> None:
        words, self._where = self._words, None
        self.show(self._steps.outcome(place, outcome, where, words))
        Clock.schedule_once(lambda _: setattr(self.ids.scroll, "scroll_y", 1), 0)

    def _written(self, place: str) -> None:
        if self._words.strip():
            self._outcome(place, "whereabouts")

    def _again(self, value: str) -> None:
        chosen = next(one.chosen for one in self._view.agains if one.value == value)
        self.show(self._steps.again(None if chosen else value))


load_kv(__file__)
