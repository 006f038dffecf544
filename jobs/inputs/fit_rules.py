"""Eligibility rules that cannot bite: their two columns hold values that were meant to meet and never do.

Values are compared as they are written, so `Soy` forbids nothing to who wrote `soy`. Whatever looks like that is
refused before anything is sent; what is only empty is said here, and refused by jobs/guarding/first_night.py unless
may_be_idle = true (docs/decisions/0012-a-rule-that-cannot-bite.md).
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from jobs.config.campaign import Campaign, Eligibility
from jobs.config.separators import may_separate
from jobs.config.toml_lines import Location, line_of
from jobs.inputs.fit_values import Side, Sides, is_filled, sides_of
from jobs.inputs.rule_columns import RuleFaults
from jobs.inputs.separated import check_separators
from jobs.inputs.table_types import TypedTable
from jobs.likeness.near import LIST, Near, near_values
from jobs.likeness.near_words import in_words
from jobs.reading.collect import MOST_LINES, Collected

MEANT = "say may_be_idle where it is meant"


def check_fit(
    campaign: Campaign, lines: dict[Location, int], tables: dict[str, TypedTable], collected: Collected
) -> None:
    """Add a fault for every rule that cannot bite, and a note for what it must be known to do or not to do."""
    faults = RuleFaults(campaign.path.name, lines, collected)
    check_separators(campaign, tables, faults)
    for at, rule in enumerate(campaign.eligibility):
        sides = sides_of(rule, tables)
        if sides is None:
            continue
        _Checked(("eligibility", at), sides, faults).check(tables)


class _Checked:
    """One rule, and where what is found about it goes."""

    def __init__(self, location: Location, sides: Sides, faults: RuleFaults) -> None:
        self.location, self.sides, self.rule, self.faults = location, sides, sides.rule, faults

    def check(self, tables: dict[str, TypedTable]) -> None:
        """Everything about the rule."""
        products, customers = self.sides.named
        nears = near_values(products, customers, strict=self.sides.excludes)
        self._near(nears)
        if not self._empty(tables) and not nears and not products.keys() & customers.keys():
            self._never_meets()
        if self.sides.excludes:
            self._answers()

    def _near(self, nears: list[Near]) -> None:
        """A line for every value whose counterpart is written otherwise, those of most rows first."""
        products, customers = self.sides.products, self.sides.customers
        ranked = sorted(nears, key=lambda near: (-products.rows[near.mine] - customers.rows[near.theirs], near.mine))
        for near in ranked[:MOST_LINES]:
            turned = near.mine in customers.rows and near.theirs not in products.rows
            side, other, pair = (customers, products, near.turned) if turned else (products, customers, near)
            found = f"{side.told(pair.mine)} in {side.place}"
            expected = f"{other.told(pair.theirs)} as {other.place} has it; {in_words(pair)}"
            self._tell(side.key, found, expected, f". {_fix(side, other, pair)}", (pair.mine, pair.theirs))
        if len(ranked) > MOST_LINES:
            rest = ranked[MOST_LINES:]
            words = {word for near in rest for word in (near.mine, near.theirs)}
            self._tell("product", f"{len(rest):,} more of these ({len(ranked):,} in all)", "as above", "", words)

    def _never_meets(self) -> None:
        products, customers = self.sides.products, self.sides.customers
        of_products, of_customers = self.sides.named
        found = f"{products.some(of_products)} in {products.place}, none of which {customers.place} has"
        expected = f"values that meet; there are {customers.some(of_customers)}"
        self._tell("product", found, expected, f". {MEANT.capitalize()}", ())

    def _tell(self, key: str, found: str, expected: str, fix: str, words: Iterable[str]) -> None:
        """A fault of the rule's key, or a note where the campaign says that it is meant.

        words  the values that it is about; () = all
        """
        meant = self.rule.may_be_idle
        place = (*self.location, key)
        if meant is True or (meant is not False and any(word in meant for word in words)):
            about = f"line about the {self.rule.name} rule that may_be_idle says is meant"
            self.faults.note(place, f"{about}: found {found}, expected {expected}")
        else:
            self.faults.fault(place, found, expected + fix)

    def _empty(self, tables: dict[str, TypedTable]) -> bool:
        """Notes about a side without values; a fault where the columns look exchanged. Is one empty?"""
        sides = (self.sides.products, self.sides.customers)
        named = self.sides.named
        empty = [side for side, values in zip(sides, named, strict=True) if not values]
        if not empty:
            return False
        rule = self.rule
        if not all(side.rows for side in sides) and self._exchanged(tables):
            found = f"{' and '.join(side.place for side in empty)} empty in every row"
            hint = f'product = "{rule.customer}" and customer = "{rule.product}", which both tables have filled'
            self._tell("product", found, f"values to compare; did you mean {hint}?", f" {MEANT.capitalize()}", ())
            return True
        for side in empty:
            if side.key == "customer" and self.sides.vague:
                continue  # what these answers do is said by itself
            said = f"holds nothing but {side.some(side.rows)}" if side.rows else "is empty in every row"
            words = f"rule that {_idle_words(rule, self.sides, side)}: {rule.name}, for {side.place} {said}"
            self.faults.note((*self.location, side.key), words)
        return True

    def _exchanged(self, tables: dict[str, TypedTable]) -> bool:
        product, customer = self.rule.product, self.rule.customer
        return is_filled(tables.get("products"), customer) and is_filled(tables.get("customers"), product)

    def _answers(self) -> None:
        """Answers that say that there is something, and not what; and what no product has."""
        products, customers = self.sides.products, self.sides.customers
        vague, named = self.sides.vague, self.sides.named[1]
        if vague:
            get = f"get only products without {products.column}" if self.rule.unknown == "deny" else "count as unknown"
            words = f"of {customers.place} without saying what: {customers.some(vague)}"
            self._note(len(vague), "answer", f"{words}; to the {self.rule.name} rule they {get}")
        meant = self.rule.may_be_idle
        fine = named if meant is True else meant or ()
        idle = [value for value in named if value not in products.rows and value not in fine]
        if idle and self.sides.named[0]:
            words = f"of {customers.place} that no product has in {products.column}: {customers.some(idle)}"
            self._note(len(idle), "value", f"{words}; the {self.rule.name} rule forbids nothing for them")

    def _note(self, count: int, what: str, words: str) -> None:
        line = line_of((*self.location, "customer"), self.faults.lines)
        self.faults.collected.note(self.faults.file, count, line, f"{what}{'s' * (count != 1)} {words}")


def _idle_words(rule: Eligibility, sides: Sides, empty: Side) -> str:
    """What a rule does whose one side has no values."""
    if empty is sides.products or not sides.products.rows:
        return "forbids nothing to anyone"
    if empty.rows:
        return "forbids nothing to anyone who answered"
    denies = rule.unknown == "deny"
    return "forbids every product with a value to everyone" if denies else "forbids nothing to anyone"


def _fix(side: Side, other: Side, near: Near) -> str:
    """What to write instead."""
    sign = near.separator
    if near.how != LIST or sign is None:
        return f"Write it one way, or {MEANT}"
    key = side.key if sign in near.mine else other.key
    named = f"{{ {key} = {json.dumps(sign, ensure_ascii=False)} }}"
    said = f"Say separator = {named}, write" if may_separate(sign) else "Write"
    return f"{said} | between values, or {MEANT}"
