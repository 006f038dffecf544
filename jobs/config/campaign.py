"""What a campaign.toml says: one frozen model per table of the file.

The keys, their meaning and their defaults are listed in docs/campaign.md. Turning pydantic's errors into lines that
name file, line and key is the work of jobs/config/load.py and jobs/config/faults.py.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field, PlainValidator, model_validator

from jobs.config.base import MOST_SLOTS, MOST_WEIGHT, Choice, Limit, Name, Names, NotNegative, Part, Share, some_limit
from jobs.config.faults import law
from jobs.config.limits import Limits
from jobs.config.operate import Notify, Operate
from jobs.config.reasons import Reasons
from jobs.config.separators import TABLE_OF, Separator
from jobs.config.website import Website
from jobs.words import shown


class CampaignTable(Part):
    """[campaign]: which box, when, how big."""

    name: Name
    ship_date: date
    box_size: int = Field(default=5, ge=1, le=MOST_SLOTS)
    runs: Name = "runs"
    seed: int = Field(default=0, ge=0, le=2**31 - 1)


class Signal(Part):
    """Weight of one event of a kind: `weight`, or (value - centre) x weight when a centre is given.

    owns  does such an event mean that the customer has it; None = its name tells (jobs/learning/event_kinds.py)
    """

    weight: float = Field(ge=-MOST_WEIGHT, le=MOST_WEIGHT)
    centre: float | None = Field(default=None, ge=-1e12, le=1e12)
    owns: bool | None = None

    @model_validator(mode="before")
    @classmethod
    def _number_is_weight(cls, given: Any) -> Any:
        if isinstance(given, dict):
            return given
        if isinstance(given, (int, float)) and not isinstance(given, bool) and abs(given) <= MOST_WEIGHT:
            return {"weight": given}
        raise law(shown(given), f"a number within +-{MOST_WEIGHT:,}, or {{ weight = ..., centre = ..., owns = ... }}")


class SignalsTable(Part):
    """[signals]: every key but half_life_days is a kind of event."""

    model_config = ConfigDict(frozen=True, extra="allow", strict=True, allow_inf_nan=False)
    __pydantic_extra__: dict[str, Signal]
    FREE: ClassVar[type[Part]] = Signal
    half_life_days: float = Field(default=180.0, gt=0, le=100_000)

    @property
    def kinds(self) -> dict[str, Signal]:
        """The kinds of event, in the order of the file."""
        return dict(self.__pydantic_extra__ or {})


def no_signals() -> SignalsTable:
    """[signals] of a file that has none."""
    return SignalsTable.model_validate({})


def _idle(given: Any) -> Any:
    """true, false, or the values that are meant."""
    values = given if isinstance(given, (list, tuple)) else ()
    if isinstance(given, bool) or (values and all(isinstance(value, str) and value for value in values)):
        return given if isinstance(given, bool) else tuple(given)
    raise law(shown(given), "true, false or a list of values in quotes")


class Eligibility(Part):
    """[[eligibility]]: which customers a product is for. Cells of both columns may hold several values.

    separator    what separates values in the cells of its columns, beside "|"
    may_be_idle  what jobs/inputs/fit_rules.py would refuse is meant: all of it, or what is about these values
    """

    name: str = ""
    product: Name
    customer: Name
    unknown: Literal["deny", "allow"] = "deny"
    sense: Literal["include", "exclude"] = "include"
    separator: Separator = Separator()
    may_be_idle: Annotated[bool | tuple[str, ...], PlainValidator(_idle)] = False

    @model_validator(mode="before")
    @classmethod
    def _named_by_column(cls, given: Any) -> Any:
        if isinstance(given, dict) and "name" not in given and isinstance(given.get("product"), str):
            return {**given, "name": given["product"]}
        return given


class Group(Part):
    """[[group]]: how many items of one value of a products column a box may hold; `value` limits one value only."""

    by: Name
    value: Name | None = None
    at_most: int | None = Field(default=None, ge=1, le=MOST_SLOTS)
    at_least: int | None = Field(default=None, ge=0, le=MOST_SLOTS)

    @model_validator(mode="after")
    def _limits(self) -> Group:
        return some_limit(self, "at_least", "at_most")


class BandLimit(Part):
    """[[band]]: the box's total of a number column of products lies in [low, high]."""

    column: Name
    low: float | None = Field(default=None, ge=0, le=1e12)
    high: float | None = Field(default=None, ge=0, le=1e12)

    @model_validator(mode="after")
    def _limits(self) -> BandLimit:
        return some_limit(self, "low", "high")


class Pair(Part):
    """[[pair]]: products never in one box ("apart"), or all or none ("together")."""

    kind: Literal["apart", "together"]
    products: Names

    @model_validator(mode="after")
    def _different(self) -> Pair:
        if len(self.products) < 2:
            raise law(shown(self.products), "two or more product ids", key="products")
        for position, product in enumerate(self.products):
            if product in self.products[:position]:
                raise law(f"{product} twice", "different product ids", key="products")
        return self


class QuotaRule(Part):
    """[[quota]]: at least / at most so many units, or so much of a column, over the boxes of a segment."""

    name: Name
    where: dict[str, Choice] = Field(default_factory=dict)
    customers: dict[str, Choice] = Field(default_factory=dict)
    amount: Name | None = None
    at_least: Limit | None = None
    at_most: Limit | None = None
    penalty: NotNegative = 1.0

    @model_validator(mode="after")
    def _limits(self) -> QuotaRule:
        for key in ("at_least", "at_most"):
            limit = getattr(self, key)
            if self.amount is None and limit is not None and limit != int(limit):
                raise law(shown(limit), "a whole number of units", key=key)
        return some_limit(self, "at_least", "at_most")


class Short(Part):
    """[short]: what becomes of a box that cannot be filled."""

    policy: Literal["ship_short", "no_box", "stop"] = "ship_short"
    max_share: Share = 0.01
    penalty: NotNegative = 10.0


class Promises(Part):
    """[promises]: what a unit missing from inventory.at_least costs, in points."""

    penalty: NotNegative = 1.0


class Utility(Part):
    """[utility]: how much taste and expected satisfaction count in a box (recsys/satisfaction/utility.py)."""

    affinity: float = Field(default=1.0, ge=0, le=100)
    satisfaction: float = Field(default=1.0, ge=0, le=100)

    @model_validator(mode="after")
    def _something(self) -> Utility:
        if self.affinity + self.satisfaction <= 0:
            raise law("0 for both", "one of affinity and satisfaction above 0", key="satisfaction")
        return self


class Publish(Part):
    """[publish]: how many runs are kept, and stories of refused nights, and how good a plan must be to be published."""

    keep_runs: int = Field(default=14, ge=1, le=100_000)
    keep_refused: int = Field(default=5, ge=0, le=100_000)
    max_gap: Share = 0.001
    deadline_s: float | None = Field(default=None, gt=0, le=1e7)
    model_gate: Literal["refuse", "tell"] = "refuse"


class Model(Part):
    """[model]: how the recommender learns; which columns it reads as free text, which at all, and which not."""

    factors: int = Field(default=64, ge=1, le=4096)
    regularization: float = Field(default=30.0, ge=1e-6, le=1e9)
    alpha: float = Field(default=20.0, gt=0, le=1e9)
    iterations: int = Field(default=15, ge=1, le=1000)
    popularity_days: float = Field(default=180.0, gt=0, le=100_000)
    text: Names = ()
    learn: Names = ()
    ignore: Names = ()


class InputSource(Part):
    """[inputs.<table>]: where a table is, when it is not beside the TOML: a file, or a query by DuckDB."""

    sql: Name | None = Field(default=None, max_length=100_000)
    path: Name | None = Field(default=None, max_length=4096)
    connect: Name | None = Field(default=None, max_length=4096)

    @model_validator(mode="after")
    def _one_source(self) -> InputSource:
        if (self.sql is None) == (self.path is None):
            raise law("neither" if self.sql is None else "both", "either sql or path")
        if self.connect is not None and self.sql is None:
            raise law(shown(self.connect), "no connect without sql", key="connect")
        return self


class Campaign(Part):
    """Everything a campaign.toml says, defaults filled in, and where it stands.

    path      the TOML file, absolute; root is its folder
    runs      folder of the runs, absolute
    ship_date nothing later than this day is used to train or score
    signals   weight of one event of each kind
    """

    path: Path
    name: str
    ship_date: date
    box_size: int
    runs: Path
    seed: int
    signals: dict[str, Signal]
    half_life_days: float
    eligibility: tuple[Eligibility, ...]
    groups: tuple[Group, ...]
    bands: tuple[BandLimit, ...]
    pairs: tuple[Pair, ...]
    quotas: tuple[QuotaRule, ...]
    short: Short
    promises: Promises
    utility: Utility
    publish: Publish
    model: Model
    reasons: Reasons = Reasons()
    limits: Limits = Limits()
    website: Website
    operate: Operate = Operate()
    notify: Notify = Notify()
    inputs: dict[str, InputSource]

    @property
    def root(self) -> Path:
        """Folder of the TOML; relative paths start here."""
        return self.path.parent

    def separators(self, table: str) -> dict[str, str]:
        """Column of "customers" or "products" to what separates its values beside "|", as the eligibility rules say."""
        keys = [key for key, named in TABLE_OF.items() if named == table]
        said = ((getattr(rule, key), getattr(rule.separator, key)) for rule in self.eligibility for key in keys)
        return {column: separator for column, separator in said if separator not in (None, "|")}
