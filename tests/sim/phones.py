"""A phone of the simulator: the app without its screens, its holder's memory of what it was told, and its deaths."""

from __future__ import annotations

import datetime as dt
import random
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from caregiver_app.fleet.machine import JPEG_HEAD, JPEG_REST
from caregiver_app.platform import fake
from caregiver_app.platform.fake import FakePosition
from caregiver_app.platform.protocols import Reading
from caregiver_app.presenters.events import tell
from caregiver_app.presenters.lock import LOCKED, NEW, OPEN, WAITING, WIPED
from caregiver_app.presenters.phone import Phone
from caregiver_app.presenters.visit import VisitPresenter
from caregiver_app.store import open_store
from caregiver_app.store.store import ENROLLED
from caregiver_app.store.vault import CHEAP
from shared.protocol.values import LADDER_CALL, SOS
from tests.sim.chance import PhoneClock, Time
from tests.sim.house import BASE_URL
from tests.sim.kills import Gun, Killed
from tests.sim.line import Line, Network
from tests.sim.old import can_grow_old, make_old

NOTES = ("", "老人精神很好", "需要换灯泡", "血压药快吃完了，已提醒家属。", "门锁不好用\n已报修")
LIMITS = (1, 2, 7, 100)


PINS = ("314159", "271828", "161803")
# What a full disk says to the screens, which tell their user.
DISK = (OSError, sqlite3.Error)


@dataclass(frozen=True, slots=True)
class Saved:
    """A visit that the phone said was saved: its bytes, and when it really began. None: a draft that a forgotten PIN
    made a visit of; only its sealed form is left."""

    frozen: bytes | None
    began: dt.datetime
    photos: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Look:
    """What lies in a store that a kill must not change. Bytes are None where only the sealed form is left."""

    drafts: dict[str, dict[str, Any]]
    outbox: dict[str, tuple[str, bytes | None]]
    events: frozenset[str]


class SimPhone:
    """`saved`: what it promised to its holder. `began`: when visits really began, saved or not."""

    def __init__(self, name: str, holder: str, folder: Path, network: Network, time: Time, gun: Gun, seed: str) -> None:
        self.name, self.holder = name, holder
        self.line = Line(network, name)
        self.clock = PhoneClock(time, random.Random(f"clock/{seed}"))
        self.position = FakePosition()
        self.saved: dict[str, Saved] = {}
        self.began: dict[str, dt.datetime] = {}
        self.told: dict[str, str] = {}
        self.pins: list[str] = []  # what its PIN may be: two, if it was killed while choosing
        self.lives = 0
        self.wrong: list[str] = []
        self._time, self._gun, self._seed = time, gun, seed
        self._folders = folder
        self._rng = random.Random(f"holder/{seed}")
        self.phone = self._open(self._folder)

    # --- living and dying ----------------------------------------------------------------------------------------

    @property
    def _folder(self) -> Path:
        return self._folders / f"{self.name}-{self.lives}"

    def _open(self, folder: Path) -> Phone:
        rng = random.Random(f"engine/{self._seed}/{self.lives}")
        platform = replace(fake.fake(name=self.name), clock=self.clock, position=self.position)
        return Phone(open_store(folder), platform, self.line, rng, rng.choice(LIMITS), lambda: CHEAP)

    def kill(self) -> None:
        """Between two of its doings: everything in memory is gone."""
        copy = self._folders / f"{self.name}-{self.lives + 1}"
        shutil.copytree(self._folder, copy)
        self._rise()

    def _rise(self) -> None:
        self.phone.store.close()
        shutil.rmtree(self._folder)
        self.lives += 1
        self.phone = self._open(self._folder)

    def shot(self, moments: int, do: Callable[[], Any], about: str = "") -> bool:
        """Do something, and be killed after so many moments of it → whether it came to that. `about`: the visit that
        it is done to, which may then be in either state; all else must be as it was."""
        before = self.look()
        self._gun.aim(self._folder, self._folders / f"{self.name}-{self.lives + 1}", moments)
        try:
            do()
        except Killed:
            self._rise()
            self.open_up()
            self._compare(before, self.look(), about)
            return True
        finally:
            self._gun.lower()
        return False

    def cramped(self, writes: int, do: Callable[[], Any], about: str = "", *, for_good: bool) -> bool:
        """Do something on a disk that is full from some write on → whether that was said."""
        before = self.look()
        self._gun.fill(writes, for_good=for_good)
        try:
            do()
        except DISK:
            self._gun.lower()
            self._compare(before, self.look(), about)
            return True
        finally:
            self._gun.lower()
        return False

    def grow_old(self) -> bool:
        """As if the app had been of the first release until now: its store is that of the first, and is then opened
        by this one. False: it has what that release did not know."""
        if self.phone.lock.state != NEW or not can_grow_old(self._folder):
            return False
        self.phone.store.close()
        make_old(self._folder)
        self.phone = self._open(self._folder)
        return True

    def reboot(self) -> None:
        """Switched off and on: the app begins anew, and so do the uptimes."""
        self.clock.reboot()
        self.kill()

    def look(self) -> Look:
        """What is in the store now."""
        store = self.phone.store
        drafts = {} if store.locked else {one: store.drafts.get(one) or {} for one in store.drafts.ids()}
        outbox = {row.id: (row.state, row.frozen) for row in store.outbox.all()}
        return Look(drafts, outbox, frozenset(row[0] for row in store.database.rows("SELECT id FROM events")))

    def _compare(self, before: Look, after: Look, about: str) -> None:
        if not before.events <= after.events:
            self._complain("something that was to be told is gone after a kill")
        for visit_id, (_, frozen) in before.outbox.items():
            if visit_id not in after.outbox or (frozen and after.outbox[visit_id][1] != frozen):
                self._complain(f"visit {visit_id} was in the outbox and after a kill it is not, or reads otherwise")
        for visit_id, draft in before.drafts.items():
            if visit_id == about:
                places = (visit_id in after.drafts) + (visit_id in after.outbox)
                if places != 1:
                    self._complain(f"draft {visit_id} is in {places} places after a kill")
            elif after.drafts.get(visit_id) != draft:
                self._complain(f"draft {visit_id} is not what it was before the kill")
        for draft in after.drafts.values():
            self._complain_of_photos(draft)

    def _complain_of_photos(self, visit: dict[str, Any]) -> None:
        for digest in visit.get("photos") or ():
            if self.phone.store.photos.read(digest) is None:
                self._complain(f"visit {visit['id']} names photo {digest[:8]}, which cannot be read")

    def _complain(self, sentence: str) -> None:
        self.wrong.append(f"{self.name}: {sentence}")

    # --- its lock ------------------------------------------------------------------------------------------------

    @property
    def usable(self) -> bool:
        """Whether visits can be worked on: not locked, and not wiped."""
        return self.phone.store.vault.is_open

    def open_up(self) -> bool:
        """The holder unlocks it, if the PIN is still known → whether it is open."""
        lock = self.phone.lock
        for pin in self.pins:
            if lock.state == WAITING:
                self._time.pass_(lock.view().wait_s + 1)
            if lock.state == LOCKED:
                lock.unlock(pin)
            if lock.state == OPEN:
                self.pins = [pin]
                break
        return self.usable

    def choose_pin(self) -> str:
        """A first PIN, or another → where the lock then stands."""
        pin = self._rng.choice(PINS)
        lock = self.phone.lock
        if lock.state == NEW:
            self.pins = [pin]
            lock.set_pin(pin)
        elif lock.state == OPEN and self.pins:
            self.pins = list(dict.fromkeys([pin, *self.pins]))
            lock.change_pin(self.pins[-1], pin)
        self._settle_pin(lock.state)
        return str(lock.state)

    def _settle_pin(self, state: str) -> None:
        if state == OPEN:
            self.pins = self.pins[:1]

    def guess(self, tries: int) -> str:
        """Somebody who does not know the PIN tries → where the lock then stands."""
        lock = self.phone.lock
        before = self.drafts_to_keep()
        lock.lock()
        for _ in range(tries):
            if lock.state == WAITING:
                self._time.pass_(lock.view().wait_s + 1)
            if lock.state == LOCKED:
                lock.unlock("000001")
        self.after_wipe(before)
        return str(lock.state)

    def forget_pin(self) -> None:
        """The holder gives up: whoever is known is dropped; what was saved, and what could have been, is not."""
        before = self.drafts_to_keep()
        self.phone.lock.lock()
        self.phone.lock.forgot()
        self.after_wipe(before)

    def drafts_to_keep(self) -> dict[str, dict[str, Any]]:
        """Drafts that could be saved as they stand."""
        found = {}
        for visit_id, draft in self.look().drafts.items():
            visit = self.phone.open_draft(visit_id)
            if visit is not None and visit.view().can_save:
                found[visit_id] = draft
        return found

    def after_wipe(self, drafts: dict[str, dict[str, Any]]) -> None:
        """Nothing personal is left, and nothing that could be sent is lost."""
        if self.phone.lock.state != WIPED:
            return
        self.pins = []
        if self.phone.store.cache.counts().get("elders"):
            self._complain("knows elders after it was wiped")
        for visit_id, draft in drafts.items():
            if not self.phone.store.outbox.has(visit_id):
                self._complain(f"draft {visit_id} could have been saved, and a wipe lost it")
            else:
                self.saved[visit_id] = Saved(None, self.began[visit_id], tuple(draft.get("photos") or ()))

    # --- what its holder does ------------------------------------------------------------------------------------

    @property
    def enrolled(self) -> bool:
        return self.phone.store.standing == ENROLLED

    def enrol(self, code: str) -> str:
        """→ the problem that the screen shows, or nothing."""
        return self.phone.enrol.submit(BASE_URL, code).problem

    def elders(self) -> list[dict[str, Any]]:
        """Whom the phone knows, in an order that follows from nothing but them."""
        return sorted(self.phone.store.cache.all("elders"), key=lambda elder: str(elder["id"]))

    def begin(self, elder: dict[str, Any] | None, tag: str | None, channel: str) -> str:
        """Begin a visit (or go on with the one that is open) → its id."""
        self._stand(elder)
        by = "camera" if tag else None
        visit = self.phone.begin_visit(str(elder["id"]) if elder else None, tag=tag, tag_by=by, channel=channel)
        self.began.setdefault(visit.draft_id, self._time.now())
        return visit.draft_id

    def _stand(self, elder: dict[str, Any] | None) -> None:
        rng = self._rng
        self.position.here = None
        if elder and elder.get("lat") is not None and rng.random() < 0.85:
            near = 0.00015 if rng.random() < 0.9 else 0.02
            lat, lon = (float(elder[name]) + rng.uniform(-near, near) for name in ("lat", "lon"))
            self.position.here = Reading(round(lat, 6), round(lon, 6), round(rng.uniform(5, 60), 1))

    def fill(self, visit_id: str) -> str:
        """Work on a draft: one touch, chosen by chance → what was touched."""
        visit = self.phone.open_draft(visit_id)
        assert visit is not None
        rng = self._rng
        touches: tuple[tuple[str, Callable[[VisitPresenter], Any]], ...] = (
            ("all good", lambda v: v.all_good()),
            ("all good", lambda v: v.all_good()),
            ("an answer", self._answer),
            ("the outcome", self._outcome),
            ("a note", lambda v: v.set_note(rng.choice(NOTES))),
            ("a need", lambda v: v.toggle_need(rng.choice(("meals", "medical", "cleaning")))),
            ("urgent", lambda v: v.set_urgent(rng.choice(("ill", "fallen", None)), "请尽快联系")),
            ("a photo", lambda v: v.add_photo(self._picture())),
            ("a photo away", self._photo_away),
        )
        name, touch = rng.choices(touches, (4, 4, 4, 3, 3, 2, 1, 2, 1))[0]
        touch(visit)
        return name

    def _answer(self, visit: VisitPresenter) -> None:
        items = [item for group in visit.view().groups for item in group.items]
        if items:
            item = self._rng.choice(items)
            visit.answer(item.id, self._rng.choice(item.options).value)

    def _outcome(self, visit: VisitPresenter) -> None:
        outcome = self._rng.choices(("met", "not_home", "refused"), (6, 2, 1))[0]
        view = visit.set_outcome(outcome)
        if view.reasons:  # none where the disk had no room for the outcome, which the screen then says
            visit.set_reason(self._rng.choice(view.reasons).value)

    def _photo_away(self, visit: VisitPresenter) -> None:
        draft = self.phone.store.drafts.get(visit.draft_id) or {}
        for digest in list(draft.get("photos") or ())[:1]:
            visit.remove_photo(digest)

    def _picture(self) -> bytes:
        comment = self._rng.randbytes(self._rng.choice((20, 20, 20, 60_000)))
        parts = [JPEG_HEAD]
        for _ in range(1 if len(comment) < 60_000 else 3):
            parts.append(b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment)
        return b"".join([*parts, JPEG_REST])

    def finish(self, visit_id: str) -> bool:
        """Whatever is still missing, so that the visit can be saved → whether it can."""
        visit = self.phone.open_draft(visit_id)
        if visit is None:
            return False
        view = visit.view()
        if view.can_save:
            return True
        if not view.reasons:
            view = visit.all_good()
            for group in view.groups:
                for item in group.items:
                    if item.value is None and item.options:
                        visit.answer(item.id, item.options[0].value)
        else:
            visit.set_reason(view.reasons[0].value)
        return visit.view().can_save

    def save(self, visit_id: str) -> None:
        """Save: from now on this visit is promised."""
        visit = self.phone.open_draft(visit_id)
        assert visit is not None
        visit.save()
        self.promise(visit_id)

    def promise(self, visit_id: str) -> None:
        """The visit is in the outbox, and its holder knows."""
        row = self.phone.store.outbox.get(visit_id)
        if row is None:
            self._complain(f"visit {visit_id} was saved and is not in the outbox")
            return
        photos = tuple(photo.sha256 for photo in self.phone.store.photos.of(visit_id))
        self.saved[visit_id] = Saved(row.frozen, self.began[visit_id], photos)
        if row.frozen:
            self._complain_of_photos(row.visit())

    def take_stock(self) -> None:
        """After a kill while saving: what reached the outbox is as good as promised. Drafts that are new begin now."""
        store = self.phone.store
        for visit_id in store.drafts.ids():
            self.began.setdefault(visit_id, self._time.now())
        for row in store.outbox.all():
            if row.id not in self.saved:
                self.promise(row.id)
        for event_id, kind in store.database.rows("SELECT id, kind FROM events"):
            self.told.setdefault(event_id, kind)

    def tell(self, elder: dict[str, Any] | None, alert: str | None) -> str:
        """A call for help, or how a call went → what was told."""
        common = self.phone._common
        if alert is None or self._rng.random() < 0.5:
            kind, subject, data = SOS, str(elder["id"]) if elder else None, {"words": "请来人"}
        else:
            outcome = self._rng.choice(("reached", "no_answer", "whereabouts"))
            kind, subject, data = LADDER_CALL, alert, {"whom": "contact", "outcome": outcome, "words": "在女儿家"}
        self.told[tell(common, kind, subject, data, urgent=kind == SOS)] = kind
        return kind

    # --- talking to the house ------------------------------------------------------------------------------------

    def step(self) -> float | None:
        """One step of the engine → seconds until the next, as it says."""
        return self.phone.engine.step()

    def left(self) -> int:
        """Visits, events and photos that are not with the server."""
        photos = self.phone.store.photos.counts()
        store = self.phone.store
        waiting = store.outbox.counts()["pending"] + store.events.counts()["pending"]
        return waiting + photos.get("waiting", 0) + photos.get("pending", 0)

    def confirmed(self) -> set[str]:
        """Visits of which the phone says that the server has them."""
        return {row.id for row in self.phone.store.outbox.all() if row.state == "sent"}

    def stop(self) -> None:
        self.phone.stop()
