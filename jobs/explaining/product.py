"""`boxwise explain RUN --product P`: where its stock went, what one more unit would add, and who is short of it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from jobs.csv_text import read_csv
from jobs.explaining.repacked import repacked
from jobs.outputs.products import NUMBERS
from jobs.outputs.rebuild import Rebuilt
from jobs.packing.pack import Packed
from jobs.packing.short_boxes import cut_in_words
from jobs.posing.rule_words import product_in_words, to_pool
from optimizer.explaining.marginal_value import one_more
from optimizer.explaining.shortage import shortages
from optimizer.problem import POINTS


def product_lines(run: Rebuilt, item: int) -> Iterator[str]:
    """What is to be said of a product, warehouse by warehouse."""
    packed, shop = repacked(run), run.shop
    row = shop.items.iloc[item]
    told = read_csv(run.folder / "products.csv", NUMBERS)
    told = told[told["product_id"] == row["product_id"]].set_index("warehouse")
    about = ", ".join(part for part in (row["category"], row["brand"]) if part)
    yield product_in_words(shop, item) + (f", {about}" if about else "")
    for pool, warehouse in enumerate(shop.pools):
        line = told.loc[warehouse]
        where = f"{warehouse}: " if warehouse else ""
        yield (
            f"  {where}{line['available']:,.0f} available, {line['packed']:,.0f} packed, {line['left']:,.0f} left; "
            f"{line['eligible_customers']:,.0f} customers may receive it"
        )
        if line["at_least"]:
            short = f", {line['short_by']:,.0f} short" if line["short_by"] else ", kept"
            yield f"     promised: {line['at_least']:,.0f}{short}"
        yield f"     {_marginal_value(packed, pool, item)}"
    yield from _short_of_it(packed, item)


def _marginal_value(packed: Packed, pool: int, item: int) -> str:
    """What one more unit would add, and how sure that is."""
    told = one_more(packed.plan, pool, item)
    within = "" if told.exact else f", within the plan's proved tolerance of {(told.adds - told.price) / POINTS:.3f}"
    if not told.price:
        return f"one more unit would add nothing: it is not scarce{within}"
    return f"one more unit would add {told.price / POINTS:.3f} points at the most{within}"


def _short_of_it(packed: Packed, item: int) -> Iterator[str]:
    """The shortages that the product is part of."""
    if not packed.missing.any():
        return
    told = shortages(packed.problem, packed.plan, packed.pairs)
    for number in np.unique(told.cut[told.cut >= 0]).tolist():
        cut = told.cuts[number]
        for pool in cut.pool[cut.item == item].tolist():
            where = to_pool(packed.shop, pool, "in")
            yield f"  Boxes are short for want of it{where}: {cut_in_words(packed, cut)}."
