"""campaign.toml: everything it may say, its defaults, and its faults by line and key."""

from __future__ import annotations

import tempfile
import tomllib
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from jobs.config.campaign import Campaign
from jobs.config.load import load, read_draft
from jobs.config.toml_lines import key_lines, line_of
from jobs.faults import InputRefused, UsageRefused
from jobs.words import did_you_mean, listed, nearest, shown
from tests.jobs.small_campaign import TOML

HEAD = '[campaign]\nname = "glow"\nship_date = 2026-12-05\n'


def campaign(folder: Path, text: str) -> Campaign:
    (folder / "campaign.toml").write_text(text, encoding="utf-8")
    return load(folder)


def refused(folder: Path, text: str) -> list[str]:
    with pytest.raises(InputRefused) as refusal:
        campaign(folder, text)
    return list(refusal.value.lines)


def test_the_least_a_campaign_says(tmp_path: Path) -> None:
    got = campaign(tmp_path, HEAD)

    assert (got.name, got.ship_date, got.box_size, got.seed) == ("glow", date(2026, 12, 5), 5, 0)
    assert got.path == tmp_path / "campaign.toml"
    assert got.root == tmp_path
    assert got.runs == tmp_path / "runs"
    assert (got.signals, got.half_life_days) == ({}, 180.0)
    assert (got.eligibility, got.groups, got.bands, got.pairs, got.quotas, got.inputs) == ((), (), (), (), (), {})
    assert (got.short.policy, got.short.max_share, got.short.penalty) == ("ship_short", 0.01, 10.0)
    assert (got.publish.keep_runs, got.publish.max_gap, got.publish.deadline_s) == (14, 0.001, None)
    assert (got.website.list_length, got.website.similar_length, got.website.segments) == (20, 10, ())
    assert got.promises.penalty == 1.0
    assert (got.utility.affinity, got.utility.satisfaction) == (1.0, 1.0)
    assert (got.model.text, got.model.ignore) == ((), ())


def test_everything_a_campaign_may_say(tmp_path: Path) -> None:
    got = campaign(tmp_path, TOML)

    assert got.signals["rating"].weight == 2.0
    assert got.signals["rating"].centre == 3.0
    assert got.signals["view"].weight == 0.5
    assert (got.eligibility[0].unknown, got.eligibility[0].sense) == ("deny", "include")
    assert (got.groups[2].value, got.groups[2].at_least, got.groups[2].at_most) == ("skin", 1, None)
    assert (got.bands[1].column, got.bands[1].high) == ("weight_g", 700.0)
    assert got.pairs[1].products == ("P06", "P07")
    assert got.quotas[0].where == {"brand": "Acme"}
    assert got.quotas[0].customers == {"plan": "deluxe"}
    assert (got.quotas[1].amount, got.quotas[1].at_most) == ("unit_cost", 400)


def test_a_campaign_never_changes(tmp_path: Path) -> None:
    got = campaign(tmp_path, HEAD)

    with pytest.raises(ValidationError):
        got.name = "other"


def test_the_toml_may_have_another_name_and_be_named_directly(tmp_path: Path) -> None:
    file = tmp_path / "december.toml"
    file.write_bytes(b"\xef\xbb\xbf" + HEAD.replace("\n", "\r\n").encode())

    assert load(file).path == file
    with pytest.raises(UsageRefused, match=r"found december\.toml, which can be named directly"):
        load(tmp_path)
    file.write_text(HEAD + "oops = 1\n")
    with pytest.raises(InputRefused, match=r"^december\.toml, row 4, key campaign\.oops: found an unknown key"):
        load(file)


@pytest.mark.parametrize("name", ["nowhere", "nowhere.toml", "table.csv", ""])
def test_no_campaign_there_is_a_matter_of_usage(name: str, tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("a\n")

    with pytest.raises(UsageRefused) as refusal:
        load(tmp_path / name)

    assert len(refusal.value.lines) == 1
    assert refusal.value.exit == 2


def test_every_fault_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    lines = refused(
        tmp_path,
        '[campaign]\nname = ""\nbox_size = true\n[signals]\nview = "much"\nrating = { weigth = 1 }\n'
        "[[group]]\nby = 3\nat_most = 0\n[[group]]\n[[quota]]\nname = 'q'\nwhere = { brand = [] }\nat_most = 1.5\n"
        "[short]\nmax_share = 2\n[inputs.event]\nsql = 'x'\n[inputs.edits]\npath = 'x'\nconnect = 'y'\n",
    )

    assert lines == [
        "campaign.toml, row 1, key campaign.ship_date: found nothing, expected a value for ship_date",
        'campaign.toml, row 2, key campaign.name: found "", expected a text of at least 1 character',
        "campaign.toml, row 3, key campaign.box_size: found true, expected a whole number",
        'campaign.toml, row 5, key signals.view: found "much", expected a number within +-1,000,000, '
        "or { weight = ..., centre = ..., owns = ... }",
        "campaign.toml, row 6, key signals.rating.weight: found nothing, expected a value for weight",
        "campaign.toml, row 6, key signals.rating.weigth: found an unknown key, expected one of weight, centre or owns "
        '(did you mean "weight"?)',
        "campaign.toml, row 8, key group[1].by: found 3, expected a text in quotes",
        "campaign.toml, row 9, key group[1].at_most: found 0, expected a number >= 1",
        "campaign.toml, row 10, key group[2].by: found nothing, expected a value for by",
        "campaign.toml, row 13, key quota[1].where.brand: found an empty list, expected a text in quotes, "
        "or a list of them",
        "campaign.toml, row 16, key short.max_share: found 2, expected a number <= 1",
        "campaign.toml, row 17, key inputs.event: found an unknown table, expected customers, products, inventory, "
        'events, shipments or edits (did you mean "events"?)',
        'campaign.toml, row 21, key inputs.edits.connect: found "y", expected no connect without sql',
    ]


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        ("[[band]]\ncolumn = 'a'\n", "band[1]", "found neither, expected low or high"),
        ("[[pair]]\nkind = 'apart'\nproducts = ['a']\n", "pair[1].products", "expected two or more product ids"),
        ("[[quota]]\nname = 'q'\nat_least = 1.5\n", "quota[1].at_least", "found 1.5, expected a whole number of units"),
        ("[[quota]]\nname = 'q'\nat_least = 3\nat_most = 2\n", "quota[1].at_least", "found 3.0, expected at_least <="),
        (
            "[[group]]\nby = 'a'\nat_most = 1\n[[group]]\nby = 'a'\nat_most = 2\n",
            "group[2].at_most",
            "group[1] sets it",
        ),
        ("[inputs.events]\n", "inputs.events", "found neither, expected either sql or path"),
        ("[inputs.events]\nsql = 'a'\npath = 'b'\n", "inputs.events", "found both, expected either sql or path"),
        ("[publish]\ndeadline_s = 0\n", "publish.deadline_s", "found 0, expected a number > 0"),
        ("[model]\nfactors = 1.5\n", "model.factors", "found 1.5, expected a whole number"),
        ("[model]\nregularization = 1e-300\n", "model.regularization", "found 1e-300, expected a number >= 1e-06"),
        ("[model]\ntext = 'claim'\n", "model.text", 'found "claim", expected a list'),
        ("[model]\nignore = ['']\n", "model.ignore[1]", 'found "", expected a text of at least 1 character'),
        ("[website]\nsegments = 'plan'\n", "website.segments", 'found "plan", expected a list'),
        ("short = 3\n", "campaign.short", "found an unknown key"),
        ("[signals]\nquiz = { weight = 1, owns = 'no' }\n", "signals.quiz.owns", 'found "no", expected true or false'),
        ("[signals]\nquiz = { weight = 1, owns = 0 }\n", "signals.quiz.owns", "found 0, expected true or false"),
        ("[signals]\nquiz = { owns = false }\n", "signals.quiz.weight", "found nothing, expected a value for weight"),
        ("[signals]\nhalf_life_days = inf\n", "signals.half_life_days", "found inf, expected a finite number"),
    ],
)
def test_one_fault(text: str, key: str, words: str, tmp_path: Path) -> None:
    (line,) = refused(tmp_path, HEAD + text)

    assert f", key {key}: " in line
    assert words in line


def test_a_fractional_limit_is_fine_for_an_amount(tmp_path: Path) -> None:
    got = campaign(tmp_path, HEAD + "[[quota]]\nname = 'q'\namount = 'unit_cost'\nat_most = 1.5\n")

    assert got.quotas[0].at_most == 1.5


def test_an_unreadable_toml_leaves_a_draft_to_check_the_tables_by(tmp_path: Path) -> None:
    (tmp_path / "campaign.toml").write_text("[campaign\n")

    draft = read_draft(tmp_path)

    assert len(draft.faults) == 1
    assert draft.faults[0].row == 1
    assert {"signals", "inputs"} <= draft.broken


def test_what_is_sound_in_a_faulty_file_is_kept(tmp_path: Path) -> None:
    text = HEAD + "oops = 1\n[signals]\nview = 1\nrating = 'x'\n[[group]]\nby = 'a'\n[[group]]\nby = 'b'\nat_most = 1\n"
    (tmp_path / "campaign.toml").write_text(text)

    draft = read_draft(tmp_path)

    assert draft.broken == {"campaign", "signals", "group"}
    assert draft.campaign.ship_date == date(2026, 12, 5)
    assert list(draft.campaign.signals) == ["view"]
    assert [group.by for group in draft.campaign.groups] == ["b"]


def test_lines_of_keys() -> None:
    text = (
        "top = 1\n\n# a comment\n[a.b]\nkey = [\n  1,\n  2, # two\n]\nnext = '''\n[not.a.table]\n'''\n"
        '"quoted key" = { x = 1 }\n[[list]]\n[list.inner]\nx = 1\n[[list]]\nd.e = 2\n'
    )
    tomllib.loads(text)
    lines = key_lines(text)

    assert lines[("top",)] == 1
    assert lines[("a", "b", "key")] == 5
    assert lines[("a", "b", "next")] == 9
    assert lines[("a", "b", "quoted key")] == 12
    assert lines[("list", 0, "inner", "x")] == 15
    assert lines[("list", 1, "d", "e")] == 17
    assert line_of(("a", "b", "quoted key", "x"), lines) == 12
    assert line_of(("list", 1, "absent"), lines) == 16
    assert line_of(("absent",), lines) is None


def test_a_long_list_is_located_in_no_time() -> None:
    text = "a = [\n" + "'P0001',\n" * 20_000 + "]\nb = 1\n"

    assert key_lines(text)[("b",)] == 20_003


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60), st.sampled_from(TOML.splitlines()))
def test_no_text_is_a_bug(text: str, line: str) -> None:
    """Whatever stands in the file, the answer is a campaign or faults."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "campaign.toml")
        file.write_text(TOML.replace(line, text, 1), encoding="utf-8", errors="replace")
        for fault in read_draft(folder).faults:
            assert str(fault).isprintable()


def test_words() -> None:
    assert nearest("CustomerId", ["customer_id", "product_id"]) == "customer_id"
    assert nearest("7", ["70", "007"]) == "007"
    assert nearest("zebra", ["customer_id"]) is None
    assert did_you_mean("veiw", ["view", "purchase"]) == ' (did you mean "view"?)'
    assert listed(["a", "b", "c"]) == "a, b or c"
    assert listed([str(n) for n in range(100)], most=2) == "0, 1 ... (100 in all)"
    assert shown("a\nb") == '"a\\nb"'
    assert shown("x" * 100) == f'"{"x" * 60}..." (100 characters)'
    assert shown(float("-inf")) == "-inf"
