"""A campaign from the Amazon Beauty reviews: `python -m benchmarks.beauty PATH DIR`.

PATH holds Beauty.txt (a customer a line, items in order of time) and Beauty_item2attributes.json. The data has order
but no dates, values, prices or stock: `dates`, `catalogue` and `supplies` state what is made up. Commit nothing of it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from jobs.datasets import draws
from jobs.datasets.demo import refuse_foreign, write_csv
from jobs.datasets.demo_stock import arrived, planned
from jobs.faults import Refusal, UsageRefused

SHIP_DATE = date(2014, 7, 26)
SPAN_DAYS = 730
LATE_DAYS = 180
LATE_PRODUCTS, LATE_CUSTOMERS = 0.20, 0.15
N_KNOWN, N_NEW, NEW_DAYS = 320, 80, 90
BOX_SIZE = 5
DAY_US = 86_400_000_000

TOML = f"""\
# Amazon Beauty reviews as a campaign. Written by benchmarks.beauty; see its docstrings for what is made up.

[campaign]
name = "amazon-beauty"
ship_date = {SHIP_DATE}
box_size = {BOX_SIZE}

[signals]
review = 1.0                      # the data says that a review was written, not what it said
half_life_days = 365

[[group]]
by = "category"
at_most = 2

[[group]]
by = "brand"
at_most = 1

[[band]]
column = "retail_value"
low = 40.0

[[band]]
column = "weight_g"
high = 900

[[quota]]
name = "cost budget"
amount = "unit_cost"
at_most = %(budget)d

[[quota]]
name = "%(brand)s launch"
where = {{ brand = "%(brand)s" }}
at_least = %(units)d
penalty = 0.2

[short]
policy = "ship_short"
max_share = 0.01
"""


@dataclass(frozen=True, eq=False)
class Reviews:
    """The raw data, flat.

    customer    str (n_events,)  customer id of each review
    product     str (n_events,)
    fraction    float64 (n_events,) in (0, 1): how far into the customer's own sequence
    attributes  product id -> attribute ids, most general first; the brand, where known, leads
    """

    customer: npt.NDArray[np.str_]
    product: npt.NDArray[np.str_]
    fraction: npt.NDArray[np.float64]
    attributes: dict[str, list[int]]


def read(path: Path, seed: int) -> Reviews:
    """Read PATH. The k-th of n reviews lies at (k + u) / n of its customer's time, u drawn per review.

    Raises UsageRefused when a file is not there.
    """
    files = [path / "Beauty.txt", path / "Beauty_item2attributes.json"]
    missing = [str(file) for file in files if not file.is_file()]
    if missing:
        raise UsageRefused(f"not found: {', '.join(missing)}")
    lines = [line.split() for line in files[0].read_text(encoding="utf-8").splitlines() if line.strip()]
    counts = np.array([len(line) - 1 for line in lines])
    customer = np.repeat(np.array([line[0] for line in lines]), counts)
    product = np.array([item for line in lines for item in line[1:]])
    position = np.concatenate([np.arange(count) for count in counts])
    jitter = draws.uniform(seed, "moment", (f"{c} {k}" for c, k in zip(customer, position, strict=True)))
    fraction = (position + jitter) / np.repeat(counts, counts)
    return Reviews(customer, product, fraction, json.loads(files[1].read_text(encoding="utf-8")))


def dates(reviews: Reviews, seed: int) -> pd.DataFrame:
    """Give the reviews dates: customer_id, product_id, kind, occurred_at, sorted.

    Each customer's order is kept and spread over two years, so that every stretch of time holds its share of
    everyone's reviews. 15 % of the customers join on a drawn day of the last 180 and live through their whole sequence
    since then. 20 % of the products launch on a drawn day of the last 180: their reviews before that day are LEFT OUT,
    none is moved. Across customers the dates mean nothing: "recent popularity" is popularity.
    """
    joined = _start(reviews.customer, "joins", LATE_CUSTOMERS, seed)
    launched = _start(reviews.product, "launches", LATE_PRODUCTS, seed)
    day = joined + (SPAN_DAYS - joined) * reviews.fraction
    first = np.datetime64(SHIP_DATE, "us") - np.timedelta64(SPAN_DAYS, "D")
    events = pd.DataFrame({"customer_id": reviews.customer, "product_id": reviews.product, "kind": "review"})
    events["occurred_at"] = first + (day * DAY_US).astype("timedelta64[us]")
    events = events[day >= launched]
    return events.sort_values(["occurred_at", "customer_id", "product_id"]).reset_index(drop=True)


def _start(ids: npt.NDArray[np.str_], rule: str, share: float, seed: int) -> npt.NDArray[np.float64]:
    """float64, one per id: day of the two years on which it begins, 0 for all but the drawn share."""
    known, back = np.unique(ids, return_inverse=True)
    late = draws.uniform(seed, rule, known) < share
    since = SPAN_DAYS - LATE_DAYS * draws.uniform(seed, f"{rule} on", known)
    days: npt.NDArray[np.float64] = np.where(late, since, 0.0)[back]
    return days


def catalogue(reviews: Reviews, events: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Every product with a dated review: brand, category and kind from the attributes; the rest drawn per id.

    brand     the leading attribute, where it never stands elsewhere and others follow
    category  the most general attribute after it, one of half a dozen; kind is the most special one
    boxable   320 of the 1,200 most reviewed, and 80 launched in the last 90 days
    """
    facts = events.groupby("product_id")["occurred_at"].agg(n="size", first="min")
    products = facts.sort_index().reset_index()
    products[["brand", "category", "type"]] = _described(reviews.attributes, products["product_id"])
    products["attributes"] = ["|".join(map(str, reviews.attributes.get(i, []))) for i in products["product_id"]]
    products["name"] = products["type"] + ", item " + products["product_id"]
    ids = products["product_id"]
    products["retail_value"] = np.round(6 * 6 ** draws.uniform(seed, "price", ids), 2)
    products["unit_cost"] = (products["retail_value"] * (0.2 + 0.15 * draws.uniform(seed, "cost", ids))).round(2)
    products["weight_g"] = (20 + 230 * draws.uniform(seed, "weight", ids)).astype(int)
    new = products["first"] >= pd.Timestamp(SHIP_DATE) - pd.Timedelta(days=NEW_DAYS)
    luck = draws.uniform(seed, "boxable", ids)
    popular = products["n"].rank(method="first", ascending=False) <= 1200
    boxable = [
        products.assign(luck=luck)[chosen].sort_values(["luck", "product_id"])["product_id"].head(wanted)
        for chosen, wanted in ((popular & ~new, N_KNOWN), (new, N_NEW))
    ]
    products["boxable"] = ids.isin(pd.concat(boxable))
    return products


def _described(attributes: dict[str, list[int]], ids: pd.Series) -> pd.DataFrame:
    """brand, category and type of each product, as words."""
    later = {attribute for values in attributes.values() for attribute in values[1:]}
    rows = []
    for product_id in ids:
        values = list(attributes.get(product_id, []))
        brand = f"Brand {values.pop(0)}" if len(values) > 1 and values[0] not in later else ""
        words = [
            f"{kind} {value}" for kind, value in zip(("Category", "Kind"), (values[:1] + values[-1:]), strict=False)
        ]
        rows.append((brand, *(words or ("Category none", "Kind none"))))
    return pd.DataFrame(rows, columns=["brand", "category", "type"], index=ids.index)


def supplies(products: pd.DataFrame, n_slots: int, seed: int) -> tuple[pd.DataFrame, str]:
    """inventory and campaign.toml: stock planned as in the demo (a third arrives short), a budget, a brand's launch."""
    boxable = products[products["boxable"]]
    units = n_slots * planned(boxable["n"]) * arrived(boxable["product_id"], seed)
    on_hand = np.maximum(np.rint(units), 5).astype(np.int64)
    inventory = pd.DataFrame({"product_id": boxable["product_id"], "on_hand": on_hand})
    brand = Counter(brand for brand in boxable["brand"] if brand).most_common(1)[0][0]
    of_brand = int(on_hand[(boxable["brand"] == brand).to_numpy()].sum())
    budget = n_slots * float(boxable["unit_cost"].mean())
    return inventory, TOML % {"budget": budget, "brand": brand, "units": 0.9 * of_brand}


def write_beauty(path: Path, folder: Path, *, customers: int | None = None, seed: int = 0) -> None:
    """Write the campaign.

    customers  how many get a box, drawn per id; everyone's reviews teach the model. None = all of them

    Raises UsageRefused when the data is not at `path`, or the folder holds another campaign.
    """
    refuse_foreign(folder, "benchmarks.beauty")
    reviews = read(path, seed)
    events = dates(reviews, seed)
    products = catalogue(reviews, events, seed)
    ids = np.unique(reviews.customer)
    if customers is not None:
        ids = np.sort(ids[np.argsort(draws.uniform(seed, "gets a box", ids), kind="stable")[:customers]])
    inventory, toml = supplies(products, len(ids) * BOX_SIZE, seed)
    boxable = products.loc[products["boxable"], "product_id"]
    owned = events[events["product_id"].isin(boxable) & events["customer_id"].isin(ids)]
    shipments = owned.assign(shipped_on=owned["occurred_at"].dt.strftime("%Y-%m-%d"))
    folder.mkdir(parents=True, exist_ok=True)
    write_csv(folder / "customers.csv", pd.DataFrame({"customer_id": ids}))
    write_csv(folder / "products.csv", products.drop(columns=["n", "first"]))
    write_csv(folder / "inventory.csv", inventory)
    write_csv(folder / "shipments.csv", shipments[["customer_id", "product_id", "shipped_on"]])
    pq.write_table(
        pa.Table.from_pandas(events, preserve_index=False).replace_schema_metadata(), folder / "events.parquet"
    )
    (folder / "campaign.toml").write_text(toml, encoding="utf-8", newline="\n")


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.beauty", description="Amazon Beauty as a campaign.")
    parser.add_argument("path", type=Path, help="folder with Beauty.txt and Beauty_item2attributes.json")
    parser.add_argument("folder", type=Path, help="folder to write the campaign to")
    parser.add_argument("--customers", type=int, default=None, help="how many get a box (default: all)")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    try:
        write_beauty(given.path, given.folder, customers=given.customers, seed=given.seed)
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return int(refusal.exit)
    print(f"The campaign is in {given.folder}. Next: boxwise nightly {given.folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
