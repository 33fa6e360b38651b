"""(b) Recording an acceptance, beside a bare INSERT and beside django-cookie-consent."""

import http.client
import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from sys import executable
from urllib.parse import urlencode

import psycopg

from bench import load, packages
from bench.figures import BenchError, Figure, number, percentile, spread
from bench.server import cpu_seconds, parent_of, serving
from bench.site import POOL_SIZE, Site
from clicknconnect.embedded import PROJECT_ROOT, free_port

GROUP = "An acceptance recorded (POST), same server, same PostgreSQL"
CONNECTIONS = 16
# Short turns, many of them: what else the machine does falls on every contestant alike.
ROUNDS = 15
SECONDS = 1.0
LATENCY_ROUNDS = 9
LATENCY_SECONDS = 2.0
LEAST_OF_BARE = 0.60
LEAST_OF_PEER = 2.0
PEER = "django-cookie-consent 1.0.0"
AGAINST = {"bare": "bare view, one INSERT", "peer": PEER}
PATHS = {"site": "/api/v1/consent/", "bare": "/insert/", "peer": "/cookies/accept/"}

# The columns of the consent log, without its checks, triggers and partitions.
BARE_TABLE = """
CREATE TABLE IF NOT EXISTS bench_bare (
    id uuid PRIMARY KEY, recorded_at timestamptz NOT NULL, event varchar(12) NOT NULL,
    categories jsonb NOT NULL, notice integer NOT NULL, publication integer NOT NULL,
    revision varchar(64) NOT NULL, language varchar(2) NOT NULL, preset varchar(20) NOT NULL,
    source varchar(12) NOT NULL, gpc boolean NOT NULL, decided_on date NOT NULL,
    expires_on date NOT NULL, previous uuid)"""


@dataclass(frozen=True)
class Contestant:
    port: int
    status: int
    make: load.MakeRequest
    group: int


@dataclass(frozen=True)
class Turns:
    """Of one contestant, turn by turn: requests a second, and CPU ms a request of all servers."""

    speeds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)


def _post(path: str, port: int, headers: dict[str, str], body: str) -> bytes:
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def _choice(port: int, notice: int) -> load.MakeRequest:
    """As the banner's script posts it: a new visitor, a new click."""
    body = json.dumps({"notice": notice, "categories": {"analytics": True}, "source": "banner"})
    request = _post(
        PATHS["site"],
        port,
        {
            "Content-Type": "application/json",
            "Accept-Language": "fr",
            "Origin": f"http://127.0.0.1:{port}",
            "Idempotency-Key": "@" * 32,
        },
        body,
    )
    before, after = request.split(b"@" * 32)
    return lambda: before + os.urandom(16).hex().encode() + after


def _bare(port: int) -> load.MakeRequest:
    request = _post(PATHS["bare"], port, {"Content-Type": "application/json"}, "{}")
    return lambda: request


def _peer(port: int) -> load.MakeRequest:
    """As its own script posts it, with the token that its status call gave."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/cookies/status/")
    answer = connection.getresponse()
    token = json.load(answer)["csrftoken"]
    found = re.match(r"csrftoken=([^;]+)", answer.headers.get("Set-Cookie", ""))
    connection.close()
    if found is None:
        raise BenchError("django-cookie-consent gave no CSRF cookie.")
    request = _post(
        PATHS["peer"],
        port,
        {
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": f"csrftoken={found[1]}",
            "X-Cookie-Consent-Fetch": "1",
            "X-CSRFToken": token,
        },
        urlencode({"cookie_groups": "analytics"}),
    )
    return lambda: request


def _notice(port: int) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", PATHS["site"])
    notice: int = json.load(connection.getresponse())["notice"]
    connection.close()
    return notice


def _prepare_peer(python: Path, environment: dict[str, str]) -> str:
    answer = subprocess.run(
        [str(python), "-m", "bench.django_peer"],
        cwd=PROJECT_ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    if answer.returncode != 0:
        raise BenchError(f"django-cookie-consent could not be set up: {answer.stderr[-800:]}")
    return answer.stdout.strip()


@contextmanager
def contestants(site: Site) -> Iterator[tuple[dict[str, Contestant], str]]:
    """All three, served at once (the idle ones cost nothing), and the peer's Django."""
    python = packages.django_peer()
    others = {
        **site.environment, "BENCH_BARE_URL": site.bare_url, "BENCH_PEER_URL": site.peer_url,
        "DATABASE_POOL_SIZE": str(POOL_SIZE),
    }  # fmt: skip
    bare_environment = {k: v for k, v in others.items() if k != "DJANGO_SETTINGS_MODULE"}
    peer_environment = {**others, "DJANGO_SETTINGS_MODULE": "bench.django_peer.settings"}
    peer_django = _prepare_peer(python, peer_environment)
    with psycopg.connect(site.bare_url, autocommit=True) as connection:
        connection.execute(BARE_TABLE)
    bare_port, peer_port = free_port(), free_port()
    with ExitStack() as stack:
        serve = stack.enter_context
        application = "clicknconnect.wsgi:application"
        ours = serve(serving(executable, application, site.port, site.environment, PATHS["site"]))
        application = "bench.bare:application"
        floor = serve(serving(executable, application, bare_port, bare_environment, "/"))
        application = "bench.django_peer.wsgi:application"
        peer = serve(serving(python, application, peer_port, peer_environment, "/cookies/status/"))
        choice = _choice(site.port, _notice(site.port))
        yield (
            {
                "site": Contestant(site.port, 201, choice, ours),
                "bare": Contestant(bare_port, 201, _bare(bare_port), floor),
                "peer": Contestant(peer_port, 200, _peer(peer_port), peer),
            },
            peer_django,
        )


def _drive(who: Contestant, seconds: float, rate: float | None = None) -> load.Run:
    return load.run(
        who.port, who.make, status=who.status, seconds=seconds, connections=CONNECTIONS, rate=rate
    )


def throughput(running: dict[str, Contestant], postmaster: int) -> dict[str, Turns]:
    """As fast as each can, in rounds: each contestant once a round, in turn."""
    found = {name: Turns() for name in running}
    for who in running.values():
        _drive(who, 2.0)
    names = list(running)
    for turn in range(ROUNDS):
        for name in names[turn % 3 :] + names[: turn % 3]:
            who = running[name]
            before = cpu_seconds(group=who.group, parent=postmaster)
            run = _drive(who, SECONDS)
            used = cpu_seconds(group=who.group, parent=postmaster) - before
            found[name].speeds.append(run.per_second)
            found[name].cpu.append(1000 * used / len(run.latencies))
    return found


def latency(running: dict[str, Contestant], rate: float) -> dict[str, list[float]]:
    """p99 in ms at the same offered load; the bare view twice a round, to know the noise."""
    found: dict[str, list[float]] = {"bare": [], "site": [], "again": []}
    for turn in range(LATENCY_ROUNDS):
        order = list(found) if turn % 2 else list(found)[::-1]
        for name in order:
            who = running["site" if name == "site" else "bare"]
            found[name].append(
                1000 * percentile(_drive(who, LATENCY_SECONDS, rate).latencies, 0.99)
            )
    return found


def _per_round(over: list[float], under: list[float]) -> float:
    """Median of the ratios within each round: what slows the machine slows both."""
    return median(a / b for a, b in zip(over, under, strict=True))


def _speed(turns: dict[str, Turns], other: str, least: float | None = None) -> Figure:
    speeds = turns["site"].speeds
    ratio = _per_round(speeds, turns[other].speeds)
    return Figure(
        group=GROUP,
        name=f"accept (± {spread(speeds):.0%})",
        value=median(speeds),
        unit="req/s",
        reference=median(speeds) / ratio,
        against=AGAINST[other],
        target="" if least is None else f"ratio ≥ {least:.2f}",
        passed=None if least is None else ratio >= least,
    )


def _cpu(turns: dict[str, Turns], other: str, least: float | None = None) -> Figure:
    """Work of web and database alone: what asks stands on the same processors and costs too."""
    mine = median(turns["site"].cpu)
    ratio = _per_round(turns["site"].cpu, turns[other].cpu)
    return Figure(
        group=GROUP,
        name=f"CPU an accept, web and PostgreSQL (± {spread(turns['site'].cpu):.0%})",
        value=mine,
        unit="ms",
        reference=mine / ratio,
        against=AGAINST[other],
        target="" if least is None else f"ratio ≤ {1 / least:.2f}",
        passed=None if least is None else ratio <= 1 / least,
    )


def _tail(tails: dict[str, list[float]], rate: float) -> Figure:
    # Two measurements of the bare view differ by this much: no worse means within it.
    pairs = list(zip(tails["bare"], tails["again"], strict=True))
    noise = median(max(pair) / min(pair) for pair in pairs)
    ratio = _per_round(tails["site"], [sum(pair) / 2 for pair in pairs])
    return Figure(
        group=GROUP,
        name=f"p99 at {number(round(rate))} req/s offered",
        value=median(tails["site"]),
        unit="ms",
        reference=median(tails["site"]) / ratio,
        against=AGAINST["bare"],
        target=f"ratio ≤ {noise:.2f} (bare twice)",
        passed=ratio <= noise,
    )


def measure(site: Site) -> list[Figure]:
    with contestants(site) as (running, peer_django), psycopg.connect(site.bare_url) as connection:
        turns = throughput(running, parent_of(connection.info.backend_pid))
        rate = median(turns["site"].speeds) / 2
        tails = latency(running, rate)
    AGAINST["peer"] = f"{PEER}, Django {peer_django}"
    if not all(value > 0 for one in turns.values() for value in one.cpu):
        raise BenchError("This machine does not say what CPU a process used (it needs /proc).")
    return [
        _speed(turns, "bare", LEAST_OF_BARE),
        _speed(turns, "peer"),
        _cpu(turns, "bare"),
        _cpu(turns, "peer", LEAST_OF_PEER),
        _tail(tails, rate),
    ]
