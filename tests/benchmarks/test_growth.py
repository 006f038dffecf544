"""The growth table says what grows, and the plot puts every point where its logarithms say."""

from __future__ import annotations

from itertools import pairwise
from math import log10
from xml.etree import ElementTree

import pytest

pytest.importorskip("benchmarks.growth", reason="benchmarks belong to the repository, not to the wheel")
from benchmarks import growth
from benchmarks.growth_plot import HEIGHT, LABEL_ROOM, WIDTH, Line, log_log
from benchmarks.results import Result
from tests.benchmarks.made_results import other, result

SVG = "{http://www.w3.org/2000/svg}"


def grown(*seconds: float) -> list[Result]:
    """Results of 3,000, 30,000, 300,000 customers and 200 items; prices take three quarters, set-up 0.1 s."""
    return [
        result(other(seconds=took, phases={"set-up": 0.1, "prices": 0.75 * took}), n_customers=n, n_items=200)
        for n, took in zip((3_000, 30_000, 300_000), seconds, strict=True)
    ]


def test_the_table_gives_microseconds_per_pair_with_bars() -> None:
    lines = growth.text(grown(0.6, 3.0, 30.0)).splitlines()

    assert lines[0].split() == ["customers", "us", "per", "pair", "seconds", "min-max", "extra", "MiB", "gap"]
    assert lines[2] == "    3,000         1.00  " + "█" * 40 + "     0.60  0.60-0.60         10  1.0e-06"
    assert lines[3].startswith("   30,000         0.50  " + "█" * 20 + " ")
    assert "  300,000  0.0017    0.38" in growth.text(grown(0.6, 3.0, 30.0))


def test_growth_is_told_with_the_phase_it_lies_in() -> None:
    assert growth.summary(grown(0.6, 3.0, 30.0)) == (
        "From 30,000 to 300,000 customers the cost per pair does not grow: 0.50 to 0.50 us.\n"
    )
    assert growth.summary(grown(0.6, 3.0, 60.0)) == (
        "From 30,000 to 300,000 customers the cost per pair grows 2.00x, 0.50 to 1.00 us, "
        "most of it in prices (0.38 us).\n"
    )
    assert growth.summary(grown(0.6, 3.0, 30.0)[:2]).startswith("Fewer than two sizes of 30,000")


def test_the_plot_puts_points_where_their_logarithms_say() -> None:
    line = Line("in all", [(1_000, 0.5), (10_000, 0.05), (100_000, 5.0)])
    drawn = ElementTree.fromstring(log_log("title", "customers", "us", [line]))
    at = [(float(dot.get("cx", 0)), float(dot.get("cy", 0))) for dot in drawn.iter(f"{SVG}circle")]

    (x0, y0), (x1, y1), (x2, y2) = at
    assert x1 - x0 == pytest.approx(x2 - x1, abs=0.2)
    assert (y1 - y0) / (y1 - y2) == pytest.approx(1 / 2, abs=0.01)  # down one decade, up two
    assert (x1 - x0) / (WIDTH - 84 - 190) == pytest.approx(1 / (2 + 2 * log10(1.15)), abs=0.01)


def test_the_plot_names_axes_with_units_and_every_line_inside_the_picture() -> None:
    drawn = ElementTree.fromstring(growth.plot(grown(0.6, 3.0, 60.0)))
    words = ["".join(text.itertext()) for text in drawn.iter(f"{SVG}text")]

    assert words[0] == "Cost per pair of customer and item: plain, 200 items"
    assert {"customers (log scale)", "microseconds per pair (log scale)", "in all", "prices", "3.00 s"} <= set(words)
    assert {"3,000", "30,000", "300,000"} <= set(words)
    for text in drawn.iter(f"{SVG}text"):
        assert 0 <= float(text.get("x", -1)) <= WIDTH
        assert 0 <= float(text.get("y", -1)) <= HEIGHT


def test_names_at_the_lines_ends_do_not_lie_on_each_other() -> None:
    lines = [Line(f"line {n}", [(1, 1.0), (10, 1.0 + n / 1000)]) for n in range(6)]
    drawn = ElementTree.fromstring(log_log("title", "x", "y", lines))
    heights = sorted(float(t.get("y", 0)) for t in drawn.iter(f"{SVG}text") if "".join(t.itertext()).startswith("line"))

    assert len(heights) == 6
    assert min(two - one for one, two in pairwise(heights)) >= LABEL_ROOM - 0.2


def test_words_are_escaped_in_the_plot() -> None:
    drawn = ElementTree.fromstring(log_log('<&" title', "x", "y", [Line("a<b", [(1, 1), (2, 2)])]))

    assert drawn.get("aria-label") == '<&" title'


def test_one_size_can_be_drawn_too() -> None:
    drawn = ElementTree.fromstring(growth.plot(grown(0.6, 3.0, 30.0)[:1]))

    assert len(list(drawn.iter(f"{SVG}circle"))) == 3


def test_the_plot_draws_the_six_phases_that_cost_most() -> None:
    phases = {f"phase {n}": 0.1 * n for n in range(1, 10)}
    found = [result(other(seconds=5.0, phases=phases), n_customers=n, n_items=200) for n in (3_000, 30_000)]
    drawn = ElementTree.fromstring(growth.plot(found))

    named = {"".join(text.itertext()) for text in drawn.iter(f"{SVG}text")}
    assert {word for word in named if word.startswith("phase")} == {f"phase {n}" for n in range(4, 10)}
