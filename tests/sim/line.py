"""The network between a phone and the house: it loses, repeats, delays and garbles, as its weather says.

Fulfils `caregiver_app.sync.http.Http`. A delayed request is a failure for the phone that sent it, and arrives at the
house later, after whatever the phone did next.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from caregiver_app.sync.http import NetworkError, Request, Response
from tests.sim.chance import Time
from tests.sim.house import Answer, Crash, House

# What may happen to an exchange. Weights of a line in bad weather; `fine` is everything else.
FAULTS = {
    "lost on the way": 6,
    "half of it arrives": 6,
    "answer lost": 8,
    "sent twice": 5,
    "a copy comes late": 4,
    "delayed": 5,
    "answer cut short": 3,
    "error 500": 2,
    "error 502": 2,
    "error 502 after it was done": 3,
    "error 503": 2,
    "too many (429)": 1,
    "a hotel's page": 2,
    "the server crashes": 5,
}
# And to a photo's part, in a bad box on the way. Not to the words of a visit: those the server believes, but a photo's
# digest it does not take on trust.
PHOTO_FAULTS = {**FAULTS, "a byte turned": 40}
WEATHERS = (0.0, 0.15, 0.4, 0.75)  # the share of exchanges that something happens to
PAGE = b"<html>Please accept the terms of our hotel</html>"


@dataclass
class Network:
    """All lines' common part. `in_flight`: requests that will arrive later. `tick`: the moments at which a phone can
    be killed."""

    house: House
    time: Time
    rng: random.Random
    note: Callable[[str], None]
    tick: Callable[[], None]
    weather: float = 0.0
    happened: Counter[str] = field(default_factory=Counter)
    exchanges: int = 0
    wrong: list[str] = field(default_factory=list)
    in_flight: list[tuple[str, Request]] = field(default_factory=list)

    def deliver_late(self, number: int | None = None) -> None:
        """One of the requests that were held up arrives now; nobody hears the answer."""
        if self.in_flight:
            number = self.rng.randrange(len(self.in_flight)) if number is None else number
            who, request = self.in_flight.pop(number)
            self.note(f"{who}: {request.method} {request.path} arrives late -> {self.ask(request).status}")

    def ask(self, request: Request, *, short: bool = False) -> Answer:
        """The house's own answer. `short`: to a body that ends before its length, as a proxy hands it on."""
        missing = (len(request.body) + 1) // 2 if short and request.body else 0
        answer = self.house.ask(request.method, request.path, request.headers, request.body, missing=missing)
        if answer.status >= 500:
            self.wrong.append(f"{request.method} {request.path}: {answer.status} {answer.body[:200]!r}")
        return answer


class Line:
    """One phone's line."""

    def __init__(self, network: Network, name: str) -> None:
        self.network = network
        self.name = name
        self.online = True

    def send(self, base_url: str, request: Request) -> Response:
        """The exchange, with what the weather makes of it."""
        net = self.network
        net.tick()
        if not self.online:
            net.time.pass_(0.5)
            raise NetworkError("no network")
        net.exchanges += 1
        fault = "fine"
        if net.rng.random() < net.weather:
            faults = PHOTO_FAULTS if request.method == "PUT" and "/sync/visits/" in request.path else FAULTS
            fault = net.rng.choices(tuple(faults), tuple(faults.values()))[0]
            net.happened[fault] += 1
        slow = net.rng.choice((0.02, 0.02, 0.3, 2.0, 9.0)) if net.weather else 0.02
        net.time.pass_(slow / 2)
        try:
            response = self._happen(fault, request)
        except NetworkError as error:
            net.note(f"{self.name}: {request.method} {request.path} -> {fault} ({error})")
            raise
        net.time.pass_(slow / 2)
        net.note(f"{self.name}: {request.method} {request.path} -> {fault} {response.status}")
        net.tick()
        return response

    def _happen(self, fault: str, request: Request) -> Response:
        net = self.network
        if fault == "lost on the way":
            raise NetworkError("lost")
        if fault == "delayed":
            net.in_flight.append((self.name, request))
            net.time.pass_(15)
            raise NetworkError("timed out")
        if fault == "the server crashes":
            return self._crash(request)
        if fault in ("error 500", "error 502", "error 503", "too many (429)"):
            status = int("".join(letter for letter in fault if letter.isdigit()))
            return _trouble(status, net.rng)
        if fault == "a hotel's page":
            return Response(net.rng.choice((200, 302, 511)), {"content-type": "text/html"}, PAGE)
        if fault == "a byte turned":
            request = _turned(request, net.rng)
        answer = net.ask(request, short=fault == "half of it arrives")
        if fault == "sent twice":
            answer = net.ask(request)
        if fault == "a copy comes late":
            net.in_flight.append((self.name, request))
        if fault == "answer lost":
            raise NetworkError("the answer was lost")
        if fault == "error 502 after it was done":
            return _trouble(502, net.rng)
        if fault == "answer cut short":
            if net.rng.random() < 0.5 or not answer.body:
                raise NetworkError("the answer was cut short")
            return Response(answer.status, answer.headers, answer.body[: net.rng.randrange(len(answer.body))])
        return Response(answer.status, answer.headers, answer.body)

    def _crash(self, request: Request) -> Response:
        """The server's process ends at some statement of this request, or just after it."""
        house = self.network.house
        house.light(self.network.rng.choice((1, 2, 3, 5, 8, 13, 21, 34)))
        try:
            self.network.ask(request)
        except Crash:
            pass
        finally:
            house.extinguish()
        house.start_again()
        raise NetworkError("the server crashed")


def _turned(request: Request, rng: random.Random) -> Request:
    body = bytearray(request.body or b"?")
    body[rng.randrange(len(body))] ^= 1 << rng.randrange(8)
    return replace(request, body=bytes(body))


def _trouble(status: int, rng: random.Random) -> Response:
    """A proxy's error, or the server's own: with words and a wait, or without."""
    headers = {"content-type": "text/html"}
    body = b"<h1>error</h1>"
    if rng.random() < 0.5:
        headers = {"content-type": "application/problem+json", "retry-after": str(rng.choice((1, 5, 60)))}
        body = json.dumps({"status": status, "code": "unavailable", "title": "busy"}).encode()
    return Response(status, headers, body)
