"""A phone's database is damaged at random places, and opened again: it says so, and what was saved still arrives.

Each round is a phone of its own with some visits, part of them sent, killed at rest (its log beside its file), whose
files are then harmed. Afterwards it talks to the house until it rests. Whichever page is hit, no visit may be lost:
each lies in the journal as well.
"""

from __future__ import annotations

import random
import shutil
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.sim import chance, director, judge
from tests.sim.chance import Time
from tests.sim.house import VISITORS, House
from tests.sim.kills import Gun, killable
from tests.sim.line import Network
from tests.sim.phones import SimPhone

PAGE = 4096


def some_bytes(path: Path, rng: random.Random) -> None:
    """One to twenty bytes, anywhere."""
    data = bytearray(path.read_bytes())
    for _ in range(rng.randint(1, 20)):
        data[rng.randrange(len(data))] = rng.randrange(256)
    path.write_bytes(data)


def a_page(path: Path, rng: random.Random) -> None:
    """A whole page, by another one's content or zeros."""
    data = bytearray(path.read_bytes())
    pages = len(data) // PAGE
    at = rng.randrange(1, max(2, pages)) * PAGE
    other = rng.randrange(max(1, pages)) * PAGE
    data[at : at + PAGE] = rng.choice((bytes(PAGE), data[other : other + PAGE]))
    path.write_bytes(data)


def the_head(path: Path, rng: random.Random) -> None:
    """The first bytes, without which SQLite does not know the file."""
    data = bytearray(path.read_bytes())
    data[:100] = rng.randbytes(100)
    path.write_bytes(data)


def the_schema(path: Path, rng: random.Random) -> None:
    """What says which tables there are."""
    data = bytearray(path.read_bytes())
    data[100:PAGE] = rng.randbytes(PAGE - 100)
    path.write_bytes(data)


HARMS: dict[str, Callable[[Path, random.Random], None]] = {
    "bytes": some_bytes, "page": a_page, "head": the_head, "schema": the_schema,
}  # fmt: skip


@dataclass
class Damage:
    """What became of the rounds: by kind of harm how many, how many visits were saved, how many are lost."""

    figures: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)


def damage(house: House, folder: Path, *, rounds: int, seed: int) -> Damage:
    """So many rounds."""
    done = Damage()
    for number in range(rounds):
        time, gun = Time(), Gun()
        folder.mkdir()
        with chance.seeded(f"damage/{seed}/{number}", time), killable(gun):
            try:
                _round(house, folder, time, gun, random.Random(f"damage/{seed}/{number}"), done, f"{seed}/{number}")
            except Exception:
                done.violations.append(f"round {number}: raised {traceback.format_exc(limit=-6)}")
            finally:
                shutil.rmtree(folder)
    return done


def _round(house: House, folder: Path, time: Time, gun: Gun, rng: random.Random, done: Damage, name: str) -> None:
    house.begin(time)
    network = Network(house, time, rng, lambda _line: None, gun.tick)
    phone = SimPhone("p", VISITORS[0][0], folder, network, time, gun, name)
    phone.enrol(director.code(house, phone.holder))
    for number in range(rng.randint(2, 7)):
        visit_id = phone.begin(rng.choice(phone.elders()), None, "home")
        time.pass_(rng.uniform(300, 3000))
        if phone.finish(visit_id):
            phone.save(visit_id)
        if number == 1 and rng.random() < 0.5:
            _rest(phone, time)
    if rng.random() < 0.5:
        phone.choose_pin()
    phone.phone.store.close()
    kind = rng.choice(sorted(HARMS))
    store = next(folder.glob("p-*")) / "phone.sqlite"
    HARMS[kind](store, rng)
    phone.phone = phone._open(store.parent)
    phone.open_up()
    if not phone.enrolled:
        phone.enrol(director.code(house, phone.holder))
    _rest(phone, time)
    if phone.phone.store.meta.get("rescued"):
        done.figures[f"{kind}: said so"] += 1
    there = judge.on_server(house, phone.saved)
    lost = set(phone.saved) - there
    done.figures[f"{kind}: rounds"] += 1
    done.figures[f"{kind}: visits saved"] += len(phone.saved)
    done.figures[f"{kind}: visits lost"] += len(lost)
    if lost:
        done.violations.append(f"round {name}, {kind}: {len(lost)} of {len(phone.saved)} visits are lost")
    done.violations += [f"round {name}, {kind}: {words}" for words in phone.wrong + house.complaints.said]
    phone.stop()


def _rest(phone: SimPhone, time: Time) -> None:
    for _ in range(200):
        wait = phone.step()
        if wait is None or wait > 400:
            return
        time.pass_(wait)
