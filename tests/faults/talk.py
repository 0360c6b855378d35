"""HTTP as faults need it: an answer with its status and headers, and raw bytes that stop anywhere."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ABORT = struct.pack("ii", 1, 0)  # SO_LINGER: close with a reset instead of an end


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` 0: no whole answer came."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def status_code(self) -> int:
        return self.status

    @property
    def json(self) -> Any:
        return json.loads(self.body)


LOST = Answer(0, {}, b"")


class Talk:
    """Speaks with the server on `port`, each exchange on a connection of its own."""

    def __init__(self, port: int, bearer: str | None = None, timeout: float = 120.0) -> None:
        self.port = port
        self.headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        self._timeout = timeout

    def send(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self._timeout)
        try:
            line.request(method, path, body, {**self.headers, **(headers or {})})
            answer = line.getresponse()
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        except (OSError, http.client.HTTPException):
            return LOST
        finally:
            line.close()

    def get(self, path: str) -> Answer:
        return self.send("GET", path)

    def post(self, path: str, *, json: Any) -> Answer:
        return self.send("POST", path, _bytes(json), {"Content-Type": "application/json"})

    def push(self, items: list[Any]) -> Answer:
        """POST /sync/visits."""
        return self.post("/api/v1/sync/visits", json={"visits": items})

    def raw(self, method: str, path: str, body: bytes, headers: Mapping[str, str] | None = None) -> bytes:
        """The bytes of a request as they go over the line."""
        lines = [f"{method} {path} HTTP/1.1", "Host: x", f"Content-Length: {len(body)}", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in {**self.headers, **(headers or {})}.items()]
        return "\r\n".join([*lines, "", ""]).encode() + body

    def cut(self, data: bytes, at: int, *, reset: bool) -> None:
        """Send `data[:at]` and hang up without reading: with a reset, or an orderly end."""
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 30) as line:
            line.sendall(data[:at])
            if reset:
                line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT)


def _bytes(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
