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
def enrol(username: str) -> Outcome:
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
        issued = service.issue_code(session, keys.ring(), user.id, now=now, today=today)
        url = enrolment_url(issued.code)
        until = issued.expires_at.astimezone(clock.zone())
        text = f"{qr(url)}\n注册码 / code: {issued.code}\n有效期至 / until: {until:%Y-%m-%d %H:%M}\n{url}"
        data = {"code": issued.code, "username": user.username, "url": url, "expires_at": until.isoformat()}
        return Outcome(text, data)


@devices.command("revoke")
@click.argument("device", type=click.UUID)
@click.option("--as", "revoked_as", required=True, type=click.Choice(REVOCATIONS))
def revoke(device: uuid.UUID, revoked_as: str) -> Outcome:
    """Shut a phone out."""
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
