"""Rules, products and warehouses in words, by the names and positions that they carry in the optimizer."""

from __future__ import annotations

from collections.abc import Sequence

from jobs.config.campaign import Group
from jobs.posing.shop import Shop


def product_in_words(shop: Shop, item: int) -> str:
    """A product as people call it: "Day cream (P02)"; its id alone where it has no other name."""
    name, product_id = shop.items["name"].iloc[item], shop.items["product_id"].iloc[item]
    return product_id if name == product_id else f"{name} ({product_id})"


def products_in_words(shop: Shop, items: Sequence[int], most: int = 3) -> str:
    """Several products in a row, the tail counted: "Day cream (P02), Face oil (P05) and 7 more"."""
    names = [product_in_words(shop, item) for item in items[: most if len(items) <= most else most - 1]]
    rest = len(items) - len(names)
    return listed([*names, f"{rest} more"] if rest else names)


def listed(names: Sequence[str], last: str = "and") -> str:
    """Names in a row: "a, b and c"."""
    return f" {last} ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def to_pool(shop: Shop, pool: int, word: str = "to") -> str:
    """ " to north", or nothing where stock is one heap."""
    return f" {word} {shop.pools[pool]}" if shop.pools[pool] else ""


def rule_in_words(shop: Shop, name: str) -> str:
    """A box rule as a merchandiser would say it, e.g. "category (at most 2)"; `name` as in `box_rules`."""
    if name == "family":
        return "families (never two of one family in a box)"
    kind, *rest = name.split()
    if kind in ("apart", "together") and len(rest) == 2 and all(part.isdigit() for part in rest):
        one, other = (shop.items["product_id"].iloc[int(part)] for part in rest)
        return f"{one} and {other} ({'never in one box' if kind == 'apart' else 'both or neither'})"
    exact = [group for group in shop.campaign.groups if name == _name(group)]
    of_a_value = [group for group in shop.campaign.groups if group.value is None and kind == group.by]
    for group in (*exact, *of_a_value):
        return f"{name} ({_limits(group)})"
    for band in shop.campaign.bands:
        if name == f"{band.column} of the box":
            low = [] if band.low is None else [f"at least {band.low:g}"]
            high = [] if band.high is None else [f"at most {band.high:g}"]
            return f"the box's {band.column} ({', '.join(low + high)})"
    return name


def _name(group: Group) -> str:
    return group.by if group.value is None else f"{group.by} {group.value}"


def _limits(group: Group) -> str:
    least = [] if group.at_least is None else [f"at least {group.at_least}"]
    most = [] if group.at_most is None else [f"at most {group.at_most}"]
    return ", ".join(least + most) + " in a box"
