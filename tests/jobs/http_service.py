"""The service as a shop meets it: `boxwise serve` in a process of its own, asked over a loopback port."""

from __future__ import annotations

import http.client
import json
import re
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

PATIENCE_S = 30


@dataclass(frozen=True)
class Answer:
    """An HTTP answer, read to its end."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON; it must be said to be that."""
        assert self.headers["content-type"] == "application/json"
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


class Service:
    """`boxwise serve RUNS`, ended at the end of the `with`: by exit 0, and if `quiet` it must not have complained."""

    def __init__(self, runs: Path, *words: str, quiet: bool = True) -> None:
        self.quiet = quiet
        self.log = tempfile.NamedTemporaryFile()  # noqa: SIM115 - closed when the service ends
        command = [sys.executable, "-m", "jobs", "serve", str(runs), "--port", "0", *words]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log, text=True)
        assert self.process.stdout is not None
        self.line = self.process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)", self.line)
        assert found, (self.line, self.errors())
        self.port = int(found[1])
        self.address = f"http://127.0.0.1:{self.port}"

    def errors(self) -> str:
        """What it wrote to standard error so far."""
        return Path(self.log.name).read_text("utf-8")

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send it a signal; its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)

    def connect(self) -> http.client.HTTPConnection:
        """A connection that may be asked again and again."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)

    def get(self, target: str, method: str = "GET", **headers: str) -> Answer:
        """Ask once, on a connection of its own."""
        connection = self.connect()
        try:
            return ask(connection, target, method, **headers)
        finally:
            connection.close()

    def __enter__(self) -> Service:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _value: BaseException | None, _t: TracebackType | None
    ) -> None:
        code, errors = self.end(), self.errors()
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.log.close()
        if kind is None:
            assert (code, errors if self.quiet else "") == (0, "")


def ask(connection: http.client.HTTPConnection, target: str, method: str = "GET", **headers: str) -> Answer:
    """Ask for a target exactly as it is written; header names with _ for -."""
    connection.putrequest(method, target, skip_accept_encoding=True)
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders()
    answer = connection.getresponse()
    return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
