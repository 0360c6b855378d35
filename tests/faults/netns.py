"""A link of one's own between two network namespaces: real TCP, real packets, and a rate, a latency and a loss.

Packets of each side come out of a TUN device; a thread carries them to the other side as late, as slowly and as
incompletely as told. Kernels without `netem` (and users without rights on theirs) can do this too: `unshare` is asked
for a namespace, with a user namespace around it where the caller is not root.
"""

from __future__ import annotations

import array
import ctypes
import fcntl
import heapq
import os
import random
import select
import shutil
import socket
import struct
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field

CLONE_NEWNET = 0x40000000
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
SERVER, PHONE, MTU = "10.77.0.1", "10.77.0.2", 1400
INSIDE = "YUETAN_FAULTS_NAMESPACE"
QUEUE_BYTES = 32 * 1024  # what a mast holds for one phone; more is dropped


@dataclass(frozen=True)
class Shape:
    """One direction and the other alike. `rate` in bit/s (0: as fast as it goes), `latency_s` one way."""

    rate: float = 0.0
    latency_s: float = 0.0
    loss: float = 0.0
    #: Every so many seconds all connections under way are reset at both ends, as by a mast that forgot them (0: never).
    cut_s: float = 0.0


def resets(packet: bytes) -> tuple[bytes, bytes] | None:
    """For a TCP segment under way: the resets that both ends believe (to its sender, to its receiver)."""
    head = (packet[0] & 15) * 4
    if packet[0] >> 4 != 4 or packet[9] != socket.IPPROTO_TCP or len(packet) < head + 20:
        return None
    source, target = packet[12:16], packet[16:20]
    ports, sequence, acknowledged = packet[head : head + 4], packet[head + 4 : head + 8], packet[head + 8 : head + 12]
    flags = packet[head + 13]
    if flags & 0x06 or not flags & 0x10:  # connecting, or a reset itself
        return None
    return _reset(target, source, ports[2:] + ports[:2], acknowledged), _reset(source, target, ports, sequence)


def _reset(source: bytes, target: bytes, ports: bytes, sequence: bytes) -> bytes:
    body = ports + sequence + bytes(4) + bytes([0x50, 0x04]) + bytes(6)
    pseudo = source + target + struct.pack("!HH", socket.IPPROTO_TCP, len(body))
    body = body[:16] + struct.pack("!H", _checksum(pseudo + body)) + body[18:]
    length = struct.pack("!H", 20 + len(body))
    head = b"\x45\x00" + length + bytes(4) + bytes([64, socket.IPPROTO_TCP]) + bytes(2) + source + target
    return head[:10] + struct.pack("!H", _checksum(head)) + head[12:] + body


def _checksum(data: bytes) -> int:
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def enter() -> None:
    """Go on in a network namespace of one's own (a new process in place of this one), unless this is it already."""
    if os.environ.get(INSIDE):
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        return
    if shutil.which("unshare") is None or shutil.which("ip") is None or not os.path.exists("/dev/net/tun"):
        sys.exit("this run needs unshare, ip and /dev/net/tun")
    rights = ["--net"] if os.geteuid() == 0 else ["--user", "--map-root-user", "--net"]
    sys.stdout.flush()
    command = ["unshare", *rights, sys.executable, "-m", "tests.faults", *sys.argv[1:]]
    os.execvpe("unshare", command, {**os.environ, INSIDE: "1"})


def leave() -> None:
    """This process alone goes into another namespace."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def device(name: str, address: str) -> int:
    """A TUN device of this namespace with that address → its end."""
    end = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(end, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))
    for command in (
        ["ip", "addr", "add", f"{address}/30", "dev", name],
        ["ip", "link", "set", name, "mtu", str(MTU), "up"],
    ):
        subprocess.run(command, check=True)
    return end


def hand_over(line: socket.socket, end: int) -> None:
    """Give a device's end to the process at the other end of `line`."""
    line.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [end]))])


def take_over(line: socket.socket) -> int:
    """The end that the other process gave."""
    _, ancillary, _, _ = line.recvmsg(1, socket.CMSG_SPACE(4))
    ends = array.array("i")
    ends.frombytes(ancillary[0][2])
    return ends[0]


@dataclass
class Carrier:
    """The thread that carries packets between two ends; `shape` may be changed at any time."""

    one: int
    other: int
    rng: random.Random
    shape: Shape = field(default_factory=Shape)
    carried: int = 0
    dropped: int = 0
    bytes: int = 0
    cuts: int = 0
    _ending: bool = False

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="carrier", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._ending = True
        self._thread.join(5)
        os.close(self.one)
        os.close(self.other)

    def _run(self) -> None:
        waiting: list[tuple[float, int, int, bytes]] = []
        free_at = {self.one: 0.0, self.other: 0.0}  # when each direction may begin with the next packet
        to = {self.one: self.other, self.other: self.one}
        number, began, epochs = 0, time.monotonic(), {}
        while not self._ending:
            pause = max(0.0, min(0.05, waiting[0][0] - time.monotonic())) if waiting else 0.05
            for end in select.select([self.one, self.other], [], [], pause)[0]:
                packet = os.read(end, 65536)
                shape, now = self.shape, time.monotonic()
                if shape.cut_s and (reset := resets(packet)):
                    # A connection of before the last cut is unknown to the mast.
                    ports = frozenset({packet[20:22], packet[22:24]})
                    epoch = int((now - began) / shape.cut_s)
                    if epochs.setdefault(ports, epoch) != epoch:
                        self.cuts += 1
                        del epochs[ports]
                        for back, segment in zip((end, to[end]), reset, strict=True):
                            os.write(back, segment)
                        continue
                behind = max(0.0, free_at[end] - now)
                full = shape.rate and behind * shape.rate / 8 > QUEUE_BYTES
                if full or self.rng.random() < shape.loss:
                    self.dropped += 1
                    continue
                free_at[end] = now + behind + (len(packet) * 8 / shape.rate if shape.rate else 0.0)
                number += 1
                heapq.heappush(waiting, (free_at[end] + shape.latency_s, number, to[end], packet))
            while waiting and waiting[0][0] <= time.monotonic():
                _, _, end, packet = heapq.heappop(waiting)
                try:
                    os.write(end, packet)
                except OSError:
                    continue
                self.carried += 1
                self.bytes += len(packet)
