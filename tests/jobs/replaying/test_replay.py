"""A replay: what each night knows, what a second call does, how refused and stopped nights end, whose folders it minds.

The nights are the dull ones of tests/jobs/small_run.py, except where the real one must agree with tables cut by hand.
"""

from __future__ import annotations

import io
import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from jobs.csv_text import read_csv
from jobs.faults import AnotherNight, CheckFailed, DiskRefused, Exit, NoAcceptablePlan, UsageRefused
from jobs.nightly import nightly
from jobs.progress import Stages
from jobs.publishing.publish import current_run, night_lock, rollback
from jobs.replaying.folder import Past
from jobs.replaying.replay import MEANT, Asked, NightsRefused, replay, summary
from jobs.stopping import Stopped
from tests.jobs.small_campaign import EDITS, EVENTS, SHIPMENTS, write_small_campaign
from tests.jobs.small_run import publish_small

FIRST, SECOND, THIRD = date(2026, 10, 5), date(2026, 11, 5), date(2026, 12, 5)


class Nights:
    """Runs dull nights, and remembers which; those of `refused` end in the refusal of their day."""

    def __init__(self, refused: dict[str, BaseException] | None = None) -> None:
        self.ran: list[str] = []
        self.accepted: Sequence[str] = ()
        self.refused = refused or {}

    def __call__(self, folder: Path, accept: Sequence[str]) -> tuple[str, ...]:
        self.ran.append(folder.name)
        self.accepted = accept
        if folder.name in self.refused:
            raise self.refused[folder.name]
        return (f"Published {publish_small(folder).run_id}",)


@pytest.fixture
def asked(tmp_path: Path) -> Asked:
    return Asked(write_small_campaign(tmp_path / "shop"), FIRST, THIRD)


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> Asked:
    asked = Asked(write_small_campaign(tmp_path_factory.mktemp("replayed") / "shop"), FIRST, THIRD)
    assert go(asked)[0] == ["2026-10-05", "2026-11-05", "2026-12-05"]
    return asked


@pytest.fixture
def made(replayed: Asked, tmp_path: Path) -> Asked:
    """Three nights that were made, to do with as one likes."""
    shutil.copytree(replayed.campaign, tmp_path / "shop", symlinks=True)
    return replace(replayed, campaign=tmp_path / "shop")


def pasts(asked: Asked) -> tuple[Past, ...]:
    """What came of nights that are there."""
    return replay(asked, Nights(), say=lambda _: None)


def go(asked: Asked, nights: Nights | None = None) -> tuple[list[str], list[str]]:
    """Days that were made anew, and what was said."""
    said: list[str] = []
    nights = nights or Nights()
    done = replay(asked, nights, say=said.append)
    assert [str(past.ship_date) for past in done if past.anew] == nights.ran
    return nights.ran, said


def table(asked: Asked, day: date, name: str) -> pd.DataFrame:
    return pd.read_parquet(asked.folder / str(day) / f"{name}.parquet")


def sent_by(asked: Asked, run_id: str | None) -> set[tuple[str, str]]:
    assert run_id is not None
    frame = read_csv(asked.folder / "runs" / run_id / "assignments.csv")
    return set(zip(frame["customer_id"], frame["product_id"], strict=True))


def pairs(frame: pd.DataFrame) -> set[tuple[str, str]]:
    return set(zip(frame["customer_id"], frame["product_id"], strict=True))


def times(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.name not in (".night.lock", ".replay")}


def test_a_second_call_makes_nothing_anew(made: Asked) -> None:
    files = times(made.folder)

    again = pasts(made)

    assert len({past.run_id for past in again}) == 3
    assert not any(past.anew for past in again)
    assert times(made.folder) == files
    head, *lines, _ = summary(again, made.folder)
    assert head == "3 nights from 2026-10-05 to 2026-12-05: nothing was made anew, 0 refused"
    assert lines == [f"  {past.ship_date}  {past.run_id}" for past in again]


def test_a_night_knows_events_up_to_its_day_and_what_the_nights_before_it_sent(made: Asked) -> None:
    done = pasts(made)

    by_hand = [line.split(",") for line in EVENTS.splitlines()[1:]]
    for day in (FIRST, SECOND, THIRD):
        known = sorted((row[0], row[1], row[3][:10]) for row in by_hand if row[3][:10] <= str(day))
        events = table(made, day, "events")
        assert (
            sorted(zip(events.customer_id, events.product_id, events.occurred_at.astype(str).str[:10], strict=True))
            == known
        )
    assert 0 < len(table(made, FIRST, "events")) < len(by_hand)
    assert not (
        made.folder / str(FIRST) / "shipments.parquet"
    ).exists()  # what was really sent in November is not known
    before = sent_by(made, done[0].run_id)
    assert pairs(table(made, SECOND, "shipments")) == before
    assert pairs(table(made, THIRD, "shipments")) == before | sent_by(made, done[1].run_id)
    assert before.isdisjoint(sent_by(made, done[1].run_id))


def test_with_real_shipments_a_night_knows_what_was_really_sent_before_its_day(asked: Asked) -> None:
    replay(replace(asked, real_shipments=True), Nights(), say=lambda _: None)

    assert not (asked.folder / str(SECOND) / "shipments.parquet").exists()  # its own boxes are what the day decides
    assert pairs(table(asked, THIRD, "shipments")) == {("C01", "P02"), ("C02", "P01"), ("7", "P10")}


def test_edits_count_from_the_day_they_were_made_on(tmp_path: Path) -> None:
    header, *rows = EDITS.splitlines()
    edits = "\n".join([f"{header},made_on", f"{rows[1]},2026-11-05 23:00", f"{rows[2]},2026-11-06", rows[3] + ",", ""])
    asked = Asked(write_small_campaign(tmp_path, files={"edits.csv": edits}), FIRST, THIRD)

    _, said = go(asked)

    assert not (asked.folder / str(FIRST) / "edits.parquet").exists()
    assert list(table(asked, SECOND, "edits")["action"]) == ["ban"]
    assert list(table(asked, THIRD, "edits")["action"]) == ["ban", "ban_everywhere", "drop_customer"]
    assert "edits without a day on which they were made (made_on): 1; they are of the night of 2026-12-05 only" in said


def test_a_lock_of_what_the_replay_has_sent_is_left_out(tmp_path: Path) -> None:
    first = Asked(write_small_campaign(tmp_path), SECOND, SECOND)
    (night,) = replay(first, Nights(), say=lambda _: None)
    customer, product = sorted(sent_by(first, night.run_id))[0]
    (tmp_path / "edits.csv").write_text(f"customer_id,product_id,action,reason\n{customer},{product},lock,won\n")

    ran, said = go(Asked(tmp_path, SECOND, THIRD))

    assert ran == [str(SECOND), str(THIRD)]
    assert "locks left out, for the replay has sent the product before, or one of its family: 1" in said


def test_more_nights_are_added_to_those_that_are_there(made: Asked) -> None:
    later = replace(made, last=date(2027, 1, 5))

    assert go(replace(made, last=SECOND))[0] == []
    assert go(later)[0] == ["2027-01-05"]
    assert go(made)[0] == []
    assert go(later)[0] == []


@pytest.mark.parametrize(
    "change",
    [{"every": "61d", "accept": ("scores",)}, {"real_shipments": True, "first": SECOND}],
    ids=["every", "first"],
)
def test_another_question_makes_the_nights_anew_and_leaves_none_of_the_old_ones(made: Asked, change) -> None:
    before = {past.run_id for past in pasts(made)}
    other = replace(made, **change)

    ran, _ = go(other)

    assert len(ran) == 2
    assert ran == sorted(path.name for path in made.folder.iterdir() if path.name.startswith("20"))
    runs = {path.name for path in (made.folder / "runs").iterdir() if path.is_dir() and not path.is_symlink()}
    assert runs == {past.run_id for past in pasts(other)}
    assert len(before - runs) >= 2  # the night of 2026-10-05 may be the same


@pytest.mark.parametrize("change", [{"accept": ("scores",)}, {"real_shipments": True}], ids=["accept", "real"])
def test_what_a_night_is_told_by_holds_every_answer(made: Asked, change) -> None:
    refusing = Nights({"2026-10-05": NoAcceptablePlan("no")})

    replay(replace(made, stop=True, **change), refusing, say=lambda _: None)

    assert refusing.ran == ["2026-10-05"]


def test_changed_tables_make_every_night_anew(made: Asked) -> None:
    with (made.campaign / "customers.csv").open("a") as file:
        file.write("C13,south,2,,basic,dry,\n")

    refusing = Nights({"2026-10-05": NoAcceptablePlan("no")})
    said: list[str] = []
    replay(replace(made, stop=True), refusing, say=said.append)

    assert refusing.ran == ["2026-10-05"]
    assert "nights of before that would not be the same any more: 3 runs removed" in said


def test_refused_nights_send_nothing_are_told_and_end_no_replay(asked: Asked) -> None:
    nights = Nights({"2026-11-05": NoAcceptablePlan(["174 of 299 boxes are short", "more words"])})
    done = replay(asked, nights, say=lambda _: None)

    assert nights.ran == ["2026-10-05", "2026-11-05", "2026-12-05"]
    assert [past.exit for past in done] == [Exit.PUBLISHED, Exit.NO_ACCEPTABLE_PLAN, Exit.PUBLISHED]
    assert pairs(table(asked, THIRD, "shipments")) == sent_by(asked, done[0].run_id)
    assert (
        "  2026-11-05  refused, exit 4: 174 of 299 boxes are short (2 lines in all: 2026-11-05/night.json)"
        in summary(done, asked.folder)
    )
    assert NightsRefused(done[1:2]).exit == Exit.NO_ACCEPTABLE_PLAN
    assert NightsRefused(done[1:2]).lines == ("1 night was refused: 2026-11-05",)
    assert go(asked)[0] == []  # it would be refused again


def test_a_replay_stops_at_a_refused_night_where_that_is_asked(asked: Asked) -> None:
    asked = replace(asked, last=SECOND)
    nights = Nights({"2026-10-05": NoAcceptablePlan("no")})
    replay(replace(asked, stop=True), nights, say=lambda _: None)
    assert nights.ran == ["2026-10-05"]

    assert go(asked)[0] == ["2026-11-05"]


def test_a_night_that_failed_by_the_machine_is_tried_again(asked: Asked) -> None:
    asked = replace(asked, last=SECOND)
    go(asked, Nights({"2026-10-05": CheckFailed("a plan up to 0.2% better may exist")}))

    assert go(asked)[0] == ["2026-10-05", "2026-11-05"]


@pytest.mark.parametrize("end", [Stopped("SIGTERM"), DiskRefused("the disk is full")])
def test_after_a_stop_from_outside_the_next_call_goes_on(asked: Asked, end: BaseException) -> None:
    asked = replace(asked, last=SECOND)
    with pytest.raises(type(end)):
        replay(asked, Nights({"2026-10-05": end}), say=lambda _: None)

    assert go(asked)[0] == ["2026-10-05", "2026-11-05"]


def test_killed_after_a_night_was_published_and_before_it_was_noted(made: Asked) -> None:
    done = pasts(made)
    (made.folder / "2026-12-05" / "night.json").unlink()

    again = replay(made, Nights(), say=lambda _: None)

    assert [past.run_id for past in again] == [past.run_id for past in done]
    assert current_run(made.folder / "runs") == done[-1].run_id


def test_nights_that_were_taken_back_are_made_again(made: Asked) -> None:
    rollback(made.folder / "runs")

    assert go(made)[0] == ["2026-12-05"]


def test_a_run_that_is_gone_is_made_again_with_those_after_it(made: Asked) -> None:
    done = pasts(made)
    shutil.rmtree(made.folder / "runs" / str(done[1].run_id))

    assert go(made)[0] == ["2026-11-05", "2026-12-05"]


def test_the_campaign_is_left_as_it_is(made: Asked) -> None:
    real = publish_small(made.campaign)
    before = times(made.campaign)
    last = replace(made, last=date(2027, 1, 5))

    assert go(last)[0] == ["2027-01-05"]

    ours = {path for path in before if made.folder in (path, *path.parents)}
    after = times(made.campaign)
    assert {path: after[path] for path in before.keys() - ours} == {path: before[path] for path in before.keys() - ours}
    assert current_run(made.campaign / "runs") == real.run_id


def test_somebody_elses_folder_is_refused(asked: Asked, tmp_path: Path) -> None:
    (tmp_path / "holiday").mkdir()
    (tmp_path / "holiday" / "2026-08-05").mkdir()
    (tmp_path / "file").touch()

    for into in ("holiday", "file"):
        with pytest.raises(UsageRefused, match=f"--into: found .*{into}"):
            go(replace(asked, into=tmp_path / into))

    assert (tmp_path / "holiday" / "2026-08-05").is_dir()


def test_two_replays_at_once_in_one_folder_are_refused(asked: Asked) -> None:
    asked.folder.mkdir()
    (asked.folder / ".replay").touch()
    with night_lock(asked.folder), pytest.raises(AnotherNight):
        go(asked)


def test_what_the_replay_itself_changes_from_night_to_night_is_accepted(asked: Asked) -> None:
    nights = Nights()
    go(replace(asked, last=FIRST, accept=("scores",)), nights)

    assert nights.accepted == (*MEANT, "scores")


def test_the_real_night_of_a_day_packs_what_it_packs_from_tables_cut_by_hand(tmp_path: Path) -> None:
    day = str(THIRD)
    cut = write_small_campaign(
        tmp_path / "cut",
        files={
            "shipments.csv": "".join(row + "\n" for row in SHIPMENTS.splitlines() if row[-10:] < day or row[0] == "c")
        },
    )
    shop = write_small_campaign(tmp_path / "shop", append={"shipments.csv": f"C03,P01,{day}\n"})
    night = lambda at, ok: nightly(at, stages=Stages(io.StringIO()), accept=ok).lines  # noqa: E731

    (past,) = replay(Asked(shop, THIRD, THIRD, real_shipments=True), night, say=lambda _: None)
    night(cut, ())

    by_hand = cut / "runs" / "current"
    run = shop / "replay" / "runs" / "current"
    assert run.resolve().name == past.run_id
    for name in ("boxes.csv", "products.csv"):
        assert (run / name).read_bytes() == (by_hand / name).read_bytes()
    ours, theirs = (read_csv(at / "assignments.csv").drop(columns="run_id") for at in (run, by_hand))
    pd.testing.assert_frame_equal(ours, theirs)
