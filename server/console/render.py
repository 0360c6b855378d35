"""Templates and what they may call: texts, numbers and times as the reader writes them, links, rights."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources
from typing import Any
from urllib.parse import urlencode

from flask import get_flashed_messages, request, url_for
from jinja2 import Environment, PackageLoader, StrictUndefined

from server import clock
from server.auth.current import actor_or_none
from server.console import show, words
from server.console.pages import csrf_token
from server.console.texts import say
from server.elders.masks import mask_phone
from server.language import language
from server.problems import CATALOGUE


def page(template: str, **context: Any) -> str:
    """A page in the reader's language. Names that the template asks for and nobody gave raise."""
    return _environment().get_template(template).render(
        lang=language(), who=actor_or_none(), path=request.path, here=request.full_path.rstrip("?"),
        messages=get_flashed_messages(with_categories=True), now=clock.now(), **context,
    )  # fmt: skip


def may(right: str) -> bool:
    who = actor_or_none()
    return who is not None and who.may(right)


def link(endpoint: str, **arguments: Any) -> str:
    """The address of a page; arguments that are None are left out."""
    return url_for(f"console.{endpoint}", **{k: v for k, v in arguments.items() if v is not None})


def query(**changes: Any) -> str:
    """This page's address with other query words (None: without); always from its first page."""
    words_ = {k: v for k, v in request.args.to_dict().items() if k not in ("cursor", "back")}
    words_ |= changes
    kept = {k: str(v) for k, v in words_.items() if v is not None and v != ""}
    return request.path + ("?" + urlencode(kept) if kept else "")


def request_cursor() -> str | None:
    return request.args.get("cursor")


@cache
def asset_mark(name: str) -> str:
    """Changes with the file, so that browsers may keep it for good."""
    return hashlib.sha256(resources.files("server.console").joinpath("static", name).read_bytes()).hexdigest()[:12]


def asset(name: str) -> str:
    return url_for("console.static_file", name=name, v=asset_mark(name))


def _task_error(result: dict[str, Any]) -> str:
    """Why a task failed: the problem that it left, in the reader's language where it is a common one."""
    error = result.get("error") or {}
    kind = CATALOGUE.get(error.get("code", ""))
    title = kind.title.say(language()) if kind is not None else str(error.get("code", ""))
    detail = error.get("detail")
    return f"{title} {detail}" if detail and detail != error.get("title") else title


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("server.console"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    made.globals.update(
        t=say, may=may, link=link, query=query, request_cursor=request_cursor, asset=asset, csrf_token=csrf_token,
        word=words.word, words=words, phone_mask=mask_phone, task_error=_task_error,
    )  # fmt: skip
    made.filters.update(
        percent=show.percent, percent_up=show.percent_up, number=show.number, day=show.day, moment=show.moment,
        until=show.until,
        month=show.month, days_since=show.days_since, month_name=show.month_name, stay=show.stay, local=show.local_day,
    )  # fmt: skip
    return made
