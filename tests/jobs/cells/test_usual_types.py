"""The types that databases, lakes and data frames give to a shop's columns are read; what is left out is told."""

from __future__ import annotations

import datetime
import uuid
from decimal import Decimal
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from jobs.cells.cell_texts import WrongColumnError
from jobs.cells.typed import Typed, convert
from jobs.checking.audit_raw import audit_raw
from jobs.config.load import load
from jobs.inputs.tables import Tables, check, read
from jobs.outputs.inputs import write_inputs
from jobs.reading.schemas import Column, Kind
from tests.jobs.small_campaign import CUSTOMERS, EDITS, INVENTORY, PRODUCTS, TOML, write_small_campaign

ONE = uuid.UUID("0b5d4c1e-7d2a-4c7e-9a55-0123456789ab")


def typed(values: pa.Array, kind: Kind, **more: object) -> Typed:
    return convert(pa.chunked_array([values]), Column("c", kind, **more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "written",
    [
        "2026-03-01 09:30:00+00",
        "2026-03-01 14:30:00+05",
        "2026-03-01 06:00:00-0330",
        "2026-03-01 09:30:00 UTC",
        "2026-03-01 09:30:00 +0000 UTC",
        "2026-03-01T09:30:00.000000+00:00",
        "2026-03-01t09:30:00z",
        "2026-03-01 09:30:00.000000000000Z",
        "2026-03-01 09:30:00,000",
        "2026/03/01 09:30",
    ],
)
def test_moments_as_databases_and_platforms_write_them(written: str) -> None:
    got = typed(pa.array([written, "2026-03-01 09:30:00", None]), "moment")

    assert got.problems == ()
    assert got.values.to_pylist() == [datetime.datetime(2026, 3, 1, 9, 30)] * 2 + [None]


@pytest.mark.parametrize("fraction", [".5", ",5", ".500000", ".5000000000", ",500000000000000001"])
def test_fractions_of_a_second_of_any_length(fraction: str) -> None:
    got = typed(pa.array([f"2026-03-01 09:30:00{fraction}"]), "moment")

    assert got.values.to_pylist() == [datetime.datetime(2026, 3, 1, 9, 30, 0, 500_000)]


@pytest.mark.parametrize(
    "written",
    ["2026-03-01 09:30:00 EST", "01/03/2026", "2026-03-01 09:30:00+", "2026-03-01 9:30", "2026-3-1", "2026-03-01 UTC"],
)
def test_moments_that_can_mean_two_things_are_refused(written: str) -> None:
    assert [problem.bad.tolist() for problem in typed(pa.array([written]), "moment").problems] == [[True]]


IDS = [
    ("whole numbers", pa.array([7, 12]), ["7", "12"]),
    ("decimals without decimals", pa.array([Decimal(7), Decimal(12)], pa.decimal128(38, 0)), ["7", "12"]),
    ("decimals of zero", pa.array([Decimal("7.00"), Decimal("12.00")], pa.decimal256(50, 2)), ["7", "12"]),
    ("large decimals", pa.array([Decimal(10**30), Decimal(12)], pa.decimal128(38, 0)), ["1" + "0" * 30, "12"]),
    ("floats of a data frame", pa.array([7.0, 12.0]), ["7", "12"]),
    ("uuid", pa.array([ONE.bytes, ONE.bytes], pa.uuid()), [str(ONE)] * 2),
    ("16 bytes", pa.array([ONE.bytes, ONE.bytes], pa.binary(16)), [str(ONE)] * 2),
    ("text kept as bytes", pa.array([b"a7", "é".encode()]), ["a7", "é"]),
    ("views", pa.array(["a", "b"], pa.string_view()), ["a", "b"]),
    ("runs", pc.run_end_encode(pa.array(["a", "a"])), ["a", "a"]),
    ("dictionary of numbers", pa.array([12, 12]).dictionary_encode(), ["12", "12"]),
    (
        "dictionary of runs",
        pa.DictionaryArray.from_arrays(pa.array([0, 0]), pa.array(["a"], pa.large_string())),
        ["a"] * 2,
    ),
]


@pytest.mark.parametrize(("given", "ids"), [one[1:] for one in IDS], ids=[one[0] for one in IDS])
def test_ids_of_every_type_that_lost_nothing(given: pa.Array, ids: list[str]) -> None:
    got = typed(given, "id", filled=True)

    assert got.problems == ()
    assert got.values.to_pylist() == ids


@pytest.mark.parametrize(
    "given",
    [
        pa.array([Decimal("7.50"), Decimal("12.00")]),
        pa.array([7.5, 12.0]),
        pa.array([2.0**53, 12.0]),
        pa.array(np.array([2**24, 12], np.float32)),
        pa.array([np.inf, 12.0]),
    ],
)
def test_a_column_of_ids_that_may_have_lost_something_is_refused(given: pa.Array) -> None:
    with pytest.raises(
        WrongColumnError, match=r"a column of numbers with decimals .* such as (7.5|9007199|16777216|inf)"
    ):
        typed(given, "id")


def test_an_id_made_of_a_decimal_number_or_of_bytes_is_told() -> None:
    said = [typed(pa.array(values), "id").remarks[0].expected for values in ([None, 7.0], [b"a7", None])]

    assert said == ['ids of c read from numbers with decimals: 7.0 is "7"', 'ids of c read from bytes, such as "a7"']


DAY = datetime.datetime(2026, 3, 1, 9, 30)
TEXTS = [
    (pa.array([[], ["a", None, "b"]]), ["", "a|b"]),
    (pa.array([["a", "b"], None], pa.list_(pa.string(), 2)), ["a|b", ""]),
    (pa.array([[1, 2], [3]], pa.large_list(pa.int8())), ["1|2", "3"]),
    (pa.array([["a"], ["b", "c"]], pa.list_view(pa.string())), ["a", "b|c"]),
    (pa.array([["x"], ["y"]], pa.list_(pa.dictionary(pa.int8(), pa.string()))), ["x", "y"]),
    (pa.array([None, []], pa.list_(pa.null())), ["", ""]),
    (pa.array([DAY.date(), None]), ["2026-03-01", ""]),
    (pa.array([DAY.date()], pa.date64()), ["2026-03-01"]),
    (pa.array([DAY, None], pa.timestamp("ns")), ["2026-03-01 09:30:00", ""]),
    (pa.array([DAY, DAY], pa.timestamp("s", "America/New_York")), ["2026-03-01 09:30:00"] * 2),
    (pa.array([datetime.time(9, 30)]), ["09:30:00"]),
    (pa.array([Decimal("1.50"), Decimal(2)]), ["1.5", "2"]),
    (pa.array([1.5, 2.0], pa.float16()), ["1.5", "2"]),
    (pa.nulls(2), ["", ""]),
]


@pytest.mark.parametrize(("given", "texts"), TEXTS, ids=[str(one[0].type) for one in TEXTS])
def test_texts_of_every_type(given: pa.Array, texts: list[str]) -> None:
    assert typed(given, "text").values.to_pylist() == texts


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "Asia/Kolkata"])
def test_moments_of_every_unit_and_zone(unit: str, zone: str | None) -> None:
    assert typed(pa.array([DAY, None], pa.timestamp(unit, zone)), "moment").values.to_pylist() == [DAY, None]


def test_flags_as_databases_write_them() -> None:
    got = typed(pa.array(["t", "F", " TRUE ", "y", "N", "1.0", "0.0"]), "flag")

    assert got.problems == ()
    assert got.values.to_pylist() == [True, False, True, True, False, True, False]


ODD = {
    "size": pa.array([{"w": 1.0}] * 15),
    "photo": pa.array([b"\x89PNG"] * 15),
    "metafields": pa.array([[("a", "b")]] * 15, pa.map_(pa.string(), pa.string())),
    "shelf_life": pa.array([(1, 2, 3)] * 15, pa.month_day_nano_interval()),
    "variants": pa.array([[{"sku": "a"}]] * 15),
    "grid": pa.array([[[1]]] * 15),
}


def with_odd_columns(folder: Path, toml: str = "", only: str | None = None) -> Path:
    write_small_campaign(folder, append={"campaign.toml": toml}, files={"products.csv": None})
    products = pa.Table.from_pandas(_frame(PRODUCTS), preserve_index=False)
    for name, values in ODD.items():
        products = products.append_column(name, values) if only in (None, name) else products
    pq.write_table(
        products.drop_columns(["shelf_life"]) if "shelf_life" in products.column_names else products,
        folder / "products.parquet",
    )
    return folder


def _frame(text: str) -> pd.DataFrame:
    return pd.read_csv(StringIO(text), dtype=str, keep_default_na=False)


def test_columns_that_nobody_reads_are_left_out_and_told(tmp_path: Path) -> None:
    faults, notes, _ = check(with_odd_columns(tmp_path))

    assert faults == ()
    assert [str(note) for note in notes if "left out" in note.words] == [
        "products.parquet: 5 columns left out, for nothing reads them: "
        '"size" (lists or structures), "photo" (bytes), "metafields" (lists or structures), '
        '"variants" (lists or structures), "grid" (lists or structures)'
    ]


@pytest.mark.parametrize(
    "toml",
    [
        '[[group]]\nby = "photo"\nat_most = 1\n',
        '[[eligibility]]\nproduct = "photo"\ncustomer = "plan"\n',
        '[[quota]]\nname = "x"\nwhere = { photo = "a" }\nat_least = 1\n',
    ],
)
def test_such_a_column_is_refused_where_a_rule_names_it(toml: str, tmp_path: Path) -> None:
    faults, _, _ = check(with_odd_columns(tmp_path, toml))

    assert "products.parquet, column photo: found a column of bytes (binary)" in str(faults[0])


@pytest.mark.parametrize("key", ["text", "ignore"])
def test_model_may_ignore_such_a_column_and_not_read_it(key: str, tmp_path: Path) -> None:
    folder = with_odd_columns(tmp_path)
    toml = (folder / "campaign.toml").read_text().replace("[model]\n", f'[model]\n{key} = ["photo"]\n')
    (folder / "campaign.toml").write_text(toml)

    assert len(check(folder)[0]) == (key == "text")


def test_every_type_of_duckdb_is_read_or_left_out(tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    names = list(duckdb.sql("FROM test_all_types()").columns)
    sql = "SELECT p.*, t.* FROM read_csv('goods.csv', all_varchar = true) p, (FROM test_all_types() LIMIT 1) t"
    folder = write_small_campaign(tmp_path, append={"campaign.toml": f'[inputs.products]\nsql = "{sql}"\n'})
    (folder / "products.csv").rename(folder / "goods.csv")

    faults, notes, _ = check(folder)

    assert faults == ()
    left = next(str(note) for note in notes if "left out" in str(note))
    assert all(f'"{name}"' in left or "more" in left for name in ("interval", "struct", "map", "blob"))
    assert {"int", "varchar", "uuid", "int_array"} <= set(read(load(folder)).products.columns) & {*names, "int"}


def test_texts_of_any_length_are_kept_and_their_length_is_told(tmp_path: Path) -> None:
    page = "soft cream, for dry days. " * 6_000
    folder = write_small_campaign(tmp_path, replace={"products.csv": ("Clay mask", f'"{page}"')})

    faults, notes, _ = check(folder)

    assert faults == ()
    assert [str(note) for note in notes if "longer" in note.words] == [
        "products.csv: 1 cell longer than 10,000 characters: "
        "the recommender reads the beginning of a free text (name 1)"
    ]
    assert len(read(load(folder)).products["name"].max()) < len(page) == 156_000
    assert page.strip() in set(read(load(folder)).products["name"])


def test_the_length_that_is_read_is_a_limit_and_told_of_what_is_learned_from_only(tmp_path: Path) -> None:
    """Nobody learns from a merchandiser's reason, however long it is, nor from a column that is to be ignored."""
    page = "soft cream, for dry days. " * 600
    limits = TOML.replace("iterations = 3", 'iterations = 3\nignore = ["name"]') + "\n[limits]\ntext = 40\n"
    folder = write_small_campaign(
        tmp_path,
        replace={"products.csv": ("Clay mask", f'"{page}"'), "edits.csv": ("won the draw", f'"{page}"')},
        files={"campaign.toml": limits},
    )
    assert [note for note in check(folder)[1] if "longer" in note.words] == []

    (folder / "campaign.toml").write_text(limits.replace('\nignore = ["name"]', ""))
    words = (
        "products.csv: 1 cell longer than 40 characters: the recommender reads the beginning of a free text (name 1)"
    )
    assert [str(note) for note in check(folder)[1] if "longer" in note.words] == [words]


def test_of_customers_only_what_model_text_names_is_told_as_long_and_of_products_no_list(tmp_path: Path) -> None:
    """Other answers of customers are values, as are families: of these the recommender reads every letter."""
    folder = write_small_campaign(tmp_path, append={"campaign.toml": "[limits]\ntext = 12\n"})
    customers, products = (pd.read_csv(folder / f"{name}.csv", dtype=str) for name in ("customers", "products"))
    customers["wish"] = [f"soft cream for dry days, number {at}" for at in range(len(customers))]
    customers.to_csv(folder / "customers.csv", index=False)
    products["family"] += " of the dry days"
    products.to_csv(folder / "products.csv", index=False)
    told = "characters: the recommender reads the beginning of a free text"

    (note,) = [str(note) for note in check(folder)[1] if "longer" in note.words]
    assert note.startswith("products.csv: ")
    assert "name " in note
    assert "family" not in note

    (folder / "campaign.toml").write_text(TOML.replace("[model]", '[model]\ntext = ["wish"]') + "[limits]\ntext = 12\n")
    notes = [str(note) for note in check(folder)[1] if "longer" in note.words]
    assert notes[0] == f"customers.csv: {len(customers)} cells longer than 12 {told} (wish {len(customers)})"
    assert notes[1:] == [note]


@pytest.mark.parametrize("cell", ["-3", "-3.0", " -3 "])
def test_oversold_is_nothing_available(cell: str, tmp_path: Path) -> None:
    folder = write_small_campaign(tmp_path, replace={"inventory.csv": ("P02,north,6,0", f"P02,north,{cell},0")})

    got = read(load(folder))

    assert got.inventory["on_hand"].tolist()[1] == 0
    assert "1 row with on_hand below 0 (more was sold than there was)" in str(got.notes[0])


@pytest.mark.parametrize("column", ["on_hand,reserved", "safety_stock,at_least"])
def test_half_a_unit_below_zero_and_other_negative_figures_are_refused(column: str, tmp_path: Path) -> None:
    old, new = ("north,6,0,1,0", "north,-6.5,-1,1,0") if "on_hand" in column else ("north,6,0,1,0", "north,6,0,-1,-2")
    folder = write_small_campaign(tmp_path, replace={"inventory.csv": (old, new)})

    assert {fault.column for fault in check(folder)[0]} == set(column.split(","))


@pytest.mark.parametrize("written", ["LOCK", "Lock", " lock "])
def test_actions_in_any_case(written: str, tmp_path: Path) -> None:
    edits = EDITS.replace(",lock,", f",{written},").replace("ban_everywhere", "Ban everywhere")
    edits = edits.replace("drop_customer", "DROP-CUSTOMER").replace(",ban,", ",BAN,")

    got = read(load(write_small_campaign(tmp_path, files={"edits.csv": edits})))

    assert got.edits["action"].tolist() == ["lock", "ban", "ban_everywhere", "drop_customer"]


def audited(folder: Path, run: Path) -> list[str]:
    """What the other reader says of the night's copy."""
    tables: Tables = read(load(folder))
    run.mkdir()
    write_inputs(run, vars(tables), b"")
    return audit_raw(run, tables.sources, datetime.date(2026, 12, 5))


def test_the_other_reader_reads_every_type_alike(tmp_path: Path) -> None:
    folder = with_odd_columns(tmp_path / "shop")
    products = pq.read_table(folder / "products.parquet")
    for column, values in (
        ("launched", pa.array([DAY] * 15, pa.timestamp("ns", "Europe/Paris"))),
        ("colours", pa.array([["red", "blue"], [], None] * 5)),
        ("rated", pa.array([4.5, 3.0, None] * 5)),
        ("vegan", pa.array([True, None, False] * 5)),
        ("day", pa.array([DAY.date()] * 15)),
        ("brand", products.column("brand").cast(pa.binary())),
    ):
        products = products.drop_columns([column] if column in products.column_names else []).append_column(
            column, values
        )
    pq.write_table(products, folder / "products.parquet")
    edits = EDITS.replace(",lock,", ", LOCK ,").replace("ban_everywhere", "Ban everywhere")
    (folder / "edits.csv").write_text(edits)
    (folder / "inventory.csv").write_text(INVENTORY.replace("P02,north,6,0", "P02,north,-6,0"))
    shipments = "customer_id,product_id,shipped_on\nC01,P02,2026-11-05 10:00:00+05\nC02,P01,2026-11-05t10:00:00.5z\n"
    (folder / "shipments.csv").write_text(shipments + "7,P10,2026/11/05\n7,P11,2026-11-05 01:00:00 -0330 UTC\n")

    assert audited(folder, tmp_path / "run") == []


def test_the_other_reader_reads_ids_of_numbers_and_uuids_alike(tmp_path: Path) -> None:
    customers = _frame(CUSTOMERS)
    strangers = "\n[limits.joins]\nshipments = { customer_id = { least = 0 } }\n"
    changed = {"customers.csv": None, "edits.csv": None, "campaign.toml": TOML + strangers}
    folder = write_small_campaign(tmp_path / "shop", files=changed)
    ids = pa.array([uuid.uuid5(ONE, name).bytes for name in customers["customer_id"]], pa.uuid())
    table = pa.Table.from_pandas(customers, preserve_index=False).set_column(0, "customer_id", ids)
    pq.write_table(table.append_column("points", pa.array([Decimal("1.50")] * 12)), folder / "customers.parquet")
    shipped = {"customer_id": pa.array([1.0, 2.0]), "product_id": ["P01", "P02"], "shipped_on": pa.array([DAY, DAY])}
    (folder / "shipments.csv").unlink()
    pq.write_table(pa.table(shipped), folder / "shipments.parquet")

    assert audited(folder, tmp_path / "run") == []
    assert read(load(folder)).customers["customer_id"].str.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").all()
