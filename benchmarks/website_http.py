"""The website's lists over HTTP, measured: `python -m benchmarks.website_http [CASE ...]`.

Makes a shop up, starts `boxwise serve` on one core and asks it from another, 500 times a second whether or not it keeps
up: a request that has to wait counts from the moment it was due. Loopback only, and every case ends by itself.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import selectors
import shutil
import socket
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

from benchmarks.tables import header, machine, markdown_table, text_table
from jobs.outputs.website import write_website

LIST = 20
PRODUCTS = 2_000
PORTION = 10_000
CONNECTIONS = 64
"""Kept open and used in turn; more requests than that cannot be on their way at once."""
LIMIT_S = 30.0
"""How long the last answers may still take."""


@dataclass(frozen=True)
class Case:
    """What is asked: a name, what it is in a line, and whether the ETag is sent back or new nights are published."""

    name: str
    words: str
    known: bool = False
    night_every_s: float | None = None


CASES = (
    Case("lists", "one customer's list after another, one in ten of them unknown"),
    Case("unchanged", "the same, by who has each answer already: 304", known=True),
    Case("nights", "the lists, while a new night is published every two seconds", night_every_s=2.0),
)
MUST_P99_MS = 5.0


@dataclass
class Outcome:
    """Milliseconds from due to answered, and what went wrong."""

    ms: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    late_ms: float = 0.0

    def at(self, share: float) -> float:
        """The latency that this share of the answers stays below."""
        ordered = sorted(self.ms)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def write_shop(path: Path, n_customers: int, run_id: str, seed: int) -> None:
    """website.sqlite of a made-up shop: every customer has twenty products with scores and reasons."""
    draw = random.Random(seed)
    products = [f"P{number:05d}" for number in range(PRODUCTS)]
    customers = [f"C{number:07d}" for number in range(n_customers)]
    items = [
        json.dumps(
            {"product_id": own, "score": round(draw.random(), 8), "reason": f"goes with Soap {own}, which you bought"}
        )
        for own in products
    ]

    def lists(count: int) -> Iterator[list[str]]:
        for start in range(0, count, PORTION):
            yield ["[" + ", ".join(draw.sample(items, LIST)) + "]" for _ in range(min(PORTION, count - start))]

    tables = {
        "recommendations": (customers, lists(n_customers)),
        "similar_products": (products, lists(PRODUCTS)),
        "goes_with": (products, lists(PRODUCTS)),
        "baskets": ([], iter(())),
        "bestsellers": ([""], lists(1)),
        "boxes": ([], iter(())),
    }
    release: dict[str, str | int] = {"run_id": run_id, "published_at": "2026-12-01T03:00:00Z"}
    write_website(path, release, tables, [(own, f"Soap {own}", "Acme", "Body") for own in products])


@contextmanager
def service(folder: Path, core: int | None, first: bool) -> Iterator[int]:
    """`boxwise serve` on one core; yields its port."""
    command = [sys.executable, "-m", "jobs", "serve", str(folder), "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=lambda: settle(core, first))
    assert process.stdout is not None
    try:
        found = re.search(r"127\.0\.0\.1:(\d+)", process.stdout.readline())
        assert found, "the service did not start"
        yield int(found[1])
    finally:
        process.terminate()
        process.wait(30)
        process.stdout.close()


class Line:
    """One kept connection: asks, and knows when its answer is whole."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.due = 0.0
        self.got = b""

    def ask(self, request: bytes, due: float) -> None:
        """Send a request that was due then."""
        self.due, self.got = due, b""
        self.socket.sendall(request)

    def read(self) -> bool:
        """Take what has come; True = the answer is whole. Raises ConnectionError when the service hangs up."""
        piece = self.socket.recv(65536)
        if not piece:
            raise ConnectionError("the service closed the connection")
        self.got += piece
        head, end, body = self.got.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head)
        return bool(end) and len(body) >= (int(length[1]) if length else 0)


def load(
    port: int,
    requests: Sequence[bytes],
    times: Sequence[float],
    good: Callable[[bytes], bool],
    tick: Callable[[], None],
) -> Outcome:
    """Send each request when it is due (seconds from now), however many are on their way; wait for the last answer."""
    free = deque(Line(port) for _ in range(CONNECTIONS))
    outcome, eyes, sent, done = Outcome(), selectors.SelectSelector(), 0, 0
    for line in free:
        eyes.register(line.socket, selectors.EVENT_READ, line)
    start = perf_counter()
    while done < len(requests):
        now = perf_counter() - start
        if now > times[-1] + LIMIT_S:
            outcome.wrong.append(f"{len(requests) - done} requests without an answer")
            break
        while sent < len(requests) and times[sent] <= now and free:
            free.popleft().ask(requests[sent], times[sent])
            outcome.late_ms = max(outcome.late_ms, (perf_counter() - start - times[sent]) * 1e3)
            sent += 1
        wait = times[sent] - now if sent < len(requests) and free else LIMIT_S
        for key, _ in eyes.select(max(0.0, min(wait, 0.1))):
            line = key.data
            if line.read():
                outcome.ms.append((perf_counter() - start - line.due) * 1e3)
                if not good(line.got):
                    outcome.wrong.append(repr(line.got[:200]))
                done += 1
                free.append(line)
        tick()
    for key in list(eyes.get_map().values()):
        key.data.socket.close()
    return outcome


def targets(n_customers: int, count: int, seed: int) -> list[str]:
    """Whose list is asked for, one in ten of nobody."""
    draw = random.Random(seed)
    known = (f"/recommendations/C{draw.randrange(n_customers):07d}" for _ in range(count))
    return [f"/recommendations/N{n}" if n % 10 == 9 else target for n, target in enumerate(known)]


def request(target: str, etag: str = "") -> bytes:
    """The bytes of one GET."""
    had = f"If-None-Match: {etag}\r\n" if etag else ""
    return f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\n{had}\r\n".encode()


def settle(core: int | None, first: bool) -> None:
    """Let this process run on one core only, and if it is to be the first, before all others there (as root)."""
    if core is not None:
        os.sched_setaffinity(0, {core})
    if first:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))


def measured(case: Case, folder: Path, n_customers: int, rate: float, seconds: float, first: bool = False) -> Outcome:
    """Run a case."""
    draw = random.Random(1)
    asked = targets(n_customers, int(rate * seconds), seed=2)
    times, due = [], 0.0
    for _ in asked:
        due += draw.expovariate(rate)  # requests come as they come, not in step
        times.append(due)
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    two = len(cores) > 1
    settle(cores[0] if two else None, first)
    try:
        with service(folder, cores[-1] if two else None, first) as port:
            nights = Nights(folder, case.night_every_s)
            etags = etags_of(port, asked) if case.known else {}
            load(port, [request("/healthz")] * 200, [n / rate for n in range(200)], _is_ok, lambda: None)  # warm
            requests = [request(target, etags.get(target, "")) for target in asked]
            return load(port, requests, times, _not_changed if case.known else _whole_list, nights.turn)
    finally:
        if two:
            os.sched_setaffinity(0, set(cores))
        if first:
            os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


class Nights:
    """Publishes a new night every so often, by turning `current` from one of two releases to the other."""

    def __init__(self, folder: Path, every_s: float | None) -> None:
        self.folder, self.every_s, self.count, self.last = folder, every_s, 0, perf_counter()

    def turn(self) -> None:
        """Turn the link if it is time."""
        if self.every_s is not None and perf_counter() - self.last > self.every_s:
            self.count, self.last = self.count + 1, perf_counter()
            link = self.folder / ".link"
            link.symlink_to(("one", "two")[self.count % 2])
            link.replace(self.folder / "current")


def etags_of(port: int, asked: Sequence[str]) -> dict[str, str]:
    """The ETag of every answer, read once before the clock starts."""
    line, found = Line(port), {}
    for target in dict.fromkeys(asked):
        line.ask(request(target), 0.0)
        while not line.read():
            pass
        tag = re.search(rb"etag: (\S+)", line.got)
        assert tag, line.got
        found[target] = tag[1].decode()
    line.socket.close()
    return found


def _is_ok(answer: bytes) -> bool:
    return answer.startswith(b"HTTP/1.1 200")


def _whole_list(answer: bytes) -> bool:
    return _is_ok(answer) and answer.count(b'"reason"') == LIST


def _not_changed(answer: bytes) -> bool:
    return answer.startswith(b"HTTP/1.1 304")


def main() -> int:
    """Measure, print; 1 when an answer was wrong."""
    reader = argparse.ArgumentParser(prog="python -m benchmarks.website_http", description=__doc__)
    names = [case.name for case in CASES]
    reader.add_argument("cases", nargs="*", metavar="CASE", help=f"of {', '.join(names)}; all unless said")
    reader.add_argument("--customers", type=int, default=300_000)
    reader.add_argument("--rate", type=float, default=500.0, help="requests a second")
    reader.add_argument("--seconds", type=float, default=20.0)
    reader.add_argument("--first", action="store_true", help="run before all other programs, on a busy machine (root)")
    asked = reader.parse_args()
    if unknown := set(asked.cases) - set(names):
        reader.error(f"no such case: {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    if asked.first and not hasattr(os, "sched_setscheduler"):
        reader.error("--first needs Linux: this system cannot put one program before all others")
    facts = machine()
    facts["versions"] += f", starlette {version('starlette')}, uvicorn {version('uvicorn')}"
    print(header(facts))
    rows, wrong = [], []
    with tempfile.TemporaryDirectory(prefix="boxwise-http-") as home:
        folder = Path(home)
        (folder / "one").mkdir()
        write_shop(folder / "one" / "website.sqlite", asked.customers, "glow-1", seed=0)
        shutil.copytree(folder / "one", folder / "two")
        (folder / "current").symlink_to("one")
        for case in CASES:
            if case.name in (asked.cases or names):
                found = measured(case, folder, asked.customers, asked.rate, asked.seconds, asked.first)
                wrong += found.wrong
                p50, p99, most = found.at(0.5), found.at(0.99), max(found.ms)
                goal = "met" if p99 < MUST_P99_MS else "missed"
                row = [f"{len(found.ms):,}", f"{p50:.2f}", f"{p99:.2f}", f"{most:.2f}", f"{found.late_ms:.2f}", goal]
                rows.append([case.name, case.words, *row])
    head = ["case", "what is asked", "answers", "p50 ms", "p99 ms", "max ms", "asked late by, max ms", "p99 < 5 ms"]
    print(text_table([head[0], *head[2:]], [[row[0], *row[2:]] for row in rows]))
    print(markdown_table(head, rows, left=(0, 1)))
    for line in wrong[:5]:
        print(f"wrong: {line}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
