"""Hostile inputs: the small campaign with one thing broken. What must be answered stands in tests/golden/hostile.txt.

The golden lines are complete and in order, so that no fault goes unsaid and none is said twice. After a change of words
`python -m tests.contracts.hostile_cases` writes them anew; read the difference before you keep it.
"""

from __future__ import annotations

import contextlib
import io
import math
import os
import signal
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from jobs.cli.main import main
from jobs.stopping import SIGNALS
from tests.jobs.logged import HEAD
from tests.jobs.small_campaign import CUSTOMERS, EVENTS, INVENTORY, PRODUCTS, write_small_campaign


@dataclass(frozen=True)
class Case:
    """One hostile input: what to change (tests.jobs.small_campaign.write_small_campaign)."""

    name: str
    replace: dict[str, tuple[str, str]] = field(default_factory=dict)
    append: dict[str, str] = field(default_factory=dict)
    files: dict[str, str | bytes | None] = field(default_factory=dict)


def _toml(name: str, old: str, new: str) -> Case:
    return Case(name, replace={"campaign.toml": (old, new)})


def _parquet(name: str, table: str, text: str, **columns: pa.Array) -> Case:
    """The table as Parquet instead of CSV, some of its columns of another type."""
    given = pacsv.read_csv(
        io.BytesIO(text.encode()),
        convert_options=pacsv.ConvertOptions(
            column_types=dict.fromkeys(text.splitlines()[0].split(","), pa.string()), strings_can_be_null=False
        ),
    )
    for column, values in columns.items():
        given = given.set_column(given.column_names.index(column), column, values)
    written = io.BytesIO()
    pq.write_table(given, written)
    return Case(name, files={f"{table}.csv": None, f"{table}.parquet": written.getvalue()})


def _ones(kind: pa.DataType, n_rows: int) -> pa.Array:
    return pa.array([1] * n_rows).cast(kind)


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
    _toml("column of mixed lists misspelt", 'segments = ["plan"]', 'segments = ["plan"]\nat_most = { categroy = 2 }'),
    _toml("no product of one brand in a list", 'segments = ["plan"]', "at_most = { brand = 0 }"),
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
    Case("id of 10 MB", replace={"products.csv": ("P04,Clay", "x" * 10_000_000 + ",Clay")}),
    Case("row of 40 MB", replace={"customers.csv": ("straight,nuts", "straight,nuts" * 3_000_000)}),
    Case("unknown product in stock", append={"inventory.csv": "P1,north,5,0,0,0\n"}),
    Case("negative reserve", replace={"inventory.csv": ("P02,north,6,0", "P02,north,6,-1")}),
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
    # Parquet: types instead of texts
    _parquet("ids as numbers with decimals", "products", PRODUCTS, product_id=pa.array([i + 0.5 for i in range(15)])),
    _parquet("ids as bytes", "products", PRODUCTS, product_id=pa.array([b"\xff%02d" % i for i in range(1, 16)])),
    _parquet("true and false as stock", "inventory", INVENTORY, on_hand=pa.array([True] * 26)),
    _parquet("seconds since 1970 as a date", "events", EVENTS, occurred_at=_ones(pa.int64(), 40)),
    _parquet("NaN in a number column", "products", PRODUCTS, unit_cost=pa.array([math.nan] + [1.0] * 14)),
    _parquet("half units", "inventory", INVENTORY, on_hand=pa.array([1.5] + [1.0] * 25)),
    _parquet("no ids", "events", EVENTS, customer_id=pa.nulls(40)),
    _parquet("a profile of structures", "customers", CUSTOMERS, plan=pa.array([{"a": 1}] * 12)),
    # several things at once
    Case(
        "faults of the TOML and of two tables at once",
        replace={
            "campaign.toml": ("box_size = 3", "box_sise = 3"),
            "customers.csv": ("C02,north", "C01 ,north"),
            "edits.csv": ("C06,P12", "C6,P12"),
        },
    ),
    Case(
        "tables are checked under a broken TOML", append={"campaign.toml": "[oops\n", "inventory.csv": "P02,north,x\n"}
    ),
    Case("a thousand bad cells", append={"events.csv": "C01,P01,view,yesterday,\n" * 1000}),
)


def answer(case: Case, folder: Path, command: str = "check") -> list[str]:
    """What a command answers to the case: its exit code, then every line on standard error without the log's head."""
    write_small_campaign(folder, replace=case.replace, append=case.append, files=case.files)
    said, code = io.StringIO(), None
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    with (
        contextlib.redirect_stderr(said),
        contextlib.redirect_stdout(io.StringIO()),
        mock.patch.object(sys, "argv", ["boxwise", command, str(folder)]),
        mock.patch.dict(os.environ),
    ):
        try:
            main()
        except SystemExit as end:
            code = end.code
        finally:
            for number, handler in handlers.items():  # a published night ignores signals to its end
                signal.signal(number, handler)
    return [f"exit {code or 0:d}", *(HEAD.sub("", line, count=1) for line in said.getvalue().splitlines())]


GOLDEN = Path(__file__).parent.parent / "golden" / "hostile.txt"


def golden() -> dict[str, list[str]]:
    """The answer to every case, as kept."""
    answers: dict[str, list[str]] = {}
    for line in GOLDEN.read_text(encoding="utf-8").splitlines():
        if line.startswith("== "):
            answers[line[3:]] = []
        elif line:
            next(reversed(answers.values())).append(line)
    return answers


if __name__ == "__main__":
    with GOLDEN.open("w", encoding="utf-8", newline="\n") as file:
        for case in CASES:
            with tempfile.TemporaryDirectory() as folder:
                print(f"== {case.name}", *answer(case, Path(folder)), "", sep="\n", file=file)
