"""`yuetan tags …`."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import click
from flask import current_app

from server import clock
from server.commands import Group, NothingDone, Outcome, installed, say
from server.regions.codes import code_range, code_text, parse_code


@click.group(cls=Group)
def tags() -> None:
    """二维码牌 / the codes that hang in elders' homes."""


@tags.command("print")
@click.option("--region", required=True, help="区划代码，12 位 / region code, 12 digits")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="PDF")
def print_tags(region: str, out: Path) -> Outcome:
    """Print a region's tags as A4 sheets (PDF); elders without a tag get one, the others keep theirs."""
    from server.audit import service as audit
    from server.regions import queries as regions
    from server.tags import service
    from server.tags.queries import Wanted
    from server.tags.tokens import current

    code = parse_code(region)
    if code is None:
        raise click.BadParameter("需要 12 位区划代码 / 12 digits", param_hint="--region")
    if not out.parent.is_dir():
        raise click.BadParameter(f"没有这个文件夹 / no such folder: {out.parent}", param_hint="--out")
    with installed() as session:
        place = regions.by_any_code(session, code)
        if place is None or place.code is None:
            raise NothingDone(f"没有这个区划 / no such region: {code_text(code)}")
        now = clock.now()
        wanted = Wanted(*code_range(place.code, place.level), now.astimezone(clock.zone()).date())
        made = service.print_sheet(
            session, wanted, keys=current(), public_url=current_app.extensions["yuetan_settings"].public_url,
            actor_id=None, now=now,
        )  # fmt: skip
        if made.pdf is None and made.unprintable:
            raise NothingDone(f"{place.name}: 密钥都已丢失，需补发 / every key is lost, reissue")
        if made.pdf is None:
            raise NothingDone(f"{place.name}: 没有可打印的老人 / nobody to print for")
        _write(out, made.pdf)
        data = {"printed": made.printed, "issued": made.issued, "unprintable": made.unprintable}
        details = {"code": place.code, **data}
        audit.record(session, "tags.print", "region", None, now=now, actor_id=None, details=details)
        session.commit()
    if made.unprintable:
        say(f"密钥已丢失，需补发 / their key is lost, reissue: {', '.join(map(str, made.unprintable))}")
    text = f"{made.printed} 张 / tags（新 {made.issued} new） → {out}"
    return Outcome(text, {**data, "file": str(out)}, partly=bool(made.unprintable))


def _write(path: Path, data: bytes) -> None:
    """All of it or nothing: a sheet cut short would look like one that is whole."""
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(part, 0o640)
        os.replace(part, path)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise
