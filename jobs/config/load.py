"""From the text of a campaign.toml to a Campaign and its faults; what is sound stays usable beside what is not.

`boxwise check` shows the faults of the TOML and of the tables together, so a draft of the campaign is made even from a
faulty file: every table or key at fault is left out of it, and `broken` says which tables of the file those are.
"""

from __future__ import annotations

import copy
import re
import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import Field, Strict, ValidationError

from jobs.config import campaign as config
from jobs.config.base import Part
from jobs.config.faults import config_faults, dotted
from jobs.config.limits import Limits
from jobs.config.operate import Notify, Operate
from jobs.config.reasons import Reasons
from jobs.config.separators import clashes
from jobs.config.toml_lines import Location, key_lines, line_of
from jobs.config.website import Website
from jobs.faults import Fault, InputRefused, UsageRefused
from jobs.words import did_you_mean, listed, nearest, shown

FILE = "campaign.toml"
TABLE_NAMES = ("customers", "products", "inventory", "events", "shipments", "edits")
_STAND_INS: dict[str, Any] = {"name": "campaign", "ship_date": date.max}


_Item = TypeVar("_Item")
Listed = Annotated[tuple[_Item, ...], Strict(False)]


class TomlFile(Part):
    """The whole file, table by table."""

    campaign: config.CampaignTable
    signals: config.SignalsTable = Field(default_factory=config.no_signals)
    eligibility: Listed[config.Eligibility] = ()
    group: Listed[config.Group] = ()
    band: Listed[config.BandLimit] = ()
    pair: Listed[config.Pair] = ()
    quota: Listed[config.QuotaRule] = ()
    short: config.Short = config.Short()
    promises: config.Promises = config.Promises()
    utility: config.Utility = config.Utility()
    publish: config.Publish = config.Publish()
    model: config.Model = config.Model()
    reasons: Reasons = Reasons()
    limits: Limits = Limits()
    website: Website = Website()
    operate: Operate = Operate()
    notify: Notify = Notify()
    inputs: dict[str, config.InputSource] = Field(default_factory=dict)


@dataclass(frozen=True)
class Draft:
    """A campaign as far as its file is sound.

    campaign  complete when there are no faults; otherwise without what is at fault
    faults    every fault of the file
    broken    top-level tables of the file that hold faults, e.g. {"signals"}
    lines     line of every key, for faults found later
    """

    campaign: config.Campaign
    faults: tuple[Fault, ...]
    broken: frozenset[str]
    lines: dict[Location, int]


def load(path: Path | str) -> config.Campaign:
    """Read a campaign.

    path   the campaign's folder (holding campaign.toml) or the TOML file itself

    Raises UsageRefused when there is no such file, InputRefused with every fault of the file otherwise.
    """
    draft = read_draft(path)
    if draft.faults:
        raise InputRefused(draft.faults)
    return draft.campaign


def read_draft(path: Path | str) -> Draft:
    """Read a campaign.toml, collecting its faults.

    path   the campaign's folder (holding campaign.toml) or the TOML file itself

    Raises UsageRefused when there is no such file.
    """
    file = _find(Path(path))
    text, faults = _text(file)
    try:
        given = tomllib.loads(text)
        lines = key_lines(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        given, lines = {}, {}
        faults.append(_syntax_fault(file.name, error))
    if faults:
        return Draft(_campaign(file, _stood_in({})), tuple(faults), frozenset(TomlFile.model_fields), lines)
    sound, errors = _validated(given, file.name, lines)
    errors += _across(given, file.name, lines)
    errors.sort(key=lambda fault: (fault.row or 0, fault.column or ""))
    broken = frozenset(re.split(r"[\[.]", fault.column or "")[0] for fault in errors)
    return Draft(_campaign(file, sound), tuple(errors), broken, lines)


def _find(path: Path) -> Path:
    file = path / FILE if path.is_dir() else path
    if path.is_dir() and not file.is_file():
        found = sorted(other.name for other in path.glob("*.toml"))
        hint = f"; found {listed(found)}, which can be named directly" if found else ""
        raise UsageRefused(f"{path}: expected a campaign.toml in this folder{hint}")
    if not file.is_file():
        raise UsageRefused(f"{path}: expected a campaign's folder or its TOML file, found nothing there")
    if file.suffix != ".toml":
        raise UsageRefused(
            f"{path}: expected a campaign's folder or its TOML file, found a {file.suffix or 'plain'} file"
        )
    return file.absolute()


def _text(file: Path) -> tuple[str, list[Fault]]:
    """The file's text, without a byte-order mark; or the fault that it is not UTF-8."""
    data = file.read_bytes()
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
        found = f"bytes that are not UTF-8 (byte {error.start + 1:,} of the file)"
        return "", [Fault(file.name, row, None, found, "UTF-8 text")]


def _syntax_fault(file: str, error: Exception) -> Fault:
    message = str(error) if isinstance(error, tomllib.TOMLDecodeError) else "tables nested too deep"
    place = re.search(r"line (\d+), column (\d+)", message)
    said = re.sub(r"\s*\(at .*\)$", "", message)
    found = f"{said} (character {place[2]})" if place else said
    row = int(place[1]) if place else None
    return Fault(file, row, None, f"no valid TOML: {found}", "TOML, as in docs/campaign.md")


def _stood_in(given: dict[str, Any]) -> TomlFile:
    """The file with stand-ins for what [campaign] must say and does not."""
    table = given.get("campaign")
    kept = {name: value for name, value in table.items() if value is not None} if isinstance(table, dict) else {}
    return TomlFile.model_validate({**given, "campaign": {**_STAND_INS, **kept}})


def _validated(given: dict[str, Any], file: str, lines: dict[Location, int]) -> tuple[TomlFile, list[Fault]]:
    """The file as models; what pydantic refuses is left out, until the rest is sound."""
    try:
        return TomlFile.model_validate(given), []
    except ValidationError as error:
        faults = config_faults(error, TomlFile, file, lines)
        kept = copy.deepcopy(given)
        while True:
            try:
                return _stood_in(kept), faults
            except ValidationError as more:
                details = more.errors(include_url=False, include_input=False, include_context=False)
                _leave_out(kept, {part["loc"][:2] for part in details})


def _leave_out(given: dict[str, Any], locations: set[Location]) -> None:
    """Take out what stands at these places: keys of tables that are lists of their own, items of lists, or tables."""
    for location in sorted(locations, key=lambda place: (str(place[0]), -int(place[1]) if _is_item(place) else 0)):
        name, table = str(location[0]), given.get(str(location[0]))
        if _is_item(location) and isinstance(table, list):
            del table[int(location[1])]
        elif name in ("campaign", "signals", "inputs") and len(location) > 1 and isinstance(table, dict):
            table.pop(str(location[1]), None)
        else:
            given.pop(name, None)


def _is_item(location: Location) -> bool:
    return len(location) > 1 and isinstance(location[1], int)


def _across(given: dict[str, Any], file: str, lines: dict[Location, int]) -> list[Fault]:
    """Faults that no single table of the file shows: names used twice, limits given twice, odd kinds and tables."""
    faults = []

    def fault(location: Location, found: str, expected: str) -> None:
        faults.append(Fault(file, line_of(location, lines), dotted(location), found, expected))

    for table, key, identity in (
        ("eligibility", "name", ("name",)),
        ("quota", "name", ("name",)),
        ("group", "at_most", ("by", "value", "at_most")),
        ("group", "at_least", ("by", "value", "at_least")),
        ("band", "low", ("column", "low")),
        ("band", "high", ("column", "high")),
    ):
        for position, first in _repeats(given.get(table), key, identity):
            other = dotted((table, first))
            what = shown(given[table][position][key]) if key == "name" else "a second limit"
            fault(
                (table, position, key),
                what,
                f"another than {other} has" if key == "name" else f"one only; {other} sets it",
            )
    for location, found, expected in clashes(given.get("eligibility")):
        fault(location, found, expected)
    signals = given.get("signals")
    for kind in signals if isinstance(signals, dict) else ():
        if kind != "half_life_days" and nearest(kind, ["half_life_days"], close=0.8):
            fault(("signals", kind), "a kind of event that looks like a setting", "half_life_days")
    inputs = given.get("inputs")
    for name in inputs if isinstance(inputs, dict) else ():
        if name not in TABLE_NAMES:
            fault(("inputs", name), "an unknown table", listed(TABLE_NAMES) + did_you_mean(name, TABLE_NAMES))
    return faults


def _repeats(items: Any, key: str, identity: tuple[str, ...]) -> list[tuple[int, int]]:
    """Positions of items that say again what an earlier one says, each with the position of the first."""
    first: dict[tuple[Any, ...], int] = {}
    repeats = []
    for position, item in enumerate(items if isinstance(items, list) else ()):
        if not isinstance(item, dict) or key not in item:
            continue
        sign = tuple(repr(item.get(name)) if name != key or key == "name" else name for name in identity)
        if sign in first:
            repeats.append((position, first[sign]))
        else:
            first[sign] = position
    return repeats


def _campaign(file: Path, parts: TomlFile) -> config.Campaign:
    """The campaign with its parts named as the code names them and its paths made absolute."""
    head = parts.campaign
    return config.Campaign(
        path=file,
        name=head.name,
        ship_date=head.ship_date,
        box_size=head.box_size,
        runs=Path(file.parent, head.runs).absolute(),
        seed=head.seed,
        signals=parts.signals.kinds,
        half_life_days=parts.signals.half_life_days,
        eligibility=parts.eligibility,
        groups=parts.group,
        bands=parts.band,
        pairs=parts.pair,
        quotas=parts.quota,
        short=parts.short,
        promises=parts.promises,
        utility=parts.utility,
        publish=parts.publish,
        model=parts.model,
        reasons=parts.reasons,
        limits=parts.limits,
        website=parts.website,
        operate=parts.operate,
        notify=parts.notify,
        inputs=parts.inputs,
    )
