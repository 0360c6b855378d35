"""A bad link in virtual time: a rate, a latency, and packets of which any may break the connection.

Harder than TCP, which would send a lost packet again: here a lost one ends its exchange. (The real thing, between
network namespaces, is `scripts/faults link`.)
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from caregiver_app.platform.fake import FakeClock
from caregiver_app.sync.http import Http, NetworkError, Request, Response

PACKET, HEAD = 1200, 450
TIMEOUT_S = 60.0


@dataclass
class ShapedLine:
    """Fulfils `sync.http.Http`. `rate` in bit/s, `latency_s` one way, `loss` per packet.

    `silent`: the share of breaks after which nothing is heard until the client's patience ends; the others are resets.
    """

    server: Http
    clock: FakeClock
    rng: random.Random
    rate: float = 20_000.0
    latency_s: float = 0.6
    loss: float = 0.05
    silent: float = 0.0
    exchanges: int = 0
    broken: int = 0
    log: list[tuple[str, int, bool]] = field(default_factory=list)  # path, bytes out, through

    def send(self, base_url: str, request: Request) -> Response:
        self.exchanges += 1
        size = HEAD + len(request.body or b"")
        self.log.append((request.path, size, False))
        self._travel(size)
        response = self.server.send(base_url, request)
        self._travel(HEAD + len(response.body))
        self.log[-1] = (request.path, size, True)
        return response

    def _travel(self, size: int) -> None:
        """All of it is through, or a packet of it was lost."""
        for number in range(-(-size // PACKET)):
            part = min(PACKET, size - number * PACKET)
            self.clock.advance(part * 8 / self.rate)
            if self.rng.random() < self.loss:
                self.broken += 1
                self.clock.advance(TIMEOUT_S if self.rng.random() < self.silent else self.latency_s)
                raise NetworkError("lost")
        self.clock.advance(self.latency_s)
