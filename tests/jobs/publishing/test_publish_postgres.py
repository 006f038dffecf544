"""Publishing to a real PostgreSQL: what readers find, what is kept, how to go back, what is hidden, who may read."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from itertools import count
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobs.faults import CheckFailed, UsageRefused
from jobs.outputs.website import BESIDE, KEYS
from jobs.publishing.hiding import override, store
from jobs.publishing.postgres.target import hidden, hide, publish, rollback, unhide
from tests.jobs.postgres_server import Server, left_over, read_all, seen
from tests.jobs.several_boxes import write_several
from tests.jobs.small_campaign import write_small_campaign
from tests.jobs.small_run import publish_small
from tests.jobs.website_runs import write_manifest, write_run

NAMES = count()
OPERATING = Path(__file__).parents[3] / "docs" / "operating.md"
ROLES = ("boxwise", "website", "merchandising")


def assert_equal_cells(base: Server, run: Path) -> None:
    with closing(sqlite3.connect(run / "website.sqlite")) as lite:
        tables = [name for (name,) in lite.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        assert {"release", *KEYS} <= set(tables)
        for table in tables:
            cursor = lite.execute(f"SELECT * FROM {table}")
            names = [column[0] for column in cursor.description]
            wanted = ", ".join(f"{name}::text" if name in ("items", *BESIDE["boxes"]) else name for name in names)
            found = base.rows(f"SELECT {wanted} FROM boxwise.{table}")
            assert sorted(map(repr, found)) == sorted(map(repr, cursor.fetchall())), table


def test_readers_find_every_cell_of_a_real_run(base: Server, tmp_path: Path) -> None:
    run = publish_small(write_small_campaign(tmp_path / "campaign")).folder
    lines = publish(run.parent / "current", base.url)
    assert lines[0].startswith(f"{run.name} is published to {base.shown} as release 1: ")
    assert_equal_cells(base, run)


def test_all_boxes_of_a_customer_are_in_the_view_and_an_older_release_has_none(base: Server, tmp_path: Path) -> None:
    several = publish_small(write_several(tmp_path / "campaign")).folder
    older = write_run(tmp_path, "older")
    with closing(sqlite3.connect(older / "website.sqlite")) as lite, lite:
        lite.execute("ALTER TABLE boxes DROP COLUMN boxes")
        lite.execute("ALTER TABLE boxes DROP COLUMN box_ids")
    write_manifest(older, "older")
    query = "SELECT items, boxes, box_ids FROM boxwise.boxes WHERE customer_id = 'C03'"

    publish(older, base.url)
    publish(several, base.url)
    ((items, each, names),) = base.rows(query)
    assert names == ["a", "mini", "zwei"]
    assert [item for box in each for item in box] == items
    assert_equal_cells(base, several)
    rollback(base.url)
    assert base.rows("SELECT DISTINCT boxes::text, box_ids::text FROM boxwise.boxes") == [(None, None)]


@given(
    rows=st.dictionaries(
        st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
        st.tuples(
            st.none() | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
            st.none() | st.integers(-(2**63), 2**63 - 1),
            st.none() | st.floats(allow_nan=False),
        ),
    )
)
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_other_table_comes_along_cell_by_cell(
    rows: dict[str, tuple[str | None, int | None, float | None]], base: Server, tmp_path: Path
) -> None:
    run_id = f"any-{next(NAMES)}"
    run = write_run(tmp_path, run_id, keys=4)
    with closing(sqlite3.connect(run / "website.sqlite")) as lite, lite:
        lite.execute("CREATE TABLE other (id TEXT PRIMARY KEY, a TEXT, b INTEGER, c REAL) WITHOUT ROWID")
        lite.executemany("INSERT INTO other VALUES (?, ?, ?, ?)", [(key, *cells) for key, cells in rows.items()])
    write_manifest(run, run_id)
    publish(run, base.url, keep=1)
    assert_equal_cells(base, run)
    found = [key for (key,) in base.rows("SELECT id FROM boxwise.other ORDER BY id")]
    assert found == sorted(rows)  # by character, as in Python and SQLite


def test_a_table_that_only_some_nights_have_is_empty_and_keeps_its_rights(base: Server, tmp_path: Path) -> None:
    without, beside = write_run(tmp_path, "a"), write_run(tmp_path, "b", flavours=True)
    publish(without, base.url)
    publish(beside, base.url)
    assert base.rows("SELECT name, price, n FROM boxwise.flavours ORDER BY 1") == [("Rosé", 9.5, 3), (None,) * 3]
    hide(base.url, ["P0"], "recalled")
    assert len(base.rows("SELECT FROM boxwise.flavours")) == 2  # hidden from lists, not from the other tables
    rollback(base.url)
    assert base.rows("SELECT * FROM boxwise.flavours") == []
    publish(beside, base.url)
    assert len(base.rows("SELECT FROM boxwise.flavours")) == 2


def test_the_run_that_is_seen_already_is_left_alone(base: Server, tmp_path: Path) -> None:
    run = write_run(tmp_path, "a")
    publish(run, base.url)
    assert publish(run, base.url) == (f"a is what readers of {base.shown} see already: nothing was done.",)
    assert base.rows("SELECT count(*) FROM boxwise.history") == [(1,)]


def test_rollback_goes_back_and_further_back_then_forward_without_loading(base: Server, tmp_path: Path) -> None:
    runs = {name: write_run(tmp_path, name) for name in ("a", "b", "c", "d")}
    with pytest.raises(UsageRefused, match="nothing is published to"):
        rollback(base.url)
    for name in ("a", "b", "c"):
        publish(runs[name], base.url)
    assert rollback(base.url)[0].startswith("b (release 2) is what readers of")
    assert seen(base) == "b"
    rollback(base.url)
    assert seen(base) == "a"
    with pytest.raises(UsageRefused, match="a is the first release"):
        rollback(base.url)
    assert "as release 3: its release was still there" in publish(runs["c"], base.url)[0]
    assert seen(base) == "c"
    rollback(base.url)
    publish(runs["d"], base.url)
    rollback(base.url)
    assert seen(base) == "a"  # d was published on top of a


def test_keep_drops_the_oldest_and_never_the_one_before(base: Server, tmp_path: Path) -> None:
    for name in ("a", "b", "c", "d"):
        lines = publish(write_run(tmp_path, name), base.url, keep=1)
    assert lines[1:] == ("Before it: c (release 3); --rollback goes back there.", "Dropped: b (release 2).")
    assert base.rows("SELECT run_id, state FROM boxwise.releases ORDER BY 1") == [("c", "kept"), ("d", "current")]
    assert not left_over(base)
    rollback(base.url)
    with pytest.raises(UsageRefused, match=r"before c has been dropped \(--keep\)"):
        rollback(base.url)
    assert seen(base) == "c"


def test_keep_runs_of_the_runs_own_campaign_counts(base: Server, tmp_path: Path) -> None:
    for name in ("a", "b", "c", "d", "e"):
        publish(write_run(tmp_path, name), base.url)  # the small campaign keeps three
    assert base.rows("SELECT run_id FROM boxwise.releases ORDER BY 1") == [("c",), ("d",), ("e",)]


def test_a_release_somebody_reads_or_builds_on_is_left_for_the_next_time(base: Server, tmp_path: Path) -> None:
    for name in ("a", "b"):
        publish(write_run(tmp_path, name), base.url, keep=1)
    with base.connect() as reader:
        reader.execute("BEGIN; SELECT FROM boxwise.boxes_1")
        assert "Left for the next time: a (release 1): somebody still reads it." in publish(
            write_run(tmp_path, "c"), base.url, keep=1
        )
    base.do("CREATE VIEW mine AS SELECT * FROM boxwise.boxes_2")
    lines = publish(write_run(tmp_path, "d"), base.url, keep=1)
    assert lines[2:] == (
        "Dropped: a (release 1).",
        "Left for the next time: b (release 2): something that is not ours is built on it.",
    )


@given(product_ids=st.sets(st.sampled_from([f"P{i}" for i in range(7)])))
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_hidden_products_are_in_no_list_but_the_boxes(product_ids: set[str], base: Server, tmp_path: Path) -> None:
    if not (tmp_path / "a").exists():
        publish(write_run(tmp_path, "a"), base.url)
    unhide(base.url, [entry.product_id for entry in hidden(base.url)])
    assert hide(base.url, product_ids, "recalled") == tuple(sorted(product_ids))
    assert [entry.product_id for entry in hidden(base.url)] == sorted(product_ids)
    with closing(sqlite3.connect(tmp_path / "a" / "website.sqlite")) as lite:
        for table in KEYS:
            ((told,),) = lite.execute(f"SELECT DISTINCT items FROM {table}")
            kept = [item for item in json.loads(told) if item["product_id"] not in product_ids or table == "boxes"]
            assert base.rows(f"SELECT DISTINCT items::text FROM boxwise.{table}") == [
                (json.dumps(kept, ensure_ascii=False),)
            ]


def test_hiding_tells_what_is_new_and_outlives_releases(base: Server, tmp_path: Path) -> None:
    with pytest.raises(UsageRefused, match="publish a run first"):
        hide(base.url, ["P1"], "recalled")
    publish(write_run(tmp_path, "a"), base.url)
    assert hide(base.url, ["P2", "P1"], "recalled") == ("P1", "P2")
    since = hidden(base.url)[0].hidden_at
    assert hide(base.url, ["P1", "P3"], "sold out") == ("P3",)
    assert [(entry.product_id, entry.reason) for entry in hidden(base.url)] == [
        ("P1", "sold out"), ("P2", "recalled"), ("P3", "sold out"),
    ]  # fmt: skip
    assert hidden(base.url)[0].hidden_at == since
    publish(write_run(tmp_path, "b"), base.url, keep=1)
    (listed,) = base.rows("SELECT items FROM boxwise.goes_with")[0]
    assert [item["product_id"] for item in listed] == ["P0", "P4"]
    assert unhide(base.url, ["P1", "P9"]) == ("P1",)
    for wrong in ("", " P1", "P\n1"):
        with pytest.raises(UsageRefused, match="expected a product_id"):
            hide(base.url, [wrong], "typo")


def test_a_reader_may_read_the_views_and_nothing_else_and_keeps_that(base: Server, tmp_path: Path) -> None:
    base.do("CREATE ROLE shop LOGIN", "CREATE ROLE publisher LOGIN", "CREATE ROLE merchandising LOGIN")
    try:
        first, second = write_run(tmp_path, "a"), write_run(tmp_path, "b")
        publisher = base.url_of("publisher")
        with pytest.raises(
            CheckFailed,
            match=r"permission denied for database .*says which rights are needed\); publishing was not done",
        ):
            publish(first, publisher)
        base.do("CREATE SCHEMA boxwise AUTHORIZATION publisher")
        publish(first, publisher)
        views = ", ".join(f"boxwise.{view}" for view in ("release", *KEYS))
        base.do("GRANT USAGE ON SCHEMA boxwise TO shop", f"GRANT SELECT ON {views} TO shop")
        base.do(
            "GRANT USAGE ON SCHEMA boxwise TO merchandising",
            "GRANT SELECT, INSERT, UPDATE, DELETE ON boxwise.overrides TO merchandising",
        )
        assert hide(base.url_of("merchandising"), ["P0", "P1"], "recalled") == ("P0", "P1")
        assert unhide(base.url_of("merchandising"), ["P1"]) == ("P1",)
        publish(second, publisher)
        with base.connect("shop") as conn:
            assert read_all(conn) == "b"
            assert '"P0"' not in conn.execute("SELECT items::text FROM boxwise.goes_with").fetchall()[0][0]
            for table in ("boxes_2", "overrides", "releases"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    conn.execute(f"SELECT * FROM boxwise.{table}")
        for do in (lambda: publish(first, base.url_of("shop")), lambda: rollback(base.url_of("shop"))):
            with pytest.raises(CheckFailed, match="what is published there belongs to publisher, expected that role"):
                do()
        with pytest.raises(CheckFailed, match=r"permission denied for table overrides.*hiding products was not done"):
            hide(base.url_of("shop"), ["P4"], "sold out")
    finally:
        base.do("DROP OWNED BY publisher, shop, merchandising CASCADE", "DROP ROLE publisher, shop, merchandising")


def test_the_rights_that_the_docs_grant_are_enough(base: Server, tmp_path: Path) -> None:
    if not OPERATING.is_file():
        pytest.skip("the docs belong to the repository, not to the wheel")
    (told,) = re.findall(r"```sql\n(CREATE ROLE boxwise.*?)```", OPERATING.read_text("utf-8"), re.S)
    before, after = told.split("\n\n", 1)
    try:
        base.do(*filter(str.strip, re.sub("--.*", "", before).split(";")))
        publish(write_run(tmp_path, "a"), base.url_of("boxwise"))
        base.do(*filter(str.strip, re.sub("--.*", "", after).split(";")))
        merchandising = store(base.url_of("merchandising"))
        assert "  P1 (Soap of a), since " in override(merchandising, ["P1"], [], "sold out")[1]
        assert seen(base) == "a"
        with base.connect("website") as conn:
            assert read_all(conn) == "a"
            assert conn.execute("SELECT name FROM boxwise.catalogue WHERE product_id = 'P1'").fetchall() == [
                ("Soap of a",)
            ]
        assert len(override(merchandising, [], ["P1"], "")) == 1
    finally:
        base.do(*(f"DROP OWNED BY {role} CASCADE" for role in ROLES), f"DROP ROLE {', '.join(ROLES)}")


def test_what_an_administrator_sets_for_everyone_does_not_stop_a_load(base: Server, tmp_path: Path) -> None:
    publish(write_run(tmp_path, "a"), base.url)
    for setting, value in (
        ("statement_timeout", "'200ms'"),
        ("transaction_timeout", "'200ms'"),
        ("search_path", "nowhere, public"),
        ("default_transaction_isolation", "serializable"),
        ("client_encoding", "LATIN1"),
        ("DateStyle", "German"),
    ):
        base.do(f"ALTER DATABASE {base.database} SET {setting} = {value}")
    publish(write_run(tmp_path, "b", keys=4000, length=20), base.url)
    assert hide(base.url, ["P1"], "Rosé is 50 % 'off'") == ("P1",)
    assert hidden(base.url)[0].reason == "Rosé is 50 % 'off'"
    base.do(f"ALTER DATABASE {base.database} RESET ALL")
    assert seen(base) == "b"


def test_whoever_publishes_the_views_stay_readable(base: Server, tmp_path: Path) -> None:
    """A view reads with its owner's rights: what an administrator loads as himself, no reader could read."""
    runs = [write_run(tmp_path, name) for name in "abc"]
    base.do('CREATE ROLE "Shop\'s own" LOGIN', "CREATE ROLE reader LOGIN", "CREATE ROLE deputy LOGIN")
    try:
        base.do('CREATE SCHEMA boxwise AUTHORIZATION "Shop\'s own"', 'GRANT "Shop\'s own" TO deputy')
        publish(runs[0], base.url)  # the administrator, before anything is there
        base.do("GRANT USAGE ON SCHEMA boxwise TO reader")
        views = ", ".join(f"boxwise.{view}" for view in ("release", *KEYS))
        base.do(f"GRANT SELECT ON {views} TO reader")
        for run, user in zip(runs[1:], ("postgres", "deputy"), strict=True):
            publish(run, base.url_of(user))
            with base.connect("reader") as conn:
                assert read_all(conn) == run.name
        rollback(base.url_of("Shop%27s%20own"))
        with base.connect("reader") as conn:
            assert read_all(conn) == "b"
        owners = base.rows(
            "SELECT DISTINCT relowner::regrole::text FROM pg_class "
            "WHERE relnamespace = 'boxwise'::regnamespace AND relkind IN ('r', 'v')"
        )
        assert owners == [('"Shop\'s own"',)]
    finally:
        base.do('DROP OWNED BY "Shop\'s own", reader, deputy CASCADE', 'DROP ROLE "Shop\'s own", reader, deputy')


def test_a_run_that_is_not_as_the_night_wrote_it_is_refused(base: Server, tmp_path: Path) -> None:
    run = write_run(tmp_path, "a")
    with closing(sqlite3.connect(run / "website.sqlite")) as lite, lite:
        lite.execute("UPDATE boxes SET release = 'b' WHERE customer_id = 'K0000001'")
    with pytest.raises(CheckFailed, match=r"website\.sqlite: was changed after the night wrote it"):
        publish(run, base.url)
    write_manifest(run, "a")
    with pytest.raises(CheckFailed, match="boxes: found 1 rows of another run, expected all of a"):
        publish(run, base.url)
    (run / "website.sqlite").write_bytes(b"no database, " * 99)
    write_manifest(run, "a")
    with pytest.raises(CheckFailed, match="cannot be read: file is not a database"):
        publish(run, base.url)
    with pytest.raises(UsageRefused, match="is not a run"):
        publish(tmp_path, base.url)
    assert base.rows("SELECT to_regnamespace('boxwise')") == [(None,)]


def test_the_command_hides_products_of_the_release_that_readers_see(base: Server, tmp_path: Path) -> None:
    publish(write_run(tmp_path, "a"), base.url)
    shop = store(base.url)
    with pytest.raises(UsageRefused, match='--hide: found "P9", expected a product_id of the published run'):
        override(shop, ["P9"], [], "")
    lines = override(shop, ["P1"], [], "sold out")
    since = shop.hidden()[0].hidden_at
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", since)
    assert lines[1:] == [f"  P1 (Soap of a), since {since}: sold out"]
    found = base.rows("SELECT items FROM boxwise.recommendations WHERE customer_id = 'K0000000'")[0][0]
    assert "P1" not in {item["product_id"] for item in found}
    assert override(shop, [], ["P1"], "") == [
        "No product is hidden: the website shows the lists as the night made them."
    ]
