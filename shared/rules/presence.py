"""Was the visitor there? Evidence is weighed, never a single gate (DOMAIN, Presence).

A home without signal, a torn tag or a cheap phone must not stop anybody from helping, and a photographed tag must
not count for a visit. So every oddity is a flag with a weight and the figures behind it; the weights add up to a
*doubt*, and what speaks for presence (right tag, near the home, a real stay) to a *support*:

- doubt of 1.0 or more: `doubtful`, a director looks at it;
- below 0.4, with the right tag, a good position near the home and a sufficient stay, all three: `verified`;
- else `plausible`. Calls, and contacts where nobody was met, are judged by what can be known of them; calls are
  `plausible` at most.

Absence of evidence weighs little: no tag and no position and a real stay is `plausible`. Only where there is nothing
at all (`no_evidence`) does a home visit need somebody's word. Visits by people who may not count them yet, or from
phones that should be silent (`not_paired`, `elder_unknown`, `device_lost`, `device_revoked`) weigh 1.0 because a review
decides, not because anybody lied.

All weights stand in `weights.py`; changing one is a new `RULE_VERSION`, and a visit keeps the version it was judged by.
The function is pure: the same judgement at ingest, in `yuetan presence evaluate`, and on the phone before saving
(which leaves out what it does not know: other visits, the register's doubts).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from shared.rules.company import weigh_company, weigh_repeats, weigh_travel
from shared.rules.evidence import Evidence, Home, OtherVisit, Past, TagVerdict, evidence_of
from shared.rules.flagging import Flag, Flags
from shared.rules.inputs import read_evidence, write_evidence
from shared.rules.place import weigh_place
from shared.rules.policy import CALLS, HOME
from shared.rules.weights import (
    AT_MINIMUM_S,
    CLOCK_MOVED_S,
    CLOCK_SET_DAYS_S,
    CLOCK_SET_S,
    CLOCK_SET_YEARS_S,
    DOUBTFUL_FROM,
    PRESENT_BELOW,
    RULE,
    RULE_VERSION,
    RULES,
    SAME_HOME_M,
    SHARED,
    VERIFIED_BELOW,
    WEIGHTS,
    Rule,
)

__all__ = [
    "RULES",
    "RULE_VERSION",
    "WEIGHTS",
    "Assurance",
    "Evidence",
    "Flag",
    "Home",
    "Judgement",
    "OtherVisit",
    "Past",
    "TagVerdict",
    "evidence_of",
    "judge",
    "read_evidence",
    "write_evidence",
]

REGISTER_FLAGS = frozenset(("far", "rather_far", "off_beat"))
Assurance = Literal["verified", "plausible", "doubtful"]


@dataclass(frozen=True, slots=True)
class Judgement:
    """`assurance`, the flags that led to it, and the sums behind it. `support`: `tag`, `near`, `stay`. `alone`: the
    doubt of a home visit by itself, without what its outing shares; `present`: it shows presence by itself."""

    assurance: Assurance
    flags: tuple[Flag, ...]
    rule_version: int = RULE_VERSION
    doubt: float = 0.0
    support: tuple[str, ...] = ()
    alone: float = 0.0
    present: bool = False

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(flag.code for flag in self.flags)


def judge(evidence: Evidence, rule: Rule = RULE) -> Judgement:
    """Weigh the evidence by a version of the rule. Pure and total: any evidence gives a judgement."""
    flags = Flags(rule)
    support: list[str] = []
    _formal(evidence, flags)
    formal = flags.doubt
    _clock(evidence, flags)
    alone, present = 0.0, False
    if evidence.channel == HOME:
        near, reading = weigh_place(evidence, flags)
        tag_right = _tag(evidence, near, flags)
        stay = _stay(evidence, flags) if evidence.outcome == "met" else False
        unseen = evidence.tag == "missing" and reading is None and evidence.times.stay_s is None
        if evidence.outcome == "met" and unseen:
            flags.add("no_evidence")
        weigh_travel(evidence, reading, _against_blind(evidence, near, stay, tag_right, flags), flags)
        weigh_repeats(evidence, near, flags)
        support = [name for name, there in (("tag", tag_right), ("near", near), ("stay", stay)) if there]
        alone = flags.doubt - formal - _not_its_own(evidence, flags)
        present = near and stay and alone < PRESENT_BELOW
        weigh_company(evidence, present, flags)
    doubt = round(flags.doubt, 3)
    assurance: Assurance = "plausible"
    if doubt >= DOUBTFUL_FROM:
        assurance = "doubtful"
    elif len(support) == 3 and doubt < VERIFIED_BELOW and evidence.channel not in CALLS:
        assurance = "verified"
    return Judgement(assurance, tuple(flags.found), rule.version, doubt, tuple(support), round(alone, 3), present)


def _not_its_own(evidence: Evidence, flags: Flags) -> float:
    """The part of the doubt that says nothing of the visits it went with: what they all share anyway, and its home's
    position, which a register may have wrong for a whole village."""
    sure = evidence.home is not None and evidence.home.sure
    return sum(flag.weight for flag in flags.found if flag.code in SHARED or (flag.code in REGISTER_FLAGS and not sure))


def _against_blind(evidence: Evidence, near: bool, stay: bool, tag_right: bool, flags: Flags) -> float:
    """How much a visit in two places at once is doubted, where it shows its place and the other shows none."""
    if near and stay:
        return flags.scales["other_blind"]
    home = evidence.home
    rather = home is not None and not home.sure and not evidence.past.spot_homes
    if rather and stay and tag_right and any(flag.code == "rather_far" for flag in flags.found):
        return flags.scales["other_blind_rather"]
    return 1.0


def _formal(evidence: Evidence, flags: Flags) -> None:
    """What a person decides whatever the evidence says: how it came, and whose it is."""
    if evidence.faults:
        flags.add("value_unknown", paths=list(evidence.faults))
    if evidence.outcome != "met" and evidence.reason is None:
        flags.add("reason_missing")
    if evidence.late:
        flags.add("late")
    if evidence.device_lost:
        flags.add("device_lost")
    if evidence.device_revoked:
        flags.add("device_revoked")
    if not evidence.elder_known:
        flags.add("elder_unknown")
    elif not evidence.paired:
        flags.add("not_paired")


def _clock(evidence: Evidence, flags: Flags) -> None:
    """When it was: what the counters say of the phone's clock."""
    times = evidence.times
    if "clock_unproved" in times.notes:
        flags.add("clock_unproved")
    if times.set_by_s is not None and abs(times.set_by_s) > CLOCK_SET_S:
        set_by = abs(times.set_by_s)
        scale = 1.0
        if set_by > CLOCK_SET_YEARS_S:
            scale = flags.scales["set_by_years"]
        elif set_by > CLOCK_SET_DAYS_S:
            scale = flags.scales["set_by_days"] * (1.0 if times.proved else flags.scales["set_elsewhen"])
        flags.add("clock_set", scale, minutes=round(times.set_by_s / 60))
    if (
        times.stay_proved
        and times.stay_s is not None
        and times.phone_stay_s is not None
        and abs(times.phone_stay_s - times.stay_s) > CLOCK_MOVED_S
    ):
        flags.add("clock_moved", phone_s=times.phone_stay_s, stay_s=times.stay_s)
    if "time_future" in times.notes:
        flags.add("time_future", minutes=times.ahead_s // 60)
    if "time_old" in times.notes:
        days = (evidence.received_at - times.start).days if evidence.received_at is not None else None
        flags.add("time_old", days=days)


def _tag(evidence: Evidence, near: bool, flags: Flags) -> bool:
    """The tag hangs inside: nobody who was not let in can scan it, so only a meeting is asked for it."""
    if evidence.tag == "right":
        return True
    if evidence.tag is None or (evidence.tag == "missing" and evidence.outcome != "met"):
        return False
    next_door = evidence.tag == "other" and evidence.tag_home_m is not None and evidence.tag_home_m <= SAME_HOME_M
    flags.add(f"tag_{evidence.tag}", flags.scales["tag_near"] if near or next_door else 1.0)
    return False


def _stay(evidence: Evidence, flags: Flags) -> bool:
    """Was the stay long enough to have been a visit?"""
    stay = evidence.times.stay_s
    if stay is None:
        flags.add("stay_unknown")
        return False
    if stay < evidence.stay_min_s:
        scale = flags.scales["short_explained"] if evidence.explained else 1.0
        flags.add("short_stay", scale, stay_s=stay, stay_min_s=evidence.stay_min_s)
        return False
    if stay < evidence.stay_min_s + AT_MINIMUM_S and not evidence.explained:
        over = (evidence.stay_min_s + AT_MINIMUM_S - stay) / AT_MINIMUM_S
        flags.add("stay_at_minimum", over, stay_s=stay, stay_min_s=evidence.stay_min_s)
    return True
