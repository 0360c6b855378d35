"""The phone's line straight into the server's application, in one process: no sockets, one virtual clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask import Flask

from caregiver_app.sync.http import NetworkError, Request, Response


@dataclass
class WsgiLine:
    """Fulfils `caregiver_app.sync.http.Http`. `down`: no network; `unanswered`: so many replies get lost."""

    app: Flask
    down: bool = False
    unanswered: int = 0
    paths: list[str] = field(default_factory=list)

    def send(self, base_url: str, request: Request) -> Response:
        if self.down:
            raise NetworkError("down")
        self.paths.append(f"{request.method} {request.path.split('?')[0]}")
        headers: dict[str, Any] = dict(request.headers)
        answer = self.app.test_client().open(
            request.path, method=request.method, headers=headers, data=request.body, base_url=base_url
        )
        if self.unanswered:
            self.unanswered -= 1
            raise NetworkError("no reply")
        names = {name.lower(): value for name, value in answer.headers.items()}
        return Response(answer.status_code, names, answer.data)
