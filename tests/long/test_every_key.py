"""Every key of campaign.toml, changed by itself after a night: with what was kept, and with --fresh, the same bytes."""

from __future__ import annotations

import io
import json
import shutil
import tomllib
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from benchmarks.crash_shop import content
from jobs.config.load import TomlFile, load
from jobs.faults import Refusal
from jobs.nightly import nightly
from jobs.progress import Stages
from tests.jobs.small_campaign import TOML, write_small_campaign

pytestmark = pytest.mark.long
COLUMNS = ("plan", "hair_type", "allergies", "category", "brand", "for_hair", "contains", "retail_value", "weight_g")
Place = tuple[Any, ...]


def whole() -> dict[str, Any]:
    """The small campaign with every key that has a default written out."""
    given = tomllib.loads(TOML)
    parts = {name: field.annotation for name, field in TomlFile.model_fields.items()}
    for name, kind in parts.items():
        if isinstance(kind, type) and issubclass(kind, BaseModel) and name not in ("campaign", "signals"):
            given[name] = {**kind().model_dump(exclude_none=True), **given.get(name, {})}
    given["campaign"] = {"runs": "runs", **given["campaign"]}
    given["reasons"] = {"say": ["allergies"], "never_say": ["category"]}
    given["model"] |= {"text": ["name"], "learn": ["hair_type"], "ignore": ["plan"]}
    given["website"] |= {"at_most": {"category": 2}}
    return given


def leaves(part: Any, place: Place = ()) -> Iterator[Place]:
    """Where every single value stands."""
    inner = part if isinstance(part, dict) else range(len(part)) if isinstance(part, list) and _of_tables(part) else ()
    for name in inner:
        yield from leaves(part[name], (*place, name))
    if not inner and part != {}:
        yield place


def _of_tables(part: list[Any]) -> bool:
    return bool(part) and isinstance(part[0], dict)


def others(value: Any) -> list[Any]:
    """Values to try in its place: the first that loads counts."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, (int, float)):
        return [value + 1, value * 2, value / 2, value - 1, 0.4]
    if isinstance(value, str):
        words = ("allow", "deny", "together", "exclude", "include", "no_box", "tell", "apart", "refuse", *COLUMNS)
        return [word for word in words if word != value] + [f"{value}x"]
    if isinstance(value, date):
        return [value + timedelta(days=1)]
    return [value[:-1], [*value[:-1], "brand"], ["P02", "P09"]]


def put(part: Any, place: Place, value: Any) -> Any:
    if not place:
        return value
    copy = dict(part) if isinstance(part, dict) else list(part)
    copy[place[0]] = put(part[place[0]], place[1:], value)
    return copy


def written(part: Any) -> str:
    """A value as TOML, tables within tables in one line."""
    if isinstance(part, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {written(value)}" for key, value in part.items()) + " }"
    if isinstance(part, (list, tuple)):
        return "[" + ", ".join(map(written, part)) + "]"
    return part.isoformat() if isinstance(part, date) else json.dumps(part)


def toml(given: dict[str, Any]) -> str:
    lines = []
    for name, table in given.items():
        for one in table if isinstance(table, list) else [table]:
            lines.append(f"[[{name}]]" if isinstance(table, list) else f"[{name}]")
            lines += [f"{json.dumps(key)} = {written(value)}" for key, value in one.items()]
    return "\n".join(lines) + "\n"


def changed(shop: Path, place: Place) -> bool:
    """Write the campaign with another value there; False = nothing else loads."""
    value: Any = whole()
    for name in place:
        value = value[name]
    for other in others(value):
        (shop / "campaign.toml").write_text(toml(put(whole(), place, other)), encoding="utf-8")
        try:
            load(shop)
        except Refusal:
            continue
        return True
    return False


def ended(shop: Path, *, fresh: bool) -> Any:
    """What the night published, or the lines that refused it."""
    accept = ("customers", "products", "inventory", "events", "shipments", "edits", "ship_date", "scores")
    try:
        run = nightly(shop, stages=Stages(io.StringIO()), accept=accept, fresh=fresh).published.folder
    except Refusal as refused:
        return refused.exit, refused.lines[:-1]
    return content(run)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    shop = write_small_campaign(tmp_path_factory.mktemp("keys") / "shop", files={"campaign.toml": toml(whole())})
    ended(shop, fresh=False)
    return shop


@pytest.mark.parametrize("place", list(leaves(whole())), ids=lambda place: ".".join(map(str, place)))
def test_a_changed_key_gives_the_same_bytes_with_what_was_kept_and_without(
    shop: Path, tmp_path: Path, place: Place
) -> None:
    if place == ("campaign", "runs"):
        pytest.skip("another folder of runs keeps nothing yet")
    kept, fresh = (Path(shutil.copytree(shop, tmp_path / name, symlinks=True)) for name in ("kept", "fresh"))
    assert changed(kept, place), "no other value loads: name one in others()"
    shutil.copyfile(kept / "campaign.toml", fresh / "campaign.toml")

    assert ended(kept, fresh=False) == ended(fresh, fresh=True)
