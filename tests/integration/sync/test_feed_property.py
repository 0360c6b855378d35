"""However changes, pairings, late commits, lost answers and pages are mixed: a phone that pulled holds what a full
pull gives.

The phone here keeps the rules of docs/sync-protocol.md and nothing more. Each seed is one story of many steps; the
same seed tells the same story.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import random
from typing import Any

import pytest

from server.auth.model import AuthSession
from server.sync.changes import changes
from server.tags.model import Tag
from shared.ids import uuid7
from tests.integration.sync.world import World

SEEDS = range(8)
STEPS = 50
KEYED = ("elders", "policies", "forms", "alerts", "people")


def key_of(section: str, item: dict[str, Any]) -> str:
    return f"{item['id']}/{item['version']}" if section == "forms" else item["id"]


class Phone:
    """A copy, and another one in the making while a pull without cursor goes through its pages."""

    def __init__(self) -> None:
        self.cursor: str | None = None
        self.copy = self.empty()
        self.making: dict[str, Any] | None = None

    @staticmethod
    def empty() -> dict[str, Any]:
        return {**{name: {} for name in KEYED}, "tags": {}, "entries": {}, "account": None}

    def forget(self) -> None:
        self.cursor, self.making = None, None

    def take(self, answer: dict[str, Any]) -> None:
        if self.cursor is None:
            self.making = self.empty()
        into = self.making if self.making is not None else self.copy
        for elder_id in answer["removed_elder_ids"]:
            into["elders"].pop(elder_id, None)
            into["tags"] = {h: e for h, e in into["tags"].items() if e != elder_id}
        for section, keys in answer["removed"].items():
            for key in keys:
                into[section].pop(key, None)
        for section in KEYED:
            for item in answer[section]:
                into[section][key_of(section, item)] = item
        into["tags"] |= answer["tag_hashes"]
        if (account := answer["account"]) is not None:
            into["entries"] |= {e["id"]: e for e in account["entries"]}
            into["account"] = {k: v for k, v in account.items() if k.endswith("_minutes")}
        self.cursor = answer["cursor"]
        if self.making is not None and not answer["has_more"]:
            self.copy, self.making = self.making, None


def settled(copy: dict[str, Any]) -> dict[str, Any]:
    """What must be equal: resolved alerts are over, revoked tags of elders who are gone are nobody's."""
    return {
        **{name: copy[name] for name in ("elders", "policies", "forms", "people", "account")},
        "alerts": {k: a for k, a in copy["alerts"].items() if a["state"] != "resolved"},
        "tags": {h: e for h, e in copy["tags"].items() if e is not None},
    }


class Story:
    def __init__(self, session, seed: int) -> None:
        self.chance = random.Random(seed)
        self.world = World(session)
        self.who = self.world.person("volunteer", *(["grid_worker"] if seed % 3 == 0 else []))
        self.others = [self.world.person("volunteer", name=f"同伴{n}") for n in range(3)]
        self.account = self.world.account(self.who) if seed % 2 else None
        self.elders = [self.world.elder(n % 2) for n in range(8)]
        self.pairings = [self.world.pair(self.who, e) for e in self.elders[:5]]
        self.tags = {e.id: 1 for e in self.elders}
        self.alerts: list[Any] = []
        self.late: list[Any] = []  # begun, not committed yet
        self.phone = Phone()
        self.earned = 0

    def pull(self, phone: Phone, who=None) -> dict[str, Any]:
        self.world.session.commit()
        return changes(self.world.session, who or self.who, phone.cursor, self.world.setting, now=self.world.now)

    def step(self) -> None:
        self.world.now += dt.timedelta(seconds=self.chance.randint(0, 4000))
        getattr(self, self.chance.choice(self.MOVES))()

    # what happens to the phone
    def asks(self) -> None:
        self.phone.take(self.pull(self.phone))

    def asks_and_the_answer_is_lost(self) -> None:
        self.pull(self.phone)

    def starts_anew(self) -> None:
        self.phone.forget()
        self.phone.take(self.pull(self.phone))

    # what happens in the county
    def card_changes(self) -> None:
        elder = self.chance.choice(self.elders)
        elder.name = f"老人{self.chance.randint(0, 9999)}"
        self.world.touch(elder)

    def pairing_starts(self) -> None:
        elder = self.chance.choice(self.elders)
        role = self.chance.choice(["main", "stand_in", "neighbour", "family"])
        self.pairings.append(self.world.pair(self.who, elder, role=role))

    def pairing_ends(self) -> None:
        self.chance.choice(self.pairings).ends_at = self.world.now + dt.timedelta(seconds=self.chance.randint(-9, 9000))

    def companion_comes(self) -> None:
        self.pairings.append(self.world.pair(self.chance.choice(self.others), self.chance.choice(self.elders)))

    def newcomer(self) -> None:
        self.elders.append(self.world.elder(self.chance.randint(0, 1)))
        self.tags[self.elders[-1].id] = 1

    def elder_leaves(self) -> None:
        elder = self.chance.choice(self.elders)
        elder.left_on = None if elder.left_on else self.world.now.date() + dt.timedelta(days=self.chance.randint(-1, 1))
        self.world.touch(elder)

    def tag_is_reissued(self) -> None:
        elder = self.chance.choice(self.elders)
        key = {"county_id": self.world.county.id, "id": elder.id, "generation": self.tags[elder.id]}
        old = self.world.session.get_one(Tag, key)
        old.revoked_at = self.world.now
        self.tags[elder.id] += 1
        self.world.tag(elder, self.tags[elder.id])

    def alert_opens(self) -> None:
        elder = self.chance.choice(self.elders)
        mine = self.chance.random() < 0.3
        visit = self.world.visit(self.who, elder) if mine else None
        self.alerts.append(self.world.alert(elder, "doubtful_visit" if mine else "missing", visit))

    def alert_moves(self) -> None:
        if self.alerts:
            alert = self.chance.choice(self.alerts)
            if alert.state != "resolved":
                alert.state = self.chance.choice(["acknowledged", "resolved"])
                alert.resolved_at = self.world.now if alert.state == "resolved" else None
                alert.version += 1

    def minutes_are_earned(self) -> None:
        if self.account is not None:
            self.world.earn(self.account, 10, self.world.now)
            self.earned += 1

    def something_begins(self) -> None:
        """A transaction of now, whose commit is still to come: its ids and times will be older than others'."""
        begun, elder = self.world.now, self.chance.choice(self.elders)

        def commit() -> None:
            self.pairings.append(self.world.pair(self.who, elder, starts_at=begun, id=uuid7(begun)))
            if self.account is not None:
                self.world.earn(self.account, 5, begun)
                self.earned += 1

        self.late.append(commit)

    def something_commits_late(self) -> None:
        if self.late:
            self.late.pop(self.chance.randrange(len(self.late)))()

    MOVES = (
        "asks", "asks", "asks", "asks_and_the_answer_is_lost", "starts_anew", "card_changes", "card_changes",
        "pairing_starts", "pairing_ends", "companion_comes", "newcomer", "elder_leaves", "tag_is_reissued",
        "alert_opens", "alert_moves", "minutes_are_earned", "something_begins", "something_commits_late",
    )  # fmt: skip

    def pull_all(self, phone: Phone, who=None) -> dict[str, Any]:
        while True:
            answer = self.pull(phone, who)
            phone.take(answer)
            if not answer["has_more"]:
                return phone.copy

    def fresh_copy(self) -> dict[str, Any]:
        """What another phone of the same person gets, all anew."""
        login = AuthSession(
            id=uuid7(self.world.now), user_id=self.who.user_id, kind="device", county_id=self.world.county.id,
            created_at=self.world.now, last_used_at=self.world.now,
        )  # fmt: skip
        self.world.add(login)
        return self.pull_all(Phone(), dataclasses.replace(self.who, session_id=login.id))


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_happened_a_phone_that_pulled_holds_what_a_full_pull_gives(session, seed, monkeypatch):
    monkeypatch.setattr("server.sync.changes.PAGE", 3)
    story = Story(session, seed)
    for _ in range(STEPS):
        story.step()
        if story.chance.random() < 0.15:
            held = story.pull_all(story.phone)
            fresh = story.fresh_copy()
            assert settled(held) == settled(fresh)
            assert set(fresh["entries"]) <= set(held["entries"])
            if story.earned <= 20:
                assert set(fresh["entries"]) == set(held["entries"])
    again = story.pull(story.phone)
    story.phone.take(again)
    while again["has_more"]:
        again = story.pull(story.phone)
        story.phone.take(again)
    assert story.pull(story.phone)["cursor"] == again["cursor"]  # and then there is no more news
