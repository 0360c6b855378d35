"""Signing in, staying signed in, and being shut out: use cases of sessions."""

from __future__ import annotations

import datetime as dt
import hashlib
import unicodedata
import uuid
from dataclasses import dataclass

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.orm import Session

from server.audit import service as audit
from server.auth.model import AuthSession, LoginFailure
from server.auth.tokens import make_access, make_refresh, read_refresh
from server.keys import KeyRing
from server.people import passwords
from server.people.model import User
from server.problems import Problem, problem
from shared.ids import uuid7

MAX_FAILURES = 5
WINDOW = dt.timedelta(minutes=15)
LOCK = dt.timedelta(seconds=300)
LOGIN_LIFE = dt.timedelta(days=30)
CONSOLE_LIFE = dt.timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Tokens:
    access_token: str
    refresh_token: str
    expires_in: int  # seconds
    user_id: uuid.UUID
    user_name: str


@dataclass(frozen=True, slots=True)
class Issuer:
    """What making tokens needs beside the session: the keys, and how long an access token lives."""

    keys: KeyRing
    access_life: dt.timedelta

    def issue(self, held: AuthSession, user: User, now: dt.datetime) -> Tokens:
        access = make_access(self.keys, held.id, now + self.access_life)
        refresh = make_refresh(self.keys, held.id, held.refresh_generation + 1)
        return Tokens(access, refresh, int(self.access_life.total_seconds()), user.id, user.name)


def check_login(session: Session, username: str, password: str, now: dt.datetime) -> User:
    """The user of that name and password, or `login_failed` / `locked`. Commits the failure that it counts.

    Five failures within 15 minutes lock the name for 300 seconds from the last one, also a name that nobody has, so
    that the lock tells nothing. The lock is looked at again after the password was checked, under a lock of its
    own: of many attempts at once no more than five get an answer about the password.
    """
    name = folded(username)
    if _locked(session, name, now):
        raise _lock_problem()
    user = session.scalar(select(User).where(User.username == name))
    stored = user.password_hash if user is not None and user.disabled_at is None else None
    session.rollback()  # no transaction is held open while the password is being checked
    good = passwords.verify(stored, password)
    _queue(session, name)
    if _locked(session, name, now):
        session.rollback()
        raise _lock_problem()
    if not good or user is None:
        add_failure(session, name, now)
        session.commit()
        raise problem("login_failed")
    session.execute(delete(LoginFailure).where(LoginFailure.username == name))
    user = session.get_one(User, user.id)
    if passwords.is_outdated(stored or ""):
        user.password_hash = passwords.hash_password(password)
    return user


def log_in(
    session: Session, issuer: Issuer, username: str, password: str, now: dt.datetime, *, kind: str = "login"
) -> tuple[AuthSession, Tokens]:
    user = check_login(session, username, password, now)
    held = open_session(session, user.id, now, kind=kind)
    tokens = issuer.issue(held, user, now)
    session.commit()
    return held, tokens


def open_session(session: Session, user_id: uuid.UUID, now: dt.datetime, *, kind: str = "login") -> AuthSession:
    """A new session of a person who has just proved who they are; does not commit."""
    held = AuthSession(
        id=uuid7(now), user_id=user_id, device_id=None, county_id=None, kind=kind, refresh_generation=0,
        created_at=now, last_used_at=now, expires_at=now + (CONSOLE_LIFE if kind == "console" else LOGIN_LIFE),
        revoked_at=None,
    )  # fmt: skip
    session.add(held)
    audit.record(session, "session.open", "session", held.id, now=now, actor_id=user_id, details={"kind": kind})
    return held


def open_for_user(session: Session, issuer: Issuer, user_id: uuid.UUID, now: dt.datetime) -> Tokens:
    """A login whose proof lies elsewhere (WeChat)."""
    user = session.get_one(User, user_id)
    if user.disabled_at is not None:
        raise problem("login_failed")
    tokens = issuer.issue(open_session(session, user_id, now), user, now)
    session.commit()
    return tokens


def refresh(session: Session, issuer: Issuer, token: str, now: dt.datetime) -> Tokens:
    """New tokens for a login. A token yields successors until one of these is itself presented: an answer that got
    lost on the way costs nobody their session."""
    read = read_refresh(issuer.keys, token)
    if read is None:
        raise problem("token_invalid")
    held = session.get(AuthSession, read.session_id)
    if held is None or held.kind != "login" or held.revoked_at is not None:
        raise problem("token_invalid")
    if held.expires_at is not None and held.expires_at <= now:
        raise problem("token_invalid")
    user = session.get_one(User, held.user_id)
    if user.disabled_at is not None:
        raise problem("token_invalid")
    advance(session, held, read.generation, now)
    held.expires_at = now + LOGIN_LIFE
    tokens = issuer.issue(held, user, now)
    session.commit()
    return tokens


def advance(session: Session, held: AuthSession, generation: int, now: dt.datetime) -> None:
    """Take a refresh token of this generation, or `refresh_used`; two at once cannot turn it back."""
    taken = session.execute(
        update(AuthSession)
        .where(AuthSession.id == held.id, AuthSession.refresh_generation <= generation)
        .values(refresh_generation=generation, last_used_at=now)
        .returning(AuthSession.id)
        .execution_options(synchronize_session=False)
    ).first()
    if taken is None:
        raise problem("refresh_used")
    session.refresh(held)


def change_password(
    session: Session, user_id: uuid.UUID, session_id: uuid.UUID | None, old: str, new: str, now: dt.datetime
) -> None:
    """A person's own new password. Their other logins end; their phones, which have keys, stay."""
    name = session.get_one(User, user_id).username
    user = check_login(session, name, old, now)
    passwords.check_strength(new, user.username)
    user.password_hash = passwords.hash_password(new)
    session.execute(
        update(AuthSession)
        .where(
            AuthSession.user_id == user_id, AuthSession.kind != "device", AuthSession.id != session_id,
            AuthSession.revoked_at.is_(None),
        )
        .values(revoked_at=now)
    )  # fmt: skip
    audit.record(session, "user.password", "user", user_id, now=now, actor_id=user_id)
    session.commit()


def log_out(session: Session, session_id: uuid.UUID, now: dt.datetime) -> None:
    """End a session and all of its tokens; a second time changes nothing."""
    held = session.get(AuthSession, session_id)
    if held is not None and held.revoked_at is None:
        held.revoked_at = now
        audit.record(session, "session.close", "session", held.id, now=now, actor_id=held.user_id)
    session.commit()


def revoke_sessions(
    session: Session, now: dt.datetime, *, user_id: uuid.UUID | None = None, device_id: uuid.UUID | None = None,
    revoked_as: str | None = None,
) -> None:  # fmt: skip
    """End every session of a person, or of a device (`revoked_as`: why, which its phone is told); does not commit."""
    theirs = AuthSession.user_id == user_id if user_id is not None else AuthSession.device_id == device_id
    session.execute(update(AuthSession).where(theirs, AuthSession.revoked_at.is_(None)).values(revoked_at=now))
    if revoked_as is not None:
        session.execute(update(AuthSession).where(theirs).values(revoked_as=revoked_as))


def bind_wechat(
    session: Session, issuer: Issuer, openid: str, username: str, password: str, now: dt.datetime
) -> Tokens:
    """Tie a WeChat account to a person, who proves it once with the password."""
    user = check_login(session, username, password, now)
    other = session.scalar(select(User.id).where(User.wechat_openid == openid, User.id != user.id))
    if other is not None:
        raise problem("wechat_bound")
    if user.wechat_openid != openid:
        user.wechat_openid = openid
        audit.record(session, "user.bind_wechat", "user", user.id, now=now, actor_id=user.id)
    tokens = issuer.issue(open_session(session, user.id, now), user, now)
    session.commit()
    return tokens


def user_of_openid(session: Session, openid: str) -> uuid.UUID | None:
    return session.scalar(select(User.id).where(User.wechat_openid == openid, User.disabled_at.is_(None)))


def folded(username: str) -> str:
    """One spelling per name: full-width and half-width, capitals and small letters are the same keys."""
    return unicodedata.normalize("NFKC", username).strip().lower()


def failures(session: Session, name: str, now: dt.datetime) -> tuple[int, dt.datetime | None]:
    """How many failures the window holds, and when the last one was."""
    counted = select(func.count(), func.max(LoginFailure.at)).where(
        LoginFailure.username == name, LoginFailure.at > now - WINDOW
    )
    count, last = session.execute(counted).one()
    return count, last


def add_failure(session: Session, name: str, now: dt.datetime) -> None:
    """Count a failure, and forget those that no window holds any longer; does not commit."""
    session.execute(delete(LoginFailure).where(LoginFailure.at < now - dt.timedelta(days=1)))
    session.add(LoginFailure(id=uuid7(now), username=name, at=now))


def _locked(session: Session, name: str, now: dt.datetime) -> bool:
    count, last = failures(session, name, now)
    return count >= MAX_FAILURES and last is not None and now < last + LOCK


def _lock_problem() -> Problem:
    return problem("locked", retry_after=int(LOCK.total_seconds()), minutes=int(LOCK.total_seconds() // 60))


def _queue(session: Session, name: str) -> None:
    """Attempts on one name take turns until the commit. SQLite's writers do so anyway."""
    if session.get_bind().dialect.name == "postgresql":
        number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
        session.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})
