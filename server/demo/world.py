"""Who lives in the demo and what happened there: pure invention from a seed, no database.

The same seed and number of elders give the same people; what they did is told relative to the day on which the demo is
made, so that it is always "two months of visits up to now".
"""

from __future__ import annotations

import datetime as dt
import math
import random
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.geo import move
from shared.identity import check_digit
from shared.rules.forms import all_good, form
from shared.rules.months import Month, Week

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
OLD_NAMES = "秀英兰桂凤珍玉梅素芳淑华国建文德福明志永春荣金贵祥庆云霞香琴莲清忠义仁礼智信林森水生"
YOUNG_NAMES = "伟强磊军洋勇艳杰娟涛明超霞平刚丽敏静琳鹏飞斌雪宇婷浩凯倩"
STREETS = ("建安大道", "七一路", "五一路", "文峰路", "八一路", "许继大道", "前进路", "解放路", "毓秀路", "天宝路")
CATEGORIES = ("living_alone", "empty_nest", "left_behind", "disabled", "severe_disability", "special_family")
WEIGHTS = (30, 34, 14, 12, 7, 3)
HOME_VISIT = form("home-visit", 1) or {}
CENTRE = (34.02, 113.82)  # WGS-84, roughly the middle of the district
NOTES = ("老人精神不错，聊了家常。", "提醒按时吃药，检查了燃气阀门。", "血压有点高，已劝其去社区医院复查。", "",
         "和女儿通了视频。", "帮忙换了灯泡。", "")  # fmt: skip
ROLES = (("volunteer", 44), ("social_worker", 8), ("neighbour", 6), ("community_worker", 4), ("doctor", 2))

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Village:
    code: int
    name: str
    centre: Point


@dataclass(slots=True)
class Visitor:
    username: str
    name: str
    role: str
    village: Village
    phone: str
    id: uuid.UUID | None = None


@dataclass(slots=True)
class Elder:
    name: str
    sex: str
    id_number: str
    birth_date: dt.date
    village: Village
    address: str
    phone: str
    contact: dict[str, str | None]
    categories: list[str]
    focused: bool
    home: Point
    registered_on: dt.date
    registered_at: Point  # where the register has the home: a few are geocoded to the wrong street
    visitors: list[Visitor] = field(default_factory=list)
    id: uuid.UUID | None = None
    tag: str | None = None


@dataclass(frozen=True, slots=True)
class Happening:
    """A visit as its phone sends it, and when it arrives."""

    received_at: dt.datetime
    visitor: Visitor
    elder: Elder
    item: dict[str, Any]


def away(point: Point, metres: float, bearing: float) -> Point:
    """The point that lies so many metres off, in that direction (radians)."""
    return move(point, metres * math.cos(bearing), metres * math.sin(bearing))


def name(rng: random.Random, given: str) -> str:
    return rng.choice(SURNAMES) + "".join(rng.choices(given, k=rng.choice((1, 2, 2))))


def phone(rng: random.Random) -> str:
    return f"1990000{rng.randrange(10_000):04d}"


def villages(rng: random.Random, codes: Sequence[tuple[int, str]]) -> list[Village]:
    return [Village(c, n, (CENTRE[0] + rng.uniform(-0.05, 0.05), CENTRE[1] + rng.uniform(-0.06, 0.06)))
            for c, n in codes]  # fmt: skip


def elders(rng: random.Random, places: Sequence[Village], count: int, first_month: dt.date) -> list[Elder]:
    """`count` elders; every twelfth lives in the first village, the demo director's own."""
    made: list[Elder] = []
    numbers: set[str] = set()
    while len(made) < count:
        village = places[0] if len(made) % 12 == 0 else rng.choice(places)
        age = min(99, max(61, int(rng.gauss(76, 8))))
        born = dt.date(first_month.year - age, rng.randint(1, 12), rng.randint(1, 28))
        male = rng.random() < 0.45
        body = f"{village.code // 10**6}{born:%Y%m%d}{900 + rng.randrange(50) * 2 + male:03d}"
        number = body + check_digit(body)
        if number in numbers:
            continue
        numbers.add(number)
        kinds = {rng.choices(CATEGORIES, WEIGHTS)[0]}
        if rng.random() < 0.2:
            kinds.add(rng.choices(CATEGORIES, WEIGHTS)[0])
        home = away(village.centre, abs(rng.gauss(0, 350)), rng.uniform(0, 6.283))
        joined = first_month - dt.timedelta(days=rng.randrange(30, 700))
        relation = rng.choice(("儿子", "女儿", "侄子", "邻居"))
        made.append(
            Elder(
                name(rng, OLD_NAMES), "m" if male else "f", number, born, village,
                f"{rng.choice(STREETS)}{rng.randint(1, 180)}号院{rng.randint(1, 20)}号楼{rng.randint(1, 4)}单元"
                f"{rng.randint(1, 6)}0{rng.randint(1, 4)}室",
                phone(rng), {"name": name(rng, YOUNG_NAMES), "relation": relation, "phone": phone(rng)},
                sorted(kinds, key=CATEGORIES.index), len(made) % 10 == 3,
                home, joined, away(home, 520.0, 1.0) if len(made) % 96 == 24 or len(made) % 100 == 33 else home,
            )
        )  # fmt: skip
    return made


def visitors(rng: random.Random, places: Sequence[Village]) -> list[Visitor]:
    """Sixty-four people who visit. The first volunteer and the first social worker belong to the first village."""
    made = []
    for role, count in ROLES:
        for number in range(1, count + 1):
            village = places[0] if number == 1 else rng.choice(places)
            username = role if number == 1 and role in ("volunteer", "social_worker") else f"{role}{number:02d}"
            made.append(Visitor(username, name(rng, YOUNG_NAMES), role, village, phone(rng)))
    return made


def pair(rng: random.Random, people: Sequence[Visitor], register: Sequence[Elder]) -> None:
    """Give every elder one to three visitors, near ones first, and every visitor at least a few elders."""
    load = dict.fromkeys((v.username for v in people), 0)
    for elder in register:
        near = sorted(people, key=lambda v: (_gap(v.village, elder.village) + load[v.username] * 0.004, v.username))
        if elder.village == people[0].village and load[people[0].username] < 12:
            near.insert(0, people[0])
        wanted = 1 + (rng.random() < 0.4) + (rng.random() < 0.15)
        for visitor in near:
            if len(elder.visitors) < wanted and visitor not in elder.visitors:
                elder.visitors.append(visitor)
                load[visitor.username] += 1
    for visitor in people:
        nearest = sorted(register, key=lambda e: (_gap(visitor.village, e.village), e.id_number))
        for elder in nearest[:20]:
            if load[visitor.username] >= 4:
                break
            if visitor not in elder.visitors:
                elder.visitors.append(visitor)
                load[visitor.username] += 1


def _gap(a: Village, b: Village) -> float:
    return 0.0 if a.code == b.code else abs(a.centre[0] - b.centre[0]) + abs(a.centre[1] - b.centre[1])


def happenings(
    rng: random.Random, register: Sequence[Elder], months: Sequence[Month], now: dt.datetime, tz: dt.tzinfo
) -> list[Happening]:
    """Every visit of these months up to `now`, in order of arrival."""
    busy: dict[tuple[str, dt.date], dt.datetime] = {}
    found: list[Happening] = []
    today = now.astimezone(tz).date()
    for month in months:
        running = month.first <= today <= month.last
        for elder in register:
            for day in _days(rng, elder, month, today):
                visitor = rng.choices(elder.visitors, [6, *[1] * (len(elder.visitors) - 1)])[0]
                begins = busy.get((visitor.username, day))
                if begins is None:
                    begins = dt.datetime.combine(day, dt.time(8, 30), tz) + dt.timedelta(minutes=rng.randrange(90))
                busy[visitor.username, day] = begins + dt.timedelta(minutes=rng.randrange(50, 75))
                begins += dt.timedelta(seconds=rng.randrange(60))
                happening = _visit(rng, elder, visitor, begins, odd=not running or rng.random() < 0.5)
                if happening.received_at <= now:
                    found.append(happening)
    return sorted(found, key=lambda h: h.received_at)


def _days(rng: random.Random, elder: Elder, month: Month, today: dt.date) -> Iterator[dt.date]:
    if elder.focused:
        for week in month.weeks():
            day = week.first + dt.timedelta(days=rng.randrange(6))
            if day <= today and rng.random() < (0.94 if week < Week.of(today) else 0.6):
                yield day
        return
    running = month.first <= today <= month.last
    if rng.random() > (0.985 if not running else 0.93):
        return
    day = month.first + dt.timedelta(days=rng.randrange(month.days))
    if day <= today:
        yield day
    if rng.random() < 0.12 and day + dt.timedelta(days=4) <= min(today, month.last):
        yield day + dt.timedelta(days=4)


def _visit(rng: random.Random, elder: Elder, visitor: Visitor, begins: dt.datetime, *, odd: bool) -> Happening:
    """A visit as a well-meaning person's phone records it; sometimes nobody is home, sometimes it looks odd."""
    stay = dt.timedelta(minutes=rng.randrange(8, 41), seconds=rng.randrange(60))
    outcome, reason, channel = "met", None, "home"
    luck = rng.random()
    if luck < 0.02:
        outcome, reason, stay = "not_home", "no_answer", dt.timedelta(minutes=2)
    elif luck < 0.03:
        outcome, reason, stay = "refused", "does_not_want", dt.timedelta(minutes=2)
    elif luck < 0.07:
        channel = "phone"
    where, tag = elder.home, elder.tag
    if odd and rng.random() < 0.02:  # far from the home, hardly there, no tag: for a director to look at
        where, tag = away(elder.home, rng.uniform(900, 2500), rng.uniform(0, 6.283)), None
        stay = dt.timedelta(seconds=rng.randrange(60, 150))
    ends = begins + stay
    accuracy = rng.choice((8.0, 15.0, 22.0, 35.0))
    start_position, position = _reading(rng, where, accuracy), _reading(rng, where, accuracy + 1)
    uptime = rng.randrange(10_000_000, 900_000_000)
    met = begins - dt.timedelta(minutes=rng.randrange(5, 400))
    boot = f"demo{rng.randrange(16**6):06x}"
    graded = all_good(HOME_VISIT)
    if rng.random() < 0.3:
        graded[rng.choice(list(graded))] = rng.choice(("fair", "fair", "poor"))
    spoken = {"call.spoken_to": "elder", "call.health": "good", "call.mood": "good", "call.food": "good",
              "call.safety": "good", "call.family_contact": "good", "call.wants_visit": "no"}  # fmt: skip
    item: dict[str, Any] = {
        "v": 1, "id": _uuid7(rng, begins), "elder_id": str(elder.id), "channel": channel, "outcome": outcome,
        "reason": reason, "tag": tag if channel == "home" and outcome == "met" and rng.random() < 0.95 else None,
        "tag_by": "camera", "started_at": begins.isoformat(), "ended_at": ends.isoformat(),
        "clock": {"offset_ms": 0, "learnt_at": met.isoformat(), "boot": boot, "learnt_boot": boot,
                  "learnt_uptime_ms": uptime - int((begins - met).total_seconds() * 1000),
                  "start_uptime_ms": uptime, "end_uptime_ms": uptime + int(stay.total_seconds() * 1000)},
        "start_position": start_position if channel == "home" else None,
        "position": position if channel == "home" else None,
        "form": {"id": "home-visit" if channel == "home" else "contact-call", "version": 1},
        "answers": {} if outcome != "met" else graded if channel == "home" else spoken,
        "all_good_tapped": outcome == "met" and rng.random() < 0.5, "note": rng.choice(NOTES), "needs": [],
    }  # fmt: skip
    if outcome == "met" and rng.random() < 0.05:
        item["needs"] = [{"kind": rng.choice(("meals", "medical", "cleaning")), "note": ""}]
    late = dt.timedelta(seconds=rng.randrange(20, 600))
    if rng.random() < 0.2:  # no signal until the evening, or the next day
        late = dt.timedelta(hours=rng.randrange(2, 40))
    return Happening((ends + late).astimezone(dt.UTC), visitor, elder, item)


def _reading(rng: random.Random, where: Point, accuracy: float) -> dict[str, Any]:
    """What a receiver says of a place: never quite there, and never the same twice."""
    at = away(where, 2.5 + abs(rng.gauss(0, accuracy / 2)), rng.uniform(0, 6.283))
    return {"lat": round(at[0], 6), "lon": round(at[1], 6), "accuracy_m": accuracy, "datum": "wgs84"}


def _uuid7(rng: random.Random, at: dt.datetime) -> str:
    ms = int(at.timestamp() * 1000)
    value = (ms << 80) | (0x7 << 76) | (rng.getrandbits(12) << 64) | (0b10 << 62) | rng.getrandbits(62)
    return str(uuid.UUID(int=value))
