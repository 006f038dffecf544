"""exceptions.csv in a merchandiser's words: each cause made on purpose, and figures counted again from the plan."""

import re
from dataclasses import replace

import numpy as np
import pytest

from jobs.config.load import load
from jobs.inputs.tables import read
from jobs.packing.exceptions import exceptions
from jobs.packing.missed_promises import named_quotas
from jobs.packing.pack import pack
from jobs.packing.remedy_words import kept_from
from jobs.posing.rule_words import listed, product_in_words, products_in_words
from jobs.posing.scores import InMemory
from jobs.posing.shop import open_shop
from optimizer.problem import Termination
from optimizer.solve import solve
from optimizer.verify import plan_value
from tests.jobs.small_campaign import TOML, write_small_campaign
from tests.known import known

HEADER = "product_id,warehouse,on_hand,reserved,safety_stock,at_least\n"
PLAIN = TOML.split("[[group]]", maxsplit=1)[0] + "[short]\n" + TOML.split("[short]\n")[1]
"""The small campaign without rules of the box and without quotas."""


def stock(units, *, promised=""):
    """An inventory that gives every product the same units in both warehouses; P04 is promised as told."""
    return HEADER + "".join(
        f"P{number:02d},{warehouse},{units},0,0,{promised if number == 4 else ''}\n"
        for warehouse in ("north", "south")
        for number in range(1, 14)
    )


def packed(folder, toml=TOML, **files):
    """The small campaign, packed with made-up scores."""
    tables = {f"{name}.csv": text for name, text in files.items()}
    write_small_campaign(folder, files={"campaign.toml": toml, **tables})
    campaign = load(folder)
    shop = open_shop(campaign, read(campaign))
    scores = np.random.default_rng(5).random((shop.n_customers, shop.n_items)).astype(np.float32)
    return pack(shop, InMemory(scores))


def told(night, *kinds):
    rows = exceptions(night)
    return rows[rows["kind"].isin(kinds)]


def test_too_little_for_all_is_a_shortage_with_its_figures(tmp_path):
    night = packed(tmp_path, PLAIN, inventory=stock(1))
    shortages, boxes = told(night, "shortage"), told(night, "short box", "no box")
    assert len(boxes) == (night.missing > 0).sum() >= 1
    empty = 0
    for row in shortages.itertuples():
        found = re.match(
            r"(\d+) customers in (\w+) share .* with (\d+) units?; they need (\d+), so (\d+) slots", row.why
        )
        who, warehouse, units, need, slots = known(found).groups()
        pool = night.shop.pools.index(warehouse)
        assert warehouse == row.warehouse
        assert int(who) <= (night.problem.pools == pool).sum()
        assert int(units) <= night.problem.stock[pool].sum()
        assert int(need) - int(units) == int(slots) <= night.missing[night.problem.pools == pool].sum()
        assert row.what.startswith(f"{slots} slots that no plan fills, behind ")
        empty += int(slots)
    assert empty == night.missing.sum(), "without rules, cuts explain every empty slot"
    assert set(boxes["why"]) == set(shortages["why"])
    assert boxes["fix"].str.contains(r"send \d+ more of .* \(P\d\d\) to (?:north|south)").all()


def test_what_was_recalled_is_not_offered_again(tmp_path):
    """P13 is left over, but banned for everyone; P06 is left over where hair is not curly: that is worth a thought."""
    night = packed(tmp_path, PLAIN, inventory=stock(1))
    fixes = "\n".join(told(night, "shortage")["fix"])
    assert "P13" not in fixes
    everyone = np.arange(night.shop.n_customers, dtype=np.int32)
    recalled = int(np.flatnonzero(night.shop.items["product_id"] == "P13")[0])
    assert kept_from(night, everyone, recalled) == [f"a merchandiser banned it for everyone ({len(everyone)} of them)"]


def test_products_that_only_a_rule_of_fit_keeps_from_them_may_be_offered(tmp_path):
    lots = stock(0).replace("P08,north,0", "P08,north,9").replace("P09,north,0", "P09,north,9")
    few = lots.replace("P01,north,0", "P01,north,1").replace("P12,north,0", "P12,north,1")
    fixes = " ".join(told(packed(tmp_path, PLAIN, inventory=few), "shortage")["fix"])
    assert re.search(
        r"offer them .* \(P0[89]\), of which \d are left in north: the hair type rule keeps it from", fixes
    )


def test_a_rule_of_the_box_that_no_stock_helps_against(tmp_path):
    night = packed(tmp_path, TOML.replace("low = 12.0", "low = 45.0"), inventory=stock(20))
    boxes = told(night, "short box", "no box")
    ruled = boxes[boxes["why"].str.contains("obeys every rule")]
    assert len(ruled) >= 1
    assert ruled["fix"].str.contains("loosen the rule on").all()
    assert ruled["fix"].str.contains("retail_value").any()


def test_empty_shelves(tmp_path):
    bare = "\n".join(line for line in stock(9).splitlines() if not re.match(r"P\d\d,south,9", line) or "P01" in line)
    boxes = told(packed(tmp_path, PLAIN, inventory=bare + "\n"), "short box", "no box")
    south = boxes[boxes["warehouse"] == "south"]
    assert len(south) == 5
    assert (
        south["why"]
        .str.fullmatch(r"only 1 of the \d+ products allowed for this customer has any stock in south, for \d slots")
        .all()
    )
    assert south["fix"].str.match(r"send stock of .* \(P\d\d\) or .* to south").all()


def test_too_few_products_fit(tmp_path):
    bans = "".join(f"C01,P{n:02d},ban,\n" for n in range(3, 14))
    edits = "customer_id,product_id,action,reason\n" + bans
    boxes = told(packed(tmp_path, PLAIN, inventory=stock(9), edits=edits), "short box", "no box").set_index(
        "customer_id"
    )
    assert boxes.loc["C01", "why"] == "only 1 of 13 products are allowed for this customer, for 3 slots"


def test_a_budget_is_named_with_what_it_would_take(tmp_path):
    night = packed(tmp_path, TOML.replace("at_most = 400", "at_most = 30"), inventory=stock(20))
    (row,) = told(night, "shortage").itertuples()
    assert "depend on the limit of cost budget" in row.why
    more = float(known(re.search(r"raise the limit of cost budget by ([\d.]+) at least", row.fix)).group(1))
    slots = int(row.what.split()[0])
    costs = night.shop.items["unit_cost"]
    assert slots * costs.min() <= more <= slots * costs.max(), "in the column's own unit"


def test_a_slot_that_is_not_worth_its_price(tmp_path):
    """Missing slots count nothing, and nearly everything is worth less than nothing."""
    night = packed(tmp_path, PLAIN.replace("max_share = 1.0", "max_share = 1.0\npenalty = 0.0"), inventory=stock(20))
    dear = replace(night.problem, utility=night.problem.utility - 700_000)
    boxes = told(replace(night, problem=dear, plan=solve(dear)), "short box", "no box")
    assert len(boxes) >= 5
    assert (
        boxes["why"]
        .str.contains(r"would fill it, at \d\.\d{3} points a slot to other boxes; a missing slot counts 0")
        .all()
    )


def test_what_is_not_proved_is_not_claimed(tmp_path):
    night = packed(tmp_path, PLAIN, inventory=stock(20))
    worse = night.plan.boxes.copy()
    worse[0, 2] = -1
    plan = replace(night.plan, termination=Termination.FEASIBLE, boxes=worse, value=plan_value(night.problem, worse))
    lost = (plan.upper_bound - plan.value) / 1_000_000
    (row,) = told(replace(night, plan=plan), "short box").itertuples()
    assert "within its proved tolerance" in row.why
    assert f"points, of {lost:.3f} that any plan could add" in row.why


def test_a_missed_promise_names_its_product(tmp_path):
    night = packed(tmp_path, PLAIN, inventory=stock(2, promised="5"))
    rows = told(night, "missed promise")
    assert rows["product_id"].tolist() == ["P04", "P04"]
    assert rows["warehouse"].tolist() == ["north", "south"]
    north = rows.iloc[0]
    assert re.fullmatch(r"promise of Clay mask \(P04\) from north: \d of 5 sent, \d short", north["what"])
    assert north["why"] == "only 2 are in stock, 5 are asked for"
    assert north["fix"] == "send 3 more of Clay mask (P04) to north; or promise 2 only"


@pytest.mark.parametrize(
    ("changes", "why", "fix"),
    [
        ({"toml": PLAIN, "inventory": stock(9).replace("P09,north,9,0,0,", "P09,north,9,0,0,9")},
         r"only \d customers may receive it: the hair type rule keeps it from \d of them.*",
         r"let boxes take \d more: more customers who may receive it, or looser rules of the box; or promise \d only"),
        ({"toml": PLAIN + "\n[promises]\npenalty = 0.0\n", "inventory": stock(9, promised="6")},
         r"sending the missing \d would cost other boxes about \d\.\d{3} points( each)?, more than its penalty of 0",
         r"raise its penalty above \d\.\d{3} if it matters more than a better fit; or .*promise.*"),
    ],
)  # fmt: skip
def test_why_promises_are_missed(tmp_path, changes, why, fix):
    row = told(packed(tmp_path, **changes), "missed promise").iloc[0]
    assert re.fullmatch(why, row["why"]), row["why"]
    assert re.fullmatch(fix, row["fix"]), row["fix"]


def test_a_missed_quota_of_a_column_is_told_in_the_columns_unit(tmp_path):
    quota = """
[[quota]]
name = "samples of worth"
amount = "retail_value"
where = { brand = "Acme" }
at_least = 500.5
"""
    night = packed(tmp_path, PLAIN + quota, inventory=stock(1))
    (row,) = told(night, "missed quota").itertuples()
    assert re.fullmatch(r"samples of worth: [\d.]+ of 500\.5 sent, [\d.]+ short", row.what)
    acme = night.shop.items["brand"] == "Acme"
    most = night.shop.items.loc[acme & night.shop.items["boxable"], "retail_value"].sum() * 2
    number = float(known(re.search(r"([\d.]+) (?:are|is|can)", row.why)).group(1))
    assert number <= most
    assert next(named.label for named in named_quotas(night)) == "samples of worth"


def test_names_in_a_row(tmp_path):
    shop = packed(tmp_path, PLAIN).shop
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"], "or") == "a, b or c"
    assert product_in_words(shop, 0) == "Foam cleanser (P01)"
    assert products_in_words(shop, [0, 1, 2]) == "Foam cleanser (P01), Day cream (P02) and Night cream (P03)"
    assert products_in_words(shop, [0, 1, 2, 3, 4]) == "Foam cleanser (P01), Day cream (P02) and 3 more"
