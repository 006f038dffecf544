"""Customers with several boxes over HTTP and in the storefront."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.csv_text import read_csv
from jobs.publishing import overrides
from tests.jobs.http_service import Service
from tests.jobs.serving.test_storefront import shelves
from tests.jobs.several_boxes import write_several
from tests.jobs.small_run import publish_small


@pytest.fixture(scope="module")
def shop_runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish_small(write_several(tmp_path_factory.mktemp("several"))).folder.parent


@pytest.fixture(scope="module")
def several(shop_runs: Path) -> Iterator[Service]:
    with Service(shop_runs) as service:
        yield service


def test_the_answer_holds_all_boxes_and_each(several: Service, shop_runs: Path) -> None:
    sent = read_csv(shop_runs / "current" / "assignments.csv")
    answer = several.get("/box/C03").json

    assert list(answer) == ["release", "customer_id", "items", "boxes", "box_ids"]
    assert answer["box_ids"] == ["a", "mini", "zwei"]
    assert [item for box in answer["boxes"] for item in box] == answer["items"]
    for name, box in zip(answer["box_ids"], answer["boxes"], strict=True):
        mine = sent[(sent["customer_id"] == "C03") & (sent["box_id"] == name)]
        assert [item["product_id"] for item in box] == mine["product_id"].tolist()


def test_one_box_is_a_list_of_one(several: Service) -> None:
    answer = several.get("/box/C04").json

    assert answer["boxes"] == [answer["items"]]
    assert answer["box_ids"] == ["a"]


def test_the_storefront_shows_every_box_by_its_name(several: Service, shop_runs: Path) -> None:
    answer = several.get("/box/C02").json
    expected = {
        f"Your next box: {name}": [item["product_id"] for item in box]
        for name, box in zip(answer["box_ids"], answer["boxes"], strict=True)
        if box
    }

    found = shelves(several.get("/demo/customer?id=C02").text)
    assert len(expected) == 2
    assert {title: ids for title, ids in found.items() if title.startswith("Your")} == expected
    (_, ids), (second, others) = expected.items()
    try:
        overrides.hide(shop_runs, ids, "gone")
        hidden = shelves(several.get("/demo/customer?id=C02").text)
        assert {title: ids for title, ids in hidden.items() if title.startswith("Your")} == {second: others}
    finally:
        overrides.show(shop_runs, ids)
    assert several.get("/box/C02").json == answer


def test_the_document_tells_the_shape_of_the_answer(several: Service) -> None:
    box = several.get("/openapi.json").json["components"]["schemas"]["Box"]

    assert box["required"] == ["release", "customer_id", "items", "boxes", "box_ids"]
