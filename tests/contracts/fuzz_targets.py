"""One function for every reader: bytes in, and a clear refusal or what was read comes out, never another exception.

hypothesis draws the bytes in `make test`, atheris follows the branches for a minute each in the long run.
"""

from __future__ import annotations

import atexit
import gzip
import shutil
import tempfile
from collections.abc import Callable, Iterable
from functools import cache, partial
from pathlib import Path

import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from jobs.config.campaign import Campaign
from jobs.config.load import load
from jobs.faults import Fault, Refusal
from jobs.inputs.table_types import type_table
from jobs.inputs.tables import look
from jobs.publishing.postgres.url import parse
from jobs.publishing.targets import target
from jobs.reading.collect import Collected, Note
from jobs.reading.readers import read_raw
from jobs.reading.schemas import TABLES
from jobs.serving.requests import Refused, read_key, read_query
from jobs.serving.storefront.address import read_address
from tests.jobs.small_campaign import CUSTOMERS, EDITS, EVENTS, FILES, INVENTORY, TOML, write_small_campaign

LONGEST_LINE = 2_000


@cache
def _bare_campaign() -> Campaign:
    """The small campaign without tables; gone when the tests end."""
    folder = Path(tempfile.mkdtemp(prefix="boxwise-fuzz-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return load(write_small_campaign(folder, files=dict.fromkeys(set(FILES) - {"campaign.toml"})))


def table(name: str, suffix: str, data: bytes) -> None:
    """Read one table and convert its cells."""
    campaign, collected = _bare_campaign(), Collected()
    path = campaign.root / f"{name}{suffix}"
    path.write_bytes(data)
    try:
        raw = read_raw(campaign, name, collected)
        if raw is None:
            assert collected.faults, "a table that is not read, and nobody is told why"
        else:
            typed = type_table(raw, TABLES[name], (), collected)
            assert typed.table.num_rows == raw.table.num_rows
    finally:
        path.unlink()
    _lawful(collected.faults, collected.notes)


def whole(**files: bytes) -> None:
    """Look at the small campaign, one of its files replaced."""
    folder = Path(tempfile.mkdtemp(prefix="boxwise-fuzz-"))
    try:
        looked = look(
            write_small_campaign(folder, files={name.replace("_", "."): data for name, data in files.items()})
        )
    finally:
        shutil.rmtree(folder)
    assert looked.tables is not None or looked.faults  # of a faulty TOML, what is sound is read all the same
    _lawful(looked.faults, looked.notes)


def _lawful(faults: Iterable[Fault], notes: Iterable[Note]) -> None:
    """Faults say where, what and what else; these and notes stand in one line each, which a terminal can show."""
    for line in (*map(str, faults), *map(str, notes)):
        assert line.isprintable(), line
        assert len(line) <= LONGEST_LINE, line
    for fault in faults:
        assert ": found " in str(fault)
        assert ", expected " in str(fault)


def http(data: bytes) -> None:
    """A path and its parameters, as they come over the wire."""
    path, _, query = data.partition(b"?")
    for ask in (
        lambda: read_key(path, "customer_id"),
        lambda: read_query(query, ["n", "basket"]),
        lambda: read_query(query, ["n"], others="ignore"),
        lambda: read_address(query),
    ):
        try:
            ask()
            said = (404, "")
        except Refused as refused:
            said = refused.status, refused.line
        assert 400 <= said[0] < 500
        assert "\n" not in said[1]


def address(data: bytes) -> None:
    """Where to publish to."""
    url = data.decode("utf-8", "surrogateescape")
    try:
        target(url)
        if url.lower().startswith("postgres"):
            parse(url)
        lines: tuple[str, ...] = ("URL: found it",)
    except Refusal as refused:
        lines = refused.lines
    assert len(lines) == 1
    assert lines[0].startswith("URL: found ")
    assert "\n" not in lines[0]


def _as_parquet(text: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "t.csv")
        path.write_text(text, encoding="utf-8")
        pq.write_table(pacsv.read_csv(path), Path(folder, "t.parquet"))
        return Path(folder, "t.parquet").read_bytes()


TARGETS: dict[str, tuple[Callable[[bytes], None], tuple[bytes, ...]]] = {
    "customers.csv": (partial(table, "customers", ".csv"), (CUSTOMERS.encode(),)),
    "events.csv": (partial(table, "events", ".csv"), (EVENTS.encode(),)),
    "inventory.csv": (partial(table, "inventory", ".csv"), (INVENTORY.encode(),)),
    "events.csv.gz": (partial(table, "events", ".csv.gz"), (gzip.compress(EVENTS.encode(), mtime=0),)),
    "events.parquet": (partial(table, "events", ".parquet"), (_as_parquet(EVENTS),)),
    "edits.csv": (lambda data: whole(edits_csv=data), (EDITS.encode(),)),
    "campaign.toml": (lambda data: whole(campaign_toml=data), (TOML.encode(),)),
    "HTTP": (http, (b"/box/a%2Fb?n=3&basket=P1&basket=P2", b"/product/%F0%9F%A7%B4?segment=plan%3Ddeluxe&id=x")),
    "URL": (address, (b"postgresql://u:p%40@h:5432/d?sslmode=require", b"file:///srv/shop%20a")),
}
"""Name -> the function, and good bytes to begin with."""
SLOW = ("edits.csv", "campaign.toml")
"""These look at the whole campaign, and so at fewer draws."""
