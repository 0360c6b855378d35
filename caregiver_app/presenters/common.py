"""What all presenters share: the store, the machine, the language, the time, and the line about syncing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from caregiver_app import texts
from caregiver_app.platform.protocols import Platform
from caregiver_app.presenters.views.base import SyncBadge
from caregiver_app.store.store import ENROL_AGAIN, NEW, REVOKED, Store
from caregiver_app.sync.offset import parse, server_now
from caregiver_app.sync.status import Status

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass
class Common:
    """Handed to every presenter."""

    store: Store
    platform: Platform
    status: Status = field(default_factory=Status)
    _cached: dict[str, tuple[int, list[dict[str, Any]]]] = field(default_factory=dict)

    @property
    def language(self) -> str:
        """`zh` or `en`."""
        return str(self.store.meta.get("language", "zh"))

    def text(self, key: str, **params: Any) -> str:
        """A text in the chosen language."""
        return texts.text(key, self.language, **params)

    def label(self, group: str, value: Any) -> str:
        """A code in words; a code of a newer server is shown as it is."""
        key = f"{group}.{value}"
        return self.text(key) if key in texts.TEXTS else str(value)

    def now(self) -> datetime:
        """The best guess at the real time, in the phone's zone."""
        return server_now(self.store.meta, self.platform.clock)

    def section(self, name: str) -> list[dict[str, Any]]:
        """A section of the cache, read again only after a pull changed it."""
        version = self.store.cache.version
        held = self._cached.get(name)
        if held is None or held[0] != version:
            held = (version, self.store.cache.all(name))
            self._cached[name] = held
        return held[1]

    def forget(self) -> None:
        """Drop what is held in memory (the app was locked)."""
        self._cached.clear()

    def when(self, at: datetime | str | None) -> str:
        """A moment in words: today's by the hour, others by the day."""
        moment = parse(at) if isinstance(at, str) else at
        if moment is None:
            return ""
        now = self.now()
        local = moment.astimezone(now.tzinfo)
        clock = f"{local:%H:%M}"
        if local.date() == now.date():
            return self.text("when.today", clock=clock)
        day = self.day(local)
        return f"{day} {clock}"

    def day(self, at: datetime) -> str:
        """A day in words, with the year if it is another."""
        year = at.year != self.now().year
        if self.language == "en":
            return f"{at.day} {MONTHS[at.month - 1]}" + (f" {at.year}" if year else "")
        return (f"{at.year}年" if year else "") + f"{at.month}月{at.day}日"

    def today_text(self) -> str:
        """Today's date with its weekday."""
        now = self.now()
        return self.text("today.date", day=self.day(now), weekday=self.text(f"weekday.{now.weekday()}"))

    def distance(self, metres: float) -> str:
        """How far, in words; never more exact than a phone knows."""
        if metres < 1000:
            return self.text("distance.m", m=max(10, round(metres / 10) * 10))
        return self.text("distance.km", km=f"{metres / 1000:.1f}")

    def badge(self) -> SyncBadge:
        """The line about syncing. It says that all is sent only if the server confirmed all: visits, what else there
        is to tell, and photos."""
        visits, events = self.store.outbox.counts(), self.store.events.counts()
        waiting, refused = visits["pending"] + events["pending"], visits["refused"] + events["refused"]
        photos = self.store.photos.counts()
        photos_waiting = photos.get("waiting", 0) + photos.get("pending", 0)
        standing = self.store.standing
        if self.store.database.disk_trouble:
            state = "disk"
        elif standing == REVOKED:
            state = "revoked"
        elif standing in (NEW, ENROL_AGAIN):
            state = "enrol"
        elif self.store.meta.get("rescued") and not self.store.meta.get("pulled_at"):
            state = "rescued"
        elif self.status.busy:
            state = "sending"
        elif waiting and self.status.failing:
            state = "offline"
        elif waiting:
            state = "waiting"
        elif refused:
            state = "refused"
        elif self.status.failing:
            state = "offline"
        elif photos_waiting:
            state = "photos"
        elif self.status.too_old:
            state = "update"
        else:
            state = "ok"
        key = "badge.offline_empty" if state == "offline" and not waiting else f"badge.{state}"
        words = self.text(key, waiting=waiting, refused=refused, photos=photos_waiting)
        if waiting and state in ("enrol", "revoked", "sending", "disk", "rescued"):
            words += self.text("badge.and_waiting", waiting=waiting)
        if refused and state != "refused":
            words += self.text("badge.and_refused", refused=refused)
        return SyncBadge(state=state, text=words, waiting=waiting, refused=refused)
