"""Start of the app. Kivy reads its settings when it is first imported, so they are set here, before."""

from __future__ import annotations

import argparse
import logging
import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from caregiver_app import collector


def default_home() -> Path:
    """Where the phone keeps its things: the app's own folder on Android, `~/.yuetan` elsewhere."""
    private = os.environ.get("ANDROID_PRIVATE")
    return Path(private) / "yuetan" if private else Path.home() / ".yuetan"


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m caregiver_app", description="月探 Yuetan: the app of those who visit."
    )
    parser.add_argument("--server", metavar="URL", default="", help="address of the server, for registering")
    parser.add_argument("--code", default="", help="registration code (yuetan devices enrol)")
    parser.add_argument("--home", type=Path, default=None, help="folder for the app's data (~/.yuetan)")
    parser.add_argument("--lang", choices=("zh", "en"), default=None, help="language from now on")
    return parser.parse_args(argv)


def prepare(home: Path) -> None:
    """Settings that Kivy takes from the environment; what is set already stays."""
    kivy_home = home / "kivy"
    kivy_home.mkdir(parents=True, exist_ok=True)
    for name, value in {
        "KIVY_NO_ARGS": "1",
        "KIVY_HOME": str(kivy_home),
        "KIVY_NO_FILELOG": "1",
        "KIVY_LOG_MODE": "PYTHON",
    }.items():
        os.environ.setdefault(name, value)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the app until its window is closed."""
    given = arguments(argv)
    collector.hold()
    home = given.home or default_home()
    prepare(home)

    from kivy.clock import Clock
    from kivy.config import Config
    from kivy.logger import Logger

    from caregiver_app.quiet import quiet

    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    Logger.setLevel(logging.WARNING)
    with quiet():
        import kivy.core.clipboard
        import kivy.input  # noqa: F401

    if "ANDROID_ARGUMENT" not in os.environ:
        # On a desk: the shape of a phone, and a mouse that does not paint red dots when it is a finger.
        Config.set("graphics", "width", "400")
        Config.set("graphics", "height", "820")
        Config.set("input", "mouse", "mouse,multitouch_on_demand")
        Config.set("kivy", "exit_on_escape", "0")

    from caregiver_app.app import RefusalApp, YuetanApp
    from caregiver_app.platform.choose import choose
    from caregiver_app.presenters.phone import open_phone
    from caregiver_app.store.schema import StoreTooNew

    platform = choose(home)
    try:
        phone = open_phone(home, platform)
    except StoreTooNew:
        RefusalApp("store.too_new").run()
        return 1
    except (OSError, sqlite3.Error):
        RefusalApp("store.disk").run()
        return 1
    if given.lang:
        phone.settings.set_language(given.lang)
    app = YuetanApp(phone, platform.dialler.dial, {"address": given.server, "code": given.code})
    Clock.schedule_once(lambda _: collector.settle(), collector.SETTLED_S)
    app.run()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
