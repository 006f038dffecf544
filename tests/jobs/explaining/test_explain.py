"""`boxwise explain` answers in words that the run's own files bear out; exceptions say why and what would fix it."""

import pytest

from jobs.csv_text import read_csv
from jobs.explaining.explain import explain
from jobs.faults import UsageRefused
from jobs.outputs.products import NUMBERS
from jobs.outputs.rebuild import rebuild
from jobs.posing.problem import Utilities, box_rules
from jobs.posing.rule_words import rule_in_words
from tests.jobs.small_campaign import write_small_campaign
from tests.jobs.test_nightly import night

SCARCE = "product_id,warehouse,on_hand,reserved,safety_stock,at_least\n" + "".join(
    f"P{number:02d},{warehouse},{units[number % 4]},0,0,{2 if number in (4, 9) else 0}\n"
    for warehouse, units in (("north", (3, 2, 1, 0)), ("south", (1, 0, 2, 1)))
    for number in range(1, 14)
)
"""Too little of everything, and promises that cannot all be kept."""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("explained")
    write_small_campaign(folder, files={"inventory.csv": SCARCE})
    night(folder)
    return (folder / "runs/current").resolve()


def test_the_box_is_told_item_by_item(run):
    sent = read_csv(run / "assignments.csv")
    for customer_id, rows in sent.groupby("customer_id"):
        lines = explain(run, str(customer_id))
        assert lines[0].startswith(f"{customer_id} gets {len(rows)} of ")
        for row in rows.itertuples():
            assert any(f"({row.product_id}, " in line for line in lines)
            assert any(str(row.reason) in line for line in lines)


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
    for row in rows.itertuples():
        lines = explain(run, str(row.customer_id))
        assert f"  Not full: {row.why}." in lines
        assert f"  To fix it: {row.fix}." in lines


def test_a_product_is_told_warehouse_by_warehouse_as_in_products_csv(run):
    products = read_csv(run / "products.csv", NUMBERS)
    short = read_csv(run / "exceptions.csv").query("kind == 'shortage'")
    for product_id, rows in products.groupby("product_id"):
        text = "\n".join(explain(run, product_id=str(product_id)))
        assert f"({product_id})" in text.splitlines()[0]
        for row, worth in zip(rows.itertuples(), rows["marginal_value"].tolist(), strict=True):
            line = f"{row.warehouse}: {row.available} available, {row.packed} packed, {row.left} left; "
            assert line + f"{row.eligible_customers} customers may receive it" in text
            said = text.split(f"{row.warehouse}: ")[1].split("one more unit would add ")[1]
            adds = 0.0 if said.startswith("nothing") else float(said.split(" points at the most")[0])
            assert abs(adds - worth) <= 0.00051
        for row in short.itertuples():
            assert (f"Boxes are short for want of it in {row.warehouse}" in text) <= (f"{row.why}." in text)
    scarce = products["product_id"].tolist()[int(products["marginal_value"].to_numpy().argmax())]
    assert "Boxes are short for want of it" in "\n".join(explain(run, product_id=scarce))


def test_promises_and_quotas_are_told_with_what_was_sent(run):
    products = read_csv(run / "products.csv", NUMBERS)
    promised = products[(products["product_id"] == "P04") & (products["at_least"] > 0)]
    lines = explain(run, promise="P04")
    for row in promised.itertuples():
        name = f"promise of Clay mask (P04) from {row.warehouse}"
        assert f"{name}: {row.packed} sent, at least {row.at_least} asked for" in lines
        assert explain(run, promise=name)[0] in lines
    assert explain(run, promise="Acme launch")[0].startswith("Acme launch: ")
    assert explain(run, promise="cost budget")[0].endswith("sent, at most 400 asked for")
    missed = read_csv(run / "exceptions.csv").query("kind == 'missed promise'")
    for row in missed.itertuples():
        text = "\n".join(explain(run, promise=str(row.product_id)))
        assert f"  Missed: {row.why}." in text
        assert f"  To fix it: {row.fix}." in text


def test_something_must_be_named(run):
    with pytest.raises(UsageRefused, match="expected a customer, --product or --promise"):
        explain(run)
    with pytest.raises(UsageRefused, match="did you mean"):
        explain(run, promise="Acme lunch")


def test_a_question_about_one_customer_reads_no_other_scores(run, monkeypatch):
    asked = []
    block = Utilities.block

    def watched(self, lo, hi):
        asked.append((lo, hi))
        return block(self, lo, hi)

    monkeypatch.setattr(Utilities, "block", watched)
    for product_id in ("P01", "P02", "P03", "P05", "P08"):
        explain(run, "C04", product_id)
    assert asked
    assert set(asked) == {(5, 6)}, "C04 comes after 007, 7, C01, C02 and C03"


def test_rules_in_words(run):
    shop = rebuild(run).shop
    rules = box_rules(shop)
    names = [group.name for group in rules.groups] + [band.name for band in rules.bands]
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
