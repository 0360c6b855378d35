"""After nobody answered: call the elder, the contact, the neighbour, and say what came of each; go again later.

Each outcome is an event for the server's ladder (shared/protocol/event.py), kept in the same transaction as the
phone's own note of it. The subject is the saved visit, which the server knows before the events reach it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from caregiver_app.presenters import calls as people
from caregiver_app.presenters import followups
from caregiver_app.presenters.common import Common
from caregiver_app.presenters.draft import clean
from caregiver_app.presenters.events import tell
from caregiver_app.presenters.followups import FollowUp, Made
from caregiver_app.presenters.rows import Rows
from caregiver_app.presenters.views.base import Call, Choice
from caregiver_app.presenters.views.steps import StepCall, StepsView
from caregiver_app.sync.offset import stamp
from shared.protocol.values import LADDER_CALL

#: What may come of a call. The elder can only be reached; others may know where the elder is.
OUTCOMES = {"elder": ("reached", "no_answer")}
OTHERS = ("whereabouts", "reached", "no_answer")
WHERE = ("in_hospital", "with_family", "out_nearby", "travelling")
AGAIN = ("hour", "evening", "morning")
EVENING, MORNING = 17, 9
WORDS_MAX = 200


class StepsPresenter:
    """Fulfils `interface.Steps`. `changed(urgent)` wakes the engine."""

    def __init__(self, common: Common, elder_id: str, changed: Callable[[bool], None]) -> None:
        self._common = common
        self._elder_id = elder_id
        self._changed = changed

    def view(self) -> StepsView | None:
        """None: the elder is no longer on this phone, or nothing is to be followed up."""
        common = self._common
        elder = common.store.cache.one("elders", self._elder_id)
        followup = followups.known(common).get(self._elder_id)
        if elder is None or followup is None:
            return None
        row = Rows(common).row(elder)
        asked = next((call.place for call in reversed(followup.calls) if call.outcome is None), None)
        lines = (*people.of_elder(elder, common), *(one for one in people.duty(common) if one.whom == "director"))
        return StepsView(
            elder=row,
            title=common.text("steps.title"),
            when_text=common.text("steps.when", when=common.when(followup.at)),
            ladder_text=common.text("steps.ladder_focused" if elder.get("focused") else "steps.ladder"),
            calls=tuple(self._line(call, followup) for call in lines),
            asked=asked,
            outcomes=self._outcomes(next((one for one in lines if one.place == asked), None)),
            wheres=tuple(Choice(code, common.text(f"where.{code}")) for code in WHERE),
            agains=self._agains(followup),
            again_text=common.text("again.at", when=common.when(followup.again_at)) if followup.again_at else "",
            ended_text=common.text(f"steps.ended_{followup.ended}") if followup.ended else "",
        )

    def dialled(self, place: str) -> StepsView | None:
        """A number was dialled; its outcome will be asked for, also after a kill."""
        followup, call = self._both(place)
        if followup is not None and call is not None:
            made = Made(place, call.whom, stamp(self._common.platform.clock.now()))
            rest = tuple(one for one in followup.calls if one.outcome is not None)
            followups.put(self._common, replace(followup, calls=(*rest, made)))
        return self.view()

    def outcome(self, place: str, outcome: str, where: str | None = None, words: str = "") -> StepsView | None:
        """What came of the call to `place`. `whereabouts` needs `where` (one of the view's) or `words`."""
        followup, call = self._both(place)
        if followup is None or call is None:
            return self.view()
        if outcome not in OUTCOMES.get(call.whom, OTHERS):
            raise ValueError(outcome)
        said = self._said(call, where, words) if outcome == "whereabouts" else ""
        if outcome == "whereabouts" and not said:
            raise ValueError("where, or words")
        made = Made(place, call.whom, stamp(self._common.platform.clock.now()), outcome, said)
        kept = tuple(one for one in followup.calls if one.outcome is not None)
        over = {"whereabouts": "whereabouts", "reached": "reached" if call.whom == "elder" else ""}.get(outcome, "")
        with self._common.store.database.transaction():
            data = {"whom": call.whom, "outcome": outcome, "words": said}
            tell(self._common, LADDER_CALL, followup.visit_id, data)
            followups.put(self._common, replace(followup, calls=(*kept, made)))
        if over:
            followups.end(self._common, self._elder_id, over)
        self._changed(False)
        return self.view()

    def again(self, value: str | None) -> StepsView | None:
        """Go once more: `hour`, `evening`, `morning`; None: no reminder."""
        followup = followups.known(self._common).get(self._elder_id)
        if followup is not None:
            at = dict(self._times()).get(value or "")
            followups.remind(self._common, followup, at)
        return self.view()

    def _both(self, place: str) -> tuple[FollowUp | None, Call | None]:
        elder = self._common.store.cache.one("elders", self._elder_id)
        followup = followups.known(self._common).get(self._elder_id)
        if elder is None or followup is None:
            return None, None
        everybody = (*people.of_elder(elder, self._common), *people.duty(self._common))
        return followup, next((one for one in everybody if one.place == place), None)

    def _line(self, call: Call, followup: FollowUp) -> StepCall:
        made = followup.call(call.place)
        if made is None:
            return StepCall(call, "", "")
        if made.outcome is None:
            return StepCall(call, "asked", self._common.text("steps.asked"))
        text = self._common.text(f"called.{made.outcome}", when=self._common.when(made.at))
        return StepCall(call, made.outcome, f"{text} {made.words}".strip())

    def _outcomes(self, call: Call | None) -> tuple[Choice, ...]:
        if call is None:
            return ()
        names = OUTCOMES.get(call.whom, OTHERS)
        return tuple(
            Choice(name, self._common.text(f"call_outcome.{'elder_' if call.whom == 'elder' else ''}{name}"))
            for name in names
        )

    def _said(self, call: Call, where: str | None, words: str) -> str:
        common = self._common
        place = common.text(f"where.{where}") if where in WHERE else ""
        told = " ".join(part for part in (place, clean(words, WORDS_MAX).strip()) if part)
        if not told:
            return ""
        who = common.text("call.who", name=call.name, relation=call.relation) if call.name else call.relation
        return common.text("where.said", words=told, who=who)

    def _times(self) -> list[tuple[str, datetime]]:
        now = self._common.platform.clock.now()
        evening = now.replace(hour=EVENING, minute=0, second=0, microsecond=0)
        morning = (now + timedelta(days=1)).replace(hour=MORNING, minute=0, second=0, microsecond=0)
        times = [("hour", now + timedelta(hours=1)), ("evening", evening), ("morning", morning)]
        return [(name, at) for name, at in times if name != "evening" or evening - now > timedelta(hours=1)]

    def _agains(self, followup: FollowUp) -> tuple[Choice, ...]:
        chosen = followup.again()

        def near(at: datetime) -> bool:
            return chosen is not None and abs(at - chosen) < timedelta(minutes=1)

        return tuple(Choice(name, self._common.text(f"again.{name}"), near(at)) for name, at in self._times())
