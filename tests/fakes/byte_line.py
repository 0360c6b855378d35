"""The app's real HTTP client against the server's real HTTP parser and application, in one process, cut at any byte.

No sockets and no threads: what the client would write into its socket is handed to gunicorn's parser when the client
begins to read. So every run with the same cuts is the same run.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Flask
from gunicorn.config import Config
from gunicorn.http import RequestParser, wsgi
from requests import Session
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool

from caregiver_app.sync.http import RequestsHttp

WHERE = ("127.0.0.1", 1)
CONFIG = Config()


@dataclass
class Wire:
    """What lies between: after `out` bytes on the way out, or `back` on the way back, the line is dead (None: whole).

    `deaf`: the server learns nothing of the break and its answer to a part is lost too; else it answers what it got.
    `sent`, `answered`: how many bytes the last exchange would have had.
    """

    app: Flask
    out: int | None = None
    back: int | None = None
    deaf: bool = True
    sent: int = 0
    answered: int = 0
    path: str = ""
    exchanges: int = 0

    @contextlib.contextmanager
    def mended(self) -> Iterator[None]:
        """Whole for a while, and then as it was."""
        was, self.out, self.back = (self.out, self.back), None, None
        try:
            yield
        finally:
            self.out, self.back = was

    def exchange(self, data: bytes) -> tuple[bytes, bool]:
        """(what comes back, whether the line broke on the way)."""
        self.exchanges += 1
        self.sent = len(data)
        self.path = data.split(b" ", 2)[1].decode() if data.count(b" ") > 1 else ""
        arrived = data if self.out is None else data[: self.out]
        answer = _served(self.app, arrived)
        self.answered = len(answer)
        if len(arrived) < len(data) and self.deaf:
            return b"", True
        back = answer if self.back is None else answer[: self.back]
        return back, len(back) < len(answer) or not answer


def _served(app: Flask, data: bytes) -> bytes:
    """What gunicorn makes of these bytes with this application; nothing, if they are no request yet."""
    sink = _Sink()
    try:
        request = next(RequestParser(CONFIG, iter([data]), WHERE))
    except (StopIteration, OSError, ValueError):
        return b""
    response, environ = wsgi.create(request, sink, WHERE, WHERE, CONFIG)
    chunks = app(environ, response.start_response)
    try:
        for chunk in chunks:
            response.write(chunk)
        response.close()
    finally:
        if hasattr(chunks, "close"):
            chunks.close()
    return bytes(sink.data)


class _Sink:
    """The server's end."""

    def __init__(self) -> None:
        self.data = bytearray()

    def sendall(self, data: bytes) -> None:
        self.data += data

    def send(self, data: bytes) -> int:
        self.data += data
        return len(data)


class _Broken(io.RawIOBase):
    """What the client reads: these bytes, and then the end, or a reset."""

    def __init__(self, data: bytes, broken: bool) -> None:
        self._rest, self._broken = io.BytesIO(data), broken

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        part = self._rest.read(len(buffer))
        if not part and self._broken:
            raise ConnectionResetError("cut on purpose")
        buffer[: len(part)] = part
        return len(part)


class _Socket:
    """The client's end."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._data = bytearray()

    def sendall(self, data: Any) -> None:
        self._data += bytes(data)

    def makefile(self, *_: Any, **__: Any) -> io.BufferedReader:
        return io.BufferedReader(_Broken(*self._wire.exchange(bytes(self._data))))

    def settimeout(self, _: float | None) -> None:
        """It never waits."""

    setsockopt = shutdown = settimeout

    def close(self) -> None:
        """Nothing is held."""


class _Adapter(HTTPAdapter):
    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        super().__init__()

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        wire = self._wire

        class Connection(HTTPConnection):
            is_connected = False  # one exchange each

            def _new_conn(self) -> Any:
                return _Socket(wire)

        class Pool(HTTPConnectionPool):
            ConnectionCls = Connection

        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": Pool}


class ByteHttp(RequestsHttp):
    """Fulfils `caregiver_app.sync.http.Http` by the app's own client."""

    def __init__(self, wire: Wire) -> None:
        super().__init__()
        self.wire = wire

    def _open(self) -> Session:
        session: Session = super()._open()
        session.trust_env = False  # no look for proxies: there is no network here
        session.mount("http://", _Adapter(self.wire))
        return session


def points(length: int, step: int) -> Iterator[int]:
    """Where to cut `length` bytes: everywhere, or every `step`th and the last ones."""
    yield from range(0, length, step)
    if step > 1 and length > 1:
        yield from range(max(0, length - 2), length)


