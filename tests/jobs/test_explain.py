"""`boxwise explain` answers in words that the run's own files bear out; exceptions say why and what would fix it."""

import pytest

from jobs.checking.rebuild import rebuild
from jobs.faults import UsageRefused
from jobs.outputs.csv_text import read_csv
from jobs.packing.boxing import box_rules
from jobs.packing.explain import explain
from jobs.packing.rule_words import rule_in_words
from tests.jobs.small_campaign import write_small_campaign
from tests.jobs.test_nightly import night


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("explained")
    write_small_campaign(folder)
    night(folder)
    return (folder / "runs/current").resolve()


def test_the_box_is_told_item_by_item(run):
    sent = read_csv(run / "assignments.csv")
    for customer_id, rows in sent.groupby("customer_id"):
        lines = explain(run, customer_id)
        assert lines[0].startswith(f"{customer_id} gets {len(rows)} of ")
        for row in rows.itertuples():
            assert any(f"({row.product_id}, " in line for line in lines)
            assert any(row.reason in line for line in lines)


def test_every_product_that_is_not_in_a_box_gets_an_answer(run):
    shop = rebuild(run).shop
    in_box = set(map(tuple, read_csv(run / "assignments.csv")[["customer_id", "product_id"]].to_numpy()))
    for customer_id in ("C01", "C04", "7"):
        for product_id in shop.items["product_id"]:
            answer = "\n".join(explain(run, customer_id, product_id)).split("\n\n")[-1]
            if (customer_id, product_id) in in_box:
                assert answer.endswith("is in the box.")
            else:
                assert answer.startswith("Why not ")
                assert len(answer.splitlines()) >= 2


def test_a_customer_who_was_dropped_and_names_that_are_not_known(run):
    with pytest.raises(UsageRefused, match="dropped"):
        explain(run, "C12")
    with pytest.raises(UsageRefused, match="did you mean"):
        explain(run, "c01")
    with pytest.raises(UsageRefused, match="no boxable product P14"):
        explain(run, "C01", "P14")


def test_short_boxes_are_listed_with_a_reason_and_a_fix(run):
    boxes = read_csv(run / "boxes.csv")
    short = set(boxes[boxes["flags"].str.contains("short|no box")]["customer_id"])
    told = read_csv(run / "exceptions.csv")
    rows = told[told["kind"].isin(["short box", "no box"])]
    assert set(rows["customer_id"]) == short
    assert (rows["why"].str.len() > 20).all()
    assert (rows["fix"].str.len() > 10).all()
    assert {"dropped"} <= set(told["kind"])


def test_rules_in_words(run):
    shop = rebuild(run).shop
    rules = box_rules(shop)
    names = [rule.name for rule in (*rules.groups, *rules.bands)]
    names += [f"{pair.kind} {pair.i} {pair.j}" for pair in rules.pairs]
    assert [rule_in_words(shop, name) for name in names] == [
        "category (at most 2 in a box)",
        "brand (at most 2 in a box)",
        "category skin (at least 1 in a box)",
        "families (never two of one family in a box)",
        "the box's retail_value (at least 12)",
        "the box's weight_g (at most 700)",
        "P01 and P04 (never in one box)",
        "P06 and P07 (both or neither)",
    ]
    assert rule_in_words(shop, "something else") == "something else"
