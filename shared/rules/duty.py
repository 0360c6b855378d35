"""Is an elder's duty met, and if not, in which class does it stand?

One pure function of the facts, so that a duty can be worked out again from its visits at any time and always gives
the same answer, whatever order they arrived in (DOMAIN, The monthly visit rate; CONTRACT, Figures).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from shared.rules.months import Period
from shared.rules.policy import CALLS, CHANNELS, HOME, VisitPolicy

Decision = Literal["accept", "reject"]
State = Literal["missing", "visited", "away", "refused", "left"]

CARERS = frozenset(("carer", "family"))
"""Who, spoken to on the phone, keeps the duty of an elder who is away (as `away_kept`, never as visited)."""


@dataclass(frozen=True, slots=True)
class VisitFact:
    """What a duty needs to know of a visit. `start` is trusted, `local_date` its date in the county.

    `decision`: a director's, if any. `on_time`: it arrived before 00:00 on the 6th after its month, local time
    (`months.arrived_on_time`). `spoken_to`: who was reached on a call, as `protocol.visit.spoken_to` reads it; None
    where the visit does not say, which takes its outcome at its word.
    """

    id: UUID
    start: datetime
    local_date: date
    channel: str
    outcome: str
    assurance: str
    decision: Decision | None = None
    on_time: bool = True
    spoken_to: str | None = None


@dataclass(frozen=True, slots=True)
class DutyState:
    """`done` and `home_done`: days with a qualifying visit; `needed`, `home_needed`: days owed.

    `state` is exactly one class; `left` stands outside the denominator. `away_kept`: away, and the carer was
    reached.
    """

    done: int
    home_done: int
    state: State
    away_kept: bool = False
    needed: int = 1
    home_needed: int = 0

    @property
    def kept(self) -> bool:
        """Everything owed was done: the count, and the visits at home among them."""
        return self.done >= self.needed and self.home_done >= self.home_needed


def believed(fact: VisitFact) -> bool:
    """Does the visit stand: not doubtful or accepted by a director, and not rejected?"""
    if fact.decision is not None:
        return fact.decision == "accept"
    return fact.assurance in ("verified", "plausible")


def qualifies(fact: VisitFact, policy: VisitPolicy) -> bool:
    """Does the visit count under `policy`? Arrival in time is the duty's question, not the visit's.

    Accepted channel, outcome `met`, believed; a call only when the elder was spoken to.
    """
    return _qualifies(fact, policy.channels)


def _qualifies(fact: VisitFact, channels: frozenset[str]) -> bool:
    return (
        fact.outcome == "met"
        and fact.channel in channels
        and fact.channel in CHANNELS
        and (fact.channel == HOME or fact.spoken_to in (None, "elder"))
        and believed(fact)
    )


def needed(period: Period, policy: VisitPolicy, absent: bool = False) -> tuple[int, int]:
    """(contacts, of them at home) owed in `period`; an elder who is away is owed one contact by phone a month."""
    if period.kind == "week":
        return (0 if absent else policy.per_week), 0
    if absent:
        return 1, 0
    return max(1, policy.per_month), policy.home_per_month


def judge_duty(
    period: Period, facts: Iterable[VisitFact], policy: VisitPolicy, absent: bool = False, left: bool = False
) -> DutyState:
    """The state of one elder's duty in `period`.

    `absent`: an approved absence touches the period. `left`: the elder died or moved away in it. Facts outside the
    period and late ones are passed over. Days are counted, not records: two companions who each record one visit
    are one contact.

    A month is `visited` by one qualifying visit, whatever more the policy asks; a week by as many as it asks.
    """
    owed, home_owed = needed(period, policy, absent)
    channels = policy.channels | CALLS if absent else policy.channels
    days: set[date] = set()
    home_days: set[date] = set()
    refused = carer = False
    for fact in facts:
        if not fact.on_time or fact.local_date not in period:
            continue
        if _qualifies(fact, channels):
            days.add(fact.local_date)
            if fact.channel == HOME:
                home_days.add(fact.local_date)
        elif believed(fact) and fact.channel in CHANNELS:
            refused = refused or fact.outcome == "refused"
            carer = carer or (fact.outcome == "met" and fact.channel in CALLS and fact.spoken_to in CARERS)
    done = len(days)
    enough = done >= max(1, owed) if period.kind == "week" else done >= 1
    state: State
    if enough:
        state = "visited"
    elif left:
        state = "left"
    elif absent:
        state = "away"
    elif refused:
        state = "refused"
    else:
        state = "missing"
    return DutyState(done, len(home_days), state, state == "away" and carer, owed, home_owed)
