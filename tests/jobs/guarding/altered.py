"""A made-up shop's tables, altered as a faulty export, or a month, would; each alteration is a plain function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from jobs.guarding.last_night import LastNight

Frames = dict[str, pd.DataFrame]
Alter = Callable[[Frames], Frames]
Since = Callable[[LastNight], LastNight]


def each(table: str, change: Callable[[pd.DataFrame], pd.DataFrame | None]) -> Alter:
    """An alteration of one table; None leaves it out."""

    def alter(tables: Frames) -> Frames:
        changed = change(tables[table].copy())
        rest = {name: frame for name, frame in tables.items() if name != table}
        return rest if changed is None else {**rest, table: changed}

    return alter


def first(share: float) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda frame: frame.iloc[: int(len(frame) * share)]


def times(n: int, rows: float = 1.0) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Rows delivered so many times; `rows`: this share of them."""
    return lambda frame: pd.concat([frame, *[frame.iloc[: int(len(frame) * rows)]] * (n - 1)], ignore_index=True)


def older(column: str, days: int) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda frame: frame.assign(**{column: pd.to_datetime(frame[column]) - pd.Timedelta(days=days)})


def blank(column: str, rows: float = 1.0) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def empty(frame: pd.DataFrame) -> pd.DataFrame:
        frame.loc[frame.index[: int(len(frame) * rows)], column] = ""
        return frame

    return empty


def alone(column: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """A column sorted by itself, as a spreadsheet does when only one column is marked."""
    return lambda frame: frame.assign(**{column: np.sort(frame[column].to_numpy())})


def scaled(column: str, by: float) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def scale(frame: pd.DataFrame) -> pd.DataFrame:
        numbers = pd.to_numeric(frame[column]) * by
        return frame.assign(**{column: numbers.round().astype(int) if column == "on_hand" else numbers})

    return scale


def without(column: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda frame: frame.drop(columns=column)


def in_warehouse(name: str, by: float) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def scale(frame: pd.DataFrame) -> pd.DataFrame:
        hit = frame["warehouse"] == name
        frame.loc[hit, "on_hand"] = (pd.to_numeric(frame.loc[hit, "on_hand"]) * by).astype(int).astype(str)
        return frame

    return scale


def grown(share: float) -> Alter:
    """So many more subscribers, none of whom has done anything yet."""

    def alter(tables: Frames) -> Frames:
        frame = tables["customers"]
        more = frame.iloc[: int(len(frame) * share)].copy()
        more["customer_id"] = "N" + more["customer_id"]
        return {**tables, "customers": pd.concat([frame, more], ignore_index=True)}

    return alter


def a_month_later(tables: Frames) -> Frames:
    """New events, another month of shipments, new stock."""
    events, shipments = tables["events"], tables["shipments"]
    new = events.iloc[::8].assign(occurred_at=events["occurred_at"].iloc[::8] + pd.Timedelta(days=20))
    sent = shipments.iloc[::4].assign(shipped_on=pd.Timestamp("2026-12-04"))
    sent["shipped_on"] = sent["shipped_on"].astype(shipments["shipped_on"].dtype)
    return {
        **tables,
        "events": pd.concat([events, new], ignore_index=True),
        "shipments": pd.concat([shipments, sent], ignore_index=True),
        "inventory": scaled("on_hand", 1.7)(tables["inventory"].copy()),
    }


def new_brand(tables: Frames) -> Frames:
    frame = tables["products"]
    more = frame.iloc[:6].assign(brand="A new brand", product_id=[f"N{n}" for n in range(6)], family="", name="New one")
    stock = tables["inventory"]
    units = stock[stock["product_id"].isin(frame["product_id"].iloc[:6])].copy()
    units["product_id"] = units["product_id"].map(
        dict(zip(frame["product_id"].iloc[:6], more["product_id"], strict=True))
    )
    return {**tables, "products": pd.concat([frame, more]), "inventory": pd.concat([stock, units])}


def some(column: str, value: str, every: int) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def put(frame: pd.DataFrame) -> pd.DataFrame:
        frame.loc[frame.index[::every], column] = value
        return frame

    return put


def losing(column: str, rows: int) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """So many of the rows that name something name nothing."""

    def lose(frame: pd.DataFrame) -> pd.DataFrame:
        named = ~frame[column].astype(str).str.lower().isin(["", "none", "no", "nan"])
        frame.loc[frame.index[named][:rows], column] = ""
        return frame

    return lose


def price_cut(frame: pd.DataFrame) -> pd.DataFrame:
    """40 % off on two of five products."""
    hit = frame.index % 5 < 2
    frame.loc[hit, "retail_value"] = (pd.to_numeric(frame.loc[hit, "retail_value"]) * 0.6).astype(str)
    return frame


def brand_leaves(tables: Frames) -> Frames:
    gone = set(tables["products"].loc[tables["products"]["brand"] == tables["products"]["brand"].iloc[0], "product_id"])
    kept = ("products", "inventory", "edits")
    return {name: frame[~frame["product_id"].isin(gone)] if name in kept else frame for name, frame in tables.items()}


def sale(events: pd.DataFrame) -> pd.DataFrame:
    more = events.iloc[::4]
    return pd.concat([events, more.assign(occurred_at=more["occurred_at"] + pd.Timedelta(seconds=7))])


def without_oldest(events: pd.DataFrame) -> pd.DataFrame:
    return events[events["occurred_at"] > events["occurred_at"].quantile(0.15)]


def both(*alters: Alter) -> Alter:
    def alter(tables: Frames) -> Frames:
        for one in alters:
            tables = one(tables)
        return tables

    return alter


def shifted(column: str, by: int = 1) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """A column that slipped against the others."""
    return lambda frame: frame.assign(**{column: np.roll(frame[column].to_numpy(), by)})


def all_of(column: str, value: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda frame: frame.assign(**{column: value})


def rekeyed(column: str, *tables: str) -> Alter:
    """Ids with something in front, in every table that has them."""

    def alter(frames: Frames) -> Frames:
        changed = {
            name: frames[name].assign(**{column: [f"X{cell}" if cell else "" for cell in frames[name][column]]})
            for name in tables
        }
        return {**frames, **changed}

    return alter


def most_products_gone(frames: Frames) -> Frames:
    """All but the first twelve, and those of brands that a quota names."""
    products = frames["products"]
    kept = products[(products.index < 12) | (products["brand"] == "Brand 6")]
    left = frames["inventory"]["product_id"].isin(kept["product_id"])
    named = frames["edits"]["product_id"].isin([*kept["product_id"], ""])
    return {**frames, "products": kept, "inventory": frames["inventory"][left], "edits": frames["edits"][named]}


def more_edits(frames: Frames) -> Frames:
    """As many again, all of them wishes not to get a product."""
    edits, products = frames["edits"], frames["products"]["product_id"]
    new = edits.assign(customer_id=frames["customers"]["customer_id"].iloc[-len(edits) :].to_numpy(), action="ban")
    return {**frames, "edits": pd.concat([edits, new.assign(product_id=products.iloc[: len(edits)].to_numpy())])}


def two_boxes(frame: pd.DataFrame) -> pd.DataFrame:
    """Every box has a name, and one customer in ten has a second one."""
    gifts = frame.iloc[::10].assign(box_id="gift")
    return pd.concat([frame.assign(box_id="own"), gifts], ignore_index=True)


def one_warehouse(frames: Frames) -> Frames:
    """The other one is closed, and its customers are served from what is left."""
    stock = frames["inventory"]
    customers = frames["customers"].assign(warehouse="east")
    return {**frames, "customers": customers, "inventory": stock[stock["warehouse"] == "east"]}


def a_third_warehouse(frames: Frames) -> Frames:
    stock = frames["inventory"]
    new = stock[stock["warehouse"] == "east"].assign(warehouse="north")
    customers = some("warehouse", "north", 5)(frames["customers"].copy())
    return {**frames, "customers": customers, "inventory": pd.concat([stock, new])}


def since(table: str, change: Callable[[pd.DataFrame], pd.DataFrame]) -> Since:
    """A last night whose table was another."""
    return lambda last: replace(last, frames={**last.frames, table: change(last.frames[table].copy())})


def half_as_many_events(last: LastNight) -> LastNight:
    return replace(last, events=replace(last.events, rows=last.events.rows // 2))


def other_products(frame: pd.DataFrame) -> pd.DataFrame:
    """Last month's box: other products of other brands and families."""
    return frame.assign(**{name: "old " + frame[name] for name in ("product_id", "brand", "family")})
