"""Reading the tables: what is legal though odd, what an absent cell stands for, what is left out and said so."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

from jobs.config.load import load
from jobs.faults import InputRefused
from jobs.inputs.tables import Tables, check, read
from jobs.reading.schemas import TABLES
from tests.jobs.small_campaign import CUSTOMERS, EVENTS, FILES, PRODUCTS, write_small_campaign

PRIVATE = [
    f"{file}: 1 column learned from, never named to a shopper: private ({column}); [reasons] say asks for them"
    for file, column in (("customers.csv", "allergies"), ("products.csv", "contains"))
]
"""What is always said of the small campaign."""


def tables(folder: Path, **changes: Any) -> Tables:
    return read(load(write_small_campaign(folder, **changes)))


def test_the_small_campaign_reads(tmp_path: Path) -> None:
    got = tables(tmp_path)

    assert got.customers["customer_id"].tolist() == [
        "007",
        "7",
        *(f"C{n:02d}" for n in (1, 2, 3, 4, 5, 6, 9, 10, 11, 12)),
    ]
    assert got.customers["slots"].tolist() == [3, 3, 3, 3, 3, 4, 3, 3, 3, 2, 3, 3]
    assert got.products["family"].tolist()[:4] == ["P01", "cream", "cream", "P04"]
    assert got.products.set_index("product_id")["boxable"].drop(["P14", "P15"]).all()
    assert got.products.set_index("product_id")["name"]["P11"] == 'Lip balm "mint" 5 g'
    assert got.events["occurred_at"].dtype == "datetime64[us]"
    assert len(got.shipments) == 4
    assert got.edits["customer_id"].tolist() == ["C06", "C10", "", "C12"]
    assert [str(note) for note in got.notes] == PRIVATE


def test_every_listed_column_is_there_with_its_type(tmp_path: Path) -> None:
    small = tables(
        tmp_path,
        files={
            "campaign.toml": '[campaign]\nname = "x"\nship_date = 2026-12-05\n',
            "customers.csv": "customer_id\nC1\n",
            "products.csv": "product_id,name,category\nP1,a,b\n",
            "inventory.csv": "product_id,on_hand\nP1,3\n",
            "events.csv": "customer_id,product_id,kind,occurred_at\n",
            "shipments.csv": None,
            "edits.csv": None,
        },
    )

    kinds = {
        "id": "str",
        "text": "str",
        "number": "float64",
        "whole": "int64",
        "flag": "bool",
        "moment": "datetime64[us]",
    }
    for name, schema in TABLES.items():
        frame = getattr(small, name)
        assert {column.name: kinds[column.kind] for column in schema.columns} == frame.dtypes.astype(str).to_dict()
        assert isinstance(frame.index, pd.RangeIndex)
    assert small.products[["family", "brand", "boxable", "on_site"]].iloc[0].tolist() == ["P1", "", True, True]
    assert small.customers.iloc[0].tolist() == ["C1", "", "", 5, ""]
    assert small.inventory.iloc[0].tolist() == ["P1", "", 3, 0, 0, 0]


def test_csv_and_parquet_give_the_same_tables(tmp_path: Path) -> None:
    written = {f"{name}.csv": None for name in TABLES}
    folder = write_small_campaign(tmp_path / "parquet", files=written)
    for name in TABLES:
        pq.write_table(
            pacsv.read_csv(pa.BufferReader(FILES[f"{name}.csv"].encode()), convert_options=_as_text(name)),
            folder / f"{name}.parquet",
        )

    ours, theirs = tables(tmp_path / "csv"), read(load(folder))

    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(ours, name), getattr(theirs, name))


def _as_text(name: str) -> pacsv.ConvertOptions:
    """Ids as text, everything else as pyarrow guesses: numbers, dates, booleans, nulls."""
    ids = [column.name for column in TABLES[name].columns if column.kind == "id"]
    return pacsv.ConvertOptions(column_types=dict.fromkeys(ids, pa.string()), strings_can_be_null=True)


@pytest.mark.parametrize(
    "name",
    ["=1+1", "@home", "-5 degrees", "+plus", "O'Hara", "'quoted'", "a\nb", "Crème brûlée", "日本", 'say "hi"', "'=1+1"],
)
def test_names_come_back_as_our_own_csv_writes_them(name: str, tmp_path: Path) -> None:
    guarded = "'" + name if name.lstrip("'")[:1] in tuple("=+-@") else name
    cell = '"' + guarded.replace('"', '""') + '"'

    got = tables(tmp_path, replace={"products.csv": ("Clay mask", cell)})

    assert got.products.set_index("product_id")["name"]["P04"] == name


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "\ufeff" + text,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.rstrip("\n"),
        lambda text: text + "\n\n",
        lambda text: text.replace("\n", "\n\n", 3),
        lambda text: "\n".join(f'"{line}"'.replace(",", '","') for line in text.splitlines()),
    ],
    ids=["byte-order mark", "CRLF", "no last line break", "blank lines behind", "blank lines between", "all quoted"],
)
def test_csv_as_spreadsheets_write_it(change: Any, tmp_path: Path) -> None:
    plain = tables(tmp_path / "plain")

    got = tables(tmp_path / "changed", files={"customers.csv": change(CUSTOMERS)})

    pd.testing.assert_frame_equal(got.customers, plain.customers)


def test_rows_are_counted_as_a_person_counts_them(tmp_path: Path) -> None:
    customers = 'customer_id,note\n"C1","two\nlines"\n\nC2,plain\nC2,again\n'
    small = {
        "customers.csv": customers,
        "inventory.csv": "product_id,on_hand\nP01,1\n",
        "edits.csv": None,
        "events.csv": None,
        "shipments.csv": None,
    }
    toml = '[campaign]\nname = "x"\nship_date = 2026-12-05\n[inputs.events]\npath = "none.csv"\n'

    faults, _, _ = check(write_small_campaign(tmp_path, files={**small, "campaign.toml": toml}))

    assert (
        str(faults[-1])
        == 'customers.csv, row 5, column customer_id: found "C2" again (first in row 4), expected each customer_id once'
        "; where a customer has several boxes, a column box_id tells them apart"
    )


def test_whole_numbers_are_ids_in_parquet_and_stay_as_written(tmp_path: Path) -> None:
    folder = write_small_campaign(tmp_path, files={"events.csv": None})
    events = pa.table(
        {
            "customer_id": pa.array([7, 12]),
            "product_id": pa.array(["P01", "P02"]).dictionary_encode(),
            "kind": ["view", "view"],
            "occurred_at": pa.array([date(2026, 1, 2), date(2026, 1, 3)]),
        }
    )
    pq.write_table(events, folder / "events.parquet")

    got = read(load(folder)).events

    assert got["customer_id"].tolist() == ["7", "12"]
    assert got["product_id"].tolist() == ["P01", "P02"]
    assert got["value"].isna().all()


def test_moments_that_name_their_zone_become_utc(tmp_path: Path) -> None:
    rows = "C01,P01,view,2026-01-01T00:30:00+01:00,\nC01,P01,view,2026-01-01 00:30:00Z,\nC01,P01,view,2026-01-01,\n"
    got = tables(tmp_path, files={"events.csv": EVENTS.splitlines()[0] + "\n" + rows}).events
    zoned = pa.table(
        {
            "customer_id": ["C01"],
            "product_id": ["P01"],
            "kind": ["view"],
            "occurred_at": pa.array([pd.Timestamp("2026-01-01 00:30", tz="Europe/Paris")]),
        }
    )
    folder = write_small_campaign(tmp_path / "zoned", files={"events.csv": None})
    pq.write_table(zoned, folder / "events.parquet")

    assert got["occurred_at"].astype(str).tolist() == [
        "2025-12-31 23:30:00",
        "2026-01-01 00:30:00",
        "2026-01-01 00:00:00",
    ]
    assert read(load(folder)).events["occurred_at"].astype(str).tolist() == ["2025-12-31 23:30:00"]


def test_what_is_later_than_the_ship_date_is_left_out_and_said(tmp_path: Path) -> None:
    got = tables(
        tmp_path,
        append={
            "events.csv": "C01,P01,view,2026-12-05 23:59:59,\nC01,P01,view,2026-12-06,\nC01,P01,view,2027-01-01,\n",
            "shipments.csv": "C01,P05,2026-12-06\n",
        },
    )

    assert len(got.events) == 41
    assert len(got.shipments) == 4
    assert got.sources["events"].n_rows == 43
    assert [str(note) for note in got.notes if str(note) not in PRIVATE] == [
        "events.csv: 2 rows dated after the ship date 2026-12-05 left out (first: row 43)",
        "shipments.csv: 1 row dated after the ship date 2026-12-05 left out (first: row 6)",
    ]


def test_notes_on_stock_and_on_names_that_look_like_ours(tmp_path: Path) -> None:
    inventory = "product_id,on_hand,resreved,reserved\n" + "".join(f"P{n:02d},{n - 3},0,1\n" for n in range(3, 14))
    inventory = inventory.replace("resreved,", "saftey_stock,")
    got = tables(
        tmp_path, files={"inventory.csv": inventory}, replace={"campaign.toml": ('plan = "deluxe"', 'plan = "gold"')}
    )

    assert [str(note) for note in got.notes if str(note) not in PRIVATE] == [
        'inventory.csv: 1 column "saftey_stock" is taken for a column of your own; did you mean safety_stock?',
        "inventory.csv: 1 row with more reserved and kept safe than there is: 0 available (first: row 2)",
        'inventory.csv: 2 boxable products without a row, so without stock; the first is "P01"',
        'campaign.toml: 1 value of quota[1].customers.plan that no row of customers.csv has: "gold" (first: row 57)',
    ]


def test_a_rule_may_add_up_a_column_of_your_own(tmp_path: Path) -> None:
    products = "\n".join(line + (",height_mm" if n == 0 else f",{n}") for n, line in enumerate(PRODUCTS.splitlines()))
    got = tables(
        tmp_path,
        files={"products.csv": products},
        replace={"campaign.toml": ('column = "weight_g"', 'column = "height_mm"')},
    )

    assert got.products["height_mm"].dtype == np.float64


def test_sources_hash_the_files_as_they_are(tmp_path: Path) -> None:
    got = tables(tmp_path)

    for name in TABLES:
        data = FILES[f"{name}.csv"].encode()
        assert got.sources[name].sha256 == hashlib.sha256(data).hexdigest()
        assert got.sources[name].path == tmp_path / f"{name}.csv"


def test_tables_may_stand_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "people.csv").write_text(CUSTOMERS)
    more = '\n[inputs.customers]\npath = "data/people.csv"\n'

    got = tables(tmp_path, append={"campaign.toml": more}, files={"customers.csv": None})

    assert got.sources["customers"].path == tmp_path / "data" / "people.csv"
    faults, _, _ = check(write_small_campaign(tmp_path / "b", append={"campaign.toml": more}))
    assert [str(fault) for fault in faults] == ["data/people.csv: found no such file, expected the table customers"]


def test_read_refuses_with_every_fault(tmp_path: Path) -> None:
    folder = write_small_campaign(
        tmp_path, replace={"customers.csv": ("C02,north", "C01,nort"), "products.csv": (",8.5,", ",a,")}
    )

    with pytest.raises(InputRefused) as refusal:
        read(load(folder))

    assert [(fault.file, fault.row, fault.column) for fault in refusal.value.faults] == [
        ("products.csv", 2, "retail_value"),
        ("customers.csv", 3, "customer_id"),
        ("customers.csv", 3, "warehouse"),
    ]


def test_check_tells_what_it_read(tmp_path: Path) -> None:
    faults, notes, summary = check(write_small_campaign(tmp_path))

    assert (faults, [str(note) for note in notes]) == ((), PRIVATE)
    assert summary[0] == "customers: 12 rows"
    assert len(summary) == 6


def test_columns_named_for_the_recommender_are_there(tmp_path: Path) -> None:
    sound = 'text = ["contains", "plan"]\nignore = ["weight_g", "hair_type", "brand"]\n'
    faulty = (
        'text = ["contaisn", "unit_cost", "warehouse"]\nignore = ["brnad"]\n',
        'text = ["plan"]\nignore = ["plan"]\n',
    )
    good = write_small_campaign(tmp_path / "good", replace={"campaign.toml": ("[model]\n", f"[model]\n{sound}")})
    assert check(good)[0] == ()
    lines = []
    for number, said in enumerate(faulty):
        folder = write_small_campaign(
            tmp_path / str(number), replace={"campaign.toml": ("[model]\n", f"[model]\n{said}")}
        )
        lines += [str(fault) for fault in check(folder)[0]]
    texts = (
        "a column of products.csv or customers.csv: "
        "name, category, brand, family, for_hair, contains, plan, hair_type or allergies"
    )
    assert lines == [
        f'campaign.toml, row 74, key model.text: found "contaisn", expected {texts} (did you mean "contains"?)',
        f'campaign.toml, row 74, key model.text: found "unit_cost", expected {texts}',
        f'campaign.toml, row 74, key model.text: found "warehouse", expected {texts}',
        'campaign.toml, row 75, key model.ignore: found "brnad", expected a column of products.csv or customers.csv: '
        "product_id, name, category, brand, family, retail_value, unit_cost, weight_g, boxable, on_site, "
        'repurchasable, for_hair, contains, customer_id, warehouse ... (21 in all) (did you mean "brand"?)',
        'campaign.toml, row 75, key model.ignore: found "plan", expected a column that model.text does not name',
    ]
