"""How a reader finds the list of a basket in website.sqlite: the table `baskets`, or else the lists of its products.

The shop's website does the same in its own language; this is the rule of docs/campaign.md, word for word.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Item = Mapping[str, Any]
"""One entry of a list: product_id, score, reason."""


def basket_key(product_ids: Iterable[str]) -> str:
    """Key of table `baskets`: the distinct product ids, sorted by character, as compact JSON: `["P001","P017"]`."""
    return json.dumps(sorted(set(product_ids)), ensure_ascii=False, separators=(",", ":"))


def merged(product_ids: Iterable[str], goes_with: Iterable[Sequence[Item]]) -> list[dict[str, Any]]:
    """The list of a basket from the `goes_with` lists of its products.

    The scores of a product are added over the lists; what is in the basket is left out; the order is score falling,
    then product_id. The reason is the one of its highest score, the first list's where two are equal.
    """
    inside = set(product_ids)
    best: dict[str, Item] = {}
    total: dict[str, float] = {}
    for items in goes_with:
        for item in items:
            product = item["product_id"]
            if product not in inside:
                total[product] = total.get(product, 0.0) + item["score"]
                if product not in best or item["score"] > best[product]["score"]:
                    best[product] = item
    order = sorted(total, key=lambda product: (-total[product], product))
    return [{"product_id": name, "score": total[name], "reason": best[name]["reason"]} for name in order]


def basket_list(website: sqlite3.Connection, product_ids: Iterable[str]) -> list[dict[str, Any]]:
    """What completes a basket of any size: its row of `baskets` where there is one, else the merged lists.

    Both are asked for in one query, which never mixes two nights.
    """
    ids = sorted(set(product_ids))
    marks = ", ".join("?" * len(ids))
    query = (
        "SELECT 0 AS place, '' AS product_id, items FROM baskets WHERE basket = ? UNION ALL "
        f"SELECT 1, product_id, items FROM goes_with WHERE product_id IN ({marks}) ORDER BY 1, 2"
    )
    found = [(place, json.loads(items)) for place, _, items in website.execute(query, (basket_key(ids), *ids))]
    if found and found[0][0] == 0:
        return list(found[0][1])
    return merged(ids, [items for _, items in found])
