"""Which products each customer may receive, worked out again from the tables: one by one, in sets of ids.

The slow twin of the packing's own masks, written from docs/campaign.md; nothing is asked of the code that makes those.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

import pandas as pd

from jobs.evidence.audit_read import reader

Cells = dict[str, Any]
Rule = Mapping[str, Any]
Box = tuple[str, str]
"""customer_id and box_id."""
Values = frozenset[str]
VAGUE = frozenset({
    "other", "others", "unknown", "unsure", "notsure", "various", "several", "multiple", "seenotes", "seenote", "tbd",
    "allergic", "andere", "anderes", "sonstige", "sonstiges", "unbekannt", "autre", "autres", "inconnu", "otro",
    "otros", "otra", "otras", "desconocido", "altro", "altri", "sconosciuto", "anders", "overige", "onbekend", "outro",
    "outros",
})  # fmt: skip
"""Answers that say that there is something, and not what; without case, spaces and signs."""


class AllowedByIds:
    """The word of the tables on some customers.

    customers  (customer_id, box_id) -> the cells of the box's row, for those asked about; box_id "" = it has no name
    boxes      customer_id -> the names of her boxes that are not dropped, sorted
    products   product_id -> its cells, for every product
    """

    def __init__(self, tables: Mapping[str, pd.DataFrame], rules: Rule, customer_ids: Iterable[str]) -> None:
        """Keep what the tables say about these customers.

        tables  customers, products, shipments and edits, as the night read them
        rules   campaign.toml as plain dictionaries
        """
        asked = set(customer_ids)
        self.products: dict[str, Cells] = {row["product_id"]: row for row in _rows(tables["products"])}
        rows = _rows(_of(tables["customers"], asked))
        self.customers: dict[Box, Cells] = {_box(row): row for row in rows}
        self._fits: list[Rule] = rules.get("eligibility", [])
        self._readers = [
            (reader(rules, "products", rule["product"]), reader(rules, "customers", rule["customer"]))
            for rule in self._fits
        ]
        self._known = [known_values(rules, tables["products"], rule["product"]) for rule in self._fits]
        self._joined = [of_all_boxes(rules, rule, _of(tables["customers"], asked)) for rule in self._fits]
        self._together = [rule["products"] for rule in rules.get("pair", []) if rule["kind"] == "together"]
        self._sent: dict[str, set[str]] = {}
        for row in _rows(_of(tables["shipments"], asked)):
            self._sent.setdefault(row["customer_id"], set()).add(row["product_id"])
        self._tables, self._rules = tables, rules
        self._edits: dict[tuple[str, str], set[str]] = {}
        self._locks: dict[Box, set[str]] = {}
        for row in _rows(tables["edits"]):
            self._edits.setdefault((row["action"], row["customer_id"]), set()).add(row["product_id"])
            if row["action"] == "lock":
                self._locks.setdefault(_box(row), set()).add(row["product_id"])
        off = {_box(row) for row in _rows(tables["edits"]) if row["action"] == "drop_customer"}
        self.boxes: dict[str, list[str]] = {}
        for customer_id, box_id in sorted(self.customers):
            if not {(customer_id, ""), (customer_id, box_id)} & off:
                self.boxes.setdefault(customer_id, []).append(box_id)
        self._misfits_of: dict[tuple[int, Values], set[str]] = {}

    @cached_property
    def boxable(self) -> set[str]:
        """Products that may go into this campaign's boxes."""
        return {product_id for product_id, cells in self.products.items() if cells["boxable"]}

    def allowed(self, customer_id: str, box_id: str = "") -> set[str]:
        """The products that may be in the box, as far as her other boxes leave them."""
        return self.boxable.difference(*self.forbidden(customer_id, box_id).values())

    def forbidden(self, customer_id: str, box_id: str = "") -> dict[str, set[str]]:
        """What may not be in the box, by the reason."""
        reasons = {
            "a merchandiser banned it for everyone": self._edits.get(("ban_everywhere", ""), set()),
            "a merchandiser banned it for this customer": self._edits.get(("ban", customer_id), set()),
            "it or another of its family was sent to this customer before": self._received(customer_id),
            "it must travel with a product that is not boxable": self._stranded,
        }
        for number, rule in enumerate(self._fits):
            read_theirs = self._readers[number][1]
            cell = read_theirs(text(self.customers[customer_id, box_id][rule["customer"]]))
            words = f"the {rule.get('name', rule['product'])} rule"
            reasons[words] = reasons.get(words, set()) | self._misfits(number, cell)
            if joined := self._joined[number].get(customer_id):  # what is bad for one of her boxes is sent in none
                reasons[words] = reasons[words] | self._misfits(number, joined)
        return reasons

    def locked(self, customer_id: str, box_id: str | None = None) -> set[str]:
        """The products that a merchandiser put into the customer's boxes; with `box_id`, into the box of that name."""
        if box_id is None:
            return self._edits.get(("lock", customer_id), set())
        return self._locks.get((customer_id, box_id), set())

    def family(self, product_id: str) -> str:
        """The product's family; one outside the campaign is a family of its own."""
        return str(self.products[product_id]["family"]) if product_id in self.products else product_id

    def may_lack(self, customer_id: str, product_id: str) -> bool:
        """May the plan go without this lock?

        Where a box has rules of its own, or not every slot counts, any lock may be one too many. Elsewhere only where
        there are more locks than units, or where the customer's other locks or her slots leave no room.
        """
        rules, short = self._rules, self._rules.get("short", {})
        capped = any("at_most" in quota for quota in rules.get("quota", []))
        ruled = capped or any(rules.get(kind) for kind in ("group", "band", "pair"))
        if ruled or short.get("policy", "ship_short") != "ship_short" or short.get("penalty", 10.0) < 1:
            return True
        row = self.customers[self._box_of_lock(customer_id, product_id)]
        if len(self.locked(customer_id)) > 1 or int(row["slots"]) < 1:
            return True
        heap = self._heap(row)
        return self._locks_on[heap, product_id] > self._units.get((heap, product_id), 0)

    def _box_of_lock(self, customer_id: str, product_id: str) -> Box:
        """The box of a customer's only lock: the one that it names, else the first that may hold it and has a slot."""
        boxes = [(customer_id, name) for name in self.boxes[customer_id]]
        may = [box for box in boxes if product_id in self.allowed(*box)]
        named = [box for box in boxes if product_id in self._locks.get(box, ()) and box[1]]
        roomy = [box for box in may if int(self.customers[box]["slots"]) > 0]
        return (named + roomy + may + boxes)[0]

    def _heap(self, customer: Cells) -> str:
        """The warehouse that serves a customer; "" where all stock is one heap."""
        return str(customer["warehouse"]) if self._by_warehouse else ""

    @cached_property
    def _by_warehouse(self) -> bool:
        return bool(self._tables["inventory"]["warehouse"].nunique() > 1)

    @cached_property
    def _units(self) -> dict[tuple[str, str], int]:
        """Units that may be packed, by warehouse and product."""
        units: dict[tuple[str, str], int] = {}
        for row in _rows(self._tables["inventory"]):
            left = max(int(row["on_hand"]) - int(row["reserved"]) - int(row["safety_stock"]), 0)
            heap = (self._heap(row), row["product_id"])
            units[heap] = units.get(heap, 0) + left
        return units

    @cached_property
    def _locks_on(self) -> Counter[tuple[str, str]]:
        """How many customers have a lock on a product, by warehouse and product.

        A lock that names no box counts once in each warehouse that one of her boxes is packed in.
        """
        edits, customers = self._tables["edits"], self._tables["customers"]
        off = {_box(row) for row in _rows(edits[edits["action"] == "drop_customer"])}
        locks = edits[edits["action"] == "lock"]
        heaps: dict[Box, set[str]] = {}
        for row in _rows(_of(customers, set(locks["customer_id"]))):
            box = _box(row)
            if not {(box[0], ""), box} & off:
                for name in {box, (box[0], "")}:
                    heaps.setdefault(name, set()).add(self._heap(row))
        found = {(*box, row["product_id"]) for row in _rows(locks) if (box := _box(row)) in heaps}
        where = {(who, product, heap) for who, name, product in found for heap in heaps[who, name]}
        return Counter((heap, product) for _, product, heap in where)

    def cells(self, customer_id: str, product_id: str, box_id: str = "") -> str:
        """The cells that the rules of fit compare, in words; "" where there is no such rule."""
        customer, product = self.customers[customer_id, box_id], self.products[product_id]
        sides = ((product, "product"), (customer, "customer"))
        told = [f'{rule[side]} "{text(row[rule[side]])}"' for rule in self._fits for row, side in sides]
        return ", ".join(dict.fromkeys(told))

    def _misfits(self, number: int, theirs: Values) -> set[str]:
        """The products that a rule of fit does not allow to customers with these values."""
        key = (number, theirs)
        if key not in self._misfits_of:
            rule, read, known = self._fits[number], self._readers[number][0], self._known[number]
            column = rule["product"]
            self._misfits_of[key] = {
                product_id
                for product_id, cells in self.products.items()
                if not fits(rule, read(text(cells[column])), theirs, known)
            }
        return self._misfits_of[key]

    def _received(self, customer_id: str) -> set[str]:
        """Every product of a family the customer received; a product outside the campaign is a family of its own."""
        families = {self.family(product_id) for product_id in self._sent.get(customer_id, ())}
        return set().union(*(self._members.get(family, ()) for family in families))

    @cached_property
    def _members(self) -> dict[str, set[str]]:
        """The products of each family."""
        members: dict[str, set[str]] = {}
        for product_id in self.products:
            members.setdefault(self.family(product_id), set()).add(product_id)
        return members

    @cached_property
    def _stranded(self) -> set[str]:
        """Products that travel together with one that goes in no box."""
        return {one for together in self._together if not set(together) <= self.boxable for one in together}


def of_all_boxes(rules: Mapping[str, Any], rule: Rule, customers: pd.DataFrame) -> dict[str, Values]:
    """The values of all rows of each customer who has several, together, for a rule that excludes; {} for others."""
    if rule.get("sense", "include") != "exclude":
        return {}
    read, column = reader(rules, "customers", rule["customer"]), rule["customer"]
    rows = customers.loc[customers["customer_id"].duplicated(keep=False), ["customer_id", column]]
    joined: dict[str, Values] = {}
    for customer_id, cell in zip(rows["customer_id"], rows[column], strict=True):
        joined[customer_id] = joined.get(customer_id, frozenset()) | read(text(cell))
    return joined


def known_values(rules: Mapping[str, Any], products: pd.DataFrame, column: str) -> Values:
    """Every value that a products column holds."""
    read, cells = reader(rules, "products", column), products[column]
    return frozenset().union(*(read(str(cell)) for cell in cells[cells.notna()].unique()))


def fits(rule: Mapping[str, Any], product: Values, customer: Values, known: Values = frozenset()) -> bool:
    """Does one rule of fit allow a product with these values to a customer with those?

    known  every value of the products column: who answers with a word that is none of them and says no more than that
           there is something has not answered
    """
    if not product:
        return True
    excludes = rule.get("sense", "include") == "exclude"
    shared = bool(product & customer)
    if excludes and shared:
        return False
    if not customer or (excludes and any(is_vague(one) for one in customer - known)):
        return bool(rule.get("unknown", "deny") == "allow")
    return shared or excludes


def is_vague(value: str) -> bool:
    """Does an answer say that there is something, and not what?"""
    plain = "".join(filter(str.isalnum, value.casefold()))
    return plain in VAGUE or (plain == "" and "?" in value)


def _box(row: Cells) -> Box:
    return row["customer_id"], row.get("box_id", "")


def text(cell: Any) -> str:
    """A cell as text; "" where it is empty."""
    return "" if pd.isna(cell) else str(cell)


def _of(frame: pd.DataFrame, customer_ids: set[str]) -> pd.DataFrame:
    return frame[frame["customer_id"].isin(customer_ids)]


def _rows(frame: pd.DataFrame) -> list[Cells]:
    names = [str(name) for name in frame.columns]
    return [dict(zip(names, row, strict=True)) for row in frame.itertuples(index=False, name=None)]
