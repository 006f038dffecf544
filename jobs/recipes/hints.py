"""What `boxwise check` says where a platform's export stands in the place of a table: which recipe reads it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from jobs.config.campaign import Campaign
from jobs.faults import Fault, UsageRefused
from jobs.inputs.tables import Looked, look
from jobs.reading.schemas import TABLES
from jobs.recipes.exports.headers import Header, header, headers
from jobs.recipes.exports.kinds import Export, recognise
from jobs.recipes.files import ALL_KINDS


def look_or_offer(campaign_path: Path) -> Looked:
    """A look at the campaign; where there is none and exports lie there, the refusal says how to begin."""
    try:
        return look(campaign_path)
    except UsageRefused as refused:
        raise UsageRefused([*refused.lines, *_offers(campaign_path)]) from None


@dataclass(frozen=True)
class Hint:
    """A CSV that is given as a table and is an export.

    given  the file, as the campaign names it; table: what it is given as
    """

    given: str
    table: str
    export: Export

    @property
    def fault(self) -> Fault:
        """Where the tables are refused: that it is no such table, and what reads it."""
        found = f"the header of a {self.export.kind.called}"
        return Fault(self.given, 1, None, found, f"the columns of {self.table}; {self._recipe}")

    @property
    def line(self) -> str:
        """Where it will do as it is."""
        header = f"has the header of a {self.export.kind.called}, and is read as the table {self.table}"
        return f"{self.given}: {header}; {self._recipe}"

    @property
    def _recipe(self) -> str:
        platform = self.export.kind.platform
        how = f"boxwise init --from {platform} DIR, in a folder of exports without a campaign.toml"
        return f"the recipe {platform} reads such a file: {how}"


def exports_as_tables(campaign: Campaign) -> list[Hint]:
    """Every CSV that is given as a table and is an export."""
    hints = []
    for name in TABLES:
        source = campaign.inputs.get(name)
        if source is not None and source.path is None:
            continue
        given = f"{name}.csv" if source is None or source.path is None else source.path
        found = _export(campaign.root / given)
        if found is not None:
            hints.append(Hint(given, name, found))
    return hints


def _export(path: Path) -> Export | None:
    read = header(path) if path.suffix == ".csv" and path.is_file() else None
    return recognise(read, ALL_KINDS) if isinstance(read, Header) else None


def _offers(folder: Path) -> list[str]:
    """A line per recipe that reads what lies in a folder without a campaign.toml."""
    if not folder.is_dir() or any(folder.glob("*.toml")):
        return []
    read = headers(folder)[0]
    found = [export for one in read if (export := recognise(one, ALL_KINDS)) is not None]
    if read and not found:
        return [f"to begin with the CSV files that lie there: boxwise init --from csv {folder}"]
    platforms = {export.kind.platform: export for export in reversed(found)}
    return [
        f"{export.name} is a {export.kind.called}; to begin with it: boxwise init --from {platform} {folder}"
        for platform, export in sorted(platforms.items())
    ]
