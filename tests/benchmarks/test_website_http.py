"""The measurement of the service: every request is sent, answered and looked at, and a wrong answer is told."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

pytest.importorskip("benchmarks.website_http", reason="benchmarks belong to the repository, not to the wheel")
from benchmarks.website_http import CASES, LIST, Case, Outcome, load, measured, request, service, targets, write_shop
from jobs.publishing.website_reader import WebsiteReader


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    runs = tmp_path_factory.mktemp("http")
    (runs / "one").mkdir()
    write_shop(runs / "one" / "website.sqlite", 50, "glow-1", seed=0)
    shutil.copytree(runs / "one", runs / "two")
    (runs / "current").symlink_to("one")
    return runs


def test_the_shop_is_whole_and_always_the_same(folder: Path, tmp_path: Path) -> None:
    reader = WebsiteReader(folder)
    for customer in ("C0000000", "C0000049"):
        found = reader.read("recommendations", customer)
        assert found is not None
        assert len({item["product_id"] for item in found.items}) == LIST
    write_shop(tmp_path / "again.sqlite", 50, "glow-1", seed=0)
    assert (tmp_path / "again.sqlite").read_bytes() == (folder / "one" / "website.sqlite").read_bytes()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_request_is_answered_and_looked_at(folder: Path, case: Case) -> None:
    found = measured(case, folder, 50, rate=200.0, seconds=0.5)
    assert found.wrong == []
    assert len(found.ms) == 100
    assert 0 < found.at(0.5) <= found.at(0.99) <= max(found.ms)


def test_a_wrong_answer_is_told(folder: Path) -> None:
    with service(folder, None, first=False) as port:
        requests = [request("/recommendations/C0000007"), request("/box/nobody"), request("/bestsellers")]
        found = load(port, requests, [0.0, 0.0, 0.01], lambda answer: answer.startswith(b"HTTP/1.1 200"), lambda: None)
    assert len(found.ms) == 3
    assert [line[:14] for line in found.wrong] == ["b'HTTP/1.1 404"]


def test_shares_and_targets_can_be_told_by_head() -> None:
    outcome = Outcome(ms=[float(n) for n in range(100, 0, -1)])
    assert (outcome.at(0.5), outcome.at(0.99), outcome.at(1.0)) == (51.0, 100.0, 100.0)
    asked = targets(30, 40, seed=3)
    assert asked == targets(30, 40, seed=3)
    assert [n for n, target in enumerate(asked) if "/N" in target] == [9, 19, 29, 39]
