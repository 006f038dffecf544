"""The tables of whole nights say what was measured, how stages grow, and which goals are met; from made-up nights."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("benchmarks.night", reason="benchmarks belong to the repository, not to the wheel")
from benchmarks.night.__main__ import main, write
from benchmarks.night.cases import DEMO, SIZES, cases, made_up
from benchmarks.night.goals import judged
from benchmarks.night.report import page
from benchmarks.night.results import Result, comparable, growth
from benchmarks.night.run import AROUND, Night, Stage, read
from benchmarks.night.yardstick import Fit
from benchmarks.tables import text_table

SMALL = {"extract": 1.0, "evaluate": 4.0, "pack": 2.0, "lists": 0.1, "audit": 3.0}


def a_night(customers: int, seconds: dict[str, float], peak: float = 1_024.0) -> Night:
    """A night whose stages take these seconds and as many again of the second core."""
    stages = tuple(Stage(name, took, 2 * took, peak) for name, took in {**seconds, AROUND: 1.0}.items())
    whole = sum(stage.seconds for stage in stages)
    return Night(whole, 2 * whole, peak, stages, customers, 200, customers * 25, 1e-5, 0, "shop-1")


def shop(customers: int, seconds: dict[str, float], fit: float = 1.0, peak: float = 1_024.0) -> Result:
    """A made-up shop's result."""
    fits = [Fit(fit, 2 * fit, customers - 1, 199, 10 * customers)]
    return Result(made_up(customers, 200), [a_night(customers, seconds, peak)], fits)


def both(exponent: float = 1.0) -> list[Result]:
    """Shops of 30,000 and 300,000 customers, stages growing by this exponent."""
    large = {name: took * 10**exponent for name, took in SMALL.items()}
    return [shop(30_000, SMALL), shop(300_000, large, fit=20.0, peak=2_048.0)]


def test_growth_is_the_exponent_of_each_stage_that_takes_time() -> None:
    (pair,) = comparable(both(1.2)[::-1])
    powers = growth(*pair, lambda stage: stage.seconds)

    assert set(powers) == {"extract", "evaluate", "pack", "audit", AROUND}
    assert powers["pack"] == pytest.approx(1.2)
    assert powers[AROUND] == pytest.approx(0)


def test_only_shops_of_as_many_products_are_held_against_each_other() -> None:
    few, many = both()
    other = replace(many, nights=[replace(many.nights[0], products=500)])

    assert comparable([few, other]) == []
    assert comparable([few, Result(DEMO, many.nights)]) == []
    assert comparable([few, replace(many, nights=[])]) == []


def test_goals_are_judged_where_they_are_asked() -> None:
    found = {figure.what: figure for figure in judged(both(1.0))}

    assert found["whole first night / implicit's fit"].found == pytest.approx(102 / 20)
    assert found["whole first night / implicit's fit"].verdict() == "met"
    assert found["peak memory"].verdict() == "aim met"
    assert found["audit"].verdict() == "MISSED"
    assert found["evaluate / night"].verdict() == "met"
    assert found["growth of pack"].verdict() == "aim met"
    assert judged([shop(3_000, SMALL)]) == []
    assert {figure.verdict() for figure in judged(both(1.2)) if figure.what.startswith("growth of e")} == {"MISSED"}


def test_the_night_after_is_held_against_the_first() -> None:
    _, large = both()
    quick = a_night(300_000, {name: took * (5 if name != "pack" else 2) for name, took in SMALL.items()})
    found = {figure.what: figure for figure in judged([replace(large, again=[quick])])}

    assert found["again: packing faster"].found == pytest.approx(5)
    assert found["again: packing faster"].verdict() == "met"
    assert found["again: whole night faster"].verdict() == "aim met"
    assert found["again: whole night / implicit's fit"].verdict() == "aim met"
    assert found["again: evaluate / night"].verdict() == "MISSED"
    assert "5.00x" in page([replace(large, again=[quick])], text_table)


def test_the_page_holds_everything_and_tells_what_was_not_as_it_should_be() -> None:
    few, many = both(1.05)
    many.nights.append(replace(many.nights[0], run_id="shop-2", compiled=3))
    said = page([few, many, Result(DEMO, failed="demo: the night ended with exit 6")], text_table)

    assert [line.split()[1:4] for line in said.splitlines() if line.startswith("synth-30000x200 ")] == [
        ["30,000", "200", "750,000"]
    ]
    assert "30,000 to 300,000" in said
    assert "1.05 (1.05)" in said
    assert "demo: the night ended with exit 6" in said
    assert "3 kernels were compiled" in said
    assert "the same tables gave other runs" in said
    assert "MISSED" in said


def test_medians_count_and_the_highest_peak() -> None:
    nights = [a_night(100, {"pack": took}, peak) for took, peak in ((1.0, 300.0), (9.0, 100.0), (2.0, 200.0))]
    result = Result(DEMO, nights)

    assert (result.seconds, result.peak_mib) == (3.0, 300.0)
    assert result.stages()["pack"] == Stage("pack", 2.0, 4.0, 300.0)


def test_what_is_not_in_the_manifest_is_the_rest() -> None:
    stages = [{"stage": "train", "seconds": 3.0, "peak_mib": 200.0, "cpu_seconds": 5.0}]
    inputs = {"customers": {"rows": 9}, "products": {"rows": 8}}
    told = {"run_id": "a", "stages": stages, "inputs": inputs, "metrics": {"gap": 0.5}}
    night = read(told, 4.5, 6.0, 210.0, 0)

    assert night.stages == (Stage("train", 3.0, 5.0, 200.0), Stage(AROUND, 1.5, 1.0, 210.0))
    assert (night.customers, night.products, night.events, night.gap) == (9, 8, 0, 0.5)


def test_everything_measured_is_written(tmp_path: Path) -> None:
    write(tmp_path, {"commit": "abc"}, both())

    assert (tmp_path / "night.md").read_text("utf-8").startswith("- commit: abc\n\n| campaign |")
    told = json.loads((tmp_path / "night.json").read_text("utf-8"))["results"]
    assert [one["nights"][0]["stages"][0]["seconds"] for one in told] == [1.0, 10.0]
    assert told[1]["fits"][0]["seconds"] == 20.0


def test_cases_are_those_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BOXWISE_BEAUTY", raising=False)
    names = [case.name for case in cases(SIZES, demo=True, beauty_data=None)]
    assert names == ["demo", "synth-3000x200", "synth-30000x200", "synth-300000x200", "synth-1000000x500"]
    monkeypatch.setenv("BOXWISE_BEAUTY", "data")
    assert [case.name for case in cases((), demo=False, beauty_data=None)] == ["beauty"]


@pytest.mark.parametrize(
    ("given", "words"),
    [(["--repeat", "0"], "--repeat of at least 1, found 0"), (["--sizes", "40"], "customers x items")],
)
def test_what_is_not_understood_is_refused(given: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refusal:
        main(given)

    assert refusal.value.code == 2
    assert words in capsys.readouterr().err


@pytest.mark.long
def test_nights_are_run_measured_and_written(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    given = ["--sizes", "200x12", "600x12", "--no-demo", "--again", "--out", str(tmp_path)]
    assert main([*given, "--campaigns", str(tmp_path / "shops")]) == 0

    said = capfd.readouterr().out
    assert "synth-600x12" in said
    assert "200 to 600" in said
    told = json.loads((tmp_path / "night.json").read_text("utf-8"))["results"]
    for one in told:
        first, later = one["nights"][0], one["again"][0]
        assert first["run_id"] != later["run_id"]
        assert [stage["name"] for stage in first["stages"]][-1] == AROUND
        assert first["core_seconds"] > sum(stage["core_seconds"] for stage in first["stages"]) * 0.9
        assert one["fits"][0]["products"] <= 12
    assert {path.name for path in (tmp_path / "shops" / "synth-600x12").glob("*.kept*")} == set()
