"""Events have what OpenLineage asks for, and an address that does not take one is told without its password."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from jobs.config.load import load
from jobs.operating.nights import record_of
from jobs.telling.lineage import LineageFailed, begun, end_event, ended
from jobs.telling.outcome import Outcome
from tests.jobs.small_campaign import write_small_campaign

NIGHT_ID = "8c7b2b5e-2c5b-4d69-a0d1-3a7c2a7d1e01"
END = {"ended_utc": "2026-11-28T02:21:06Z", "exit": 0, "status": "published", "lines": []}


def faults(event: dict[str, Any]) -> list[str]:
    """What the specification requires of a RunEvent and of every facet, and is not there."""
    found = [f"no {key}" for key in ("eventTime", "producer", "schemaURL", "run", "job") if key not in event]
    datasets = [*event["inputs"], *event["outputs"]]
    found += [f"a dataset without {key}" for one in datasets for key in ("namespace", "name") if not one.get(key)]
    found += [f"the job has no {key}" for key in ("namespace", "name") if not event["job"].get(key)]
    owners = [event["run"], event["job"], *datasets]
    kinds = ("facets", "inputFacets", "outputFacets")
    facets = [facet for owner in owners for kind in kinds for facet in owner.get(kind, {}).items()]
    found += [
        f"facet {name} has no {key}"
        for name, facet in facets
        for key in ("_producer", "_schemaURL")
        if key not in facet
    ]
    found += [
        f"facet {name} names another schema"
        for name, facet in facets
        if not re.fullmatch(
            r"https://openlineage\.io/spec/facets/\d+-\d+-\d+/(\w+)\.json#/\$defs/\1", facet["_schemaURL"]
        )
    ]
    uuid.UUID(event["run"]["runId"])
    assert datetime.fromisoformat(event["eventTime"]).tzinfo is not None
    return found


@pytest.fixture(scope="module")
def run(runs: Path) -> Path:
    return (runs / "current").resolve()


def outcome(run: Path, **more: Any) -> Outcome:
    return Outcome(load(run.parent.parent), {**END, **record_of(run), **more}, NIGHT_ID)


def test_a_published_night_tells_what_it_read_and_wrote(run: Path) -> None:
    event = end_event(outcome(run))

    assert faults(event) == []
    inputs = {Path(one["name"]): one["inputFacets"]["dataQualityMetrics"]["rowCount"] for one in event["inputs"]}
    shop = run.parent.parent
    assert inputs == {shop / f"{name}.csv": rows for name, rows in (
        ("customers", 12), ("products", 15), ("inventory", 26), ("events", 40), ("shipments", 4), ("edits", 4),
    )}  # fmt: skip
    sizes = {Path(one["name"]): one["outputFacets"]["outputStatistics"]["size"] for one in event["outputs"]}
    assert run / "website.sqlite" in sizes
    assert all(path.stat().st_size == size for path, size in sizes.items())


def test_a_query_has_a_name_and_an_absent_table_is_no_input(run: Path) -> None:
    inputs = {"events": {"file": None, "sha256": "ab", "rows": 3}, "edits": {"file": None, "sha256": "", "rows": 0}}

    (only,) = end_event(outcome(run, inputs=inputs))["inputs"]

    assert (only["namespace"], only["name"]) == ("boxwise", "2026-12 small.events")


@pytest.fixture
def address() -> Iterator[tuple[str, list[tuple[dict[str, str], Any]], list[int]]]:
    """A server that keeps what it is sent, and answers with the last of its codes."""
    taken: list[tuple[dict[str, str], Any]] = []
    codes = [201]

    class Taker(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            taken.append((dict(self.headers), json.loads(body)))
            self.send_response(codes[-1])
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Taker)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}/api/v1/lineage", taken, codes
    server.shutdown()
    server.server_close()


def asked(tmp_path: Path, where: str) -> Any:
    folder = write_small_campaign(tmp_path)
    with (folder / "campaign.toml").open("a", encoding="utf-8") as file:
        file.write(f'\n[operate]\nlineage = "{where}"\n')
    return load(folder)


def test_an_address_gets_each_event_with_the_key(
    address: tuple[str, list[Any], list[int]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where, taken, codes = address
    monkeypatch.setenv("OPENLINEAGE_API_KEY", "s3cret")
    campaign = asked(tmp_path, f"http://{where}")

    begun(campaign, NIGHT_ID, "2026-11-28T02:15:00Z")
    ended(Outcome(campaign, {**END, "status": "refused", "exit": 4, "lines": ["short"], "inputs": {}}, NIGHT_ID))

    assert [event["eventType"] for _, event in taken] == ["START", "FAIL"]
    assert [faults(event) for _, event in taken] == [[], []]
    assert taken[1][1]["run"]["facets"]["errorMessage"]["message"] == "exit 4: short"
    assert {headers["Authorization"] for headers, _ in taken} == {"Bearer s3cret"}
    codes.append(503)
    with pytest.raises(LineageFailed, match=r"^127\.0\.0\.1 answers 503 "):
        begun(campaign, NIGHT_ID, "2026-11-28T02:15:00Z")


@pytest.mark.parametrize("where", ["http://me:hunter2@127.0.0.1:1/x", "http://127.0.0.1:1/hunter2", "http://[hunter2"])
def test_an_address_that_cannot_be_reached_keeps_its_password(where: str, tmp_path: Path) -> None:
    with pytest.raises(LineageFailed) as raised:
        begun(asked(tmp_path, where), NIGHT_ID, "2026-11-28T02:15:00Z")

    assert "hunter2" not in str(raised.value)


def test_who_does_not_ask_is_told_nothing(tmp_path: Path) -> None:
    folder = write_small_campaign(tmp_path)
    before = sorted(folder.iterdir())

    begun(load(folder), NIGHT_ID, "2026-11-28T02:15:00Z")
    ended(Outcome(load(folder), {**END, "status": "refused"}, NIGHT_ID))

    assert sorted(folder.iterdir()) == before
