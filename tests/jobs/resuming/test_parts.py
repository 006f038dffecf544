"""What a stage depends on cannot be forgotten: it is handed that, and nothing else, and all of it is in its digest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pydantic import BaseModel

from jobs.config.campaign import Campaign
from jobs.config.load import load
from jobs.inputs.tables import Tables, read
from jobs.resuming.contents import frame_digest
from jobs.resuming.parts import Handed, frames_of, some, to_judge, to_learn, to_list, to_pack
from tests.jobs.small_campaign import write_small_campaign

STAGES: dict[str, Callable[[Campaign, Tables], Handed]] = {
    "evaluate": lambda campaign, tables: to_judge(campaign, to_learn(campaign, tables)),
    "train": to_learn,
    "pack": to_pack,
    "lists": lambda campaign, tables: to_list(campaign, tables, to_learn(campaign, tables)),
}
ABSENT = object()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[Campaign, Tables]:
    campaign = load(write_small_campaign(tmp_path_factory.mktemp("parts") / "shop"))
    return campaign, read(campaign)


def leaves(part: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where every single value of a configuration stands."""
    inner = (
        type(part).model_fields if isinstance(part, BaseModel)
        else part if isinstance(part, dict)
        else range(len(part)) if isinstance(part, tuple) else ()
    )  # fmt: skip
    for name in inner:
        yield from leaves(at(part, (name,)), (*place, name))
    if not inner:
        yield place


def at(part: Any, place: tuple[Any, ...]) -> Any:
    """The value that stands there; ABSENT = the part has no such place."""
    for name in place:
        try:
            part = getattr(part, name) if isinstance(part, BaseModel) else part[name]
        except (AttributeError, KeyError, IndexError):
            return ABSENT
    return part


def put(part: Any, place: tuple[Any, ...], value: Any) -> Any:
    """The same with another value there."""
    if not place:
        return value
    first, *rest = place
    inner = put(at(part, (first,)), tuple(rest), value)
    if isinstance(part, BaseModel):
        return part.model_copy(update={first: inner})
    if isinstance(part, dict):
        return {**part, first: inner}
    return (*part[:first], inner, *part[first + 1 :])


def other(value: Any) -> Any:
    """Another value of the same kind."""
    if isinstance(value, bool):
        return not value
    kinds: dict[type, Callable[[Any], Any]] = {
        int: lambda n: n + 1, float: lambda n: n + 0.5, str: lambda text: text + "x", tuple: lambda _: ("x",),
        date: lambda day: day.replace(year=day.year + 1), type(None): lambda _: 1,
    }  # fmt: skip
    return next((change(value) for kind, change in kinds.items() if isinstance(value, kind)), "x")


@pytest.mark.parametrize("stage", STAGES)
def test_every_key_of_the_campaign_is_in_the_digest_or_not_there(shop: tuple[Campaign, Tables], stage: str) -> None:
    campaign, tables = shop
    handed = STAGES[stage](campaign, tables)
    seen = []
    for place in leaves(campaign):
        changed = STAGES[stage](put(campaign, place, other(at(campaign, place))), tables)
        is_read = at(handed.campaign, place) is not ABSENT or place[0] == "eligibility"
        if changed.told == handed.told:
            assert not is_read or place[0] == "eligibility", place
            assert at(changed.campaign, place) == at(handed.campaign, place), place
        else:
            seen.append(place[0])
    assert seen
    assert "runs" not in seen


def test_packing_rules_stock_and_edits_do_not_teach(shop: tuple[Campaign, Tables]) -> None:
    campaign, tables = shop
    judged = STAGES["evaluate"]
    changes = {
        "box_size": campaign.model_copy(update={"box_size": 4}),
        "groups": campaign.model_copy(update={"groups": ()}),
        "unknown": put(campaign, ("eligibility", 0, "unknown"), "allow"),
        "fewer rules": campaign.model_copy(update={"eligibility": campaign.eligibility[1:]}),
    }
    before = judged(campaign, tables).digest
    assert {name: judged(one, tables).digest for name, one in changes.items()} == dict.fromkeys(changes, before)
    fewer = replace(tables, edits=tables.edits.iloc[:0], inventory=tables.inventory.iloc[1:])
    slots = replace(tables, customers=tables.customers.assign(slots=2), products=tables.products.assign(boxable=True))
    assert [judged(campaign, one).digest for one in (fewer, slots)] == [before, before]
    no_forbidding = campaign.model_copy(update={"eligibility": campaign.eligibility[:1]})
    assert judged(no_forbidding, tables).digest != before  # its columns are private: what is learned changes


@pytest.mark.parametrize("stage", STAGES)
def test_every_cell_that_a_stage_is_handed_is_in_its_digest(shop: tuple[Campaign, Tables], stage: str) -> None:
    campaign, tables = shop
    handed = STAGES[stage](campaign, tables)
    for name, frame in frames_of(handed.tables).items():
        whole = getattr(tables, name)
        for column in frame.columns:
            cells = whole[column].copy()
            first, *_, last = cells.tolist()
            cells.iloc[-1] = first if first != last else other(last)
            if cells.equals(whole[column]):
                continue
            changed = STAGES[stage](campaign, replace(tables, **{name: whole.assign(**{column: cells})}))
            assert changed.digest != handed.digest, (name, column)


def test_what_was_not_handed_is_not_there(shop: tuple[Campaign, Tables]) -> None:
    handed = to_learn(*shop)
    with pytest.raises(AttributeError):
        _ = handed.campaign.box_size
    with pytest.raises(AttributeError):
        _ = handed.campaign.limits.fewest_rows
    with pytest.raises(KeyError):
        _ = handed.tables.inventory["on_hand"]
    assert some(shop[0], ["limits.text"]).limits.text == shop[0].limits.text


@pytest.mark.parametrize(
    "pair",
    [
        (["a", "bc"], ["ab", "c"]),
        (["a", ""], ["", "a"]),
        (["a", None], ["a", ""]),
        ([1, 2], [2, 1]),
        ([1, 2], [1.0, 2.0]),
        ([0.0], [-0.0]),
        ([True], [1]),
    ],
)
def test_frames_that_differ_have_other_digests(pair: tuple[list[Any], list[Any]]) -> None:
    one, two = (
        pd.DataFrame({"x": pd.Series(cells, dtype="str" if isinstance(cells[0], str) else None)}) for cells in pair
    )
    assert frame_digest(one) != frame_digest(two)
    assert frame_digest(one) == frame_digest(one.copy()) == frame_digest(pd.concat([one, one]).iloc[: len(one)])


def test_names_and_labels_of_rows_are_in_the_digest(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": ["a", "b"], "y": ["c", "d"]})
    others = [
        frame.rename(columns={"x": "z"}),
        frame[["y", "x"]],
        frame.set_axis([1, 2]),
        frame.iloc[::-1],
        frame.iloc[:1],
    ]
    digests = {frame_digest(one) for one in (frame, *others)}
    assert len(digests) == len(others) + 1
