"""The command as an operator meets it: plain refusals, one line at the start, a clean end, waiting for a night."""

from __future__ import annotations

import signal
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from jobs.faults import UsageRefused
from jobs.serving.openapi import document
from jobs.serving.serve import serve
from tests.jobs.http_service import Service
from tests.jobs.json_shape import faults
from tests.jobs.published import publish_release


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    publish_release(tmp_path / "runs", 1)
    return tmp_path / "runs"


def refused(runs: Path, host: str = "127.0.0.1", port: int = 0) -> str:
    """The one line that refuses to serve this."""
    with pytest.raises(UsageRefused) as refusal:
        serve(runs, host=host, port=port)
    (line,) = refusal.value.lines
    return line


def test_a_folder_that_holds_no_runs_is_refused(runs: Path, tmp_path: Path) -> None:
    assert refused(tmp_path / "nowhere") == (
        f"found no folder {tmp_path / 'nowhere'}, expected the runs of a campaign, e.g. data/demo/runs"
    )
    assert refused(runs / "current").endswith("expected the folder of runs around it")
    (tmp_path / "campaign.toml").write_text("")
    assert refused(tmp_path).endswith(f"expected its folder of runs, e.g. {runs}")


def test_a_taken_port_and_a_foreign_host_are_refused(runs: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = f"127.0.0.1 port {port}: Address already in use; expected a free one, see --host and --port"
        assert refused(runs, port=port) == line
        command = [sys.executable, "-m", "jobs", "serve", str(runs), "--port", str(port)]
        told = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert (told.returncode, told.stdout, told.stderr) == (2, "", line + "\n")
    assert refused(runs, host="192.0.2.1").startswith("192.0.2.1 port 0: ")
    assert refused(runs, host="no host").startswith('--host: found "no host"')


@pytest.mark.parametrize("absent", ["starlette", "uvicorn"])
def test_a_missing_extra_is_named(runs: Path, absent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, absent, None)
    assert refused(runs) == "found no starlette and uvicorn, expected them: pip install 'boxwise[web]'"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(runs: Path, number: int) -> None:
    service = Service(runs)
    with service:
        open_still = service.connect()
        open_still.request("GET", "/healthz")
        assert open_still.getresponse().read()
        assert service.end(number) == 0
        open_still.close()


def test_it_says_where_it_listens_and_logs_who_asks_only_if_told_to(runs: Path) -> None:
    with Service(runs, "--access-log", quiet=False) as service:
        assert service.line == (
            f"boxwise serves {runs} at {service.address} ; the storefront is at {service.address}/demo ; "
            "ctrl-C ends it.\n"
        )
        assert service.get("/box/C000").status == 200
        assert "GET /box/C000 HTTP/1.1" in service.errors()
        own = socket.gethostbyname(socket.gethostname())
        other = "127.0.0.2" if own.startswith("127.") else own  # loopback, too, but another address
        with pytest.raises(OSError, match="refused"):
            socket.create_connection((other, service.port), timeout=5)


def test_it_starts_before_the_first_night_and_answers_after_it(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    runs.mkdir()
    with Service(runs) as service:
        said = document()["components"]["responses"]["Error503"]["content"]["application/json"]["schema"]
        for target in ("/healthz", "/box/C000", "/bestsellers"):
            answer = service.get(target)
            assert faults(answer.json, said, document()) == []
            assert answer.status == 503
            assert answer.json["error"].startswith("nothing is published in")
            assert answer.headers["retry-after"] == "60"
        for target in ("/", "/demo", "/demo/basket"):
            page = service.get(target)
            assert page.status == 503
            assert "The shop opens soon" in page.text
        assert service.get("/openapi.json").status == 200
        publish_release(runs, 1)
        assert service.get("/box/C000").json["release"] == "glow-1"
        health = service.get("/healthz").json
        published = datetime(2026, 12, 1, 3, 0, 1, tzinfo=UTC)
        age = max(0, int((datetime.now(UTC) - published).total_seconds()))
        assert abs(health.pop("age_seconds") - age) <= 60
        assert health == {"release": "glow-1", "published_at": "2026-12-01T03:00:01Z", "hidden_products": 0}
        assert service.get("/demo").status == 200
        (runs / "current").unlink()
        assert service.get("/box/C000").status == 503
        (runs / "current").symlink_to("glow-1")
        assert service.get("/box/C000").status == 200


def test_a_bug_is_one_line_over_the_wire_and_a_traceback_in_the_log(runs: Path) -> None:
    with Service(runs, quiet=False) as service:
        service.get("/box/C000")
        with closing(sqlite3.connect(runs / "current" / "website.sqlite")) as base:
            base.execute("DROP TABLE boxes")
        answer = service.get("/box/C117")
        assert (answer.status, answer.json) == (500, {"error": "the service has failed at this; its log says why"})
        assert "That did not work" in service.get("/demo/customer?id=C117").text
        assert service.get("/bestsellers").status == 200
        service.end()
        assert "sqlite3.OperationalError: no such table: boxes" in service.errors()
