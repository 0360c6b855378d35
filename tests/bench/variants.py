"""The other world, varied: towers, steep cities, northern winters, other phones and registers, and cheats who wait.

Each variant changes what one real place or make of phone changes, so that a rule that leans on the others' habits shows
it here. The cheats wait as long as a visit takes (20 to 40 minutes) and leave time for the ways between; each gives
away one thing at most, some nothing (`patient_no_gps`, `patient_mock`: what nobody can tell from their visits, and only
the call-back sample finds).

`world(seed, variant)` → lines and truth, as `tests.bench.otherworld.world`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import Any

from tests.bench.otherworld import CENTRE, OFTEN, SELDOM, STOCK, Home, Phone, Point, Visitor, World, apart, at, move

CHEATS = (
    "patient_album", "patient_no_gps", "patient_mock", "noisy_mock", "photo_again", "copied", "month_end",
    "second_phone", "one_scan_elsewhere", "exact_mock", "hours_back",
)  # fmt: skip


@dataclass(frozen=True)
class Variant:
    """What is otherwise than in the other world. `size`: of a beat in metres; `stair`: share of homes in the stairwell
    of the one before; `registered_m`: the register's usual error; `lumped`, `wrong`: shares of beats registered at one
    door and of homes registered elsewhere; `shift`: metres by which the whole register is off; `claimed_m`: least
    accuracy that phones claim; `sigmas`: true errors over claimed; `echo`: share of readings off by streets; `off`:
    share of days without positions; `digits`: that phones give; `often`: share of cheats' outings made up."""

    homes: tuple[int, int] = (5, 24)
    size: tuple[float, float] = (150, 1500)
    stair: float = 0.2
    registered_m: float = 20.0
    lumped: float = 0.08
    wrong: float = 0.03
    shift: float = 0.0
    claimed_m: float = 3.2
    spread_m: float = 9.0
    sigmas: float = 0.7
    echo: float = 0.02
    missing: float = 0.06
    off: float = 0.03
    digits: int = 7
    often: float = 0.4
    stay: tuple[float, float] = (3.1, 0.5)
    late: float = 0.0


VARIANTS: dict[str, Variant] = {
    "towers": Variant((10, 30), (80, 500), stair=0.6, spread_m=25, sigmas=1.0, echo=0.06, missing=0.15, lumped=0.15),
    "steep": Variant((6, 20), (200, 900), sigmas=1.1, echo=0.08, missing=0.12, registered_m=35, wrong=0.05),
    "winter": Variant((4, 16), (300, 2500), off=0.10, missing=0.10, stay=(2.6, 0.5), late=0.10),
    "sharp phones": Variant(claimed_m=3.0, spread_m=2.5, registered_m=4.0, wrong=0.01, lumped=0.0, missing=0.03),
    "three homes": Variant((3, 3)),
    "forty homes": Variant((40, 40), (200, 1200)),
    "shifted register": Variant(shift=450.0),
    "four digits": Variant(digits=4),
    "one in ten made up": Variant(often=0.1),
    "all made up": Variant(often=1.0),
}


class Varied(World):
    """The other world with a variant's habits, and cheats who wait."""

    def __init__(
        self, seed: int, visitors: int, months: int, cheat_share: float, cheats: tuple[str, ...], how: Variant
    ) -> None:
        self.how = how
        super().__init__(seed, visitors, months, cheat_share, cheats)
        self.often, self.off_days = how.often, how.off

    def visitor(self) -> Visitor:
        rng, how = self.rng, self.how
        village = move(CENTRE, rng.uniform(0, 6000), rng.uniform(0, 6.28))
        size = rng.uniform(*how.size)
        door = move(village, rng.uniform(0, 300), rng.uniform(0, 6.28))
        lumped = rng.random() < how.lumped
        homes: list[Home] = []
        for _ in range(rng.randint(*how.homes)):
            if homes and rng.random() < how.stair:
                true = move(homes[-1].true, rng.uniform(0, 25), rng.uniform(0, 6.28))
            else:
                true = move(village, size * rng.random() ** 0.5, rng.uniform(0, 6.28))
            said = move(true, rng.expovariate(1 / how.registered_m), rng.uniform(0, 6.28))
            if lumped:
                said = move(door, rng.expovariate(1 / 5), rng.uniform(0, 6.28))
            elif rng.random() < how.wrong:
                said = move(true, rng.uniform(300, 1800), rng.uniform(0, 6.28))
            said = move(said, how.shift, 0.9)
            usual = {i: rng.choices(("good", "fair", "poor"), (60, 32, 8))[0] for i in OFTEN}
            usual.update({i: rng.choices(("good", "fair", "poor"), (92, 7, 1))[0] for i in SELDOM})
            homes.append(Home(self.uid(), true, said, usual, rng.random() < 0.05))
        hours = rng.choice(((8.5, 15.0), (8.5, 11.0), (14.0, 17.0), (17.5, 19.0)))
        own = move(village, rng.uniform(200, 2500), rng.uniform(0, 6.28))
        stock = rng.choice(STOCK) if rng.random() < 0.3 else None
        return Visitor(self.uid(), self.phone(), own, homes, rng.choice((1.2, 3.5, 4.5, 9.0)), hours, stock)

    def reading(self, phone: Phone, true: Point) -> dict[str, Any] | None:
        rng, how = self.rng, self.how
        if phone.kind == "blind" or rng.random() < how.missing:
            return None
        if phone.kind == "network":
            return super().reading(phone, true)
        accuracy = min(90.0, how.claimed_m + rng.expovariate(1 / how.spread_m))
        error = accuracy * abs(rng.gauss(0, how.sigmas))
        if rng.random() < how.echo:
            error += rng.uniform(30, 150)
        return self.said(move(true, error, rng.uniform(0, 6.28)), accuracy)

    def said(self, where: Point, accuracy: float, mocked: bool = False) -> dict[str, Any]:
        told = super().said(where, accuracy, mocked)
        return {**told, "lat": round(told["lat"], self.how.digits), "lon": round(told["lon"], self.how.digits)}

    def arrival(self, end: float) -> float:
        return end + self.rng.uniform(4, 8) * 86_400 if self.rng.random() < self.how.late else super().arrival(end)

    def usual_stay(self) -> float:
        return 60 * max(3.2, self.rng.lognormvariate(*self.how.stay))

    def made_up(self, visitor: Visitor, day: dt.date, cheat: str, homes: list[Home]) -> None:
        rng, phone = self.rng, visitor.phone
        now = at(day, rng.uniform(17.5, 18.5) if cheat == "month_end" else rng.uniform(8.5, 16))
        self.meet(phone, now)
        photo = [hashlib.sha256(rng.randbytes(8)).hexdigest()]
        copied = {i: rng.choices(("good", "fair", "poor"), (70, 25, 5))[0] for i in (*OFTEN, *SELDOM)}
        if cheat == "one_scan_elsewhere":
            homes = homes[:1]
        if cheat == "hours_back":
            phone.set_by = -3600 * rng.uniform(2, 10)
        if cheat in ("month_end", "photo_again"):
            homes = homes if len(homes) > 1 else visitor.homes[:3]
        rows, here = [], visitor.own
        afar = move(visitor.own, 3000, rng.uniform(0, 6.28))
        for home in homes:
            now += apart(here, home.true) * 1.3 / visitor.speed + rng.uniform(60, 400)
            stay = 60 * (rng.uniform(20, 40) if cheat != "month_end" else rng.uniform(5, 12))
            places: tuple[Any, Any] = (None, None)
            more: dict[str, Any] = {}
            if cheat in ("patient_album", "copied", "hours_back"):
                places = self.reading(phone, visitor.own), self.reading(phone, visitor.own)
            elif cheat == "one_scan_elsewhere":
                places = self.reading(phone, afar), self.reading(phone, afar)
            elif cheat in ("patient_mock", "noisy_mock", "exact_mock", "photo_again"):
                scatter = {"patient_mock": 12.0, "noisy_mock": 4.0, "exact_mock": 0.0, "photo_again": 12.0}[cheat]
                places = tuple(
                    self.said(
                        move(home.registered, abs(rng.gauss(0, scatter)), rng.uniform(0, 6.28)),
                        1.0 if cheat == "exact_mock" else rng.uniform(4, 15),
                    )
                    for _ in range(2)
                )
            if cheat == "photo_again":
                more["photos"] = photo
            if cheat == "copied":
                more["answers"] = copied
            rows.append((home, now, now + stay, places, more))
            now, here = now + stay, home.true
        arrives = self.arrival(now)
        for home, begin, end, places, more in rows:
            self.record(visitor, phone, home, begin, end, cheat, places=places, arrives=arrives, **more)
        phone.set_by = 0.0


def world(
    seed: int, variant: str, visitors: int = 60, months: int = 2, cheat_share: float = 0.25,
    cheats: tuple[str, ...] = CHEATS,
) -> tuple[list[dict[str, Any]], dict[str, str]]:  # fmt: skip
    """The lines in order of arrival, and the truth by visit id."""
    made = Varied(seed, visitors, months, cheat_share, cheats, VARIANTS[variant])
    made.run()
    return [line for _, line in sorted(made.lines, key=lambda pair: pair[0])], made.truth
