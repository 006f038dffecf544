"""Who may receive what: eligibility rules, earlier shipments and the merchandisers' bans.

A pair is allowed or it does not exist; nothing here is a cost. Rules compare the values of two cells, so they are
evaluated once per distinct customer cell and spread over the customers by code.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_matrix

from jobs.config.campaign import Eligibility
from jobs.inputs.multi_values import Column, column
from jobs.likeness.answers import is_vague
from jobs.posing.shop import Shop, positions

Mask = npt.NDArray[np.bool_]
ELSEWHERE = "it went to another box of the same customer, for no family comes twice"


@dataclass(frozen=True, eq=False)
class RuleTable:
    """One eligibility rule, answered for each distinct customer cell.

    code     int32 (n_customers,)  which row of `allowed` holds for the customer
    allowed  bool (n_cells, n_items)
    """

    name: str
    code: npt.NDArray[np.int32]
    allowed: Mask


class Elsewhere(Protocol):
    """What went to another box of the same customer: `jobs.posing.deal.Deal`."""

    def block(self, lo: int, hi: int) -> Mask:
        """bool (hi - lo, n_items): True = another of her boxes may hold it, this one may not."""
        ...

    def pairs(self, customer_idx: npt.NDArray[np.integer], item_idx: npt.NDArray[np.integer]) -> Mask:
        """The same of single pairs: bool (n_pairs,)."""
        ...


@dataclass(frozen=True, eq=False)
class Allowed:
    """Which pairs may be packed, in blocks of customers, and why not where they may not.

    rules       the eligibility rules
    shipped     bool CSR (n_customers, n_items): the family was sent before
    banned      bool CSR (n_customers, n_items): a merchandiser's ban
    everywhere  dict reason -> bool (n_items,): items nobody may receive
    elsewhere   where customers have several boxes and families are dealt among them; None = nothing is dealt (yet)
    """

    shape: tuple[int, int]
    rules: tuple[RuleTable, ...]
    shipped: csr_matrix
    banned: csr_matrix
    everywhere: dict[str, Mask]
    elsewhere: Elsewhere | None = None

    @property
    def undealt(self) -> Allowed:
        """What the tables alone allow, before families are dealt among the boxes of a customer."""
        return replace(self, elsewhere=None)

    def block(self, lo: int, hi: int) -> Mask:
        """bool (hi - lo, n_items): True = may be packed."""
        mask = np.ones((hi - lo, self.shape[1]), dtype=bool)
        for rule in self.rules:
            mask &= rule.allowed[rule.code[lo:hi]]
        for forbidden in (self.shipped, self.banned):
            start, stop = forbidden.indptr[lo], forbidden.indptr[hi]
            rows = np.repeat(np.arange(hi - lo), np.diff(forbidden.indptr[lo : hi + 1]))
            mask[rows, forbidden.indices[start:stop]] = False
        for column_mask in self.everywhere.values():
            mask[:, column_mask] = False
        if self.elsewhere is not None:
            mask &= ~self.elsewhere.block(lo, hi)
        return mask

    def pairs(self, customer_idx: npt.NDArray[np.integer], item_idx: npt.NDArray[np.integer]) -> Mask:
        """The same of single pairs: bool (n_pairs,)."""
        may = np.ones(len(customer_idx), dtype=bool)
        for rule in self.rules:
            may &= rule.allowed[rule.code[customer_idx], item_idx]
        for forbidden in (self.shipped, self.banned) if len(may) else ():
            may &= ~np.asarray(forbidden[customer_idx, item_idx]).reshape(-1)
        for column_mask in self.everywhere.values():
            may &= ~column_mask[item_idx]
        if self.elsewhere is not None:
            may &= ~self.elsewhere.pairs(customer_idx, item_idx)
        return may

    def reasons(self, customer_idx: int, item_idx: int) -> list[str]:
        """Why a pair is not allowed, in words; empty when it is."""
        words = [
            f"the {rule.name} rule does not allow it"
            for rule in self.rules
            if not rule.allowed[rule.code[customer_idx], item_idx]
        ]
        if self.shipped[customer_idx, item_idx]:
            words.append("this product, or another of its family, was sent before")
        if self.banned[customer_idx, item_idx]:
            words.append("a merchandiser banned it for this customer")
        words += [reason for reason, mask in self.everywhere.items() if mask[item_idx]]
        if self.elsewhere is not None and self.elsewhere.pairs(np.array([customer_idx]), np.array([item_idx]))[0]:
            words.append(ELSEWHERE)
        return words


def allowed_pairs(shop: Shop) -> Allowed:
    """Read the eligibility rules, shipments and bans of a shop."""
    edits = shop.tables.edits
    bans = edits[edits["action"] == "ban"]
    everywhere = shop.items["product_id"].isin(edits.loc[edits["action"] == "ban_everywhere", "product_id"]).to_numpy()
    columns = {"a merchandiser banned it for everyone": everywhere, **_partner_not_boxable(shop)}
    return Allowed(
        shape=(shop.n_customers, shop.n_items),
        rules=tuple(_rule_table(rule, shop) for rule in shop.campaign.eligibility),
        shipped=_shipped(shop),
        banned=_pairs(
            shop, positions(bans["customer_id"], shop.by_id), positions(bans["product_id"], shop.items["product_id"])
        ),
        everywhere={reason: mask for reason, mask in columns.items() if mask.any()},
    )


def _rule_table(rule: Eligibility, shop: Shop) -> RuleTable:
    """Does a product share a value with the customer? Once per distinct customer cell.

    Who answers a rule that excludes with "other", which no product has, is unknown to it: what she may not have is not
    known (docs/decisions/0012-a-rule-that-cannot-bite.md).
    """
    product = column(shop.items[rule.product])
    customer = column(shop.customers[rule.customer])
    fits, code = _fits(rule, shop, customer.cells, product), customer.code
    if rule.sense == "exclude" and not shop.tables.customers["customer_id"].is_unique:
        joined, cells = joined_cells(shop, rule.customer)
        both, of_both = np.unique(code.astype(np.int64) * len(cells) + joined, return_inverse=True)
        fits = fits[both // len(cells)] & _fits(rule, shop, cells, product)[both % len(cells)]
        code = of_both.astype(np.int32)
    return RuleTable(rule.name, code, fits | ~product.known)


def _fits(rule: Eligibility, shop: Shop, cells: tuple[tuple[str, ...], ...], product: Column) -> Mask:
    """bool (n_cells, n_items): what the rule allows to customers with these cells, of products that have values."""
    shares = _shares(cells, product)
    fits = shares if rule.sense == "include" else ~shares
    said = set() if rule.sense == "include" else set(column(shop.tables.products[rule.product]).values)
    excludes, allows = rule.sense == "exclude", rule.unknown == "allow"
    for position, cell in enumerate(cells):
        if not cell:
            fits[position] = allows
        elif excludes and any(value not in said and is_vague(value) for value in cell):
            fits[position] &= allows
    return fits


def joined_cells(shop: Shop, name: str) -> tuple[npt.NDArray[np.int32], tuple[tuple[str, ...], ...]]:
    """The values of all rows of a customer together, also of boxes that an edit drops: what one box must not hold on
    account of health, none of hers may.

    Returns int32 (n_customers,) position of each row in the second, and the values.
    """
    table = shop.tables.customers
    own, ids = column(table[name]), table["customer_id"].to_numpy(object)
    several = np.flatnonzero(table["customer_id"].duplicated(keep=False).to_numpy())
    theirs: dict[str, set[int]] = {}
    for row in several.tolist():
        theirs.setdefault(ids[row], set()).add(int(own.code[row]))
    cells, code = list(own.cells), own.code.copy()
    made: dict[tuple[str, ...], int] = {}
    for row in several.tolist():
        held = theirs[ids[row]]
        if len(held) > 1:
            joined = tuple(sorted({value for cell in held for value in own.cells[cell]}))
            code[row] = made.setdefault(joined, len(cells))
            cells += [joined] if code[row] == len(cells) else []
    kept = np.ones(len(table), dtype=bool)
    kept[shop.dropped.index] = False
    return code[kept], tuple(cells)


def _shares(cells: Iterable[tuple[str, ...]], product: Column) -> Mask:
    """bool (n_cells, n_items): cell and product have a value in common."""
    values = {value: position for position, value in enumerate(product.values)}
    holds = np.zeros((len(product.cells), len(values)), dtype=np.int32)
    for position, cell in enumerate(product.cells):
        holds[position, [values[value] for value in cell]] = 1
    wants = np.zeros((len(tuple(cells)), len(values)), dtype=np.int32)
    for position, cell in enumerate(cells):
        wants[position, [values[value] for value in cell if value in values]] = 1
    shared: Mask = (wants @ holds.T > 0)[:, product.code]
    return shared


def _shipped(shop: Shop) -> csr_matrix:
    """Every boxable product whose family the customer has received; an unknown product is a family of its own."""
    shipments, products = shop.tables.shipments, shop.tables.products
    families = pd.Index(shop.items["family"].drop_duplicates())
    product = positions(shipments["product_id"], products["product_id"])
    sent = positions(products["family"], families)[product] if len(products) else product.copy()
    unknown = product < 0
    sent[unknown] = positions(shipments.loc[unknown, "product_id"], families)
    person = positions(shipments["customer_id"], shop.by_id)
    known = (person >= 0) & (sent >= 0)
    family = positions(shop.items["family"], families)
    members, n_members = np.argsort(family, kind="stable"), np.bincount(family, minlength=len(families))
    theirs = sent[known]
    many = n_members[theirs]
    nth = np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many)
    item = members[np.repeat((np.cumsum(n_members) - n_members)[theirs], many) + nth]
    return _pairs(shop, np.repeat(person[known], many), item)


def _pairs(shop: Shop, person: npt.NDArray[np.int64], item: npt.NDArray[np.int64]) -> csr_matrix:
    """A bool CSR of the pairs whose customer and item are known; every box of the customer has them."""
    at, row = shop.spread(person)
    row, item = row[item[at] >= 0], item[at][item[at] >= 0]
    matrix = csr_matrix((np.ones(len(row), dtype=bool), (row, item)), shape=(shop.n_customers, shop.n_items))
    matrix.sum_duplicates()
    matrix.sort_indices()
    return matrix


def _partner_not_boxable(shop: Shop) -> dict[str, Mask]:
    """Items that must travel together with a product which is in no box this time; several rules may name it."""
    boxable = set(shop.items["product_id"])
    bound: dict[str, set[str]] = {}
    for pair in shop.campaign.pairs:
        for other in pair.products if pair.kind == "together" else ():
            if other not in boxable:
                bound.setdefault(other, set()).update(pair.products)
    return {
        f"it must travel with {other}, which is not boxable": shop.items["product_id"].isin(products).to_numpy()
        for other, products in bound.items()
    }
