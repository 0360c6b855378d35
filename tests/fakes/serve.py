"""The fake server behind real HTTP, for what must go through sockets: `with serving(...) as demo: ...`."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from caregiver_app.presenters.demo import people
from caregiver_app.sync.http import Request
from tests.fakes.server import FakeServer


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Cut connections are what this is for."""


@contextmanager
def serving(folder: Path, visitors: int, elders: int = 5) -> Iterator[tuple[FakeServer, Path]]:
    """→ (the fake, a `demo.json` as `scripts/demo` writes it)."""
    fake = FakeServer(lambda: datetime.now(UTC))
    codes = []
    for number in range(visitors):
        page = people(elders, date(2026, 11, 3), seed=number)
        for elder in page["elders"]:
            elder["id"] = elder["id"].replace("00000000-0000", f"{number:08d}-0000")
        user = f"visitor{number}"
        codes.append({"code": fake.add_visitor(user, page["elders"]), "username": user})
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 20

        def _any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            if len(body) < length:
                self.close_connection = True
                return
            request = Request(self.command, self.path, {k.title(): v for k, v in self.headers.items()}, body)
            with lock:
                answer = fake.send("", request)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body)

        do_GET = do_POST = do_PUT = do_HEAD = _any

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet."""

    server = _Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    demo = folder / "demo.json"
    demo.write_text(
        json.dumps({"base_url": f"http://127.0.0.1:{server.server_port}", "enrolment_codes": codes}),
        encoding="utf-8",
    )
    try:
        yield fake, demo
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
