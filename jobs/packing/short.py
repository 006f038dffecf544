"""Why a box is short, and what would fill it: the customer's allowed products, a rule, or the shelves."""

from __future__ import annotations

from jobs.packing.pack import Packed
from jobs.packing.rule_words import rule_in_words
from optimizer import explain


def why_short(packed: Packed, customer_idx: int) -> tuple[str, str]:
    """Why a customer's box is not full, and what would fix it, each in words."""
    told = explain.why_short(packed.problem, customer_idx)
    rules = " or ".join(rule_in_words(packed.shop, name) for name in told.freed_by[:3])
    if told.n_allowed < told.slots:
        why = f"only {told.n_allowed} of {packed.problem.n_items} products are allowed for this customer"
        return f"{why}, for {told.slots} slots", "offer more products that fit this customer"
    if told.n_in_stock < told.slots:
        why = f"only {told.n_in_stock} of the {told.n_allowed} products allowed for this customer have any stock"
        return f"{why}, for {told.slots} slots", "send stock of products that fit this customer"
    if told.most_legal < told.slots:
        why = f"no box of more than {told.most_legal} of the {told.n_allowed} allowed products obeys every rule"
        fix = f"loosen the rule on {rules}" if rules else "loosen more than one rule, or offer more products"
        return why, f"{fix} for customers like this one"
    if told.most_stocked < told.slots:
        why = f"with what is in stock no box of more than {told.most_stocked} items obeys every rule"
        fix = "send stock of more products that fit this customer"
        return why, f"{fix}, or loosen the rule on {rules}" if rules else fix
    return (
        "every full box would take a product that is worth more in another box, or is out of stock",
        "send more of what ran out: products.csv, highest marginal_value first",
    )
