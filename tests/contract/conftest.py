"""One demo for the whole suite: started as an operator would start it, spoken to as a phone would."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests import codes
from tests.contract.client import Answer, Http, Phone

ROOT = Path(__file__).parents[2]


class Demo:
    """What demo.json says, and logins that are kept."""

    def __init__(self, home: Path, *, reused: bool = False) -> None:
        self.home, self.reused = home, reused
        self.facts: dict[str, Any] = json.loads((home / "demo.json").read_text(encoding="utf-8"))
        self.base = self.facts["base_url"]
        self.http = Http(self.base)
        self.region: str = self.facts["region"]
        self._tokens: dict[str, dict[str, Any]] = {}
        self._phones: dict[str, Phone] = {}
        # the demo's own volunteer and social worker are for the tests that name them
        self._codes = [c for c in self.facts["enrolment_codes"] if c["username"] not in self.facts["accounts"]]
        if reused:
            random.shuffle(self._codes)

    def login(self, account: str) -> dict[str, Any]:
        if account not in self._tokens:
            answer = self.http.post("/auth/login", self.facts["accounts"][account])
            assert answer.status == 200, answer.body
            self._tokens[account] = answer.json()
        return self._tokens[account]

    def token(self, account: str) -> str:
        return str(self.login(account)["access_token"])

    def get(self, account: str, path: str, **query: Any) -> Answer:
        return self.http.get(path, token=self.token(account), query=query)

    def post(self, account: str, path: str, body: Any = None, **options: Any) -> Answer:
        return self.http.post(path, body, token=self.token(account), **options)

    def code(self, role: str = "volunteer") -> dict[str, str]:
        """An enrolment code that nobody used yet, of a visitor of that role."""
        found = next(c for c in self._codes if c["username"].startswith(role))
        self._codes.remove(found)
        return self._taken(found)

    def _taken(self, found: dict[str, str]) -> dict[str, str]:
        if not self.reused:
            return found
        told = self.yuetan("devices", "enrol", "--user", found["username"], "--json").stdout.splitlines()[-1]
        return {**found, "code": json.loads(told)["code"]}

    def phone(self, role: str = "volunteer") -> Phone:
        """A newly enrolled phone of a visitor whom no other test has."""
        phone = Phone(self.http, **self.code(role))
        assert phone.enrol().status == 200
        return phone

    def phone_of(self, account: str) -> Phone:
        """The phone of one of the demo's own accounts."""
        if account not in self._phones:
            found = self._taken(next(c for c in self.facts["enrolment_codes"] if c["username"] == account))
            phone = Phone(self.http, **found)
            assert phone.enrol().status == 200
            self._phones[account] = phone
        return self._phones[account]

    def yuetan(
        self, *words: str, stdin: str = "", env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """`yuetan WORDS`, as an operator of this demo calls it."""
        return yuetan(*words, stdin=stdin, env={**self.facts["env"], **(env or {})})


def yuetan(*words: str, stdin: str = "", env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("YUETAN_")}
    return subprocess.run(
        [sys.executable, "-m", "server.cli", *words], cwd=ROOT, env={**clean, **env}, input=stdin, text=True,
        capture_output=True, timeout=120, check=False,
    )  # fmt: skip


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    running = os.environ.get("YUETAN_CONTRACT_DEMO")  # the home of one that runs already: for whoever writes tests
    if running:
        made = Demo(Path(running), reused=True)
        yield made
        made.http.close()
        return
    home = tmp_path_factory.mktemp("demo")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environ = {k: v for k, v in os.environ.items() if not k.startswith("YUETAN_")}
    with open(home / "log", "w+") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "server.demo", "--port", str(port), "--elders", "60"], cwd=ROOT,
            env={**environ, "YUETAN_HOME": str(home)}, stdout=log, stderr=log,
        )  # fmt: skip
        try:
            _ready(port, process, log)
            made = Demo(home)
            yield made
            made.http.close()
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)


def _ready(port: int, process: subprocess.Popen[bytes], log: Any) -> None:
    until = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < until:
        with (
            contextlib.suppress(OSError),
            urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer,
        ):
            if answer.status == 200:
                return
        time.sleep(0.1)
    log.seek(0)
    raise AssertionError(log.read())


@pytest.fixture(scope="session")
def http(demo) -> Http:
    return demo.http


@pytest.fixture(scope="session")
def sheet(demo, tmp_path_factory) -> bytes:
    """The district's tags as `yuetan tags print` prints them (PDF)."""
    out = tmp_path_factory.mktemp("tags") / "sheet.pdf"
    made = demo.yuetan("tags", "print", "--region", demo.region, "--out", str(out), "--json")
    assert made.returncode == 0, made.stderr
    assert json.loads(made.stdout.splitlines()[-1])["printed"] >= 60
    return out.read_bytes()


@pytest.fixture(scope="session")
def links(demo, sheet) -> dict[str, str]:
    """elder id -> what their tag's code holds, read from the sheet and opened as the county's director."""
    found = [text for page in codes.pages(sheet) for text in codes.by_zxing(page)]
    opened = {}
    for text in found:
        answer = demo.get("county_director", "/t/" + text.rpartition("/t/")[2])
        assert answer.status == 200, answer.body
        opened[answer.json()["elder"]["id"]] = text
    assert len(opened) == len(found)
    return opened


@pytest.fixture(scope="module")
def phone(demo) -> Phone:
    """A volunteer's phone that the tests of one file share."""
    return demo.phone()


@pytest.fixture(scope="module")
def elder(demo, phone, links) -> dict[str, Any]:
    """An elder of that volunteer whose printed tag still serves: some tests reissue one."""
    for one in phone.elders():
        answer = demo.get("county_director", "/t/" + links[one["id"]].rpartition("/t/")[2])
        if answer.status == 200 and answer.json()["elder"]["id"] == one["id"]:
            return one
    raise AssertionError("every tag of this volunteer's elders was reissued")
