"""What followed is joined to the run that shipped, counted as a person would with the two tables side by side."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from scipy.stats import norm

from jobs.config.load import load
from jobs.csv_text import read_csv
from jobs.operating.realised import Share, realised
from jobs.operating.realised_answer import realised_answer
from jobs.operating.shipping import say_shipped
from jobs.publishing.shipped import Shipped
from tests.jobs.small_campaign import write_small_campaign
from tests.jobs.small_run import publish_small

DAY, NEXT = date(2026, 12, 5), date(2027, 1, 5)
SHIPPED = Shipped(DAY, "run", DAY)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small campaign, published and shipped; the next box is planned."""
    folder = write_small_campaign(tmp_path_factory.mktemp("realised") / "shop")
    run = publish_small(folder).folder
    say_shipped(run, None)
    toml = folder / "campaign.toml"
    toml.write_text(toml.read_text().replace("ship_date = 2026-12-05", "ship_date = 2027-01-05"))
    return folder


def events(*rows: tuple[str, str, str, str, float | None]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["customer_id", "product_id", "kind", "occurred_at", "value"])
    return frame.assign(occurred_at=pd.to_datetime(frame["occurred_at"]), value=frame["value"].astype("float64"))


def sent(shop: Path) -> pd.DataFrame:
    return read_csv(shop / "runs" / "current" / "assignments.csv", {"score": "float64"})


def test_opinions_are_those_on_what_was_sent_after_the_day(published: Path) -> None:
    (a, b, c), customer = sent(published).head(3)["product_id"], sent(published)["customer_id"].iloc[0]
    told = events(
        (customer, a, "rating", "2026-12-10", 1.0),
        (customer, a, "rating", "2026-12-11", 5.0),  # she thought better of it
        (customer, b, "rating", "2026-12-12", 3.0),  # neither good nor bad is not good
        (customer, c, "rating", "2026-12-05", 5.0),  # on the day itself she cannot have had it
        (customer, c, "view", "2026-12-12", None),
        ("nobody", a, "rating", "2026-12-12", 5.0),
    )

    found = realised(load(published), told, published / "runs" / "current", SHIPPED, None)

    assert found.liked == Share(1, 2)
    assert found.items == len(sent(published))
    assert found.mean_score == pytest.approx(sent(published).head(2)["score"].mean())
    assert found.taken_back == 0


def test_choices_are_new_in_time_and_by_customers_with_a_list(published: Path) -> None:
    """The lists of the small run hold P03 and P04 for everyone."""
    boxes: dict[str, set[str]] = {}
    for row in sent(published).to_dict("records"):
        boxes.setdefault(str(row["customer_id"]), set()).add(str(row["product_id"]))
    customer = next(own for own, box in boxes.items() if not box & {"P03", "P04", "P15"})
    told = events(
        (customer, "P03", "purchase", "2026-12-06", None),  # in the list
        (customer, "P03", "purchase", "2026-12-07", None),  # once more is no new choice
        (customer, "P15", "purchase", "2026-12-07", None),  # not in the list
        (customer, "P04", "purchase", "2026-11-01", None),
        (customer, "P04", "purchase", "2026-12-08", None),  # she had it before
        (customer, "P05", "view", "2026-12-08", None),  # only looking
        (customer, next(iter(boxes[customer])), "rating", "2026-12-08", 4.0),  # it came in the box
        (customer, "P14", "purchase", "2027-01-06", None),  # after the next ship day
        ("nobody", "P03", "purchase", "2026-12-06", None),  # has no list
    )

    found = realised(load(published), told, published / "runs" / "current", SHIPPED, NEXT)

    assert (found.listed, found.choosers) == (Share(1, 2), 1)


def test_what_is_taken_back_is_told(published: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(published, tmp_path / "shop", symlinks=True)
    toml = folder / "campaign.toml"
    toml.write_text(toml.read_text().replace("view = 0.5", "view = 0.5\nrefund = -4.0"))
    first = sent(folder).iloc[0]
    told = events((first["customer_id"], first["product_id"], "refund", "2026-12-10", None))

    assert realised(load(folder), told, folder / "runs" / "current", SHIPPED, None).taken_back == 1


def test_no_events_are_no_shares(published: Path) -> None:
    found = realised(load(published), events(), published / "runs" / "current", SHIPPED, None)

    assert (found.liked, found.listed, found.mean_score) == (Share(0, 0), Share(0, 0), None)
    assert found.liked.as_json() == {"found": 0, "of": 0, "share": None, "low": None, "high": None}


@pytest.mark.parametrize(("k", "n"), [(0, 5), (3, 10), (250, 312), (7, 7)])
def test_the_interval_is_wilsons(k: int, n: int) -> None:
    z, p = norm.ppf(0.975), k / n
    middle, half = (p + z * z / (2 * n)), z * ((p * (1 - p) / n + z * z / (4 * n * n)) ** 0.5)
    low, high = ((middle + sign * half) / (1 + z * z / n) for sign in (-1, 1))

    assert Share(k, n).interval == pytest.approx((p, low, high), abs=1e-9)


def test_the_command_reads_the_tables_of_today(published: Path) -> None:
    first = sent(published).iloc[0]
    with (published / "events.csv").open("a") as file:
        file.write(f"{first['customer_id']},{first['product_id']},rating,2026-12-20,5\n")

    answer = realised_answer(published, 6)

    head, boxes, lists = answer.lines
    assert head.startswith("2026-12-05: 2026-12-small-")
    assert "; opinions on 1 of them, good ones on 1, 100.0 of 100 [" in boxes
    assert lists == "  lists: nobody with a list has chosen anything new since"
    assert json.loads(json.dumps(answer.content))["realised"][0]["boxes"]["liked"]["found"] == 1


def test_a_run_that_is_gone_says_so(published: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(published, tmp_path / "shop", symlinks=True)
    shutil.rmtree((folder / "runs" / "current").resolve())

    head, words = realised_answer(folder, 6).lines

    assert head.startswith("2026-12-05: ")
    assert words == "  its folder is gone, so nothing can be joined to it"
