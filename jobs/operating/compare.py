"""`boxwise runs compare A B`: what is different in B, from inputs and settings to quality and the boxes themselves.

Told from the lines of history.jsonl, so that it works for runs whose folders are gone; boxes need both folders.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from jobs.answers.reply import Answer
from jobs.faults import UsageRefused
from jobs.operating.box_changes import box_changes
from jobs.operating.nights import PUBLISHED, read_nights, record_of
from jobs.operating.records import Row
from jobs.words import did_you_mean, printable, shown

MOST = 30
"""So many keys and products of a kind are told in lines; JSON tells all keys."""
POINTS = 1_000_000
"""Micro-points in a point, as docs/packing.md says."""
PLAN = {"boxes": "boxes", "items_packed": "items", "short_boxes": "boxes not full"}


def compare_answer(a: Path, b: Path) -> Answer:
    """Both runs side by side. Raises UsageRefused for what is no run, nor was one that a line still tells."""
    first, second = _row(a), _row(b)
    content: dict[str, Any] = {
        "a": first["run_id"],
        "b": second["run_id"],
        "inputs": _inputs(first, second),
        "settings": _differences(first.get("settings"), second.get("settings")),
        "code": _differences(first.get("code"), second.get("code")),
        "weights": _differences(first.get("weights"), second.get("weights")),
        "quality": _quality(first, second),
        "plan": _differences(first.get("plan"), second.get("plan")),
        "boxes": box_changes(a.resolve(), b.resolve()),
    }
    return Answer(tuple(_lines(content)), content)


def _row(run: Path) -> Row:
    """What is kept of a run: its folder's, or where that is gone its line."""
    folder = run.resolve()
    if found := record_of(folder):
        return found
    nights = [night for night in read_nights(folder.parent).all if night.status == PUBLISHED]
    named = [night.row for night in nights if night.row.get("run_id") == folder.name]
    if not named:
        known = {str(night.row["run_id"]) for night in nights}
        hint = did_you_mean(folder.name, known)
        raise UsageRefused(f"there is no run at {run}: found {shown(folder.name)}, expected a run's folder{hint}")
    return named[0]


def _inputs(a: Row, b: Row) -> list[dict[str, Any]]:
    """Tables that are not the same bytes."""
    found = []
    for table in dict.fromkeys([*(a.get("inputs") or {}), *(b.get("inputs") or {})]):
        one, other = ((row.get("inputs") or {}).get(table) or {} for row in (a, b))
        if one.get("sha256") != other.get("sha256"):
            found.append({"table": table, "rows_a": one.get("rows"), "rows_b": other.get("rows")})
    return found


def _differences(a: Mapping[str, Any] | None, b: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Keys with other values; null = it has no such key, and the default holds."""
    a, b = a or {}, b or {}
    names = [name for name in dict.fromkeys([*a, *b]) if a.get(name) != b.get(name)]
    return [{"key": name, "a": a.get(name), "b": b.get(name)} for name in names]


def _quality(a: Row, b: Row) -> list[dict[str, Any]]:
    """The recommender's own figures in both, part by part; apart = the intervals do not overlap."""
    one, other = (
        {(row["part"], row["metric"]): row for row in run.get("quality") or [] if row["model"] == "boxwise"}
        for run in (a, b)
    )
    found = []
    for part, metric in dict.fromkeys([*one, *other]):
        pair = [rows.get((part, metric)) for rows in (one, other)]
        apart = None not in pair and (pair[0]["high"] < pair[1]["low"] or pair[1]["high"] < pair[0]["low"])  # type: ignore[index]
        told = [None if row is None else {name: row[name] for name in ("value", "low", "high")} for row in pair]
        found.append({"part": part, "metric": metric, "a": told[0], "b": told[1], "apart": apart})
    return found


def _lines(content: Mapping[str, Any]) -> Iterator[str]:
    yield f"from {printable(content['a'])} to {printable(content['b'])}:"
    tables = [f"{one['table']} ({_rows(one['rows_a'])} -> {_rows(one['rows_b'])})" for one in content["inputs"]]
    yield f"inputs: {', '.join(tables) or 'the same'}"
    for name, words in (("settings", "settings"), ("code", "code"), ("weights", "weights of the score")):
        yield from _keys(words, content[name])
    yield "quality:" if content["quality"] else "quality: not judged in either"
    for one in content["quality"]:
        apart = "; the intervals lie apart" if one["apart"] else ""
        yield f"  {one['part']}, {one['metric']}: {_interval(one['a'])} -> {_interval(one['b'])}{apart}"
    yield from _plan(content["plan"])
    yield from _boxes(content["boxes"])


def _keys(words: str, changed: list[dict[str, Any]]) -> Iterator[str]:
    for run, other in (("a", "b"), ("b", "a")):
        if changed and all(one[run] is None for one in changed) and len(changed) > MOST:
            yield f"{words}: told by {other} only; {run} is of an older boxwise"
            return
    yield f"{words}: {'the same' if not changed else ''}".rstrip()
    for one in changed[:MOST]:
        yield f"  {printable(one['key'])}: {_value(one['a'])} -> {_value(one['b'])}"
    if len(changed) > MOST:
        yield f"  and {len(changed) - MOST:,} more; --json tells all"


def _plan(changed: list[dict[str, Any]]) -> Iterator[str]:
    told = {one["key"]: one for one in changed}
    yield f"plan: {'' if told else 'the same figures'}".rstrip()
    if "value" in told:
        a, b = ("unknown" if told["value"][run] is None else f"{told['value'][run] / POINTS:,.3f}" for run in "ab")
        yield f"  worth in points: {a} -> {b}"
    for key, words in PLAN.items():
        if key in told:
            yield f"  {words}: {_rows(told[key]['a'])} -> {_rows(told[key]['b'])}"
    if "gap" in told:
        a, b = ("unknown" if told["gap"][run] is None else f"{told['gap'][run]:.4%}" for run in "ab")
        yield f"  gap: {a} -> {b}"


def _boxes(boxes: Mapping[str, Any] | None) -> Iterator[str]:
    if boxes is None:
        yield "boxes: one of the two folders is gone, so they cannot be compared"
        return
    changed = f"{boxes['changed']:,} of {boxes['both']:,} in both hold other products"
    yield f"boxes: {changed}; {boxes['new']:,} new, {boxes['gone']:,} gone"
    for one in boxes["products"][:MOST]:
        yield f"  {printable(one['product_id'])}: in {one['a']:,} -> {one['b']:,} boxes"
    if len(boxes["products"]) > MOST:
        yield f"  and {len(boxes['products']) - MOST:,} more products; --json tells all"


def _rows(count: int | None) -> str:
    return "none" if count is None else f"{count:,}"


def _interval(row: Mapping[str, float] | None) -> str:
    return "not judged" if row is None else f"{row['value']:.3f} [{row['low']:.3f}, {row['high']:.3f}]"


def _value(value: Any) -> str:
    if isinstance(value, list):
        return shown(json.dumps(value, ensure_ascii=False))[1:-1]
    if isinstance(value, float):
        return f"{value:.6g}"
    return "not said" if value is None else shown(value)
