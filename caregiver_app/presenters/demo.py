"""A phone full of invented people and no server, for looking at screens and for their tests."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from caregiver_app.platform.fake import FakeClock, fake
from caregiver_app.platform.protocols import Platform
from caregiver_app.presenters.demo_courses import courses
from caregiver_app.presenters.phone import Phone
from caregiver_app.store import open_store
from caregiver_app.store.store import ENROLLED
from caregiver_app.store.vault import CHEAP, PIN
from caregiver_app.sync.http import NetworkError, Request, Response
from shared.protocol.tags import make_token, token_hash
from shared.rules.forms import FORMS

SURNAMES = "王李张刘陈杨赵黄周吴徐孙马朱胡郭何林高罗"
GIVEN = ("秀英", "桂兰", "建国", "玉珍", "德明", "淑华", "福生", "凤英", "志强", "金花", "长顺", "兰芝")
CATEGORIES = ("living_alone", "empty_nest", "disabled", "very_old", "subsistence")
KEY = b"invented tags only"
DEMO_PIN = "271828"


class NoServer:
    """Nobody answers."""

    def send(self, base_url: str, request: Request) -> Response:
        raise NetworkError("there is no server in the demonstration")


def tag_text(number: int) -> str:
    """What the tag of the demonstration's elder `number` says."""
    return f"https://yuetan.example/t/{make_token(KEY, 'demo', UUID(int=number + 1), 1)}"


def people(count: int, today: date, seed: int = 1) -> dict[str, Any]:
    """A page of `/sync/changes` with invented elders."""
    rng = random.Random(seed)
    month_end = (today.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    elders = [_elder(number, today, month_end, rng) for number in range(count)]
    return {
        "cursor": "demo",
        "has_more": False,
        "elders": elders,
        "tag_hashes": {token_hash(make_token(KEY, "demo", UUID(int=n + 1), 1)): elders[n]["id"] for n in range(count)},
        "forms": list(FORMS),
        "policies": [
            {"id": "universal", "version": 1, "channels": ["home", "phone", "video"], "stay_min_s": 180},
            {"id": "focused", "version": 1, "channels": ["home", "phone", "video"], "stay_min_s": 180},
        ],
        "alerts": [
            {
                "id": str(UUID(int=9_000)),
                "kind": "no_answer",
                "elder": {"id": elders[1]["id"], "name": elders[1]["name"]},
                "state": "open",
                "opened_at": f"{today.isoformat()}T08:10:00+08:00",
            }
        ]
        if count > 1
        else [],
        "account": {
            "free_minutes": 1_245,
            "pending_minutes": 210,
            "held_minutes": 0,
            "debt_minutes": 0,
            "as_of": f"{today.isoformat()}T07:45:00+08:00",
            "entries": [
                {
                    "id": str(UUID(int=7_000 + days)),
                    "at": f"{(today - timedelta(days=days)).isoformat()}T18:00:00+08:00",
                    "minutes": minutes,
                    "bucket": bucket,
                    "kind": kind,
                }
                for days, minutes, bucket, kind in (
                    (1, 45, "pending", "earn"),
                    (2, 60, "pending", "earn"),
                    (3, -30, "pending", "reverse"),
                    (5, 540, "free", "release"),
                )
            ],
        },
        "courses": courses(),
        "people": [
            {"id": str(UUID(int=8_001)), "name": "赵敏", "role": "social_worker", "phone": "13900000001"},
            {"id": str(UUID(int=8_002)), "name": "孙主任", "role": "director", "phone": "13900000002"},
        ],
    }


def _elder(number: int, today: date, month_end: date, rng: random.Random) -> dict[str, Any]:
    focused = number % 7 == 3
    done = int(rng.random() < 0.5)
    week = today - timedelta(days=today.weekday())
    due = [
        {
            "period": "month",
            "start": today.replace(day=1).isoformat(),
            "end": month_end.isoformat(),
            "needed": 1,
            "done": done,
        }
    ]
    if focused:
        ends = week + timedelta(days=6)
        due.append(
            {"period": "week", "start": week.isoformat(), "end": ends.isoformat(), "needed": 1, "done": 0}
        )
    return {
        "id": str(UUID(int=1_000 + number)),
        "short_no": f"W{number + 1:03d}",
        "name": rng.choice(SURNAMES) + rng.choice(GIVEN),
        "sex": rng.choice(("female", "male")),
        "birth_year": rng.randint(1932, 1956),
        "region": {"code": "411002001001", "name": "延中社区", "level": "village"},
        "address": f"文峰路 {rng.randint(1, 20)} 号院 {rng.randint(1, 9)} 号楼 {rng.randint(1, 6)}01",
        "lat": 34.0292 + rng.uniform(-0.01, 0.01),
        "lon": 113.7895 + rng.uniform(-0.01, 0.01),
        "categories": rng.sample(CATEGORIES, rng.randint(1, 2)),
        "status": "active",
        "focused": focused,
        "policy_id": "focused" if focused else "universal",
        "phone": f"1380000{number:04d}",
        "contacts": [{"name": "李强", "relation": "son", "phone": f"1370000{number:04d}"}],
        "last_visit": {
            "at": f"{(today - timedelta(days=rng.randint(5, 30))).isoformat()}T09:30:00+08:00",
            "outcome": "met",
            "summary": "行动能力：中",
        },
        "due": due,
        "notes": "对青霉素过敏；听力不好，请大声敲门。" if number % 5 == 0 else "",
        "version": 1,
    }


def demo_phone(
    directory: Path, *, elders: int = 20, platform: Platform | None = None, locked: bool = False
) -> Phone:
    """An enrolled phone with invented elders, whose server is never there. Time stands still.

    Its PIN is `DEMO_PIN`; it is unlocked unless it is to be `locked`.
    """
    platform = platform or fake(FakeClock())
    store = open_store(directory)
    if store.vault.kind == PIN:
        store.vault.unlock_pin(DEMO_PIN)
    if store.standing != ENROLLED:
        now = platform.clock.now()
        with store.database.transaction():
            store.meta.set(
                base_url="https://yuetan.example",
                standing=ENROLLED,
                user={"id": str(UUID(int=8_000)), "name": "刘志愿", "roles": []},
                access_token="none",
                refresh_token="none",
            )
            store.cache.apply(people(elders, now.date()), first=True, whole=True, at=now.isoformat(timespec="seconds"))
        store.set_pin(DEMO_PIN, CHEAP)
    if locked:
        store.lock()
    return Phone(store, platform, NoServer(), random.Random(1), cost=lambda: CHEAP)
