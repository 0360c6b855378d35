"""`yuetan users …`."""

from __future__ import annotations

import sys

import click

from server import clock
from server.commands import Group, NothingDone, Outcome, installed
from server.people.model import ROLES


@click.group(cls=Group)
def users() -> None:
    """人员和角色 / people and roles."""


@users.command("create")
@click.option("--username", required=True)
@click.option("--name", required=True, help="姓名 / the person's name")
@click.option("--role", required=True, type=click.Choice(ROLES))
@click.option("--region", required=True, help="区划代码，12 位 / region code, 12 digits")
@click.option("--county", type=int, help="县的编号；默认取区划所在的县 / county id; default: the region's")
def create(username: str, name: str, role: str, region: str, county: int | None) -> Outcome:
    """Create a person with a role; the password is read from standard input."""
    from server.people import service
    from server.people.service import Wanted

    code = region_code(region)
    password = read_password()
    with installed() as session:
        now = clock.now()
        person = service.create_user(
            session, username=username, name=name, password=password, roles=[Wanted(role, code, county)], by=None,
            now=now, today=now.astimezone(clock.zone()).date(),
        )  # fmt: skip
        user = person.user
        data = {"id": str(user.id), "username": user.username, "name": user.name, "role": role, "region": region}
        return Outcome(f"已创建 / created: {user.username}", data)


@users.command("password")
@click.option("--username", required=True)
def password(username: str) -> Outcome:
    """Give a person a new password, read from standard input."""
    from server.people import queries, service

    word = read_password()
    with installed() as session:
        user = queries.by_username(session, service.clean_username(username))
        if user is None:
            raise NothingDone(f"没有这个用户 / no such user: {username}")
        now = clock.now()
        today = now.astimezone(clock.zone()).date()
        service.set_password(session, user.id, word, by=None, now=now, today=today)
    return Outcome(f"密码已更换 / password changed: {username}", {"username": username})


def region_code(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) == 12):
        raise click.BadParameter("需要 12 位区划代码 / 12 digits", param_hint="--region")
    return int(text)


def read_password() -> str:
    """One line of standard input; asked for where that is a terminal."""
    if sys.stdin.isatty():
        return str(click.prompt("密码 / password", hide_input=True, confirmation_prompt=True))
    line = sys.stdin.readline().rstrip("\r\n")
    if not line:
        raise NothingDone("标准输入里没有密码 / no password on standard input")
    return line
