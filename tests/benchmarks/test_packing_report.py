"""The printed tables, word for word, and the same figures in Markdown."""

from __future__ import annotations

import pytest

pytest.importorskip("benchmarks.packing_report", reason="benchmarks belong to the repository, not to the wheel")
from benchmarks.packing_report import page
from benchmarks.tables import (
    gap_words,
    header,
    machine,
    markdown_table,
    ratio_words,
    seconds_words,
    text_table,
)
from tests.benchmarks.made_results import other, result

TABLE = """\
case                      customers x items  seconds    min-max  extra MiB  MiB in all      gap  short boxes  ended     second opinion   time  memory  goal
------------------------  -----------------  -------  ---------  ---------  ----------  -------  -----------  --------  --------------  -----  ------  ------------------------------
plain                           1,000 x 100     2.50  2.00-3.00         10         300  1.0e-06            3  feasible  agrees, 0.25 s      1       1  met; aim: gap 1.0e-06, asked 0
  OR-tools min-cost flow                        30.0                    40         340  1.0e-06            3  optimal                   12.0x   4.00x

seconds: median, from the problem in memory to boxes in memory, compiled code warm; extra MiB: peak beyond the problem.
gap: to the bound that our prices prove, for peers too. time, memory: times ours; ">" where the limit stopped it.

case   seconds  us per pair  first plan  of which
-----  -------  -----------  ----------  ------------------------
plain     2.50         25.0        1.00  set-up 0.50, prices 1.50
"""  # noqa: E501


def test_the_page_word_for_word() -> None:
    assert page([result(other(seconds=2.0), other(seconds=3.0))], text_table) == TABLE


def test_markdown_holds_the_same_words() -> None:
    found = [result()]
    text, markdown = page(found, text_table), page(found, markdown_table)

    assert markdown.count("\n| ") + markdown.startswith("| ") == 7
    assert set(text.replace("-", " ").split()) <= set(markdown.replace("-", " ").split())
    widths = {line.count("|") for line in markdown.splitlines() if line.startswith("|")}
    assert widths == {14, 6}


def test_a_peer_stopped_by_its_limit_is_said_to_take_more() -> None:
    stopped = other(status="over its limit", seconds=600.0, value=None, digest=None)

    assert "> 300x" in page([result(flow=stopped)], text_table)


def test_what_is_wrong_is_listed_below_the_tables() -> None:
    found = page([result(other(faults=["stock: 7 units of item 3, expected at most 6"]))], text_table)

    assert found.endswith("\nplain: boxwise: stock: 7 units of item 3, expected at most 6\n")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (seconds_words(None), ""), (seconds_words(0.01234), "0.012"), (seconds_words(0.5), "0.50"),
        (seconds_words(12.34), "12.3"), (seconds_words(1234.5), "1,234"), (gap_words(0.0), "0"), (gap_words(None), ""),
        (gap_words(2.5e-7), "2.5e-07"), (ratio_words(9.666), "9.67x"), (ratio_words(80.0, at_least=True), "> 80.0x"),
    ],
)  # fmt: skip
def test_numbers_in_words(words: str, expected: str) -> None:
    assert words == expected


def test_the_header_names_machine_versions_date_and_commit() -> None:
    facts = machine()

    assert list(facts) == ["processor", "system", "versions", "date", "commit"]
    assert all(facts.values())
    assert "ortools 9" in facts["versions"]
    assert header(facts).splitlines()[0] == f"processor: {facts['processor']}"
