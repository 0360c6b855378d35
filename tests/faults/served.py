"""The real server for fault runs: `yuetan serve` on a database of its own, which may be killed at any moment."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.databases import free_port

ROOT = Path(__file__).parents[2]
SECRET = "a secret of the fault runs only"
READY_WITHIN_S = 90.0
LOUD = ("Traceback (most recent call last)", '"unexpected error"', '"level": "ERROR"')


class Server:
    """gunicorn's master, started again after every kill. `home` and `url` outlive it."""

    def __init__(
        self, url: str, home: Path, *, workers: int = 2, threads: int = 8, log_level: str = "WARNING",
        bind: str = "127.0.0.1",
    ) -> None:  # fmt: skip
        self.port = free_port()
        self.home = home
        self.log = home / "server.log"
        self.starts, self.longest_start_s = 0, 0.0
        self._wanted = workers
        self._process: subprocess.Popen[bytes] | None = None
        self.env = {
            **{name: value for name, value in os.environ.items() if not name.startswith("YUETAN_")},
            "YUETAN_HOME": str(home), "YUETAN_DATABASE_URL": url, "YUETAN_PORT": str(self.port), "YUETAN_BIND": bind,
            "YUETAN_SECRET_KEY": SECRET, "YUETAN_WORKERS": str(workers), "YUETAN_THREADS": str(threads),
            "YUETAN_PUBLIC_URL": self.base_url, "YUETAN_LOG_LEVEL": log_level, "PYTHONPATH": str(ROOT),
        }  # fmt: skip

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`yuetan …` on this server's database."""
        return subprocess.run(
            [sys.executable, "-m", "server.cli", *arguments], cwd=ROOT, env=self.env, capture_output=True, text=True,
            timeout=300,
        )  # fmt: skip

    def start(self) -> None:
        """Start it, again and again while the port is still held by workers whose master was killed."""
        began = time.monotonic()
        deadline = began + READY_WITHIN_S
        while True:
            self._spawn()
            if self._ready(deadline):
                self.longest_start_s = max(self.longest_start_s, time.monotonic() - began)
                return
            if time.monotonic() > deadline:
                raise RuntimeError(f"the server did not start:\n{self.log.read_text()[-3000:]}")

    def _spawn(self) -> None:
        with open(self.log, "ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "server.cli", "serve"], cwd=ROOT, env=self.env, stdout=log, stderr=log
            )
        self.starts += 1

    def _ready(self, deadline: float) -> bool:
        """Whether it answers; False: it ended itself, or the time is over."""
        assert self._process is not None
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                return False
            # Orphaned workers of a master that was killed may answer too: ours must have workers of its own.
            if len(self.workers()) == self._wanted and self.answers():
                return True
            time.sleep(0.05)
        return False

    def answers(self) -> bool:
        """Whether it is ready now."""
        with contextlib.suppress(OSError, http.client.HTTPException):
            line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
            try:
                line.request("GET", "/readyz")
                return line.getresponse().status == 200
            finally:
                line.close()
        return False

    @property
    def master(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def workers(self) -> list[int]:
        """Process ids of the workers that the master has now."""
        try:
            return [int(pid) for pid in Path(f"/proc/{self.master}/task/{self.master}/children").read_text().split()]
        except OSError:
            return []

    def kill_master(self) -> None:
        """SIGKILL; its workers notice within a second, finish what they hold, and end."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def kill_worker(self, number: int) -> bool:
        """SIGKILL one; the master makes another. False: there was none to kill."""
        found = self.workers()
        if not found:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(found[number % len(found)], signal.SIGKILL)
            return True
        return False

    def stop(self) -> None:
        """End it politely, and all of its workers."""
        if self._process is None:
            return
        left = self.workers()
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def loud(self) -> list[str]:
        """Lines of its log that tell of a mistake of ours (a 500, a trace)."""
        if not self.log.exists():
            return []
        return [line[:500] for line in self.log.read_text(errors="replace").splitlines()
                if any(mark in line for mark in LOUD)]  # fmt: skip


@contextlib.contextmanager
def serving(url: str, home: Path, **options: int | str) -> Iterator[Server]:
    """A server that is ready, and gone afterwards."""
    server = Server(url, home, **options)  # type: ignore[arg-type]
    try:
        server.start()
        yield server
    finally:
        server.stop()
