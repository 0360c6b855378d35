"""A second world of visits with known truth, made by other hands than the usual simulator, against judging by heart.

A hill county instead of a plain, other phones, other habits, other ways to cheat: whoever fits the rule to one
generator shows it here. Honest life is awkward in its own ways: whole villages registered at their committee's door,
stale first fixes, networks that repeat a position to the last digit, days with positioning switched off, sentences
written under every visit, start pressed on the way, "end" forgotten until the next door, weeks without network,
browsers without a counter. The cheats wait out the least stay.

`world(seed)` → lines as `yuetan presence evaluate` reads them, and {visit id: "honest" or the cheat's name}.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import math
import random
import uuid
from dataclasses import dataclass, field
from typing import Any

TZ = dt.timezone(dt.timedelta(hours=8))
CENTRE = (29.56, 106.55)
METRE = 111_195.0
CHEATS = (
    "wait_album", "wait_no_gps", "wait_mock", "one_photo", "carried_answers", "last_evening", "two_phones",
    "lent_phone", "set_back", "on_the_way",
)  # fmt: skip
LAST_EVENING = ("last_evening", "month_end")
TWO_PLACES = ("two_phones", "lent_phone", "second_phone")
OFTEN = ("health.mobility", "health.illness")
SELDOM = (
    "health.expression", "mind.mood", "mind.thinking", "mind.stress", "safety.gas", "safety.water_heating",
    "safety.electricity", "hygiene.personal", "hygiene.home", "hygiene.surroundings", "living.indoor",
    "living.outdoor", "living.neighbours",
)  # fmt: skip
STOCK = ("老人身体和精神状态良好，家中无异常。", "已上门看望，一切正常。", "正常")

Point = tuple[float, float]


def move(point: Point, metres: float, bearing: float) -> Point:
    north, east = metres * math.cos(bearing), metres * math.sin(bearing)
    return point[0] + north / METRE, point[1] + east / (METRE * math.cos(math.radians(point[0])))


def apart(a: Point, b: Point) -> float:
    return METRE * math.hypot(a[0] - b[0], (a[1] - b[1]) * math.cos(math.radians(a[0])))


@dataclass
class Home:
    id: str
    true: Point
    registered: Point
    usual: dict[str, str]
    tag_torn: bool


@dataclass
class Phone:
    id: str
    kind: str  # "good", "network", "blind", "browser"
    offset: float
    boot: int = 0
    booted: float = 0.0
    learnt: tuple[float, int, float] | None = None  # server time, boot, uptime
    set_by: float = 0.0


@dataclass
class Visitor:
    id: str
    phone: Phone
    own: Point
    homes: list[Home]
    speed: float
    hours: tuple[float, float]
    stock: str | None
    cheat: str | None = None
    second: Phone | None = None
    mate: Visitor | None = field(default=None, repr=False)


class World:
    """Everything drawn from one seed. `often`: the share of a cheat's outings that are made up."""

    often = 0.4
    off_days = 0.03

    def __init__(self, seed: int, visitors: int, months: int, cheat_share: float, cheats: tuple[str, ...]) -> None:
        self.rng = rng = random.Random(f"otherworld {seed}")
        self.start = dt.date(2025, 3, 1)
        self.days = [self.start + dt.timedelta(days=n) for n in range(30 * months + 2)]
        self.lines: list[tuple[float, dict[str, Any]]] = []
        self.truth: dict[str, str] = {}
        self.visitors = [self.visitor() for _ in range(visitors)]
        for index, each in enumerate(self.visitors):
            each.mate = self.visitors[index - 1]
            if cheats and rng.random() < cheat_share:
                each.cheat = rng.choice(cheats)
                each.second = self.phone()

    def uid(self) -> str:
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))

    def phone(self) -> Phone:
        kind = self.rng.choices(("good", "network", "blind", "browser"), (70, 20, 5, 5))[0]
        offset = self.rng.gauss(0, 3) if self.rng.random() < 0.92 else self.rng.uniform(-1200, 1200)
        born = dt.datetime.combine(self.start, dt.time(), TZ).timestamp()
        return Phone(self.uid(), kind, offset, booted=born - self.rng.uniform(1e4, 1e6))

    def visitor(self) -> Visitor:
        rng = self.rng
        village = move(CENTRE, rng.uniform(500, 25_000), rng.uniform(0, 6.28))
        size = rng.uniform(150, 1500)
        committee = move(village, rng.uniform(0, 400), rng.uniform(0, 6.28))
        lumped = rng.random() < 0.08
        homes: list[Home] = []
        for _ in range(rng.randint(5, 24)):
            if homes and rng.random() < 0.2:
                true = move(homes[-1].true, rng.uniform(0, 30), rng.uniform(0, 6.28))
            else:
                true = move(village, size * math.sqrt(rng.random()), rng.uniform(0, 6.28))
            draw = rng.random()
            registered = move(true, rng.expovariate(1 / 20), rng.uniform(0, 6.28))
            if lumped:
                registered = move(committee, rng.expovariate(1 / 5), rng.uniform(0, 6.28))
            elif draw < 0.03:
                registered = move(true, rng.uniform(300, 1800), rng.uniform(0, 6.28))
            elif draw < 0.12:
                registered = move(true, rng.uniform(60, 250), rng.uniform(0, 6.28))
            usual = {i: rng.choices(("good", "fair", "poor"), (60, 32, 8))[0] for i in OFTEN}
            usual.update({i: rng.choices(("good", "fair", "poor"), (92, 7, 1))[0] for i in SELDOM})
            homes.append(Home(self.uid(), true, registered, usual, rng.random() < 0.05))
        hours = rng.choice(((8.5, 15.0), (8.5, 11.0), (14.0, 17.0), (18.0, 19.0)))
        stock = rng.choice(STOCK) if rng.random() < 0.3 else None
        own = move(village, rng.uniform(100, 3000), rng.uniform(0, 6.28))
        return Visitor(self.uid(), self.phone(), own, homes, rng.choice((1.2, 3.5, 4.5, 9.0)), hours, stock)

    # What instruments say

    def reading(self, phone: Phone, true: Point) -> dict[str, Any] | None:
        rng = self.rng
        if phone.kind == "blind" or rng.random() < 0.06:
            return None
        if phone.kind == "network" or rng.random() < 0.08:  # masts and networks know places by heart, and repeat them
            at = round(true[0] / 4e-4) * 4e-4, round(true[1] / 4e-4) * 4e-4
            return self.said(at, rng.choice((30.0, 40.0, 65.0, 100.0)))
        accuracy = min(80.0, 3.2 + rng.expovariate(1 / 9))
        error = accuracy * abs(rng.gauss(0, 0.7))
        if rng.random() < 0.02:  # between high walls, and sure of it
            error = accuracy * rng.uniform(2.5, 6)
        return self.said(move(true, error, rng.uniform(0, 6.28)), accuracy)

    def said(self, at: Point, accuracy: float, mocked: bool = False) -> dict[str, Any]:
        return {"lat": round(at[0], 7), "lon": round(at[1], 7), "accuracy_m": round(accuracy, 2), "datum": "wgs84",
                "mocked": mocked}  # fmt: skip

    def meet(self, phone: Phone, at: float) -> None:
        """Perhaps the phone met the server since it was last seen; perhaps it restarted after."""
        if self.rng.random() < 0.06:
            phone.boot, phone.booted = phone.boot + 1, at - self.rng.uniform(2000, 80_000)
        if self.rng.random() < 0.85 or phone.learnt is None:
            met = max(phone.booted + 30, at - self.rng.uniform(60, 200_000))
            phone.learnt = (met, phone.boot, met - phone.booted)
        if self.rng.random() < 0.06:
            phone.boot, phone.booted = phone.boot + 1, at - self.rng.uniform(50, 1500)

    def clock(self, phone: Phone, begin: float, end: float) -> dict[str, Any] | None:
        if phone.kind == "browser" or phone.learnt is None:
            return None
        met, boot, uptime = phone.learnt
        return {
            "offset_ms": round(-phone.offset * 1000), "learnt_at": iso(met), "learnt_uptime_ms": round(uptime * 1000),
            "learnt_boot": f"b{boot}", "boot": f"b{phone.boot}",
            "start_uptime_ms": round((begin - phone.booted) * 1000),
            "end_uptime_ms": round((end - phone.booted) * 1000),
        }  # fmt: skip

    def answers(self, home: Home) -> dict[str, str]:
        told = dict(home.usual)
        for item in told:
            if self.rng.random() < 0.04:
                told[item] = self.rng.choice(("good", "fair"))
        return told

    def usual_stay(self) -> float:
        return 60 * max(3.2, self.rng.lognormvariate(3.1, 0.5))

    # What is sent

    def record(
        self, visitor: Visitor, phone: Phone, home: Home, begin: float, end: float, truth: str, *,
        places: tuple[Any, Any], arrives: float, **more: Any,
    ) -> None:  # fmt: skip
        rng = self.rng
        face = phone.offset + phone.set_by
        verdict = "right"
        if truth == "honest":
            verdict = "missing" if home.tag_torn or rng.random() < 0.02 else "right"
        said = self.answers(home)
        visit = {
            "v": 1, "id": v7(rng, begin + face), "elder_id": home.id, "tag": None if verdict == "missing" else "x",
            "channel": "home", "outcome": "met", "reason": None, "started_at": iso(begin + face),
            "ended_at": iso(end + face), "clock": self.clock(phone, begin, end), "start_position": places[0],
            "position": places[1], "form": {"id": "home-visit", "version": 1}, "answers": said,
            "all_good_tapped": set(said.values()) == {"good"}, "note": visitor.stock or "",
            "photos": [hashlib.sha256(rng.randbytes(8)).hexdigest()] if rng.random() < 0.3 else [],
            "device_id": None if phone.kind == "browser" else phone.id, **more,
        }  # fmt: skip
        lat, lon = (round(degrees, 6) for degrees in home.registered)
        line = {
            "visit": visit, "received_at": iso(max(arrives, end + 1)), "visitor_id": visitor.id, "tag_verdict": verdict,
            "home": {"id": home.id, "lat": lat, "lon": lon},
        }  # fmt: skip
        self.lines.append((max(arrives, end + 1), line))
        self.truth[visit["id"]] = truth

    def arrival(self, end: float) -> float:
        late = self.rng.choices((5, self.rng.uniform(60, 30_000), self.rng.uniform(86_400, 800_000)), (70, 22, 8))[0]
        return end + late

    # How days go

    def honest(self, visitor: Visitor, day: dt.date, homes: list[Home], phone: Phone | None = None) -> None:
        rng, phone = self.rng, phone or visitor.phone
        now = at(day, rng.uniform(*visitor.hours))
        self.meet(phone, now)
        off_today = rng.random() < self.off_days
        here, queued, before = visitor.own, rng.random() < 0.3, None
        rows = []
        for home in ordered(here, homes):
            now += apart(here, home.true) * 1.3 / visitor.speed + rng.uniform(60, 400)
            stay = rng.uniform(185, 330) if rng.random() < 0.08 else self.usual_stay()
            begin, end = now, now + stay
            early = rng.random() < 0.03
            street = move(home.true, rng.uniform(40, 180), rng.uniform(0, 6.28))
            started = self.reading(phone, street if early else home.true)
            if before is not None and rng.random() < 0.03:
                started = before  # a stale fix
            ended = self.reading(phone, home.true)
            if rng.random() < 0.1:
                ended = started if started is not before else ended
            if off_today:
                started = ended = None
            if rng.random() < 0.02:
                end += rng.uniform(30, 200)  # forgotten until the next door
            rows.append((home, begin - (60 if early else 0), end, (started, ended)))
            before, now, here = ended, begin + stay, home.true
        done = self.arrival(now)
        for home, begin, end, places in rows:
            arrives = done if queued else self.arrival(end)
            self.record(visitor, phone, home, begin, end, "honest", places=places, arrives=arrives)

    def made_up(self, visitor: Visitor, day: dt.date, cheat: str, homes: list[Home]) -> None:
        rng, phone = self.rng, visitor.phone
        evening = cheat == "last_evening" or rng.random() < 0.5
        now = at(day, rng.uniform(18.5, 20.5) if evening else rng.uniform(9, 16))
        self.meet(phone, now)
        photo, copied = [hashlib.sha256(rng.randbytes(8)).hexdigest()], None
        if cheat == "carried_answers":
            copied = {i: rng.choices(("good", "fair"), (75, 25))[0] for i in (*OFTEN, *SELDOM)}
        phone.set_by = -86_400 * rng.uniform(1, 9) if cheat == "set_back" else 0.0
        half_blind = cheat in ("carried_answers", "last_evening", "set_back") and rng.random() < 0.5
        blind = half_blind or cheat in ("wait_no_gps", "one_photo")
        rows = []
        for home in homes:
            now += rng.uniform(15, 100)
            stay = rng.uniform(183, 420) if cheat != "carried_answers" else rng.uniform(240, 700)
            more: dict[str, Any] = {}
            places: tuple[Any, Any] = (self.reading(phone, visitor.own), self.reading(phone, visitor.own))
            if cheat == "wait_mock":
                spot = [move(home.registered, abs(rng.gauss(0, 2.5)), rng.uniform(0, 6.28)) for _ in range(2)]
                places = tuple(self.said(point, rng.choice((3.0, 5.0, 8.0))) for point in spot)
            if blind:
                places = (None, None)
            if cheat == "one_photo":
                more["photos"] = photo
            if copied is not None:
                more["answers"] = copied
            rows.append((home, now, now + stay, places, more))
            now += stay
        arrives = self.arrival(now)
        for home, begin, end, places, more in rows:
            self.record(visitor, phone, home, begin, end, cheat, places=places, arrives=arrives, **more)
        phone.set_by = 0.0

    def on_the_way(self, visitor: Visitor, day: dt.date, homes: list[Home]) -> None:
        """Start pressed long before, a minute at the door."""
        rng, phone = self.rng, visitor.phone
        now = at(day, rng.uniform(*visitor.hours))
        self.meet(phone, now)
        here = visitor.own
        for home in ordered(here, homes):
            now += apart(here, home.true) * 1.3 / visitor.speed + rng.uniform(30, 120)
            end = now + rng.uniform(10, 60)
            begin = end - rng.uniform(400, 1000)
            places = (self.reading(phone, move(home.true, rng.uniform(180, 700), rng.uniform(0, 6.28))),
                      self.reading(phone, home.true))  # fmt: skip
            self.record(visitor, phone, home, begin, end, "on_the_way", places=places, arrives=self.arrival(end))
            now, here = end, home.true

    def two_places(self, visitor: Visitor, day: dt.date, homes: list[Home], cheat: str) -> None:
        """Real visits on one phone; at the same time others are made up at home, on a second phone, or for a mate."""
        rng = self.rng
        half = max(1, len(homes) // 2)
        self.honest(visitor, day, homes[:half])
        who, phone, pool = visitor, visitor.second or visitor.phone, homes[half:]
        if cheat == "lent_phone" and visitor.mate is not None:
            who, phone = visitor.mate, visitor.phone
            pool = rng.sample(who.homes, min(3, len(who.homes)))
        mine = [line for _, line in self.lines[-half:]]
        for home, line in zip(pool, mine, strict=False):
            shown = dt.datetime.fromisoformat(line["visit"]["started_at"]).timestamp() - visitor.phone.offset
            begin = shown + rng.uniform(-60, 120)
            end = begin + rng.uniform(400, 1200)
            if phone.learnt is None:
                self.meet(phone, begin)
            self.record(who, phone, home, begin, end, cheat, places=(None, None), arrives=self.arrival(end))

    def run(self) -> None:
        rng = self.rng
        for day in self.days:
            last = (day + dt.timedelta(days=1)).day == 1
            for visitor in self.visitors:
                if visitor.cheat in LAST_EVENING and last:
                    many = rng.sample(visitor.homes, min(len(visitor.homes), max(5, len(visitor.homes) // 2)))
                    self.made_up(visitor, day, visitor.cheat, many)
                    continue
                if rng.random() > (0.08 if visitor.cheat in LAST_EVENING else 0.25):
                    continue
                size = rng.choices((1, 2, 3, 4, 6), (25, 20, 25, 20, 10))[0]
                homes = rng.sample(visitor.homes, min(len(visitor.homes), size))
                cheat = visitor.cheat if rng.random() < self.often else None
                if cheat is None or cheat in LAST_EVENING:
                    helper = rng.random() < 0.25 and visitor.mate is not None and visitor.mate.homes
                    self.honest(visitor, day, rng.sample(helper, min(2, len(helper))) if helper else homes)
                elif cheat == "on_the_way":
                    self.on_the_way(visitor, day, homes)
                elif cheat in TWO_PLACES:
                    self.two_places(visitor, day, homes, cheat)
                else:
                    self.made_up(visitor, day, cheat, homes)


def at(day: dt.date, hour: float) -> float:
    return (dt.datetime.combine(day, dt.time(), TZ) + dt.timedelta(hours=hour)).timestamp()


def iso(seconds: float) -> str:
    return dt.datetime.fromtimestamp(round(seconds), TZ).isoformat()


def v7(rng: random.Random, seconds: float) -> str:
    value = (int(seconds * 1000) << 80) | (7 << 76) | (rng.getrandbits(12) << 64) | (2 << 62) | rng.getrandbits(62)
    return str(uuid.UUID(int=value))


def ordered(here: Point, homes: list[Home]) -> list[Home]:
    left, found = list(homes), []
    while left:
        left.sort(key=lambda h: apart(here, h.true))
        found.append(left.pop(0))
        here = found[-1].true
    return found


def world(
    seed: int, visitors: int = 100, months: int = 3, cheat_share: float = 0.25, cheats: tuple[str, ...] = CHEATS
) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """The lines in order of arrival, and the truth by visit id."""
    made = World(seed, visitors, months, cheat_share, cheats)
    made.run()
    return [line for _, line in sorted(made.lines, key=lambda pair: pair[0])], made.truth
