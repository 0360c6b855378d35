"""`python -m server.demo`: makes the demo's database where there is none, starts web server and scheduler, and says
where to click. Everything stops with it, also when it is killed; a second start reuses the data.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import fcntl
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa

ROOT = Path(__file__).resolve().parents[2]
PR_SET_PDEATHSIG = 1
READY_WITHIN_S = 60


def main() -> None:
    args = arguments()
    home = Path(os.environ.get("YUETAN_HOME") or ROOT / "var").absolute()
    home.mkdir(parents=True, exist_ok=True)
    with only_one(home), contextlib.ExitStack() as running:
        check_port(args.port)
        environment = prepare_environment(home, args.port)
        half_made = home / "seeding"  # stands while the data is being made: a demo killed then begins anew
        if args.reset or half_made.exists():
            forget(home)
        stop = Stop()
        made = is_made(home)
        if not made:
            half_made.touch()
            facts = prepare_data(args.elders, seeded=made)
            half_made.unlink()
        children = [running.enter_context(child(command)) for command in ("serve", "scheduler")]
        if made:  # the servers start meanwhile
            facts = prepare_data(args.elders, seeded=made)
        write_facts(home, args.port, environment, facts)
        wait_until_ready(args.port, children, stop)
        if not stop.asked:
            announce(home, args.port, facts)
        stop.wait(children)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/demo", description="A district to try everything in.")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--elders", type=int, default=300, help="how many, when the data is made (default 300)")
    parser.add_argument("--reset", action="store_true", help="make the data anew; accounts and passwords stay")
    args = parser.parse_args()
    if not 1 <= args.port <= 65535:
        parser.error("--port: 1 to 65535")
    if not 1 <= args.elders <= 100_000:
        parser.error("--elders: 1 to 100000")
    return args


@contextlib.contextmanager
def only_one(home: Path) -> Iterator[None]:
    """Two demos on one folder would tread on each other; the lock goes with the process, however it ends."""
    with open(home / "demo.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit(f"演示已在运行（{home}）/ a demo is already running on {home}")
        yield


def check_port(port: int) -> None:
    deadline = time.monotonic() + 5  # a demo that was killed just now may still be letting go of it
    while True:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                return
            except OSError:
                if time.monotonic() > deadline:
                    other = f"scripts/demo --port {port + 1}"
                    sys.exit(f"端口 {port} 被占用，请换一个 / port {port} is taken; try: {other}")
        time.sleep(0.1)


def prepare_environment(home: Path, port: int) -> dict[str, str]:
    """The variables of this demo, also set in our own environment. The secret stays with the folder."""
    secret = home / "secret"
    if not secret.exists():
        with open(os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as f:
            f.write(secrets.token_urlsafe(32))
    wanted = {
        "YUETAN_HOME": str(home), "YUETAN_DATABASE_URL": f"sqlite:///{home / 'yuetan.sqlite3'}",
        "YUETAN_SECRET_KEY": secret.read_text().strip(), "YUETAN_DEMO": "1", "YUETAN_PORT": str(port),
        "YUETAN_BIND": "127.0.0.1", "YUETAN_PUBLIC_URL": f"http://127.0.0.1:{port}",
    }  # fmt: skip
    os.environ.update(wanted)
    return wanted


def forget(home: Path) -> None:
    for path in home.glob("yuetan.sqlite3*"):
        path.unlink()
    shutil.rmtree(home / "files", ignore_errors=True)


def is_made(home: Path) -> bool:
    """Whether the database is there and of this code's shape, so that the servers may start at once."""
    from server import schema

    if not (home / "yuetan.sqlite3").exists():
        return False
    engine = sa.create_engine(f"sqlite:///{home / 'yuetan.sqlite3'}")
    with engine.connect() as connection:
        current = schema.is_current(connection)
        seeded = current and connection.scalar(sa.text("SELECT count(*) FROM counties")) > 0
    engine.dispose()
    return bool(seeded)


def prepare_data(count: int, *, seeded: bool) -> dict[str, Any]:
    """Bring the database up to date, fill it if it is empty, and give every visitor a fresh enrolment code."""
    from server import clock, schema
    from server.app import create_app
    from server.database import session
    from server.demo import enrolment, seeding
    from server.elders import vault
    from server.keys import ring
    from server.tags import tokens

    app = create_app()
    with app.app_context():
        now = clock.now()
        if not seeded:
            schema.upgrade()
            print("正在准备演示数据 / making the demo's data …", flush=True)
            seeding.seed(session(), count=count, vault=vault.current(), keys=tokens.current(), now=now,
                         tz=clock.zone())  # fmt: skip
        codes = enrolment.fresh_codes(session(), ring(), now=now, tz=clock.zone())
        session().close()
        return {"accounts": seeding.ACCOUNTS, "codes": codes, "region": f"{seeding.DISTRICT:012d}"}


def write_facts(home: Path, port: int, environment: dict[str, str], facts: dict[str, Any]) -> None:
    """`demo.json`, as the contract has it, written whole or not at all."""
    data = {
        "base_url": f"http://127.0.0.1:{port}",
        "command": str(Path(sys.executable).parent / "yuetan"),
        "env": environment,
        "accounts": {k: {"username": u, "password": p} for k, (u, _, p) in facts["accounts"].items()},
        "region": facts["region"],
        "enrolment_codes": facts["codes"],
    }
    fresh = home / "demo.json.new"
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as f:
        json.dump(data, f, ensure_ascii=False, indent=1)
    fresh.replace(home / "demo.json")


@contextlib.contextmanager
def child(command: str) -> Iterator[subprocess.Popen[bytes]]:
    """`yuetan COMMAND` as a process that ends when we do: told to if we can, by the kernel if we were killed."""
    # quiet, so that addresses and logins stay on the screen; YUETAN_LOG_LEVEL=INFO shows every request
    environment = {"YUETAN_LOG_LEVEL": "WARNING", "YUETAN_LOG_FORMAT": "text", **os.environ}
    started = subprocess.Popen(
        [sys.executable, "-m", "server.cli", command], cwd=ROOT, env=environment, start_new_session=True,
        preexec_fn=_die_with_parent,
    )  # fmt: skip
    try:
        yield started
    finally:
        started.terminate()
        try:
            started.wait(15)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(started.pid, signal.SIGKILL)
            started.wait()


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Stop:
    """Ctrl-C, or a polite end from outside."""

    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask)

    def _ask(self, *_: object) -> None:
        self.asked = True

    def wait(self, children: list[subprocess.Popen[bytes]]) -> None:
        while not self.asked:
            for one in children:
                if one.poll() is not None:
                    sys.exit(f"一个进程停了，退出码 {one.returncode} / a process ended with status {one.returncode}")
            time.sleep(0.2)
        print("\n正在停止 / stopping …", flush=True)


def wait_until_ready(port: int, children: list[subprocess.Popen[bytes]], stop: Stop) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while not stop.asked:
        if any(one.poll() is not None for one in children):
            sys.exit("服务没有启动，原因见上 / the server did not start; see above")
        with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2):
            return
        if time.monotonic() > deadline:
            sys.exit("服务一分钟内没有就绪 / the server was not ready within a minute")
        time.sleep(0.05)


def announce(home: Path, port: int, facts: dict[str, Any]) -> None:
    names = {
        "admin": "系统管理员 admin", "county_director": "县（区）主任 county director",
        "village_director": "社区主任 village director", "auditor": "审计员 auditor", "volunteer": "志愿者 volunteer",
        "social_worker": "社工 social worker", "family": "家属 family",
    }  # fmt: skip
    code = next(c["code"] for c in facts["codes"] if c["username"] == "volunteer")
    lines = [
        "", "  月探 Yuetan 演示已启动 / the demo is running", "",
        f"  管理台 console      http://127.0.0.1:{port}/", f"  接口 API            http://127.0.0.1:{port}/api/v1/docs",
        "", "  登录 logins",
        *(f"    {_wide(names[k], 34)} {u:<18} {p}" for k, (u, _, p) in facts["accounts"].items()),
        "", "  手机应用 phone app（另开一个终端 / in another terminal）",
        f"    {_shown(Path(sys.executable))} -m caregiver_app --server http://127.0.0.1:{port} --code {code}",
        f"    更多注册码 more codes: {_shown(home / 'demo.json')}",
        "", "  按 Ctrl-C 停止 / Ctrl-C stops it", "",
    ]  # fmt: skip
    print("\n".join(lines), flush=True)


def _wide(text: str, columns: int) -> str:
    """Pad to a width on a terminal, where a Chinese character takes two columns."""
    return text + " " * (columns - sum(2 if ord(c) > 0x2E7F else 1 for c in text))


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


if __name__ == "__main__":
    main()
