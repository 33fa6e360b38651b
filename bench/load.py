"""A small HTTP load generator: keep-alive sockets on one thread, to this machine only."""

import gc
import re
import selectors
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter

from bench.figures import BenchError

HOST = "127.0.0.1"
MOST_SECONDS = 60.0
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)

type MakeRequest = Callable[[], bytes]


@dataclass(slots=True)
class Wire:
    """One connection and the request that is on its way."""

    socket: socket.socket
    answer: bytearray = field(default_factory=bytearray)
    due: float = 0.0


@dataclass(frozen=True, slots=True)
class Run:
    seconds: float
    latencies: list[float]

    @property
    def per_second(self) -> float:
        return len(self.latencies) / self.seconds


def _connect(port: int, connections: int) -> list[Wire]:
    wires = []
    for _ in range(connections):
        connected = socket.create_connection((HOST, port), timeout=5)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        wires.append(Wire(connected))
    return wires


def _complete(answer: bytearray, status: bytes) -> bool:
    head = answer.find(b"\r\n\r\n")
    if head < 0:
        return False
    if answer[9:12] != status:
        raise BenchError(f"A server answered: {bytes(answer[:600])!r}")
    length = _LENGTH.search(answer, 0, head + 2)
    if length is None:  # chunked
        return answer.endswith(b"0\r\n\r\n")
    return len(answer) >= head + 4 + int(length[1])


def run(
    port: int,
    make: MakeRequest,
    *,
    status: int,
    seconds: float,
    connections: int,
    rate: float | None = None,
) -> Run:
    """Send for `seconds`. Without `rate` each connection asks again as soon as it was answered.

    With `rate` requests are due at even intervals, and a latency counts from when its request was
    due, so that a stall of the server is paid by all that had to wait for it.
    """
    seconds = min(seconds, MOST_SECONDS)
    wires = _connect(port, connections)
    gc.collect()
    gc.disable()
    try:
        if rate is None:
            return _closed(wires, make, b"%d" % status, seconds)
        return _open(wires, make, b"%d" % status, seconds, rate)
    finally:
        gc.enable()
        for wire in wires:
            wire.socket.close()


def _watch(wires: list[Wire]) -> selectors.BaseSelector:
    selector = selectors.DefaultSelector()
    for wire in wires:
        selector.register(wire.socket, selectors.EVENT_READ, wire)
    return selector


def _receive(wire: Wire, status: bytes) -> bool:
    data = wire.socket.recv(65_536)
    if not data:
        raise BenchError("A server closed its connection.")
    wire.answer += data
    return _complete(wire.answer, status)


def _send(wire: Wire, make: MakeRequest, due: float) -> None:
    wire.answer.clear()
    wire.due = due
    wire.socket.sendall(make())


def _closed(wires: list[Wire], make: MakeRequest, status: bytes, seconds: float) -> Run:
    latencies: list[float] = []
    selector = _watch(wires)
    start = perf_counter()
    end = start + seconds
    for wire in wires:
        _send(wire, make, perf_counter())
    waiting = len(wires)
    while waiting:
        ready = selector.select(10)
        if not ready:
            raise BenchError("A server did not answer for 10 s.")
        for key, _ in ready:
            wire: Wire = key.data
            if _receive(wire, status):
                now = perf_counter()
                latencies.append(now - wire.due)
                if now < end:
                    _send(wire, make, now)
                else:
                    waiting -= 1
    return Run(perf_counter() - start, latencies)


def _open(wires: list[Wire], make: MakeRequest, status: bytes, seconds: float, rate: float) -> Run:
    latencies: list[float] = []
    selector = _watch(wires)
    free = list(wires)
    start = perf_counter()
    total, sent = int(seconds * rate), 0
    while len(latencies) < total:
        now = perf_counter()
        if now > start + 3 * seconds + 10:
            raise BenchError(f"A server did not keep up with {rate:.0f} requests a second.")
        while sent < total and free and start + sent / rate <= now:
            _send(free.pop(), make, start + sent / rate)
            sent += 1
        next_due = start + sent / rate
        wait = max(0.0, next_due - perf_counter()) if sent < total and free else 1.0
        for key, _ in selector.select(wait):
            wire: Wire = key.data
            if _receive(wire, status):
                latencies.append(perf_counter() - wire.due)
                free.append(wire)
    return Run(perf_counter() - start, latencies)
