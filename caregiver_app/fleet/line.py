"""A line that breaks on purpose: real connections, cut at random bytes on the way out or back, and repeats."""

from __future__ import annotations

import random
import socket
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from caregiver_app.sync.http import NetworkError, Request, RequestsHttp, Response

PATIENCE_S = 20.0


@dataclass
class Tally:
    """What the line did."""

    exchanges: int = 0
    cut_out: int = 0  # broken while sending
    cut_back: int = 0  # the server had it all, its answer was not read
    repeats: int = 0


@dataclass
class BreakingHttp:
    """Fulfils `sync.http.Http`. `aborts` and `repeats` are chances per exchange."""

    rng: random.Random
    aborts: float = 0.1
    repeats: float = 0.05
    tally: Tally = field(default_factory=Tally)
    _whole: RequestsHttp = field(default_factory=RequestsHttp)

    def send(self, base_url: str, request: Request) -> Response:
        self.tally.exchanges += 1
        chance = self.rng.random()
        if chance < self.aborts:
            self._break(base_url, request)
        if chance < self.aborts + self.repeats:
            self.tally.repeats += 1
            self._whole.send(base_url, request)
        return self._whole.send(base_url, request)

    def _break(self, base_url: str, request: Request) -> None:
        parts = urlsplit(base_url)
        raw = _raw(parts.netloc, request)
        # A third of the cuts come after the last byte: those are the ones that tempt to send twice.
        whole = self.rng.random() < 1 / 3
        cut = len(raw) if whole else self.rng.randrange(len(raw))
        try:
            with socket.create_connection((parts.hostname or "", parts.port or 80), PATIENCE_S) as line:
                line.sendall(raw[:cut])
                if whole:
                    line.settimeout(self.rng.choice((0.001, 0.05, PATIENCE_S)))
                    line.recv(self.rng.randint(1, 200))
        except OSError:
            pass
        if whole:
            self.tally.cut_back += 1
        else:
            self.tally.cut_out += 1
        raise NetworkError("cut on purpose")


class PatientHttp:
    """A line that does not break, and that waits for a server which is being restarted."""

    def __init__(self, tries: int = 60, pause_s: float = 0.5) -> None:
        self._whole = RequestsHttp()
        self._tries = tries
        self._pause_s = pause_s

    def send(self, base_url: str, request: Request) -> Response:
        for left in reversed(range(self._tries)):
            try:
                response = self._whole.send(base_url, request)
                if response.status < 500 or not left:
                    return response
            except NetworkError:
                if not left:
                    raise
            time.sleep(self._pause_s)
        raise NetworkError("no tries left")

    def close(self) -> None:
        """Give up kept connections."""
        self._whole.close()


def _raw(host: str, request: Request) -> bytes:
    body = request.body or b""
    lines = [f"{request.method} {request.path} HTTP/1.1", f"Host: {host}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in request.headers.items()]
    if request.body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body
