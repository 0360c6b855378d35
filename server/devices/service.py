"""Phones: taken in with a code, kept in through weeks without network, and shut out when they are lost."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import uuid
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from server.audit import service as audit
from server.auth import service as auth
from server.auth.model import AuthSession
from server.auth.service import Issuer, Tokens
from server.auth.tokens import read_refresh
from server.devices import codes
from server.devices.model import REVOCATIONS, Device, EnrolmentCode, FormerKey, Installation
from server.devices.signers import Key
from server.keys import KeyRing
from server.people.model import VISITING_ROLES, RoleGrant, User
from server.prepared import Prepared
from server.problems import Problem, problem
from shared.ids import uuid7
from shared.protocol.signing import b64, refresh_text

CODE_LIFE = dt.timedelta(hours=24)
CLOCK_MAX_OFF = dt.timedelta(minutes=10)
EPOCH_GRACE = dt.timedelta(days=60)
# a phone is for those who visit, and for directors, who visit too
ENROLLED_ROLES = VISITING_ROLES | {"director"}
# wrong codes from one address within auth's window; a whole training class sits behind one address
MAX_WRONG_CODES = 30


@dataclass(frozen=True, slots=True)
class IssuedCode:
    code: str
    user: User
    expires_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Phone:
    """What a phone says of itself."""

    id: uuid.UUID
    public_key: bytes
    model: str = ""
    os: str = ""
    app_version: str = ""


def issue_code(
    session: Session,
    keys: KeyRing,
    user_id: uuid.UUID,
    *,
    now: dt.datetime,
    today: dt.date,
    code_id: uuid.UUID | None = None,
    counties: Collection[int] | None = None,
    actor_id: uuid.UUID | None = None,
    replaces: uuid.UUID | None = None,
) -> IssuedCode:
    """A code that enrols one phone of that person within 24 hours. The same `code_id` again gives the same code.

    `counties`: those in which the asking person may do so (None: everywhere). `replaces`: the person's phone that the
    new one takes the place of; it is revoked when the code is used, so that nobody is without a phone meanwhile."""
    issued = add_code(
        session, keys, user_id, now=now, today=today, code_id=code_id, counties=counties, actor_id=actor_id,
        replaces=replaces,
    )  # fmt: skip
    session.commit()
    return issued


def add_code(
    session: Session,
    keys: KeyRing,
    user_id: uuid.UUID,
    *,
    now: dt.datetime,
    today: dt.date,
    code_id: uuid.UUID | None = None,
    counties: Collection[int] | None = None,
    actor_id: uuid.UUID | None = None,
    replaces: uuid.UUID | None = None,
) -> IssuedCode:
    """As `issue_code`, as part of something larger: does not commit."""
    user = session.get(User, user_id)
    county_id = _county_of(session, user_id, today, counties)
    if user is None or county_id is None or user.disabled_at is not None:
        raise problem("not_found")
    if replaces is not None:
        old = session.get(Device, replaces)
        if old is None or old.user_id != user_id:
            raise problem("not_found")
    # made of the id, so that a lost answer can be asked for again although only the hash is kept
    text = codes.from_bytes(keys.mac("enrolment-code-text", (code_id or uuid7(now)).bytes))
    digest = codes.hashes(keys, text.replace("-", ""))[0]
    known = session.get(EnrolmentCode, digest)
    if known is not None:
        if known.user_id != user_id:
            raise problem("id_reused")
        return IssuedCode(text, user, known.expires_at)
    session.add(
        EnrolmentCode(
            hash=digest, user_id=user_id, county_id=county_id, issued_by=actor_id, issued_at=now,
            expires_at=now + CODE_LIFE, device_id=None, used_at=None, replaces=replaces,
        )
    )  # fmt: skip
    audit.record(session, "device.code", "user", user_id, now=now, actor_id=actor_id, county_id=county_id)
    return IssuedCode(text, user, now + CODE_LIFE)


def enrol(session: Session, issuer: Issuer, code: str, phone: Phone, address: str, now: dt.datetime) -> Tokens:
    """Take a phone in. The same code, device and key again is the same enrolment with fresh tokens."""
    _check_rate(session, address, now)
    letters = codes.read(code)
    found = None
    if letters is not None:
        found = session.scalar(
            select(EnrolmentCode).where(EnrolmentCode.hash.in_(codes.hashes(issuer.keys, letters))).with_for_update()
        )
    if found is None:
        auth.add_failure(session, rate_name("enrol", address), now)
        session.commit()
        raise problem("code_invalid")
    if found.expires_at <= now:
        raise problem("code_expired")
    if found.device_id is not None and found.device_id != phone.id:
        raise problem("code_used")
    user = session.get_one(User, found.user_id)
    if user.disabled_at is not None:
        raise problem("code_invalid")
    device = _device(session, found, phone, now)
    if found.used_at is None and found.replaces not in (None, device.id):
        _shut_out(session, session.get_one(Device, found.replaces), "replaced", now, found.issued_by)
    found.device_id, found.used_at = device.id, found.used_at or now
    held = _session_of(session, device, now)
    tokens = issuer.issue(held, user, now)
    session.commit()
    return tokens


def refresh(
    session: Session,
    issuer: Issuer,
    device_id: uuid.UUID,
    texts: tuple[str, str, str],
    at: dt.datetime,
    signature: bytes,
    now: dt.datetime,
    *,
    app_version: str | None = None,
) -> Tokens:
    """New tokens for a phone. `texts`: device id, refresh token and time exactly as they were sent and signed.
    `app_version`: what the app says it is now, which is remembered."""
    device = session.get(Device, device_id)
    if device is None:
        raise problem("device_unknown")
    key = Key(device.public_key, device.county_id, device.revoked_at, device.revoked_as)
    if not key.signed(signature, refresh_text(*texts)):
        raise problem("signature_invalid")
    user = session.get_one(User, device.user_id)
    if device.revoked_at is not None or user.disabled_at is not None:
        raise problem("device_revoked", revoked_as=device.revoked_as or "left")
    if abs(at - now) > CLOCK_MAX_OFF:
        raise problem("clock_off", server_time=now)
    held = _refreshed(session, issuer.keys, device, texts[1], now)
    device.last_seen_at = now
    device.app_version = (app_version or device.app_version)[:40]
    tokens = issuer.issue(held, user, now)
    session.commit()
    return tokens


def revoke(
    session: Session, device_id: uuid.UUID, revoked_as: str, *, now: dt.datetime, actor_id: uuid.UUID | None
) -> Device:
    """Shut a phone out: `left` (its holder went), `replaced`, or `lost` (what it sends from now on is reviewed)."""
    assert revoked_as in REVOCATIONS
    device = session.get(Device, device_id)
    if device is None:
        raise problem("not_found")
    _shut_out(session, device, revoked_as, now, actor_id)
    session.commit()
    return device


def _shut_out(
    session: Session, device: Device, revoked_as: str, now: dt.datetime, actor_id: uuid.UUID | None
) -> None:
    if device.revoked_at is None or device.revoked_as != revoked_as:
        device.revoked_at, device.revoked_as = device.revoked_at or now, revoked_as
        auth.revoke_sessions(session, now, device_id=device.id, revoked_as=revoked_as)
        audit.record(
            session, "device.revoke", "device", device.id, now=now, actor_id=actor_id, county_id=device.county_id,
            details={"as": revoked_as},
        )  # fmt: skip


def installation(session: Session, now: dt.datetime) -> Installation:
    """This database's life; made when it is first asked for, once, however many ask. Commits if it had to."""
    found = session.get(Installation, 1)
    if found is None:
        # IntegrityError: somebody else was first
        with contextlib.suppress(IntegrityError), session.begin_nested():
            session.add(Installation(id=1, epoch=uuid7(now), epoch_since=now, created_at=now))
        session.commit()
        found = session.get_one(Installation, 1)
    return found


_EPOCH = Prepared(select(Installation.__table__.c.epoch).where(Installation.__table__.c.id == 1))


def epoch(session: Session, now: dt.datetime) -> uuid.UUID:
    """The running epoch. Asked by every exchange with a phone, so it reads one column and makes no object."""
    found = _EPOCH.rows(session, {})
    return found[0].epoch if found else installation(session, now).epoch


def begin_epoch(session: Session, now: dt.datetime) -> uuid.UUID:
    """The database was restored from a backup: tell every phone at its next contact."""
    found = installation(session, now)
    found.epoch, found.epoch_since = uuid7(now), now
    audit.record(session, "installation.restored", "installation", found.epoch, now=now, actor_id=None)
    epoch = found.epoch
    session.commit()
    return epoch


def server_keys(keys: KeyRing) -> list[dict[str, str]]:
    """The X25519 keys that phones may seal for, the one to use first: `[{id, key}]`."""
    return [{"id": key.id, "key": b64(key.public)} for key in keys.sealing]


def _device(session: Session, code: EnrolmentCode, phone: Phone, now: dt.datetime) -> Device:
    device = session.get(Device, phone.id)
    again = code.device_id is not None
    if device is None:
        device = Device(
            id=phone.id, user_id=code.user_id, county_id=code.county_id, public_key=phone.public_key, model=phone.model,
            os=phone.os, app_version=phone.app_version, enrolled_at=now, last_seen_at=now, revoked_at=None,
            revoked_as=None,
        )  # fmt: skip
        session.add(device)
        session.flush()
        audit.record(
            session, "device.enrol", "device", device.id, now=now, actor_id=code.user_id, county_id=code.county_id
        )
        return device
    if device.user_id != code.user_id:
        raise problem("device_bound")
    if again:
        # only the enrolment that was made is made again: not another key's, and not one that was ended since
        if device.public_key != phone.public_key:
            raise problem("code_used")
        if device.revoked_at is not None:
            raise problem("device_revoked", revoked_as=device.revoked_as)
    elif device.public_key != phone.public_key or device.revoked_at is not None or device.county_id != code.county_id:
        auth.revoke_sessions(session, now, device_id=device.id, revoked_as=device.revoked_as or "replaced")
        _keep_key(session, device, phone.public_key, now)
        device.public_key, device.county_id = phone.public_key, code.county_id
        device.revoked_at = device.revoked_as = None
        device.enrolled_at = now
        audit.record(
            session, "device.enrol", "device", device.id, now=now, actor_id=code.user_id, county_id=code.county_id
        )
    device.model, device.os, device.app_version = phone.model, phone.os, phone.app_version
    device.last_seen_at = now
    return device


def _keep_key(session: Session, device: Device, new: bytes, now: dt.datetime) -> None:
    """The phone comes with another key: what the old one signed may still be on its way, sealed."""
    again = session.get(FormerKey, (device.id, new))
    if again is not None:  # it came back with one it had before
        session.delete(again)
    if device.public_key != new:
        session.add(
            FormerKey(
                device_id=device.id, public_key=device.public_key, county_id=device.county_id, ended_at=now,
                revoked_at=device.revoked_at, revoked_as=device.revoked_as,
            )
        )  # fmt: skip


def _session_of(session: Session, device: Device, now: dt.datetime) -> AuthSession:
    """The device's session; a new one where it has none, or where its own was ended."""
    held = session.scalar(
        select(AuthSession)
        .where(AuthSession.device_id == device.id, AuthSession.revoked_at.is_(None))
        .order_by(AuthSession.created_at.desc())
        .limit(1)
    )
    if held is None:
        held = AuthSession(
            id=uuid7(now), user_id=device.user_id, device_id=device.id, county_id=device.county_id, kind="device",
            refresh_generation=0, created_at=now, last_used_at=now, expires_at=None, revoked_at=None,
        )  # fmt: skip
        session.add(held)
        session.flush()
    return held


def _refreshed(session: Session, keys: KeyRing, device: Device, token: str, now: dt.datetime) -> AuthSession:
    read = read_refresh(keys, token)
    held = session.get(AuthSession, read.session_id) if read is not None else None
    if read is not None and held is not None and held.device_id == device.id and held.revoked_at is None:
        try:
            auth.advance(session, held, read.generation, now)
        except Problem:
            if not _epoch_changed(session, now):
                raise
        else:
            return held
    elif not _epoch_changed(session, now):
        raise problem("refresh_used")
    # the database forgot what it had answered: whoever holds the device's key goes on
    return _session_of(session, device, now)


def _epoch_changed(session: Session, now: dt.datetime) -> bool:
    found = session.get(Installation, 1)
    return found is not None and found.epoch_since > found.created_at and now < found.epoch_since + EPOCH_GRACE


def _county_of(
    session: Session, user_id: uuid.UUID, today: dt.date, counties: Collection[int] | None
) -> int | None:
    held = (
        select(RoleGrant.county_id)
        .where(
            RoleGrant.user_id == user_id, RoleGrant.role.in_(ENROLLED_ROLES), RoleGrant.county_id.is_not(None),
            RoleGrant.valid_from <= today, or_(RoleGrant.valid_to.is_(None), RoleGrant.valid_to > today),
        )
        .order_by(RoleGrant.valid_from, RoleGrant.id)
    )  # fmt: skip
    if counties is not None:
        held = held.where(RoleGrant.county_id.in_(list(counties)))
    return session.scalars(held).first()


def rate_name(what: str, address: str) -> str:
    """Under which name wrong tries from an address are counted (`auth.service.failures`)."""
    # an address is personal: only its digest is kept, and that for as long as failures are
    return f"{what}:" + hashlib.sha256(address.encode()).hexdigest()[:32]


def _check_rate(session: Session, address: str, now: dt.datetime) -> None:
    count, _ = auth.failures(session, rate_name("enrol", address), now)
    if count >= MAX_WRONG_CODES:
        raise problem("too_many_requests", retry_after=int(auth.WINDOW.total_seconds()))
