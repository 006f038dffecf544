"""What lies in a folder: exports of a platform, tables that are ready as they are, and what is left alone, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from jobs.reading.schemas import TABLES
from jobs.recipes.exports import recharge, shopify, woocommerce
from jobs.recipes.exports.headers import Header, Unread, headers
from jobs.recipes.exports.kinds import Export, Kind, recognise

ALL_KINDS = (*shopify.KINDS, *recharge.KINDS, *woocommerce.KINDS)
"""Every kind of export of a platform; the first that fits a header counts."""


@dataclass
class Files:
    """The files of a folder.

    exports   by table of the export ("products", "orders", ...): those of the platforms that are read
    ready     table -> file: tables of boxwise's own form, used as they are
    others    exports of other platforms
    unread    files that are no CSV that can be read
    unknown   CSVs that nobody knows
    """

    folder: Path
    exports: dict[str, list[Export]] = field(default_factory=dict)
    ready: dict[str, Path] = field(default_factory=dict)
    others: list[Export] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    unknown: list[Header] = field(default_factory=list)

    def of(self, table: str) -> list[Export]:
        """The exports of a table."""
        return self.exports.get(table, [])


def look_through(folder: Path, platforms: Iterable[str]) -> Files:
    """Sort the files of a folder.

    platforms  whose exports are read
    """
    wanted = {*platforms}
    kinds = (*ALL_KINDS, woocommerce.ANY_ORDERS) if "woocommerce" in wanted else ALL_KINDS
    files = Files(folder)
    found, files.unread = headers(folder)
    for header in found:
        export = recognise(header, kinds)
        name = is_ready(header) if export is None else None
        if name:
            files.ready[name] = header.path
        elif export is None:
            files.unknown.append(header)
        elif export.kind.platform in wanted:
            files.exports.setdefault(export.kind.table, []).append(export)
        else:
            files.others.append(export)
    for name in TABLES:
        if (folder / f"{name}.parquet").is_file():
            files.ready[name] = folder / f"{name}.parquet"
    return files


def is_ready(header: Header) -> str | None:
    """The table that a file is without any recipe: by its name, with every required column."""
    schema = TABLES.get(header.path.stem)
    if schema is None or header.path.suffix != ".csv" or header.delimiter != ",":
        return None
    needed = [column.name for column in schema.columns if column.required]
    return schema.name if all(name in header.names for name in needed) else None


def looked_for(kinds: Iterable[Kind]) -> list[str]:
    """A line per kind of export: its columns and where to get it."""
    return [f"a {kind.called}: columns {kind.needed} ({kind.where})" for kind in kinds if kind.where]
