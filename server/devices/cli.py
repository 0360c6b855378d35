"""`yuetan devices …`."""

from __future__ import annotations

import io
import uuid

import click

from server import clock
from server.commands import Group, NothingDone, Outcome, installed
from server.devices.model import REVOCATIONS


@click.group(cls=Group)
def devices() -> None:
    """手机 / phones."""


@devices.command("enrol")
@click.option("--user", "username", required=True, help="用户名 / user name")
@click.option("--replaces", type=click.UUID, help="换下的旧手机编号 / id of the phone that this one replaces")
def enrol(username: str, replaces: uuid.UUID | None) -> Outcome:
    """Issue a code that enrols one phone of that person within 24 hours; prints it and its QR code."""
    from server import keys
    from server.auth.service import folded
    from server.devices import service
    from server.devices.api import enrolment_url
    from server.people.queries import by_username

    with installed() as session:
        user = by_username(session, folded(username))
        if user is None:
            raise NothingDone(f"没有这个用户 / no such user: {username}")
        now = clock.now()
        today = now.astimezone(clock.zone()).date()
        issued = service.issue_code(session, keys.ring(), user.id, now=now, today=today, replaces=replaces)
        url = enrolment_url(issued.code)
        until = issued.expires_at.astimezone(clock.zone())
        text = f"{qr(url)}\n注册码 / code: {issued.code}\n有效期至 / until: {until:%Y-%m-%d %H:%M}\n{url}"
        data = {"code": issued.code, "username": user.username, "url": url, "expires_at": until.isoformat()}
        return Outcome(text, data)


@devices.command("list")
@click.option("--user", "username", required=True, help="用户名 / user name")
def list_(username: str) -> Outcome:
    """A person's phones: id, model, app, last contact, and whether it was revoked."""
    from server.auth.service import folded
    from server.devices import queries
    from server.people.queries import by_username

    with installed() as session:
        user = by_username(session, folded(username))
        if user is None:
            raise NothingDone(f"没有这个用户 / no such user: {username}")
        found = [
            {
                "id": str(d.id), "model": d.model, "app_version": d.app_version,
                "last_seen_at": d.last_seen_at.astimezone(clock.zone()).isoformat(timespec="minutes"),
                "revoked_as": d.revoked_as,
            }
            for d in queries.all_of(session, user.id)
        ]  # fmt: skip
    lines = [
        "  ".join(d[name] or "—" for name in ("id", "model", "app_version", "last_seen_at", "revoked_as"))
        for d in found
    ]
    return Outcome("\n".join(lines) or "没有手机 / no phones", {"devices": found})


@devices.command("revoke")
@click.argument("device", type=click.UUID)
@click.option("--as", "revoked_as", required=True, type=click.Choice(REVOCATIONS))
def revoke(device: uuid.UUID, revoked_as: str) -> Outcome:
    """Shut a phone out: its holder left, it was replaced, or it is lost."""
    from server.devices import service

    with installed() as session:
        service.revoke(session, device, revoked_as, now=clock.now(), actor_id=None)
    return Outcome(f"已停用 / revoked: {device}", {"id": str(device), "as": revoked_as})


def qr(text: str) -> str:
    """A QR code in half blocks, for a terminal."""
    import qrcode

    code = qrcode.QRCode(border=2)
    code.add_data(text)
    out = io.StringIO()
    code.print_ascii(out=out, invert=True)
    return out.getvalue().rstrip("\n")
