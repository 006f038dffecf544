"""What a night starts from: the published run's end, its start where the inputs are the same, nothing where damaged."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from jobs.learning.weights import BoxAndListWeights
from jobs.starting.last_run import start_of_night
from jobs.starting.named_prices import NamedPrices
from jobs.starting.named_weights import weights_as_json, weights_of_json
from jobs.starting.start import COLD, Start
from recsys.scoring.blend import Weights

TOML = b"[campaign]"
JUDGED_BY = BoxAndListWeights(until=date(2026, 10, 29))
WEIGHTS = BoxAndListWeights(
    Weights.of(affinity=1 / 3, sequence=0.1),
    Weights.of(popularity=2.0),
    since=date(2026, 10, 30),
    until=date(2026, 12, 5),
    judged_by=JUDGED_BY,
)
ITS_START = Start("glow-1", NamedPrices(10, {"": {"P1": 4}}, {"soap": 2}), WEIGHTS)
PRICES = "kind,warehouse,product_id,quota,price,unit,points\nstock,,P1,,5,10,0\nat_least,,,soap,3,10,0\n"


@dataclass
class Source:
    sha256: str


TABLES = {"customers": Source("aa"), "events": Source("bb")}
CHANGED = {**TABLES, "events": Source("cc")}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "glow-2"
    folder.mkdir()
    (folder / "prices.csv").write_text(PRICES, encoding="utf-8")
    (folder / "weights.json").write_text(json.dumps(weights_as_json(WEIGHTS)), encoding="utf-8")
    (folder / "start.json").write_bytes(ITS_START.content)
    tell(folder)
    return folder


def tell(folder: Path, **more: object) -> None:
    """Write the manifest over what is in the folder."""
    sha = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
    content = {
        "run_id": "glow-2",
        "inputs": {table: {"sha256": source.sha256} for table, source in TABLES.items()},
        "campaign": {"sha256": hashlib.sha256(TOML).hexdigest()},
        "outputs": {name: {"sha256": one} for name, one in sha.items() if name != "manifest.json"},
        **more,
    }
    (folder / "manifest.json").write_text(json.dumps(content), encoding="utf-8")


def never(line: str) -> None:
    raise AssertionError(line)


def test_the_first_night_starts_from_nothing() -> None:
    assert start_of_night(None, TABLES, TOML, say=never) is COLD
    assert Start.of_content(COLD.content).content == COLD.content


@pytest.mark.parametrize(("tables", "toml"), [(CHANGED, TOML), (TABLES, b"[campaign]\n"), ({}, TOML)])
def test_a_changed_night_starts_from_what_the_last_one_ended_with(
    run: Path, tables: dict[str, Source], toml: bytes
) -> None:
    start = start_of_night(run, tables, toml, say=never)

    assert (start.from_run, start.prices) == ("glow-2", NamedPrices(10, {"": {"P1": 5}}, {"soap": 3}))
    assert start.weights is not None
    assert (start.weights.packing, start.weights.lists) == (WEIGHTS.packing, WEIGHTS.lists)
    assert Start.of_content(start.content).content == start.content


def test_a_night_repeated_starts_from_what_that_night_started_from(run: Path) -> None:
    (run / "prices.csv").unlink()  # not looked at

    assert start_of_night(run, TABLES, TOML, say=never).content == ITS_START.content


def test_a_run_of_an_older_version_hands_on_its_prices(run: Path) -> None:
    for name in ("weights.json", "start.json"):
        (run / name).unlink()
    tell(run)

    start = start_of_night(run, CHANGED, TOML, say=never)

    assert (start.from_run, start.weights) == ("glow-2", None)
    assert start.prices is not None
    assert start_of_night(run, TABLES, TOML, say=never) is COLD


def spoilt(name: str, content: bytes, *, told: bool) -> Callable[[Path], None]:
    """A file with other bytes; told = the manifest agrees with them."""

    def spoil(run: Path) -> None:
        (run / name).write_bytes(content)
        if told:
            tell(run)

    return spoil


@pytest.mark.parametrize(
    ("spoil", "tables", "words"),
    [
        (lambda run: (run / "prices.csv").unlink(), CHANGED, "prices.csv"),
        (lambda run: (run / "weights.json").unlink(), CHANGED, "weights.json"),
        (lambda run: (run / "start.json").unlink(), TABLES, "start.json"),
        (spoilt("prices.csv", b"", told=False), CHANGED, "prices.csv"),
        (spoilt("prices.csv", PRICES.replace(",5,", ",6,").encode(), told=False), CHANGED, "was changed after"),
        (spoilt("prices.csv", b"", told=True), CHANGED, "prices.csv"),
        (spoilt("prices.csv", b"\xff\xfe\x00", told=True), CHANGED, "prices.csv"),
        (spoilt("weights.json", b"{}", told=True), CHANGED, "weights.json"),
        (spoilt("weights.json", b"[1]", told=True), CHANGED, "weights.json"),
        (spoilt("weights.json", b'{"packing": {"known": {"affinity": -1}}}', told=True), CHANGED, "affinity"),
        (spoilt("weights.json", b'{"packing": {"known": {"affinity": NaN}}}', told=True), CHANGED, "affinity"),
        (spoilt("start.json", b"{", told=True), TABLES, "start.json"),
        (spoilt("start.json", b'{"from_run": "a", "prices": 3, "weights": null}', told=True), TABLES, "start.json"),
        (spoilt("manifest.json", b"", told=False), TABLES, "manifest.json"),
        (spoilt("manifest.json", b"[]", told=False), TABLES, "manifest.json"),
        (spoilt("manifest.json", b'{"inputs": {}}', told=False), TABLES, "manifest.json"),
    ],
)
def test_a_damaged_file_is_told_in_one_line_and_the_night_starts_cold(
    run: Path, spoil: Callable[[Path], None], tables: dict[str, Source], words: str
) -> None:
    spoil(run)
    said: list[str] = []

    assert start_of_night(run, tables, TOML, say=said.append) is COLD
    assert len(said) == 1
    assert words in said[0]
    assert "\n" not in said[0]
    assert said[0].endswith("Tonight starts cold")


def test_weights_are_read_as_they_were_written_with_what_judged_them_and_the_days_of_both() -> None:
    again = weights_of_json(json.loads(json.dumps(weights_as_json(WEIGHTS))))

    assert (again.packing, again.lists) == (WEIGHTS.packing, WEIGHTS.lists)
    assert (again.since, again.until) == (WEIGHTS.since, WEIGHTS.until)
    assert again.judged_by is not None
    assert (again.judged_by.packing, again.judged_by.since) == (JUDGED_BY.packing, None)
    assert again.judged_by.until == JUDGED_BY.until
