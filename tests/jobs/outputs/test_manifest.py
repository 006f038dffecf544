"""The manifest: what went in and came out, and a run_id that changes exactly when an input does."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from jobs.outputs import manifest
from jobs.outputs.manifest import make_run_id, write_manifest
from jobs.starting.named_prices import NamedPrices
from jobs.starting.start import COLD, Start


@dataclass
class Source:
    path: Path | None
    sha256: str
    n_rows: int = 3


@dataclass
class Measured:
    stage: str
    seconds: float
    peak_mib: float
    cpu_seconds: float
    reused: bool = False


def run_id(name: str = "2026-12-glow", sha: str = "aa", toml: bytes = b"x", seed: int = 0) -> str:
    return make_run_id(name, {"products": Source(None, sha), "customers": Source(None, "bb")}, toml, seed)


def test_the_run_id_is_the_campaign_and_eight_digits_of_everything() -> None:
    assert run_id() == run_id()
    assert run_id().startswith("2026-12-glow-")
    assert len(run_id()) == len("2026-12-glow-") + 8
    assert len({run_id(), run_id(sha="ab"), run_id(toml=b"y"), run_id(seed=1)}) == 4


def test_a_cold_start_adds_nothing_to_the_run_id_and_another_start_is_another_run() -> None:
    sources = {"products": Source(None, "aa"), "customers": Source(None, "bb")}
    start = Start("glow-1", NamedPrices(10, {"": {"P1": 5}}))
    other = Start("glow-1", NamedPrices(10, {"": {"P1": 6}}))
    ids = [make_run_id("2026-12-glow", sources, b"x", 0, given) for given in (COLD, start, other)]

    assert ids[0] == run_id()
    assert len(set(ids)) == 3


def test_other_software_is_another_run(monkeypatch: pytest.MonkeyPatch) -> None:
    before = run_id()
    monkeypatch.setattr(manifest, "_version", lambda package: "99" if package == "ortools" else "1")
    assert run_id() != before


@pytest.mark.parametrize(
    ("name", "slug"), [("Glow / Été 2026!", "glow-t-2026"), ("../..", "run"), ("A" * 100, "a" * 60), ("日本", "run")]
)
def test_any_name_makes_a_safe_folder(name: str, slug: str) -> None:
    assert run_id(name=name)[:-9] == slug


def test_the_manifest_lists_every_file_with_its_hash(tmp_path: Path) -> None:
    run, shop = tmp_path / "runs" / ".staging-a", tmp_path / "shop"
    (run / "inputs").mkdir(parents=True)
    shop.mkdir()
    (run / "inputs" / "campaign.toml").write_text("[campaign]")
    (run / "boxes.csv").write_text("customer_id")
    write_manifest(
        run,
        "a",
        runs=tmp_path / "runs",
        campaign_file=shop / "campaign.toml",
        sources={"customers": Source(shop / "customers.csv", "cc"), "events": Source(None, "dd", 9)},
        seeds={"campaign": 5},
        metrics={"gap": 0.0001},
        measured=[Measured("train", 1.23456, 100.04, 2.34567)],
    )
    found = json.loads((run / "manifest.json").read_text())
    assert found["run_id"] == "a"
    assert found["inputs"]["customers"] == {"file": "../shop/customers.csv", "sha256": "cc", "rows": 3}
    assert found["inputs"]["events"] == {"file": None, "sha256": "dd", "rows": 9}
    assert found["campaign"]["file"] == "../shop/campaign.toml"
    assert (found["seeds"], found["metrics"]) == ({"campaign": 5}, {"gap": 0.0001})
    assert found["started_from"] == {"run_id": None, "sha256": COLD.sha256}
    assert found["stages"] == [
        {"stage": "train", "seconds": 1.235, "peak_mib": 100.0, "cpu_seconds": 2.346, "reused": False}
    ]
    assert found["versions"]["pyarrow"][0].isdigit()
    digest = hashlib.sha256(b"customer_id").hexdigest()
    assert found["outputs"]["boxes.csv"] == {"sha256": digest, "bytes": 11}
    assert set(found["outputs"]) == {"boxes.csv", "inputs/campaign.toml"}
