"""One life of a small county, drawn from a seed: what people do, what goes wrong, and what must be so at its end.

A step is one move: somebody works on a visit, a phone talks to the house, a director decides, a machine fails. Then the
world is healed (the network holds, every phone is enrolled, nobody is killed) and everything is compared.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import random
import shutil
import traceback
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.sim import chance, director, judge
from tests.sim.chance import Time
from tests.sim.house import VISITORS, House
from tests.sim.kills import Gun, killable
from tests.sim.line import WEATHERS, Network
from tests.sim.phones import SimPhone

STEPS = 45
HEALING_STEPS = 400


@dataclass
class Life:
    """What became of one seed."""

    seed: int
    digest: str = ""
    trace: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    figures: Counter[str] = field(default_factory=Counter)


class World:
    """Everything that lives, and the moves."""

    def __init__(self, house: House, folder: Path, seed: int, time: Time, gun: Gun) -> None:
        self.seed, self.house, self.time, self.gun = seed, house, time, gun
        self.rng = random.Random(f"world/{seed}")
        self.time.pass_(self.rng.uniform(0, 300) * 3600)
        self.trace: list[str] = []
        self.moves: Counter[str] = Counter()
        rng = random.Random(f"network/{seed}")
        self.network = Network(house, self.time, rng, self.note, self.gun.tick)
        self.network.weather = self.rng.choice(WEATHERS)
        self.kill_share = self.rng.choice((0.0, 0.1, 0.3))
        self.full_share = self.rng.choice((0.0, 0.0, 0.05, 0.15))
        self.backed_up, self.restored, self.all_enrol = False, False, False
        house.begin(self.time)
        holders = [VISITORS[0], VISITORS[1], VISITORS[3], VISITORS[0]][: self.rng.choice((2, 3, 3, 4))]
        self.phones = [
            SimPhone(f"p{number}", name, folder, self.network, self.time, self.gun, f"{seed}/{number}")
            for number, (name, _) in enumerate(holders)
        ]

    def note(self, sentence: str) -> None:
        """A line of the trace: nothing in it may depend on what cannot be seeded."""
        self.trace.append(f"{self.time.now():%m-%d %H:%M:%S} {sentence}")

    # --- moves ---------------------------------------------------------------------------------------------------

    def live(self, steps: int) -> None:
        """So many moves."""
        # Some lives lack some moves and have much of others: what hides behind the average comes out.
        moves, weights = zip(*((move, weight * self.rng.choice(TASTES)) for move, weight in MOVES), strict=True)
        for phone in self.phones:
            self.enrol(phone)
        for number in range(steps):
            self._let_time_pass()
            move = self.rng.choices(moves, weights)[0]
            self.moves[move.__name__] += 1
            self.note(f"-- {number} {move.__name__}")
            move(self)

    def _let_time_pass(self) -> None:
        seconds = self.rng.choices((30, 600, 7200, 43_200, 3 * 86_400), (5, 6, 4, 3, 1))[0]
        self.time.pass_(self.rng.uniform(1, seconds))

    def _phone(self) -> SimPhone:
        return self.rng.choice(self.phones)

    def _open_phone(self) -> SimPhone | None:
        """One whose holder can work with it; None: the one who was thought of cannot."""
        phone = self._phone()
        return phone if phone.open_up() else None

    def maybe_shot(self, phone: SimPhone, do: Callable[[], object], about: str = "") -> bool:
        """Do it; perhaps the phone is killed meanwhile, or its disk is full → whether it came to nothing."""
        if self.rng.random() < self.full_share:
            writes, for_good = self.rng.choice((1, 1, 2, 3, 5, 9)), self.rng.random() < 0.3
            if phone.cramped(writes, do, about, for_good=for_good):
                self.note(f"{phone.name}: its disk is full at write {writes}")
                phone.take_stock()
                return True
            return False
        if self.rng.random() >= self.kill_share:
            do()
            return False
        moments = self.rng.choice((1, 2, 3, 4, 6, 9, 14, 20, 30, 50))
        if phone.shot(moments, do, about):
            self.note(f"{phone.name}: killed at moment {moments}")
            phone.take_stock()
            return True
        return False

    def enrol(self, phone: SimPhone) -> None:
        """With a code from the director; over the same line as everything."""
        code = director.code(self.house, phone.holder)
        problem = ""

        def do() -> None:
            nonlocal problem
            problem = phone.enrol(code)

        self.maybe_shot(phone, do)
        self.note(f"{phone.name}: enrols -> {phone.phone.store.standing}")

    def visit(self) -> None:
        """A whole visit: begun, worked on, saved."""
        phone = self._open_phone()
        if phone is None:
            return
        visit_id = self._begin(phone)
        for _ in range(self.rng.randint(0, 3)):
            self.time.pass_(self.rng.uniform(5, 900))
            if visit_id in phone.look().drafts:
                self._touch(phone, visit_id)
        self.time.pass_(self.rng.choice((10, 900, 2000, 3600)) * self.rng.uniform(0.5, 1))
        self._save(phone, visit_id)

    def begin(self) -> None:
        """A visit is begun, and stays a draft for now."""
        if phone := self._open_phone():
            self._begin(phone)

    def _begin(self, phone: SimPhone) -> str:
        elders = phone.elders()
        elder = self.rng.choice(elders) if elders and self.rng.random() < 0.95 else None
        tag = None
        if self.rng.random() < 0.6:
            ids = self.house.county.elders
            whose = uuid.UUID(str(elder["id"])) if elder and self.rng.random() < 0.9 else self.rng.choice(ids)
            tag = self.house.county.tags.get(whose)
        channel = self.rng.choices(("home", "phone", "video"), (8, 2, 1))[0]
        known = set(phone.look().drafts)

        def do() -> None:
            if tag:
                phone.phone.scan.read_text(tag)
            phone.begin(elder, tag, channel)

        self.maybe_shot(phone, do)
        drafts = phone.look().drafts
        for visit_id in drafts:
            phone.began.setdefault(visit_id, self.time.now())
        new = sorted(set(drafts) - known) or sorted(known)
        self.note(f"{phone.name}: begins {new[-1:]} by {channel}")
        return new[-1] if new else ""

    def touch(self) -> None:
        """Somebody goes on with a draft."""
        phone = self._open_phone()
        if phone and (drafts := sorted(phone.look().drafts)):
            self._touch(phone, self.rng.choice(drafts))

    def _touch(self, phone: SimPhone, visit_id: str) -> None:
        touched = ""

        def do() -> None:
            nonlocal touched
            touched = phone.fill(visit_id)

        self.maybe_shot(phone, do, visit_id)
        self.note(f"{phone.name}: {visit_id} {touched}")

    def save(self) -> None:
        """A draft is finished."""
        phone = self._open_phone()
        if phone and (drafts := sorted(phone.look().drafts)):
            self._save(phone, self.rng.choice(drafts))

    def _save(self, phone: SimPhone, visit_id: str) -> None:
        if visit_id not in phone.look().drafts or not phone.finish(visit_id):
            return
        if not self.maybe_shot(phone, lambda: phone.save(visit_id), visit_id):
            self.note(f"{phone.name}: {visit_id} saved {_short(phone.saved[visit_id].frozen or b'')}")

    def discard(self) -> None:
        """A draft is thrown away, with its photos."""
        phone = self._open_phone()
        if phone is None:
            return
        for visit_id in sorted(phone.look().drafts)[:1]:
            visit = phone.phone.open_draft(visit_id)
            assert visit is not None
            visit.discard()
            self.note(f"{phone.name}: {visit_id} discarded")

    def tell(self) -> None:
        """A call for help, or how a call up the ladder went."""
        phone = self._open_phone()
        if phone is None:
            return
        elders = phone.elders()
        elder = self.rng.choice(elders) if elders else None
        alerts = sorted(str(alert["id"]) for alert in phone.phone.store.cache.all("alerts"))
        alert = self.rng.choice(alerts) if alerts else None
        said = ""

        def do() -> None:
            nonlocal said
            said = phone.tell(elder, alert)

        self.maybe_shot(phone, do)
        phone.take_stock()
        self.note(f"{phone.name}: tells {said}")

    def choose_pin(self) -> None:
        """A PIN is chosen, or another."""
        phone = self._phone()
        if phone.enrolled and phone.open_up():
            self.maybe_shot(phone, phone.choose_pin)
            self.note(f"{phone.name}: PIN {phone.phone.lock.state}")

    def lock(self) -> None:
        """A phone is put away, and goes on sending."""
        phone = self._phone()
        phone.phone.lock.lock()
        self.note(f"{phone.name}: {phone.phone.lock.state}")

    def guess(self) -> None:
        """A thief, or a grandchild, tries PINs."""
        phone = self._phone()
        if phone.pins and phone.open_up():
            self.note(f"{phone.name}: guessed at, {phone.guess(self.rng.choice((1, 5, 8, 15)))}")

    def forget_pin(self) -> None:
        """The PIN is gone for good."""
        phone = self._phone()
        if phone.pins and phone.open_up():
            phone.forget_pin()
            self.note(f"{phone.name}: {phone.phone.lock.state} after its PIN was forgotten")

    def update(self) -> None:
        """An app of the first release is updated; perhaps it is killed while it takes its old store over."""
        phone = self._phone()
        before = phone.look()
        if phone.grow_old():
            if before != phone.look():
                phone.wrong.append(f"{phone.name}: an update changed what was in the store")
            self.note(f"{phone.name}: updated")

    def talk(self) -> None:
        """A phone steps its engine for a while."""
        phone = self._phone()
        for _ in range(self.rng.randint(1, 10)):
            known = phone.confirmed()
            wait: float | None = 0.0

            def do(phone: SimPhone = phone) -> None:
                nonlocal wait
                wait = phone.step()

            if self.maybe_shot(phone, do):
                return
            self._is_true(phone, phone.confirmed() - known)
            if wait is None:
                return
            if wait and self.rng.random() < 0.7:
                return
            self.time.pass_(min(wait, 600))

    def _is_true(self, phone: SimPhone, confirmed: set[str]) -> None:
        """What a phone calls sent is with the server at that moment."""
        missing = confirmed - judge.on_server(self.house, confirmed)
        phone.wrong += [f"{phone.name} says that visit {one} is sent, and the server has none" for one in missing]

    def send_now(self) -> None:
        """The holder presses the button."""
        phone = self._phone()
        phone.phone.outbox.send_now()
        self.talk()

    def line_goes(self) -> None:
        """A phone leaves or finds the network."""
        phone = self._phone()
        phone.line.online = not phone.line.online
        self.note(f"{phone.name}: {'on' if phone.line.online else 'off'}line")

    def weather_changes(self) -> None:
        """All lines get better or worse."""
        self.network.weather = self.rng.choice(WEATHERS)
        self.note(f"weather {self.network.weather}")

    def late_arrival(self) -> None:
        """A request that was held up on its way arrives."""
        self.network.deliver_late()

    def die(self) -> None:
        """A phone is killed while it does nothing."""
        phone = self._phone()
        phone.kill()
        self.note(f"{phone.name}: killed at rest")

    def reboot(self) -> None:
        phone = self._phone()
        phone.reboot()
        self.note(f"{phone.name}: rebooted")

    def clock_jumps(self) -> None:
        """Somebody sets a phone's clock; a dead battery begins in 1970."""
        phone = self._phone()
        jump = self.rng.choice((-400 * 86_400, -86_400, -3600, -300, 300, 3600, 86_400, 400 * 86_400))
        phone.clock.wrong = dt.timedelta(seconds=0 if self.rng.random() < 0.3 else jump)
        self.note(f"{phone.name}: its clock is wrong by {phone.clock.wrong}")

    def enrol_again(self) -> None:
        """Somebody whose phone is no longer known gets a new code."""
        for phone in self.phones:
            if not phone.enrolled:
                self.enrol(phone)

    def decide(self) -> None:
        """The director does something: reviews, reassigns, approves, revokes …"""
        for _ in range(self.rng.randint(1, 3)):
            self.note(f"director: {director.act(self.house, self.rng, self.time)}")

    def jobs(self) -> None:
        """The scheduler wakes."""
        done = self.house.run_jobs()
        self.note(f"jobs: {sorted((name, str(result)) for name, result in done.items() if any(result.values()))}")

    def month_passes(self) -> None:
        """Days go by, up to the next closing."""
        self.time.pass_(self.rng.uniform(2, 9) * 86_400)
        self.jobs()

    def back_up(self) -> None:
        self.house.backup()
        self.backed_up = True
        self.note("backed up")

    def restore(self) -> None:
        """The server's disk is gone; what the last backup has is put back, and phones are told."""
        if self.backed_up:
            self.house.restore()
            self.house.begin_epoch()
            self.restored = True
            self.note("restored from the backup")

    # --- healing -------------------------------------------------------------------------------------------------

    def heal(self) -> None:
        """The network holds, and nobody is killed; then all come to rest. In every other life those who lost their
        phone's enrolment or PIN do not care for a new one unless something is left that cannot be sent sealed. Not
        after a restore: a phone that the backup does not know has on it alone what it sent before, and cannot be told
        so; its holder gets a new code (docs/operating.md)."""
        self.note("-- healing")
        self.all_enrol = self.rng.random() < 0.5 or self.restored
        self.network.weather = self.kill_share = self.full_share = 0.0
        while self.network.in_flight:
            self.network.deliver_late()
        for _round in range(2):
            for phone in self.phones:
                phone.line.online = True
                self._come_to_rest(phone)
            self.house.run_jobs()
        # Twice: whoever learns only now that the server was restored sends again, which others then have to hear of.
        for _round in range(2):
            for phone in self.phones:
                phone.phone.outbox.send_now()
                self._come_to_rest(phone)

    def _come_to_rest(self, phone: SimPhone) -> None:
        for _ in range(HEALING_STEPS):
            known = phone.confirmed()
            wait = phone.step()
            self._is_true(phone, phone.confirmed() - known)
            if wait is not None and wait <= 400:
                self.time.pass_(wait)
            elif phone.left() or self.all_enrol:
                # What can be sent sealed was; for everything else somebody must enrol, or unlock.
                if phone.enrolled and phone.usable:
                    return
                if not phone.open_up() or not phone.enrolled:
                    self.enrol(phone)
            else:
                return
        phone.wrong.append(f"{phone.name} does not come to rest: {phone.phone.engine.status}")


def _short(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:8]


TASTES = (0.2, 1, 1, 1, 3)
MOVES: tuple[tuple[Callable[[World], None], int], ...] = (
    (World.visit, 24), (World.begin, 3), (World.touch, 4), (World.save, 4), (World.discard, 1), (World.talk, 26),
    (World.send_now, 5), (World.line_goes, 4), (World.weather_changes, 3), (World.late_arrival, 4), (World.die, 3),
    (World.reboot, 3), (World.clock_jumps, 3), (World.enrol_again, 4), (World.decide, 7), (World.jobs, 3),
    (World.month_passes, 2), (World.back_up, 2), (World.restore, 2), (World.tell, 3), (World.choose_pin, 3),
    (World.lock, 3), (World.guess, 1), (World.forget_pin, 1), (World.update, 2),
)  # fmt: skip


def live(house: House, folder: Path, seed: int, steps: int = STEPS) -> Life:
    """One seed from its beginning to its verdict. `folder`: empty, for its phones; nothing of them is left there."""
    life = Life(seed)
    time, gun = Time(), Gun()
    with chance.seeded(seed, time), killable(gun):
        world = World(house, folder, seed, time, gun)
        try:
            world.live(steps)
            world.heal()
            life.violations = judge.violations(world)
            world.trace += judge.state(house)
        except Exception:  # whatever anything raises that nobody expects is what is looked for
            life.violations = ["raised " + traceback.format_exc(limit=-12)]
        finally:
            for phone in world.phones:
                phone.stop()
            shutil.rmtree(folder)
    life.trace = world.trace
    life.digest = hashlib.sha256("\n".join(world.trace).encode()).hexdigest()
    life.figures = Counter(
        {
            **Counter(line.split("'")[7] for line in world.trace if line.startswith("Visit ")),
            "visits": sum(len(phone.saved) for phone in world.phones),
            "photos": sum(len(saved.photos) for phone in world.phones for saved in phone.saved.values()),
            "exchanges": world.network.exchanges,
            "kills": gun.hits + world.moves["die"] + world.moves["reboot"],
            "full disks": gun.failures,
            "events": sum(len(phone.told) for phone in world.phones),
            **{f"line: {name}": count for name, count in world.network.happened.items()},
            **{f"move: {name}": count for name, count in world.moves.items()},
        }
    )
    return life
