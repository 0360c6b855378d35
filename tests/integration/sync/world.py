"""A small county for the feed's tests: what a test needs in one call each, everything else by default."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.alerts.model import Alert
from server.auth.model import AuthSession
from server.auth.reach import Actor, Grant
from server.auth.service import Issuer
from server.devices.model import Installation
from server.duties.model import Duty
from server.elders.model import Elder, ElderCard
from server.elders.vault import Vault
from server.pairings.model import Pairing
from server.people.model import RoleGrant, User
from server.regions.model import County, Region
from server.sync.changes import Setting
from server.tags.model import Tag
from server.timebank.model import Account, Balance, Posting, TimeTransaction
from server.visits.model import Visit
from shared.ids import uuid7
from shared.rules.months import Month
from tests.conftest import NOW, SECRET
from tests.people import KEYS

COUNTY = 411002000000
VILLAGES = (411002001001, 411002001002)
ZONE = dt.timezone(dt.timedelta(hours=8))


class World:
    def __init__(self, session: Session, now: dt.datetime = NOW) -> None:
        self.session = session
        self.now = now
        self.vault = Vault(SECRET)
        self.setting = Setting(
            self.vault, ZONE, "zh", {"server_keys": [{"id": "k1", "key": "A" * 43}], "min_app": "0.1.0"}
        )
        self.numbers = 0
        self.county_region = Region(code=COUNTY, name="魏都区", level="county")
        self.add(self.county_region)
        self.county = County(region_id=self.county_region.id, name="魏都区", created_at=now, settings={})
        self.villages = [
            Region(code=code, name=f"社区{code % 1000}", level="village", parent_id=self.county_region.id)
            for code in VILLAGES
        ]
        self.add(self.county, *self.villages)
        if session.get(Installation, 1) is None:
            self.add(Installation(id=1, epoch=uuid7(now), epoch_since=now, created_at=now))
        session.commit()

    def add(self, *rows: Any) -> None:
        self.session.add_all(rows)
        self.session.flush()

    def person(self, *roles: str, name: str = "张志愿", village: int = 0, device: bool = True) -> Actor:
        user_id, region = uuid7(self.now), self.villages[village]
        self.add(User(id=user_id, username=str(user_id), name=name, phone="13800000000", created_at=self.now))
        for role in roles:
            self.add(
                RoleGrant(
                    id=uuid7(self.now), user_id=user_id, role=role, region_id=region.id, county_id=self.county.id,
                    valid_from=dt.date(2026, 1, 1),
                )
            )  # fmt: skip
        login = AuthSession(
            id=uuid7(self.now), user_id=user_id, kind="device", county_id=self.county.id, created_at=self.now,
            last_used_at=self.now,
        )  # fmt: skip
        self.add(login)
        self.session.commit()
        grants = tuple(
            Grant(role, region.id, region.code or 0, region.name, "village", self.county.id) for role in roles
        )
        return Actor(user_id, name, grants, login.id, None, self.county.id if device else None)

    def bearer(self, who: Actor) -> dict[str, str]:
        """Headers that make a request this person's, by the session they have."""
        held = self.session.get_one(AuthSession, who.session_id)
        tokens = Issuer(KEYS, dt.timedelta(minutes=30)).issue(held, self.session.get_one(User, who.user_id), self.now)
        self.session.commit()
        return {"Authorization": f"Bearer {tokens.access_token}"}

    def elder(
        self, village: int = 0, *, name: str = "王奶奶", tag: bool = True, duty: bool = True, **more: Any
    ) -> Elder:
        self.numbers += 1
        elder_id = uuid7(self.now)
        key, wrapped = self.vault.new_key(self.county.id, elder_id)

        def seal(column: str, text: str) -> bytes:
            return key.seal("elders", column, elder_id, text)

        contacts = [{"name": "王女士", "relation": "女儿", "phone": "13900000001"}]
        values = {
            "registered_on": dt.date(2026, 1, 1), "phone": seal("phone", f"1370000{self.numbers:04d}"),
            "address": seal("address", f"文峰路{self.numbers}号院{self.numbers % 9}号楼"),
            "contacts": seal("contacts", json.dumps(contacts, ensure_ascii=False)), "notes": seal("notes", "听力不好"),
        } | more  # fmt: skip
        elder = Elder(
            county_id=self.county.id, id=elder_id, region_id=self.villages[village].id, short_no=self.numbers,
            name=name, sex="f", birth_date=dt.date(1941, 3, 2), categories=["living_alone"], lat=34.03, lon=113.85,
            data_key=wrapped, legal_basis_on=dt.date(2026, 1, 1), created_at=self.now, updated_at=self.now, **values,
        )  # fmt: skip
        self.add(elder)
        self.add(ElderCard(county_id=self.county.id, elder_id=elder_id, version=1))
        if tag:
            self.tag(elder)
        if duty:
            month = Month.of(self.now.astimezone(ZONE).date())
            self.add(
                Duty(
                    county_id=self.county.id, elder_id=elder_id, kind="month", starts_on=month.first,
                    ends_on=month.last, month=month.first, region_id=elder.region_id, policy_id="universal",
                    policy_version=1,
                )
            )  # fmt: skip
        return elder

    def tag(self, elder: Elder, generation: int = 1) -> Tag:
        digest = hashlib.sha256(f"{elder.id}/{generation}".encode()).hexdigest()
        tag = Tag(
            county_id=self.county.id, id=elder.id, generation=generation, elder_id=elder.id, key_id="k1",
            token_hash=digest, issued_at=self.now,
        )  # fmt: skip
        self.add(tag)
        return tag

    def pair(self, who: Actor | uuid.UUID, elder: Elder, role: str = "main", **more: Any) -> Pairing:
        user_id = who.user_id if isinstance(who, Actor) else who
        values = {"id": uuid7(self.now), "starts_at": self.now - dt.timedelta(days=30)} | more
        pairing = Pairing(
            county_id=self.county.id, elder_id=elder.id, user_id=user_id, role=role,
            created_at=self.now, **values,
        )  # fmt: skip
        self.add(pairing)
        return pairing

    def touch(self, elder: Elder) -> None:
        self.session.execute(
            sa.update(ElderCard).where(ElderCard.elder_id == elder.id).values(version=ElderCard.version + 1)
        )

    def alert(self, elder: Elder | None, kind: str = "missing", visit: Visit | None = None) -> Alert:
        subject = elder.id if elder is not None else visit.id if visit is not None else uuid7(self.now)
        alert = Alert(
            county_id=self.county.id, id=uuid7(self.now), kind=kind, subject=subject,
            elder_id=elder.id if elder else None, visit_id=visit.id if visit else None,
            region_id=self.villages[0].id, period=str(visit.id if visit else uuid.uuid4()), opened_at=self.now,
            since=self.now, due_at=self.now,
        )  # fmt: skip
        self.add(alert)
        return alert

    def visit(self, who: Actor, elder: Elder | None = None, **more: Any) -> Visit:
        values = {"channel": "home", "outcome": "met", "raw": b"", "photo_digests": []} | more
        visit = Visit(
            county_id=self.county.id, id=uuid7(self.now), elder_id=elder.id if elder else None,
            region_id=self.villages[0].id, visitor_id=who.user_id, started_at=self.now, start=self.now,
            received_at=self.now, assurance="plausible", flags=[], content=bytes(32), **values,
        )  # fmt: skip
        self.add(visit)
        return visit

    def account(self, who: Actor) -> Account:
        account = Account(
            county_id=self.county.id, id=uuid7(self.now), kind="member", user_id=who.user_id, opened_at=self.now
        )
        self.add(account)
        return account

    def earn(self, account: Account, minutes: int, at: dt.datetime | None = None) -> uuid.UUID:
        """A posting with the id that a transaction begun at `at` gives it."""
        at = at or self.now
        transaction = TimeTransaction(county_id=self.county.id, id=uuid7(at), kind="earn", key=str(uuid.uuid4()), at=at)
        self.add(transaction)
        posting = Posting(
            county_id=self.county.id, id=uuid7(at), transaction_id=transaction.id, account_id=account.id,
            bucket="pending", minutes=minutes,
        )  # fmt: skip
        self.add(posting)
        balance = self.session.get(Balance, (self.county.id, account.id, "pending"))
        if balance is None:
            self.add(
                Balance(county_id=self.county.id, account_id=account.id, bucket="pending", minutes=minutes)
            )
        else:
            balance.minutes += minutes
        return posting.id
