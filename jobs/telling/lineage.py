"""OpenLineage events of a night: START when it begins; COMPLETE, FAIL or ABORT, with inputs and outputs, when it ends.

The JSON is written as the specification has it (openlineage.io/spec/2-0-2), to a file by appending or to an address.
"""

from __future__ import annotations

import fcntl
import json
import os
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from http.client import HTTPException
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jobs.config.campaign import Campaign
from jobs.operating.nights import FAILED, PUBLISHED, REFUSED, STOPPED
from jobs.telling.outcome import Outcome

SPEC = "https://openlineage.io/spec"
EVENT = f"{SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent"
FACETS = {
    "jobType": "2-0-4/JobTypeJobFacet.json#/$defs/JobTypeJobFacet",
    "errorMessage": "1-0-1/ErrorMessageRunFacet.json#/$defs/ErrorMessageRunFacet",
    "processing_engine": "1-1-1/ProcessingEngineRunFacet.json#/$defs/ProcessingEngineRunFacet",
    "version": "1-0-1/DatasetVersionDatasetFacet.json#/$defs/DatasetVersionDatasetFacet",
    "dataQualityMetrics": "1-0-3/DataQualityMetricsInputDatasetFacet.json#/$defs/DataQualityMetricsInputDatasetFacet",
    "outputStatistics": "1-0-2/OutputStatisticsOutputDatasetFacet.json#/$defs/OutputStatisticsOutputDatasetFacet",
}
"""Facet -> where its schema stands."""
ENDS = {PUBLISHED: "COMPLETE", REFUSED: "FAIL", FAILED: "FAIL", STOPPED: "ABORT"}
OUTPUTS = ("assignments.csv", "boxes.csv", "products.csv", "exceptions.csv", "scores.parquet", "website.sqlite")
NAMESPACE, KEY, PATIENCE_S = "boxwise", "OPENLINEAGE_API_KEY", 10.0
Json = dict[str, Any]


class LineageFailed(Exception):
    """The address did not take the event."""


def begun(campaign: Campaign, night_id: str, at_utc: str) -> None:
    """Tell that a night has begun, if lineage is asked for. Raises OSError or LineageFailed."""
    if campaign.operate.lineage is not None:
        _send(campaign, _event("START", campaign, night_id, at_utc, {}))


def ended(outcome: Outcome) -> None:
    """Tell how the night ended, what it read and what it wrote, likewise."""
    if outcome.campaign.operate.lineage is not None:
        _send(outcome.campaign, end_event(outcome))


def end_event(outcome: Outcome) -> Json:
    """The event of a night that has ended."""
    row, runs = outcome.row, outcome.campaign.runs
    facets: Json = {}
    if row["status"] != PUBLISHED:
        said = "\n".join(map(str, row["lines"])) or row["status"]
        facets = _facet("errorMessage", message=f"exit {row['exit']}: {said}", programmingLanguage="Python")
    event = _event(ENDS[row["status"]], outcome.campaign, outcome.night_id, row["ended_utc"], facets)
    event["inputs"] = list(_inputs(runs, outcome.campaign.name, row.get("inputs") or {}))
    event["outputs"] = [] if outcome.folder is None else list(_outputs(outcome.folder, row))
    return event


def _event(kind: str, campaign: Campaign, night_id: str, at_utc: str, facets: Json) -> Json:
    """What all events have."""
    engine = _facet("processing_engine", name=NAMESPACE, version=version("boxwise"))
    job = _facet("jobType", processingType="BATCH", integration="BOXWISE", jobType="NIGHT")
    return {
        "eventType": kind,
        "eventTime": at_utc,
        "producer": _producer(),
        "schemaURL": EVENT,
        "run": {"runId": night_id, "facets": {**engine, **facets}},
        "job": {"namespace": NAMESPACE, "name": campaign.name, "facets": job},
        "inputs": [],
        "outputs": [],
    }


def _inputs(runs: Path, campaign: str, inputs: Mapping[str, Mapping[str, Any]]) -> Iterator[Json]:
    """The tables that were read; one that was absent is none. A query has no file, and goes by the campaign's name."""
    for table, one in inputs.items():
        if not one.get("sha256"):
            continue
        file = one.get("file")
        where = _file(Path(runs, file)) if file else {"namespace": NAMESPACE, "name": f"{campaign}.{table}"}
        counted = _facet("dataQualityMetrics", rowCount=int(one["rows"]), columnMetrics={})
        yield {**where, "facets": _facet("version", datasetVersion=one["sha256"]), "inputFacets": counted}


def _outputs(folder: Path, row: Mapping[str, Any]) -> Iterator[Json]:
    """The files of the run that others read, with their sizes; of the boxes also the rows."""
    for name in OUTPUTS:
        path = folder / name
        if not path.is_file():
            continue
        known = {"size": path.stat().st_size, "fileCount": 1}
        plan = row.get("plan") or {}
        rows = {"assignments.csv": plan.get("items_packed")}.get(name)
        stats = known if rows is None else {"rowCount": rows, **known}
        told = {"facets": _facet("version", datasetVersion=str(row["run_id"]))}
        yield {**_file(path), **told, "outputFacets": _facet("outputStatistics", **stats)}


def _file(path: Path) -> Json:
    return {"namespace": "file", "name": str(path.resolve())}


def _facet(name: str, /, **content: Any) -> Json:
    """One facet by its name, with who made it and where its schema stands."""
    return {name: {"_producer": _producer(), "_schemaURL": f"{SPEC}/facets/{FACETS[name]}", **content}}


def _producer() -> str:
    return f"urn:boxwise:{version('boxwise')}"


def _send(campaign: Campaign, event: Json) -> None:
    asked = campaign.operate.lineage
    assert asked is not None
    body = json.dumps(event, allow_nan=False).encode()
    if asked.startswith(("http://", "https://")):
        _post(asked, body)
    else:
        with Path(campaign.root, asked).open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.write(body + b"\n")
            file.flush()
            os.fsync(file.fileno())


def _post(address: str, body: bytes) -> None:
    """Send it; a key for the address is taken from the environment, as OpenLineage's own clients do."""
    headers = {"Content-Type": "application/json"}
    if key := os.environ.get(KEY):
        headers["Authorization"] = f"Bearer {key}"
    where = "the address"
    try:
        where = urlsplit(address).hostname or where  # no more of it is ever told: it may hold a password
        with urllib.request.urlopen(urllib.request.Request(address, body, headers), timeout=PATIENCE_S) as answer:
            answer.read(1)
    except urllib.error.HTTPError as bad:
        raise LineageFailed(f"{where} answers {bad.code} {bad.reason}") from None
    except (OSError, ValueError, HTTPException) as bad:
        reason = getattr(bad, "reason", None)
        why = reason.strerror if isinstance(reason, OSError) and reason.strerror else type(bad).__name__
        raise LineageFailed(f"{where} cannot be reached: {why}") from None
