"""What happens in the county meanwhile: pairings, reviews, absences, deaths, new elders, tags, revoked phones."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from collections.abc import Callable

import sqlalchemy as sa

from server.absences.model import Absence
from server.alerts.model import Alert
from server.devices.model import Device
from server.elders.model import Elder
from server.pairings.model import Pairing
from server.visits.model import Visit
from shared.ids import uuid7
from tests.sim.chance import CHINA, Time
from tests.sim.house import VILLAGES, House


def code(house: House, holder: str) -> str:
    """A new enrolment code for somebody."""
    answer = house.director("POST", "/devices/codes", {"user_id": str(house.county.visitors[holder])})
    assert answer.status == 201, (answer.body, house.complaints.said)
    return str(answer.json["code"])


def act(house: House, rng: random.Random, time: Time) -> str:
    """One thing that a director does → what, and what the server said."""
    deeds, weights = zip(*DEEDS, strict=True)
    return str(rng.choices(deeds, weights)[0](house, rng, time))


def _ask(house: House, path: str, value: object = None, method: str = "POST") -> str:
    answer = house.director(method, path, value if value is not None else {})
    # who acts in one county on what others changed may be refused, never fail
    assert answer.status < 500, (path, answer.body)
    said = answer.json.get("code", "") if answer.status >= 400 else ""
    return f"{method} {path} {answer.status} {said}"


def _some(house: House, rng: random.Random, column: object, *where: object) -> uuid.UUID | None:
    with house.session() as own:
        found = sorted(own.scalars(sa.select(column).where(*where)))  # type: ignore[call-overload]
    return rng.choice(found) if found else None


def review(house: House, rng: random.Random, _time: Time) -> str:
    """Accept or reject, doubtful ones more often than others."""
    doubtful = (Visit.assurance == "doubtful",) if rng.random() < 0.5 else ()
    visit = _some(house, rng, Visit.id, Visit.decision.is_(None), *doubtful)
    if visit is None:
        return "nothing to review"
    return _ask(house, f"/visits/{visit}/review", {"decision": rng.choice(("accept", "reject")), "reason": "电话核实"})


def reopen(house: House, rng: random.Random, _time: Time) -> str:
    visit = _some(house, rng, Visit.id, Visit.decision.is_not(None))
    return _ask(house, f"/visits/{visit}/reopen", {"reason": "再看一次"}) if visit else "nothing to reopen"


def untie(house: House, rng: random.Random, _time: Time) -> str:
    tie = _some(house, rng, Pairing.id, Pairing.ends_at.is_(None))
    return _ask(house, f"/pairings/{tie}/end") if tie else "no ties left"


def tie(house: House, rng: random.Random, _time: Time) -> str:
    elder = _some(house, rng, Elder.id, Elder.left_on.is_(None))
    user = rng.choice(sorted(house.county.visitors.values()))
    role = rng.choice(("main", "main", "stand_in", "neighbour"))
    value = {"id": str(uuid7()), "elder_id": str(elder), "user_id": str(user), "role": role}
    return _ask(house, "/pairings", value)


def be_away(house: House, rng: random.Random, time: Time) -> str:
    elder = _some(house, rng, Elder.id, Elder.left_on.is_(None))
    begins = (time.now() + dt.timedelta(days=rng.randint(-9, 5))).astimezone(CHINA).date()
    ends = str(begins + dt.timedelta(days=rng.randint(0, 20))) if rng.random() < 0.6 else None
    absence = str(uuid7())
    value = {"id": absence, "elder_id": str(elder), "reason": "in_hospital", "starts_on": str(begins), "ends_on": ends}
    said = _ask(house, "/absences", value)
    return said if rng.random() < 0.2 else f"{said}; {_ask(house, f'/absences/{absence}/approve')}"


def be_back(house: House, rng: random.Random, time: Time) -> str:
    absence = _some(house, rng, Absence.id, Absence.withdrawn_at.is_(None))
    if absence is None:
        return "nobody is away"
    if rng.random() < 0.4:
        return _ask(house, f"/absences/{absence}/withdraw")
    return _ask(house, f"/absences/{absence}/end", {"ends_on": str(time.now().astimezone(CHINA).date())})


def leave(house: House, rng: random.Random, time: Time) -> str:
    """Somebody dies, moves, or goes to an institution; not everybody does."""
    elder = _some(house, rng, Elder.id, Elder.left_on.is_(None), Elder.id.not_in(house.county.elders[:4]))
    if elder is None:
        return "nobody leaves"
    day = time.now().astimezone(CHINA).date() - dt.timedelta(days=rng.randint(0, 3))
    value = {"id": str(uuid7()), "status": rng.choice(("died", "moved", "institution")), "effective_on": str(day)}
    return _ask(house, f"/elders/{elder}/status", value)


def come(house: House, rng: random.Random, _time: Time) -> str:
    """A new elder, perhaps tied at once."""
    elder = str(uuid7())
    value = {"id": elder, "region": str(rng.choice(VILLAGES)), "name": f"新来的{rng.randint(1, 99)}",
             "categories": ["living_alone"], "lat": 34.05, "lon": 113.85}  # fmt: skip
    said = _ask(house, "/elders", value)
    user = str(rng.choice(sorted(house.county.visitors.values())))
    tied = {"id": str(uuid7()), "elder_id": elder, "user_id": user, "role": "main"}
    return f"{said}; {_ask(house, '/pairings', tied)}"


def change(house: House, rng: random.Random, _time: Time) -> str:
    """Something on an elder's card: another name, another policy, another phone."""
    elder = _some(house, rng, Elder.id, Elder.left_on.is_(None))
    value: dict[str, object] = rng.choice(
        ({"notes": f"喜欢喝茶{rng.randint(1, 99)}"}, {"policy_id": "focused"}, {"policy_id": "universal"},
         {"phone": f"139{rng.randint(0, 99999999):08d}"})
    )  # fmt: skip
    return _ask(house, f"/elders/{elder}", value, "PATCH")


def new_tag(house: House, rng: random.Random, _time: Time) -> str:
    elder = _some(house, rng, Elder.id, Elder.left_on.is_(None))
    return _ask(house, f"/elders/{elder}/tag/{rng.choice(('reissue', 'revoke'))}")


def revoke(house: House, rng: random.Random, _time: Time) -> str:
    device = _some(house, rng, Device.id, Device.revoked_at.is_(None))
    if device is None:
        return "no phone to revoke"
    return _ask(house, f"/devices/{device}/revoke", {"as": rng.choice(("left", "replaced", "lost"))})


def see_to(house: House, rng: random.Random, _time: Time) -> str:
    alert = _some(house, rng, Alert.id, Alert.state != "resolved")
    if alert is None:
        return "no alert"
    return _ask(house, f"/alerts/{alert}/{rng.choice(('acknowledge', 'resolve'))}", {"note": "已处理"})


DEEDS: tuple[tuple[Callable[[House, random.Random, Time], str], int], ...] = (
    (review, 9), (reopen, 2), (untie, 4), (tie, 5), (be_away, 3), (be_back, 2), (leave, 1), (come, 1), (change, 3),
    (new_tag, 1), (revoke, 1), (see_to, 4),
)  # fmt: skip
