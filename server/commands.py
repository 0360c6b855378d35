"""What every command of `yuetan` keeps to: exit statuses, one line when nothing was done, `--json`.

0 done, 1 nothing done (one line says why), 2 wrong usage, 3 done in part. With `--json` the last line of standard
output is one JSON object. A command is a function that returns an `Outcome`; it prints progress to standard error.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import click
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from server.language import Language, Text
from server.problems import Problem
from server.settings import Settings, SettingsError


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command did: for people (`text`), for programs (`data`); `partly`: exit status 3."""

    text: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    partly: bool = False


class NothingDone(Exception):
    """Raised with one line that says why."""


class Command(click.Command):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.params.append(
            click.Option(["--json", "as_json"], is_flag=True, expose_value=False, callback=_remember_json,
                         is_eager=True, help="最后一行输出一个 JSON 对象 / one JSON object last")
        )  # fmt: skip

    def invoke(self, ctx: click.Context) -> Any:
        as_json = bool(ctx.meta.get("yuetan.json"))
        try:
            result = super().invoke(ctx)
        except (Problem, NothingDone, SettingsError, SQLAlchemyError, OSError) as wrong:
            body = explain(wrong)
            if body is None:
                raise
            if as_json:
                click.echo(json.dumps({"error": body}, ensure_ascii=False))
            click.echo(_one_line(body), err=True)
            sys.exit(1)
        if not isinstance(result, Outcome):
            return result
        if as_json:
            if result.text:
                click.echo(result.text, err=True)
            click.echo(json.dumps(result.data, ensure_ascii=False, default=str))
        elif result.text:
            click.echo(result.text)
        if result.partly:
            sys.exit(3)
        return None


class Group(click.Group):
    command_class = Command
    group_class = type


def explain(wrong: BaseException) -> dict[str, Any] | None:
    """The problem object of what stopped a command; None: a mistake of ours, to be seen whole."""
    if isinstance(wrong, SQLAlchemyError):
        from server.errors import as_problem

        known = as_problem(wrong)
        if known is None:
            return None
        body = known.body(spoken())
        if known.code == "unavailable":
            reason = str(getattr(wrong, "orig", None) or wrong).strip().splitlines()[0]
            body["detail"] = f"{body['title']}: {reason}"
        return body
    if isinstance(wrong, Problem):
        return wrong.body(spoken())
    if isinstance(wrong, OSError):
        return {"code": "file", "detail": f"{wrong.filename or ''}: {wrong.strerror or wrong}"}
    return {"code": "settings" if isinstance(wrong, SettingsError) else "nothing_done", "detail": str(wrong)}


def spoken() -> Language:
    """The operator's language: English where the terminal says so, else Chinese."""
    said = next((v for n in ("LC_ALL", "LC_MESSAGES", "LANG") if (v := os.environ.get(n))), "")
    return "en" if said.lower().startswith("en") else "zh"


def say(text: Text | str, **params: Any) -> None:
    """Progress and remarks, to standard error."""
    click.echo(text.say(spoken(), **params) if isinstance(text, Text) else text, err=True)


@contextlib.contextmanager
def installed(*, keyless: bool = False) -> Iterator[Session]:
    """The app's context for the length of a command, and its session."""
    from server.app import create_app
    from server.database import db, session

    logging.getLogger("yuetan").addHandler(logging.NullHandler())  # a command speaks in one line of its own
    app = create_app(Settings.from_env(os.environ), keyless=keyless)
    with app.app_context():
        try:
            yield session()
        finally:
            session().close()
            db.engine.dispose()


def _one_line(body: dict[str, Any]) -> str:
    line = str(body.get("detail") or body.get("title"))
    faults = [f"{path}: {'; '.join(texts)}" for path, texts in body.get("errors", {}).items()]
    return " ".join([line, *faults]).replace("\n", " ")


def _remember_json(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value:
        ctx.meta["yuetan.json"] = True
