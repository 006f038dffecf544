"""What each stage may read: some tables, some of their columns, some keys of campaign.toml, and nothing else.

A stage is handed these alone, so that what it depends on cannot be forgotten: whatever else it asks for is not there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pandas as pd
from pydantic_core import to_jsonable_python

from jobs.config.campaign import Campaign, Eligibility
from jobs.inputs.box_ids import people
from jobs.inputs.tables import Tables
from jobs.reading.schemas import CUSTOMER_PLAIN, PRODUCT_PLAIN
from jobs.resuming.contents import frame_digest, json_digest

LEARNS = (
    "ship_date", "seed", "signals", "half_life_days", "model", "reasons",
    "limits.text", "limits.per_product", "limits.per_customer",
)  # fmt: skip
"""Keys that training reads. Of the eligibility rules it is told which columns forbid."""
JUDGES = (*LEARNS, "limits.evaluated")
SCORES = ("utility",)
PACKS = (
    "seed", "box_size", "eligibility", "groups", "bands", "pairs", "quotas", "short", "promises",
    "publish.deadline_s",
)  # fmt: skip
LISTS = ("signals", "half_life_days", "model.popularity_days", "utility", "website")
MATCHES = ("sense", "product", "customer")
"""What learning and lists read of an eligibility rule."""
TAUGHT_BY = {"events": None, "shipments": ("product_id", "shipped_on")}
"""Tables that teach, and which of their columns; None = all. Of customers and products, what is no logistics."""


@dataclass(frozen=True, eq=False)
class Handed:
    """What one stage is handed, and a digest of it all.

    told   the keys of campaign.toml that are in it: JSON
    known  digests of those of its tables that were made before; large tables are looked through once a night
    """

    campaign: Campaign
    tables: Tables
    told: Mapping[str, Any]
    known: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def cells(self) -> dict[str, str]:
        """Of every table in it a digest over all its cells."""
        frames = {name: frame for name, frame in frames_of(self.tables).items() if len(frame.columns)}
        return {name: self.known.get(name) or frame_digest(frame) for name, frame in frames.items()}

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the keys, and every cell of the tables."""
        return json_digest([dict(self.told), self.cells])


def frames_of(tables: Tables) -> dict[str, pd.DataFrame]:
    """The tables by name."""
    return {name: frame for name, frame in vars(tables).items() if isinstance(frame, pd.DataFrame)}


def to_learn(campaign: Campaign, tables: Tables) -> Handed:
    """What `train` reads."""
    frames = {
        "customers": _without(people(tables.customers), CUSTOMER_PLAIN - {"customer_id"}),
        "products": _without(tables.products, PRODUCT_PLAIN - {"product_id"}),
        **{name: _only(getattr(tables, name), columns) for name, columns in TAUGHT_BY.items()},
    }
    return Handed(*_keys_to_learn(campaign, LEARNS, _tables(frames)))


def to_judge(campaign: Campaign, learning: Handed) -> Handed:
    """What `evaluate` reads: the tables that teach, and a key of its own."""
    return Handed(*_keys_to_learn(campaign, JUDGES, learning.tables), known=learning.cells)


def _keys_to_learn(campaign: Campaign, keys: Sequence[str], tables: Tables) -> tuple[Campaign, Tables, dict[str, Any]]:
    forbidding = {(rule.product, rule.customer): rule for rule in campaign.eligibility if rule.sense == "exclude"}
    rules, told = _matches(forbidding[columns] for columns in sorted(forbidding))
    return some(campaign, keys, eligibility=rules), tables, {**_told(campaign, keys), "eligibility": told}


def _matches(rules: Iterable[Eligibility]) -> tuple[tuple[Eligibility, ...], list[dict[str, Any]]]:
    """What stands in MATCHES of these rules, as parts of rules and as JSON."""
    parts = tuple(some(rule, MATCHES) for rule in rules)
    return parts, [{name: getattr(rule, name) for name in MATCHES} for rule in parts]


def to_score(campaign: Campaign, customer_ids: pd.Series, product_ids: pd.Series) -> Handed:
    """What scoring reads beside the recommender: whom and what to score stands in the tables' first column."""
    frames = {"customers": customer_ids.to_frame(), "products": product_ids.to_frame()}
    return Handed(some(campaign, SCORES), _tables(frames), _told(campaign, SCORES))


def to_pack(campaign: Campaign, tables: Tables) -> Handed:
    """What packing reads beside scores and prices; rows of edits are named in refusals, which are not kept."""
    names = ("customers", "products", "inventory", "shipments", "edits")
    frames = {name: getattr(tables, name) for name in names}
    handed = _tables(frames, tables.edit_places)
    return Handed(some(campaign, PACKS), handed, _told(campaign, PACKS))


def to_list(campaign: Campaign, tables: Tables, learning: Handed) -> Handed:
    """What the website's lists read beside the recommender; the events are those that it learned from."""
    rules, told = _matches(campaign.eligibility)
    frames = {name: getattr(tables, name) for name in ("customers", "products", "inventory", "events")}
    handed = some(campaign, LISTS, eligibility=rules)
    known = {"events": learning.cells["events"]}
    return Handed(handed, _tables(frames), {**_told(campaign, LISTS), "eligibility": told}, known)


def some(model: Any, keys: Iterable[str], **instead: Any) -> Any:
    """A part of the configuration that has these keys alone: to ask for another raises AttributeError.

    keys     "limits.text" is one key of a part
    instead  values of its own
    """
    inner: dict[str, list[str]] = {}
    for key in keys:
        name, _, rest = key.partition(".")
        inner.setdefault(name, []).append(rest)
    values = {name: _one(getattr(model, name), rest) for name, rest in inner.items()} | instead
    made = type(model).model_construct(**values)
    for name in set(vars(made)) - set(values):
        del vars(made)[name]  # a default is no answer
    return made


def _one(value: Any, rest: list[str]) -> Any:
    return value if "" in rest else some(value, rest)


def _told(campaign: Campaign, keys: Iterable[str]) -> dict[str, Any]:
    """The values of these keys as JSON."""
    told = {}
    for key in keys:
        value: Any = campaign
        for name in key.split("."):
            value = getattr(value, name)
        told[key] = to_jsonable_python(value)
    return told


def _tables(frames: Mapping[str, pd.DataFrame], edit_places: tuple[tuple[str, int], ...] = ()) -> Tables:
    """Tables of which these alone are there: the others have no column."""
    absent = pd.DataFrame()
    return Tables(
        customers=frames.get("customers", absent),
        products=frames.get("products", absent),
        inventory=frames.get("inventory", absent),
        events=frames.get("events", absent),
        shipments=frames.get("shipments", absent),
        edits=frames.get("edits", absent),
        sources={},
        notes=(),
        edit_places=edit_places,
    )


def _without(frame: pd.DataFrame, columns: Iterable[str]) -> pd.DataFrame:
    return frame.drop(columns=[name for name in columns if name in frame])


def _only(frame: pd.DataFrame, columns: Sequence[str] | None) -> pd.DataFrame:
    return frame if columns is None else frame[list(columns)]
