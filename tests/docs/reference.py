"""The reference pages, made of the code: settings, commands, jobs, routes, rights, problems, flags, alerts.

    scripts/reference            writes docs/reference.md and the settings in docs/operating.md anew
    scripts/reference --check    says whether they are current, and writes nothing

Nothing in them is written by hand, so a setting or route that is added and not described here cannot exist:
tests/docs/test_reference.py compares.
"""

from __future__ import annotations

import difflib
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import click
from flask import Flask

from server.alerts.ladder import LADDERS, Step
from server.app import create_app
from server.auth.rights import RIGHTS
from server.cli import main as command
from server.openapi import _PARAMETER
from server.problems import CATALOGUE
from server.scheduler.jobs import JOBS
from server.settings import SETTINGS, Settings
from shared.protocol.flags import FLAGS
from shared.rules.policy import FOCUSED, UNIVERSAL
from shared.rules.weights import DOUBTFUL_FROM, RULE_VERSION, VERIFIED_BELOW, WEIGHTS

DOCS = Path(__file__).parents[2] / "docs"
WHO_MAY = {"PUBLIC": "anybody", "SIGNED_IN": "whoever is signed in"}
HOME_IN_DOCS = "var"

OPENING = """\
# Reference

Made of the code by `scripts/reference`; a test compares. Do not edit by hand.

[Settings](#settings) · [Commands](#commands) · [Jobs](#jobs) · [Routes](#routes) · [Pages](#pages) ·
[Rights](#rights) · [Problems](#problems) · [Flags](#flags) · [Alerts](#alerts) · [Policies](#policies)
"""


def app() -> Flask:
    """An app to ask for its routes; it opens no database."""
    home = Path(tempfile.gettempdir()) / "yuetan-reference"
    return create_app(Settings(home=home, demo=True))


def reference() -> str:
    """docs/reference.md, whole."""
    made = app()
    parts = [
        OPENING,
        "## Settings\n\nRead from the environment when a process starts. What they mean in use: "
        "[operating.md](operating.md).\n\n" + settings_table(),
        "## Commands\n\n`--json` prints one JSON object last. Exit status: 0 done, 1 nothing done (one line says why), "
        "2 wrong usage, 3 done in part.\n\n" + commands_table(),
        "## Jobs\n\nRun by `yuetan scheduler` at these local times, or by hand with `yuetan job run NAME`.\n\n"
        + jobs_table(),
        "## Routes\n\nShapes are in the running server's `GET /api/v1/openapi.json`.\n\n" + routes_table(made),
        "## Pages\n\nThe console's, for browsers; with the same rights and reach as the routes.\n\n"
        + pages_table(made),
        "## Rights\n\n*By region*: everything within the region of the role. *By pairing*: the elders tied to the "
        "person. *Own*: what is the person's own. Roles above a county open only rights of *figures*, which show no "
        "person.\n\n" + rights_table(),
        "## Problems\n\n`application/problem+json`; `code` is stable, title and detail follow `Accept-Language`.\n\n"
        + problems_table(),
        f"## Flags\n\nPresence rule {RULE_VERSION}. The weights of a visit's flags add up to its doubt: from "
        f"{DOUBTFUL_FROM} on it is `doubtful`; below {VERIFIED_BELOW}, with the right tag, a good position near the "
        "home and a sufficient stay, `verified`; else `plausible`. Circumstances lessen some weights "
        "(`shared/rules/weights.py`).\n\n" + flags_table(),
        "## Alerts\n\nSteps: minutes after what the alert is about, and who is told. A county may set other minutes."
        "\n\n" + alerts_table(),
        "## Policies\n\nWhat a new county begins with.\n\n" + policies_table(),
    ]
    return "\n".join(parts)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(c) for c in line) + " |" for line in lines) + "\n"


def _cell(text: str) -> str:
    return re.sub(r"\s+", " ", text).replace("|", "\\|").strip()


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def settings_table() -> str:
    rows = [(_code(s.variable), _code(s.default), s.en, s.zh) for s in SETTINGS]
    return table(("variable", "default", "meaning", "含义"), rows)


def walk(found: click.Command = command, path: str = "yuetan") -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, with its whole name, in order."""
    if isinstance(found, click.Group):
        context = click.Context(found)
        for name in found.list_commands(context):
            under = found.get_command(context, name)
            assert under is not None
            yield from walk(under, f"{path} {name}")
    else:
        yield path, found


def commands_table() -> str:
    return table(("command", "what it does"), [(_code(_usage(path, c)), _help(c)) for path, c in walk()])


def _help(found: click.Command) -> str:
    return (found.help or "").strip().split("\n\n")[0]


def _usage(path: str, found: click.Command) -> str:
    words = [path]
    for param in found.params:
        if isinstance(param, click.Argument):
            words.append(param.human_readable_name if param.required else f"[{param.human_readable_name}]")
        elif isinstance(param, click.Option) and "--json" not in param.opts:
            name = max(param.opts, key=len)
            text = name if param.is_flag else f"{name} {_metavar(param)}"
            words.append(text if param.required else f"[{text}]")
    return " ".join(words)


def _metavar(param: click.Option) -> str:
    if isinstance(param.type, click.Choice):
        return "|".join(param.type.choices) if len(param.type.choices) < 5 else (param.name or "").upper()
    if isinstance(param.type, click.DateTime):
        return "DATE"
    return {"file": "FILE", "path": "FILE"}.get(param.type.name, (param.name or "").upper())


def jobs_table() -> str:
    return table(
        ("job", "when", "by county"), [(_code(j.name), _when(str(j.when)), "yes" if j.by_county else "") for j in JOBS]
    )


def _when(text: str) -> str:
    return "every " + text.removeprefix("/") if text.startswith("/") else text


def routes_table(made: Flask) -> str:
    rows = [
        (_code(f"{r.method} {address(r.path)}"), _right(r.right), r.summary)
        for r in sorted(made.extensions["yuetan_routes"], key=lambda r: (r.path.split("/"), r.method))
    ]
    return table(("route", "right", "what it does"), rows)


def address(path: str) -> str:
    """`/visits/{visit_id}`, as OpenAPI writes it."""
    return _PARAMETER.sub(lambda m: "{" + m["name"] + "}", path)


def _right(right: object) -> str:
    return WHO_MAY.get(repr(right), "") or _code(str(right))


def pages_table(made: Flask) -> str:
    rows = [
        (_code(f"{p.method} {address(p.path)}"), _right(p.right))
        for p in sorted(made.extensions["yuetan_pages"], key=lambda p: (p.path.split("/"), p.method))
    ]
    return table(("page", "right"), rows)


def rights_table() -> str:
    rows = [
        (_code(name), *(", ".join(sorted(roles)) for roles in (r.region, r.paired, r.own)), "yes" if r.figures else "")
        for name, r in RIGHTS.items()
    ]
    return table(("right", "by region", "by pairing", "own", "figures"), rows)


def problems_table() -> str:
    rows = [(str(k.status), _code(code), k.title.en, k.title.zh) for code, k in CATALOGUE.items()]
    return table(("status", "code", "title", "标题"), sorted(rows, key=lambda row: row[0]))


def flags_table() -> str:
    rows = [(_code(code), f"{WEIGHTS[code]:g}", en, zh) for code, (zh, en) in FLAGS.items()]
    return table(("flag", "weight", "sentence", "说明"), rows)


def alerts_table() -> str:
    rows = [(_code(kind), "; ".join(_step(s) for s in steps)) for kind, steps in LADDERS.items()]
    return table(("kind", "steps"), rows)


def _step(step: Step) -> str:
    minutes = int(step.after.total_seconds() // 60)
    after = f"{minutes // 1440} d" if minutes and minutes % 1440 == 0 else f"{minutes} min"
    return f"{after}: {', '.join(sorted(step.tell)) or 'the visitor on the screen'}"


def policies_table() -> str:
    rows = []
    for p in (UNIVERSAL, FOCUSED):
        figures = (p.per_month, p.per_week, p.home_per_month, p.stay_min_s)
        rows.append((_code(p.id), ", ".join(sorted(p.channels)), *map(str, figures)))
    head = ("policy", "channels", "a month", "a week", "of them at home, a month", "shortest stay, s")
    return table(head, rows)


_BLOCK = re.compile(r"(<!-- made by scripts/reference: settings -->\n).*?(<!-- end -->)", re.DOTALL)


def operating(text: str) -> str:
    """docs/operating.md with its list of settings made anew."""
    filled, n = _BLOCK.subn(lambda m: m[1] + "\n" + settings_table() + "\n" + m[2], text)
    assert n == 1, "docs/operating.md has lost the place for its settings"
    return filled


def wanted() -> dict[Path, str]:
    """Each page with what it should say."""
    guide = DOCS / "operating.md"
    return {DOCS / "reference.md": reference(), guide: operating(guide.read_text(encoding="utf-8"))}


def main() -> None:
    stale = False
    for path, text in wanted().items():
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        if before == text:
            continue
        stale = True
        if "--check" in sys.argv[1:]:
            sys.stdout.writelines(difflib.unified_diff(before.splitlines(True), text.splitlines(True), path.name))
        else:
            path.write_text(text, encoding="utf-8")
            print(f"written: {path.name}")
    sys.exit(1 if stale and "--check" in sys.argv[1:] else 0)


if __name__ == "__main__":
    main()
