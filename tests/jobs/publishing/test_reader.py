"""Reading as a live shop does: the newest release within the next call, never two mixed, hidden products left out."""

from __future__ import annotations

import json
import multiprocessing as mp
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from jobs.basket_rule import basket_list
from jobs.faults import CheckFailed, UsageRefused
from jobs.outputs.website import KEYS
from jobs.publishing import overrides
from jobs.publishing.hiding import override, store
from jobs.publishing.publish import night_lock, publish, rollback, stage
from jobs.publishing.website_reader import NothingPublished, WebsiteReader
from tests.jobs.releases import RELEASES, read_whole, staged_release


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    return tmp_path / "runs"


def release(runs: Path, number: int) -> str:
    run_id = f"glow-{number}"
    with night_lock(runs), stage(runs, run_id) as folder:
        staged_release(folder, run_id, number)
        publish(runs, folder, run_id, keep_runs=3)
    return run_id


def everything(path: Path, table: str) -> dict[str, list[dict[str, Any]]]:
    with closing(sqlite3.connect(path)) as base:
        return {key: json.loads(items) for key, items in base.execute(f"SELECT {KEYS[table]}, items FROM {table}")}


def test_every_list_is_read_as_it_was_written(runs: Path) -> None:
    run_id = release(runs, 7)
    reader = WebsiteReader(runs)
    for table in KEYS:
        lists = everything(runs / "current" / "website.sqlite", table)
        assert lists
        for key, items in lists.items():
            found = reader.read(table, key)
            assert found is not None
            assert (found.release, found.items) == (run_id, items)
        assert reader.read(table, "nobody at all") is None
    assert reader.segments() == ["", "hair_type=curly"]
    assert reader.customers("C0", 3) == ["C000", "C001", "C002"]
    assert reader.customers("Zo") == ["Zoë"]
    assert reader.customers("x") == []
    assert reader.product("P1") == {"product_id": "P1", "name": "Soap 7", "brand": "Acme", "category": "Body"}
    assert reader.product("P99") is None
    assert list(reader.products(["P2", "P99", "P1"])) == ["P1", "P2"]
    assert reader.state().run_id == run_id


def test_a_new_release_and_a_rollback_are_seen_by_the_next_call(runs: Path) -> None:
    release(runs, 1)
    reader = WebsiteReader(runs)
    stamps = [reader.state().stamp]
    for number in (2, 3):
        run_id = release(runs, number)
        found = reader.read("recommendations", "C000")
        assert found is not None
        assert found.release == run_id
        assert found.items[0]["reason"] == f"of night {number}"
        stamps.append(reader.state().stamp)
    rollback(runs)
    assert reader.state().run_id == "glow-2"
    assert reader.state().stamp == stamps[1]
    assert len(set(stamps)) == 3


def test_hidden_products_are_left_out_of_every_list_but_the_box(runs: Path) -> None:
    release(runs, 1)
    reader = WebsiteReader(runs)
    before = {table: everything(runs / "current" / "website.sqlite", table) for table in KEYS}
    stamp = reader.state().stamp
    overrides.hide(runs, ["P2", "P3"], "sold out")
    assert reader.state().stamp != stamp
    assert reader.state().hidden == 2
    assert reader.is_hidden("P2")
    for table, lists in before.items():
        for key, items in lists.items():
            found = reader.read(table, key)
            assert found is not None
            left = items if table == "boxes" else [item for item in items if item["product_id"] not in {"P2", "P3"}]
            assert found.items == left, (table, key)
    release(runs, 2)  # a new night does not forget
    assert [item["product_id"] for item in reader.read("bestsellers", "").items] == ["P1", "P4"]  # type: ignore[union-attr]
    overrides.show(runs, ["P2", "P3"])
    assert [item["product_id"] for item in reader.read("bestsellers", "").items][1:3] == ["P2", "P3"]  # type: ignore[union-attr]


def test_a_basket_is_completed_by_the_rule_without_what_is_hidden(runs: Path) -> None:
    release(runs, 1)
    reader = WebsiteReader(runs)
    with closing(sqlite3.connect(runs / "current" / "website.sqlite")) as base:
        for basket in (["P1"], ["P1", "P2"], ["P2", "P1", "P4"], []):
            assert reader.basket(basket).items == basket_list(base, basket)
    assert "P3" in {item["product_id"] for item in reader.basket(["P1", "P2"]).items}
    overrides.hide(runs, ["P3"], "sold out")
    assert "P3" not in {item["product_id"] for item in reader.basket(["P1", "P2"]).items}


def test_nothing_published_is_one_line_and_then_it_is(runs: Path) -> None:
    reader = WebsiteReader(runs)
    with pytest.raises(NothingPublished, match="nothing is published in"):
        reader.state()
    runs.mkdir()
    with pytest.raises(NothingPublished, match="nothing is published in"):
        reader.read("boxes", "C000")
    release(runs, 1)
    assert reader.state().run_id == "glow-1"


@pytest.mark.parametrize("name", ["website.sqlite", "overrides.sqlite"])
def test_a_damaged_file_is_one_line_and_the_shop_recovers(runs: Path, name: str) -> None:
    release(runs, 1)
    reader = WebsiteReader(runs)
    path = runs / "current" / name if name == "website.sqlite" else runs / name
    sound = path.read_bytes()
    path.write_bytes(b"no database at all" * 400)
    with pytest.raises(
        NothingPublished, match=rf"nothing is published in .* that can be read: .*{name}: .*file is not a database"
    ):
        reader.read("boxes", "C000")
    path.write_bytes(sound)
    assert reader.read("boxes", "C000") is not None


def test_no_night_is_published_beside_hidden_products_that_nobody_can_read(runs: Path) -> None:
    release(runs, 1)
    (runs / "overrides.sqlite").write_bytes(b"no database at all" * 400)
    told = r"overrides\.sqlite: cannot be read: file is not a database; move it away, then hide again"
    for do in (
        lambda: release(runs, 2),
        lambda: overrides.hidden(runs),
        lambda: overrides.hide(runs, ["P1"], ""),
    ):
        with pytest.raises(CheckFailed, match=told):
            do()
    with pytest.raises(UsageRefused, match=told):
        override(store(str(runs)), ["P1"], [], "")
    (runs / "overrides.sqlite").unlink()
    assert WebsiteReader(runs).state().run_id == "glow-1"
    release(runs, 2)
    assert WebsiteReader(runs).state().run_id == "glow-2"


def test_a_folder_of_copies_is_read_like_a_folder_of_runs(runs: Path, tmp_path: Path) -> None:
    release(runs, 1)
    overrides.hide(runs, ["P1"], "sold out")
    copies = tmp_path / "www"
    copies.mkdir()
    for path in (runs / "current" / "website.sqlite", runs / "overrides.sqlite"):
        shutil.copy(path, copies / path.name)
    reader = WebsiteReader(copies)
    assert reader.state() == WebsiteReader(runs).state()
    assert [item["product_id"] for item in reader.read("bestsellers", "").items] == ["P2", "P3", "P4"]  # type: ignore[union-attr]


def test_hiding_keeps_the_first_hour_and_the_last_reason(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs.mkdir()
    assert overrides.hidden(runs) == []
    first = overrides.hide(runs, ["P2", "P1"], "sold out")
    assert [row.product_id for row in first] == ["P1", "P2"]
    again = overrides.hide(runs, ["P1"], "recalled; '=1+1")
    assert [(row.product_id, row.reason) for row in again] == [("P1", "recalled; '=1+1"), ("P2", "sold out")]
    assert again[0].hidden_at == first[0].hidden_at
    assert overrides.show(runs, ["P1", "never hidden"]) == overrides.hidden(runs) == [first[1]]


def _hide(runs: Path, number: int, ready: Any) -> None:
    ready.wait(60)
    for step in range(10):
        overrides.hide(runs, [f"P{number}{step}"], "sold out")


def test_people_who_hide_at_once_all_hide_while_the_shop_reads(runs: Path) -> None:
    release(runs, 1)
    context = mp.get_context("spawn")
    ready = context.Barrier(4)
    people = [context.Process(target=_hide, args=(runs, number, ready)) for number in range(3)]
    for person in people:
        person.start()
    ready.wait(60)
    reader, seen = WebsiteReader(runs), [0]
    while any(person.is_alive() for person in people):
        seen.append(reader.state().hidden)  # raises where it finds half a file
    assert seen == sorted(seen)
    assert {person.exitcode for person in people} == {0}
    wanted = [f"P{number}{step}" for number in range(3) for step in range(10)]
    assert [row.product_id for row in overrides.hidden(runs)] == wanted
    assert reader.state().hidden == len(wanted)


def _loop(runs: Path, told: Any, stop: Any, ready: Any) -> None:
    """Read until told to stop: what was read, and when it was asked for."""
    reader, reads, faults, seen = WebsiteReader(runs), 0, [], {}
    ready.wait(60)
    while not stop.is_set():
        asked = time.time()
        try:
            run_id = read_whole(reader)
        except Exception as bad:
            faults.append(repr(bad))
            continue
        reads += 1
        seen[run_id] = asked  # the last moment at which this release was still given
    told.put((reads, faults, seen))


def test_twenty_releases_under_two_readers_tear_nothing(runs: Path) -> None:
    release(runs, 0)
    context = mp.get_context("spawn")
    told, stop, ready = context.Queue(), context.Event(), context.Barrier(3)
    readers = [context.Process(target=_loop, args=(runs, told, stop, ready)) for _ in range(2)]
    for one in readers:
        one.start()
    ready.wait(timeout=60)  # a busy machine takes longer to start a reader than to publish twenty nights
    turned = {}
    for number in range(1, RELEASES + 1):
        time.sleep(0.05)
        release(runs, number)
        turned[f"glow-{number - 1}"] = time.time()
    time.sleep(0.1)
    stop.set()
    for reads, faults, seen in (told.get(timeout=60) for _ in readers):
        assert faults == []
        assert reads > 100
        late = {run_id: asked - turned[run_id] for run_id, asked in seen.items() if run_id in turned}
        assert max(late.values(), default=0) < 1, late
    for one in readers:
        one.join()


def test_unknown_tables_are_no_door(runs: Path) -> None:
    release(runs, 1)
    with pytest.raises(KeyError):
        WebsiteReader(runs).read("release; DROP TABLE boxes", "C000")
    assert issubclass(NothingPublished, UsageRefused)


def test_the_command_refuses_every_fault_at_once_and_changes_nothing(runs: Path) -> None:
    release(runs, 1)
    shop = store(str(runs))
    assert override(shop, [], [], "") == ["No product is hidden: the website shows the lists as the night made them."]
    with pytest.raises(UsageRefused) as refused:
        override(shop, ["P01", "P2"], ["P2", "P3"], "")
    assert refused.value.lines == (
        '--hide: found "P01", expected a product_id of the published run (did you mean "P1"?)',
        '--show: found "P2", which is not hidden',
        '--show: found "P3", which is not hidden',
        '"P2" cannot be hidden and shown at once',
        "nothing was changed",
    )
    assert shop.hidden() == []


def test_the_command_wants_a_folder_of_runs_and_never_repeats_an_address(runs: Path) -> None:
    release(runs, 1)
    (runs.parent / "campaign.toml").write_text("")
    for where, words in (
        (runs.parent / "nix", "found no folder .*, expected the runs of a campaign"),
        (runs / "current", "found one run, .*, expected the folder of runs around it"),
        (runs.parent, "found a campaign, .*, expected its folder of runs, e.g. "),
        ("postgresql:/boxwise:s3cret@db.example/shop", "^URL: found no address, expected (?!.*s3cret)"),
    ):
        with pytest.raises(UsageRefused, match=words):
            override(store(str(where)), ["P1"], [], "")


def test_a_reason_that_is_no_text_is_refused(runs: Path) -> None:
    release(runs, 1)
    with pytest.raises(UsageRefused) as refused:
        override(store(str(runs)), ["P1"], [], "\udcff")  # the byte FF, as Python reads it from a command line
    assert refused.value.lines[0] == r'--reason: found "\udcff", expected text in UTF-8'
    assert overrides.hidden(runs) == []


def test_the_command_says_what_is_hidden_then(runs: Path) -> None:
    release(runs, 1)
    shop = store(str(runs))
    one = override(shop, ["P2"], [], "sold out\nsince Monday")
    since = shop.hidden()[0].hidden_at
    assert one == [
        "1 product is hidden from every list of the website (boxes are packed and told as planned):",
        f"  P2 (Soap 1), since {since}: sold out\\nsince Monday",
    ]
    assert override(shop, ["P3"], ["P2"], "")[1:] == [f"  P3 (Soap 1), since {shop.hidden()[0].hidden_at}"]


def test_a_run_from_before_there_could_be_several_boxes_has_one_without_a_name(runs: Path) -> None:
    with night_lock(runs), stage(runs, "glow-1") as folder:
        staged_release(folder, "glow-1", 1)
        with closing(sqlite3.connect(folder / "website.sqlite")) as base, base:
            base.execute("ALTER TABLE boxes DROP COLUMN boxes")
            base.execute("ALTER TABLE boxes DROP COLUMN box_ids")
        publish(runs, folder, "glow-1", keep_runs=3)
    found = WebsiteReader(runs).boxes("C117")
    whole = WebsiteReader(runs).read("boxes", "C117")

    assert found is not None
    assert whole is not None
    assert (found.items, found.boxes, found.box_ids) == (whole.items, [whole.items], [""])
    release(runs, 2)
    assert WebsiteReader(runs).boxes("C117") != found
