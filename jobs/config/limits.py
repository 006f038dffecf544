"""[limits] of campaign.toml: the one place for every threshold by which inputs are bounded, refused or told.

What each key means to a table stands in docs/campaign.md; a table of its own ([limits.joins]) for each kind of limit.
"""

from __future__ import annotations

from pydantic import Field

from jobs.config.base import Part, Share
from jobs.config.guard import (
    ColumnsLimit,
    CustomersLimit,
    Edits,
    EditsLimit,
    Events,
    EventsLimit,
    ScoresLimit,
    ShipDate,
    Shipments,
)
from jobs.config.guard import ShipmentsLimit as ShipmentsRows
from jobs.config.guard import StockLimit as InventoryLimit


class JoinLimit(Part):
    """When one column that names rows of another table is refused or told; shares of its rows, 0 to 1.

    least      fewer that find what they name are refused
    tell       fewer are told in exceptions.csv
    respelled  more that would find it under another spelling are refused
    fallen     the share of the last night may fall by this share of itself
    """

    least: Share = 0.0
    tell: Share = 0.1
    respelled: Share = 0.5
    fallen: Share = 0.5


class ShipmentsLimit(JoinLimit):
    """What was sent before must be known: a shipment that is not understood is sent again."""

    least: Share = 0.0001
    respelled: Share = 0.001


class StockLimit(JoinLimit):
    """Products without stock are usual; an inventory that names unknown products is refused anyway."""

    tell: Share = 0.5
    respelled: Share = 1.0
    fallen: Share = 1.0


class EventsJoins(Part):
    """[limits.joins] events: customers and products of another campaign are welcome, for they teach the model."""

    customer_id: JoinLimit = JoinLimit()
    product_id: JoinLimit = JoinLimit()


class ShipmentsJoins(Part):
    """[limits.joins] shipments."""

    customer_id: ShipmentsLimit = ShipmentsLimit()
    product_id: ShipmentsLimit = ShipmentsLimit()


class ProductsJoins(Part):
    """[limits.joins] products: the boxable ones that the inventory has."""

    product_id: StockLimit = StockLimit()


class Joins(Part):
    """[limits.joins]: a table, then its column, then the limits. Edits and inventory must name what there is.

    fewest_rows  with fewer rows, tonight or last night, a share that falls says nothing
    """

    events: EventsJoins = EventsJoins()
    shipments: ShipmentsJoins = ShipmentsJoins()
    products: ProductsJoins = ProductsJoins()
    fewest_rows: int = Field(default=20, ge=1, le=1_000_000_000)

    def of(self, table: str, column: str) -> JoinLimit | None:
        """The limits of one column; None = it has none, for every unknown id in it is refused."""
        limit = getattr(getattr(self, table, None), column, None)
        return limit if isinstance(limit, JoinLimit) else None


class Limits(Part):
    """[limits]: how much one customer can add, how many are evaluated, and which tables must join.

    per_product   events of one customer with one product that count, at most: the weightiest, of equal ones the newest
    per_customer  events of one customer that count, at most: the newest
    text          characters of a free text that the recommender reads, at most: its beginning
    evaluated     customers that the evaluation looks at; more, where these have too few events (evaluating/drawn.py)
    fewest_rows   with fewer rows, tonight or last night, a share says nothing; that all are gone always does

    What stands under the names of the tables, ship_date and scores is held against the last published night.
    """

    per_product: int = Field(default=5, ge=1, le=1_000_000)
    per_customer: int = Field(default=2_000, ge=1, le=100_000_000)
    text: int = Field(default=10_000, ge=1, le=1_000_000_000)
    fewest_rows: int = Field(default=20, ge=1, le=1_000_000_000)
    evaluated: int = Field(default=100_000, ge=1, le=1_000_000_000)
    joins: Joins = Joins()
    customers: CustomersLimit = CustomersLimit()
    products: ColumnsLimit = ColumnsLimit()
    inventory: InventoryLimit = InventoryLimit()
    events: Events = EventsLimit()
    shipments: Shipments = ShipmentsRows()
    edits: Edits = EditsLimit()
    ship_date: ShipDate = ShipDate()
    scores: ScoresLimit = ScoresLimit()
