"""`yuetan …`: the operator's command. Nouns keep their commands in their own cli.py; here is only the list.

They are loaded when they are called: `yuetan serve` does not wait for the spreadsheet reader.
"""

from __future__ import annotations

import importlib
from importlib.util import find_spec

import click

from server.commands import Command, Group, Outcome, installed, spoken
from server.settings import SETTINGS

# name -> module:attribute of a click command or group, in the order in which an operator meets them
COMMANDS = {
    "db": "server.schema_cli:db",
    "regions": "server.regions.cli:regions",
    "counties": "server.regions.cli:counties",
    "users": "server.people.cli:users",
    "elders": "server.elders.cli:elders",
    "tags": "server.tags.cli:tags",
    "devices": "server.devices.cli:devices",
    "courses": "server.courses.cli:courses",
    "serve": "server.serving:serve",
    "scheduler": "server.scheduler.cli:scheduler",
    "job": "server.scheduler.cli:job",
    "report": "server.duties.cli:report",
    "callbacks": "server.callbacks.cli:callbacks",
    "presence": "server.visits.cli:presence",
    "timebank": "server.timebank.cli:timebank",
}


class Lazy(Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*(name for name in COMMANDS if _there(COMMANDS[name])), *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in COMMANDS and _there(COMMANDS[cmd_name]):
            module, _, attribute = COMMANDS[cmd_name].partition(":")
            return getattr(importlib.import_module(module), attribute)  # type: ignore[no-any-return]
        return super().get_command(ctx, cmd_name)


def _there(where: str) -> bool:
    try:
        return find_spec(where.partition(":")[0]) is not None
    except ModuleNotFoundError:
        return False


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """月探 Yuetan: every special-difficulty elder visited, every month."""


@main.command("settings")
def settings() -> Outcome:
    """全部设置 / every YUETAN_ variable, what it means and its default."""
    words = [(s.variable, s.default, s.zh if spoken() == "zh" else s.en) for s in SETTINGS]
    text = "\n".join(f"{name:<26} {default or '-':<28} {meaning}" for name, default, meaning in words)
    return Outcome(text, {"settings": [{"name": n, "default": d, "meaning": m} for n, d, m in words]})


__all__ = ["Command", "installed", "main"]

if __name__ == "__main__":
    main()
