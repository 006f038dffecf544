"""A mask that is too strict or too loose is refused by the night and by `boxwise verify`, with customer and product."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from jobs.checking import audit_allowed as room
from jobs.checking.audit_allowed import audit_allowed, sample
from jobs.checking.verify import verify
from jobs.config.load import load
from jobs.evidence.audit_read import MOST_LINES, read_rules
from jobs.faults import CheckFailed, Exit
from jobs.inputs.tables import read
from jobs.nightly import nightly
from jobs.posing import allowed as maker
from jobs.posing.problem import box_problem
from jobs.posing.scores import InMemory
from jobs.posing.shop import open_shop
from jobs.progress import Stages
from tests.jobs.small_campaign import write_small_campaign
from tests.jobs.small_run import publish_small

STRICT = (
    "customer C04, product P05: the plan's problem forbids it, the tables allow it: no rule, ban or earlier shipment "
    'is against it (for_hair "", hair_type "dry", contains "nuts|soy", allergies "")'
)
LOOSE = (
    "customer C01, product P03: the plan's problem allows it, the tables do not: it or another of its family was sent "
    'to this customer before (for_hair "", hair_type "curly", contains "", allergies "")'
)


def unknown_is_denied(monkeypatch: pytest.MonkeyPatch) -> None:
    """Customers who told no allergies get nothing that contains anything."""
    true = maker._rule_table
    monkeypatch.setattr(
        maker, "_rule_table", lambda rule, shop: true(rule.model_copy(update={"unknown": "deny"}), shop)
    )


def one_pair_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """One pair that nothing forbids counts as sent before."""
    true = maker._shipped

    def strict(shop: Any) -> csr_matrix:
        sent = true(shop).tolil()
        sent[list(shop.customers["customer_id"]).index("C04"), list(shop.items["product_id"]).index("P05")] = True
        return sent.tocsr()

    monkeypatch.setattr(maker, "_shipped", strict)


def families_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Earlier shipments forbid nothing."""
    monkeypatch.setattr(maker, "_shipped", lambda shop: csr_matrix((shop.n_customers, shop.n_items), dtype=bool))


WRONG = [(unknown_is_denied, STRICT), (one_pair_is_lost, STRICT), (families_are_forgotten, LOOSE)]


@pytest.mark.parametrize(("spoil", "line"), WRONG)
def test_the_night_refuses_a_wrong_mask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[pytest.MonkeyPatch], None], line: str
) -> None:
    write_small_campaign(tmp_path)
    spoil(monkeypatch)
    with pytest.raises(CheckFailed) as refused:
        nightly(tmp_path, stages=Stages(io.StringIO()))
    assert line in refused.value.lines
    assert refused.value.lines[-2] == "the plan's problem is not what the tables say; nothing was published"
    assert refused.value.exit == Exit.CHECK_FAILED
    assert not (tmp_path / "runs" / "current").exists()


@pytest.mark.parametrize(("spoil", "line"), WRONG)
def test_verify_finds_a_wrong_mask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[pytest.MonkeyPatch], None], line: str
) -> None:
    write_small_campaign(tmp_path)
    spoil(monkeypatch)
    publish_small(tmp_path)
    assert line in verify(tmp_path / "runs" / "current").faults


@pytest.fixture
def posed(tmp_path: Path) -> Any:
    """The small campaign's problem, all scores zero."""
    campaign = load(write_small_campaign(tmp_path))
    shop = open_shop(campaign, read(campaign))
    allowed = maker.allowed_pairs(shop)
    scores = InMemory(np.zeros((shop.n_customers, shop.n_items), np.float32))
    return SimpleNamespace(
        shop=shop, allowed=allowed, problem=box_problem(shop, scores, allowed), locks_lost=frozenset()
    )


def faults(posed: Any, **changes: Any) -> list[str]:
    spoiled = SimpleNamespace(**{**vars(posed), **changes})
    shop = posed.shop
    return audit_allowed(spoiled, vars(shop.tables), read_rules(shop.campaign.path), "a run")


def test_an_honest_problem_has_no_fault(posed: Any) -> None:
    assert faults(posed) == []


def test_every_single_pair_is_looked_at(posed: Any) -> None:
    true = posed.problem.allowed
    customers, products = posed.shop.customers["customer_id"], posed.shop.items["product_id"]
    for c, i in np.ndindex(*true.shape):
        mask = true.copy()
        mask[c, i] ^= True
        (line,) = faults(posed, problem=replace(posed.problem, allowed=mask))
        side = "forbids it, the tables allow it" if true[c, i] else "allows it, the tables do not"
        assert line.startswith(f"customer {customers[c]}, product {products[i]}: the plan's problem {side}")


def test_rows_made_on_demand_are_looked_at_too(posed: Any) -> None:
    on_demand = box_problem(
        posed.shop, InMemory(np.zeros(posed.problem.pairs.shape, np.float32)), posed.allowed, whole=False
    )
    assert not on_demand.pairs.in_memory
    assert faults(posed, problem=on_demand) == []
    nobody = SimpleNamespace(
        shape=on_demand.pairs.shape,
        block=lambda lo, hi: (on_demand.block(lo, hi)[0], np.zeros((hi - lo, posed.shop.n_items), bool)),
    )
    assert len(faults(posed, problem=replace(on_demand, utility=nobody))) == MOST_LINES + 1


def test_size_warehouse_and_locks_of_a_box(posed: Any) -> None:
    problem, at = posed.problem, list(posed.shop.customers["customer_id"]).index("C06")
    slots, pool, locked = problem.slots.copy(), problem.pool.copy(), problem.locked.copy()
    slots[at], pool[at], locked[at] = 2, 1, -1
    assert faults(posed, problem=replace(problem, slots=slots, pool=pool, locked=locked)) == [
        "customer C06, slots: the plan's problem says 2, the tables say 3",
        "customer C06, warehouse: the plan's problem says south, the tables say north",
        "customer C06, locks: the plan's problem says [], the tables say ['P12']",
    ]


def test_who_and_what_the_problem_is_about(posed: Any) -> None:
    shop = posed.shop
    fewer = SimpleNamespace(customers=shop.customers.iloc[1:], items=shop.items.iloc[:-1], pools=shop.pools)
    assert faults(posed, shop=fewer) == [
        "customer 007: is not in the plan's problem; the tables say it is",
        "product P13: is not in the plan's problem; the tables say it is",
    ]
    more = SimpleNamespace(customers=shop.tables.customers, items=shop.tables.products, pools=shop.pools)
    assert faults(posed, shop=more) == [
        "customer C12: is in the plan's problem; the tables say it is not",
        "product P14: is in the plan's problem; the tables say it is not",
        "product P15: is in the plan's problem; the tables say it is not",
    ]


def test_the_sample_is_everyone_or_drawn_by_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    people = [f"c{number:03d}" for number in range(60)]
    assert sample(people[::-1], "monday") == people
    monkeypatch.setattr(room, "MOST_CUSTOMERS", 20)
    monday = sample(people, "monday")
    assert len(set(monday)) == 20
    assert monday == sorted(set(monday) & set(people))
    assert monday == sample(people[::-1], "monday") != sample(people, "tuesday")


def test_a_lock_is_lost_only_where_it_is_told_and_there_is_a_cause(posed: Any) -> None:
    """The small campaign has rules for a box; without them a lock on what is in stock can always be kept."""
    problem, at = posed.problem, posed.shop.customers["customer_id"].tolist().index("C06")
    locked = problem.locked.copy()
    locked[at] = -1
    fewer = replace(problem, locked=locked)
    line = "customer C06, locks: the plan's problem says [], the tables say ['P12']"
    lost = frozenset({("C06", "P12")})
    assert faults(posed, problem=fewer, locks_lost=lost) == []
    assert faults(posed, problem=fewer) == [line]
    assert faults(posed, problem=fewer, locks_lost=frozenset({("C06", "P11")})) == [line]
