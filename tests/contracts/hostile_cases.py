"""Hostile inputs: the small campaign with one thing broken, and the lines that `boxwise check` must answer.

Files here are the changes of `write_small_campaign`; lines are complete and in order, so that no fault goes unsaid and
none is said twice.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.jobs.small_campaign import CUSTOMERS, PRODUCTS


@dataclass(frozen=True)
class Case:
    """One hostile input.

    replace, append, files  what to change (tests.jobs.small_campaign.write_small_campaign)
    lines                   every line of the refusal, in order
    """

    name: str
    replace: dict[str, tuple[str, str]] = field(default_factory=dict)
    append: dict[str, str] = field(default_factory=dict)
    files: dict[str, str | bytes | None] = field(default_factory=dict)
    lines: tuple[str, ...] = ()


def _toml(name: str, old: str, new: str) -> Case:
    return Case(name, replace={"campaign.toml": (old, new)})


CASES = (
    # the TOML
    Case("no valid TOML", append={"campaign.toml": "[oops\n"}),
    Case("TOML in Latin-1", files={"campaign.toml": '[campaign]\nname = "Caf\xe9"\n'.encode("latin-1")}),
    _toml("unknown table of the TOML", "[short]", "[shrot]"),
    _toml("unknown key", "max_share = 1.0", "maxshare = 1.0"),
    _toml("missing ship date", "ship_date = 2026-12-05\n", ""),
    _toml("ship date as text", "ship_date = 2026-12-05", 'ship_date = "05/12/2026"'),
    _toml("box of no slots", "box_size = 3", "box_size = 0"),
    _toml("unknown policy", '"ship_short"', '"ship short"'),
    _toml("weight that is no number", "view = 0.5", "view = nan"),
    _toml("half-life misspelt", "half_life_days", "halflife_days"),
    _toml("at_least above at_most", 'value = "skin"\nat_least = 1', 'value = "skin"\nat_least = 2\nat_most = 1'),
    _toml("band upside down", "low = 12.0", "low = 12.0\nhigh = 10"),
    _toml("pair of one product", '["P01", "P04"]', '["P01", "P01"]'),
    _toml("quota without a limit", "at_most = 400", ""),
    _toml("two quotas of one name", '"cost budget"', '"Acme launch"'),
    # rules against tables
    _toml("column of a rule misspelt", 'product = "for_hair"', 'product = "for_hairs"'),
    _toml("customers column of a rule misspelt", 'customer = "hair_type"', 'customer = "hairtype"'),
    _toml("value of a group that never occurs", 'value = "skin"', 'value = "skim"'),
    _toml("brand of a quota that never occurs", 'brand = "Acme" }', 'brand = "Acne" }'),
    _toml("column of a quota misspelt", "{ plan =", "{ plann ="),
    _toml("unknown product in a pair", '"P01", "P04"', '"P01", "P4"'),
    _toml("band over a text column", 'column = "weight_g"', 'column = "brand"'),
    _toml("segment misspelt", 'segments = ["plan"]', 'segments = ["plans"]'),
    Case("band over a column with gaps", replace={"products.csv": (",8.5,2.1,120,", ",8.5,2.1,,")}),
    # whole files
    Case("missing table", files={"events.csv": None}),
    Case("misnamed table", files={"products.csv": None, "product.csv": PRODUCTS}),
    Case("table there twice", files={"customers.parquet": b"PAR1"}),
    Case("empty file", files={"customers.csv": ""}),
    Case("header only", files={"customers.csv": CUSTOMERS.splitlines()[0] + "\n"}),
    Case("no Parquet inside", files={"events.csv": None, "events.parquet": b"PAR1 not really PAR1"}),
    Case("Excel workbook named .csv", files={"products.csv": b"PK\x03\x04" + bytes(100)}),
    Case("UTF-16", files={"customers.csv": CUSTOMERS.encode("utf-16")}),
    Case("Latin-1 bytes", files={"products.csv": PRODUCTS.replace("Day cream", "Crème de jour").encode("latin-1")}),
    Case("semicolons", files={"customers.csv": CUSTOMERS.replace(",", ";")}),
    Case("quote never closed", replace={"products.csv": ('"Lip balm, rose"', '"Lip balm, rose')}),
    Case(
        "ragged rows",
        replace={"customers.csv": ("C02,north,1,,basic,straight,nuts", "C02,north,1,,basic,straight,nuts,x\nC00")},
    ),
    # columns
    Case("missing column", replace={"customers.csv": ("customer_id", "CustomerID")}),
    Case("duplicate column", replace={"customers.csv": ("wave", "warehouse")}),
    # cells
    Case("empty id", replace={"customers.csv": ("C02,north", ",north")}),
    Case("duplicate id", replace={"customers.csv": ("C02,north", "C01,north")}),
    Case("duplicate product", replace={"products.csv": ("P03,Night", "P02,Night")}),
    Case("stock of a product twice", replace={"inventory.csv": ("P02,north", "P01,north")}),
    Case("id with a space behind", replace={"customers.csv": ("C02,north", "C02 ,north")}),
    Case("NUL in an id", replace={"customers.csv": ("C02,north", "C\x0002,north")}),
    Case("NUL in a text", replace={"products.csv": ("Clay mask", "Clay\x00mask")}),
    Case("cell of 10 MB", replace={"products.csv": ("Clay mask", "x" * 10_000_000)}),
    Case("row of 40 MB", replace={"customers.csv": ("straight,nuts", "straight,nuts" * 3_000_000)}),
    Case("unknown product in stock", append={"inventory.csv": "P1,north,5,0,0,0\n"}),
    Case("negative stock", replace={"inventory.csv": ("P02,north,6,", "P02,north,-6,")}),
    Case("half a unit", replace={"inventory.csv": ("P02,north,6,", "P02,north,6.5,")}),
    Case("stock unknown", replace={"inventory.csv": ("P02,north,6,", "P02,north,,")}),
    Case("NaN as a price", replace={"products.csv": (",12.0,3.0,90", ",NaN,3.0,90")}),
    Case("infinite cost", replace={"products.csv": (",12.0,3.0,90", ",12.0,inf,90")}),
    Case("comma in a number", replace={"products.csv": (",12.0,3.0,90", ',"12,50",3.0,90')}),
    Case("negative price", replace={"products.csv": (",12.0,3.0,90", ",-12.0,3.0,90")}),
    Case("number beyond all bounds", replace={"inventory.csv": ("P02,north,6,", "P02,north,1e30,")}),
    Case("neither true nor false", replace={"products.csv": ("90,true,true,,nuts", "90,maybe,true,,nuts")}),
    Case(
        "nothing boxable",
        files={"products.csv": PRODUCTS.replace("true,true", "false,true").replace("true,false", "no,no")},
    ),
    Case("slots below zero", replace={"customers.csv": ("C04,north,1,4", "C04,north,1,-4")}),
    Case("date that is none", replace={"events.csv": ("2026-02-02", "2026-02-30")}),
    Case("date that can be read two ways", replace={"events.csv": ("2026-02-02 18:30:00", "03/04/2026")}),
    Case("date of the year 1", replace={"events.csv": ("2026-02-02", "0001-01-01")}),
    Case("event without a date", replace={"events.csv": ("2026-02-02 18:30:00", "")}),
    Case("unknown kind of event", replace={"events.csv": (",view,", ",veiw,")}),
    Case(
        "rating without a value",
        replace={"events.csv": (",rating,2026-02-02 18:30:00,2", ",rating,2026-02-02 18:30:00,")},
    ),
    Case("warehouse without stock", replace={"customers.csv": ("C02,north", "C02,nort")}),
    Case("customer without a warehouse", replace={"customers.csv": ("C02,north", "C02,")}),
    Case("unknown action", replace={"edits.csv": ("drop_customer", "drop_custmer")}),
    Case("unknown customer in edits", replace={"edits.csv": ("C06,P12", "C6,P12")}),
    Case("unknown product in edits", replace={"edits.csv": ("C10,P05", "C10,P5")}),
    Case("lock without a product", replace={"edits.csv": ("C06,P12", "C06,")}),
    Case("ban_everywhere with a customer", replace={"edits.csv": (",P13,ban", "C01,P13,ban")}),
    Case("lock and ban of one pair", append={"edits.csv": "C06,P12,ban,\n"}),
    Case("lock of what is banned everywhere", append={"edits.csv": "C06,P13,lock,\n"}),
    Case("lock of a product not boxable", append={"edits.csv": "C06,P14,lock,\n"}),
    Case("a thousand bad cells", append={"events.csv": "C01,P01,view,yesterday,\n" * 1000}),
)
