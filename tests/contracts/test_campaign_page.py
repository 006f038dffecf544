"""docs/campaign.md is the outside face: what it shows must work, and what there is must be on it."""

from __future__ import annotations

import inspect
import re
from dataclasses import fields
from pathlib import Path

import pytest
from pydantic import BaseModel

from jobs.config.faults import known_keys
from jobs.config.kinds import BROWSING
from jobs.config.load import TomlFile, load
from jobs.inputs.tables import check
from jobs.learning.event_kinds import VERBS
from jobs.nightly import nightly
from jobs.progress import Measured
from jobs.reading.schemas import ACTIONS, TABLES
from tests.jobs.small_campaign import write_small_campaign

FILE = Path(__file__).parents[2] / "docs" / "campaign.md"
if not FILE.is_file():
    pytest.skip("the docs belong to the repository, not to the wheel", allow_module_level=True)
PAGE = FILE.read_text(encoding="utf-8")
BLOCKS = re.findall(r"```toml\n(.*?)```", PAGE, flags=re.DOTALL)
TABLE_ROWS = dict(re.findall(r"^\| (\w+) \| (.*?) \| .* \|$", PAGE, flags=re.MULTILINE))


def test_the_campaign_on_the_page_loads(tmp_path: Path) -> None:
    (tmp_path / "campaign.toml").write_text(BLOCKS[1] + BLOCKS[0])

    campaign = load(tmp_path)

    assert campaign.name == "2026-12-glow"
    assert len(campaign.quotas) == 2
    assert campaign.inputs["events"].sql


@pytest.mark.parametrize("name", TABLES)
def test_every_column_is_on_the_page_in_its_table(name: str) -> None:
    said = TABLE_ROWS[name].split(", ")

    listed = [column for column in said if not column.startswith("any ")]
    assert sorted(listed) == sorted(f"**{c.name}**" if c.required else c.name for c in TABLES[name].columns)


def test_every_stage_of_the_night_is_on_the_page_in_order_and_so_is_what_the_manifest_tells_of_it() -> None:
    told = PAGE.split("### How long each stage took")[1].split("\n### ")[0]
    keys, stages = (re.findall(r"^\| `(\w+)` \|", table, flags=re.MULTILINE) for table in told.split("| stage |"))
    night = re.findall(r'stages\.stage\("(\w+)"\)', inspect.getsource(nightly))

    assert stages == night
    assert keys == [field.name for field in fields(Measured)]


def keys() -> list[tuple[str, str, object]]:
    """(key as on the page, default) of every key of the TOML."""
    found = []
    for table, field in TomlFile.model_fields.items():
        for key in known_keys(TomlFile, (table, 0) if table not in ("campaign", "signals") else (table,)):
            name = f"inputs.<table>.{key}" if table == "inputs" else f"{table}.{key}"
            model = field.annotation
            is_model = isinstance(model, type) and issubclass(model, BaseModel)
            found.append((name, key, model.model_fields[key].default if is_model else None))  # type: ignore[union-attr]
    return found


@pytest.mark.parametrize(("name", "key", "default"), keys(), ids=lambda value: str(value))
def test_every_key_is_on_the_page_with_its_default(name: str, key: str, default: object) -> None:
    (row,) = [line for line in PAGE.splitlines() if line.startswith("| `") and f"`{name}`" in line.split(" | ")[0]]

    said = row.split(" | ")[1].strip("`")
    if isinstance(default, (int, float)) and not isinstance(default, bool):
        assert float(said) == float(default)
    elif isinstance(default, str):
        assert said.strip('"') == default
    elif repr(default) == "PydanticUndefined":
        assert said == "required"


def test_every_action_is_on_the_page() -> None:
    assert all(f"`{action}`" in PAGE for action in ACTIONS)


def test_what_every_kind_of_event_means_is_on_the_page() -> None:
    rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \| (yes|no)[^|]* \| (.*) \|$", PAGE, flags=re.MULTILINE)
    has = {kind.strip("`"): (answer == "yes", said) for kinds, answer, said in rows for kind in kinds.split(", ")}

    assert set(has) == set(VERBS)
    assert {kind for kind, (answer, _) in has.items() if not answer} == BROWSING
    assert all(VERBS[kind] in said for kind, (_, said) in has.items())


def test_the_fault_lines_on_the_page_are_real(tmp_path: Path) -> None:
    text = re.search(r"```text\n(.*?)```", PAGE, flags=re.DOTALL)
    assert text
    folder = write_small_campaign(
        tmp_path,
        replace={
            "campaign.toml": ('by = "brand"', 'at_mots = 1\nby = "brand"'),
            "customers.csv": ("C06,north,2,,", "C06,north,2,4.5,"),
        },
    )

    lines = [str(fault) for fault in check(folder)[0]]

    assert sorted(text[1].splitlines()) == sorted(lines)
