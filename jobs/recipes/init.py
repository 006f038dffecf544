"""`boxwise init --from PLATFORM DIR`: a commented campaign.toml with working SQL for the exports that lie in DIR.

Only headers decide what a file is. The ship date does not come from the clock: it is asked for, or a month after the
last day that the files tell. Same files, same bytes.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from jobs.config.load import FILE
from jobs.faults import UsageRefused
from jobs.recipes.draft import Draft
from jobs.recipes.exports import recharge, shopify, woocommerce
from jobs.recipes.exports.kinds import Kind
from jobs.recipes.files import Files, look_through, looked_for
from jobs.recipes.plain import look_through_plain, write_plain
from jobs.recipes.shapes import month_later
from jobs.recipes.shopify import write_shopify
from jobs.recipes.woocommerce import write_woocommerce
from jobs.words import did_you_mean, listed, printable, shown

MISSING = {
    "customers": "nobody gets a box",
    "products": "there is nothing to recommend",
    "inventory": "there are no units for boxes",
    "events": "nothing can be learned from what was bought; an events.csv with a header only is enough to go on",
    "shipments": "what earlier boxes held is not known and may be sent again (customer_id, product_id, shipped_on)",
}
OF_TABLE = {"customers": "customers", "products": "products", "inventory": "inventory", "events": "orders"}


@dataclass(frozen=True)
class Platform:
    """A recipe.

    look   sorts the files of a folder
    write  fills the draft
    kinds  the exports it needs, by table of the export; what else it reads is welcome
    """

    look: Callable[[Path], Files]
    write: Callable[[Files, Draft], None]
    kinds: tuple[Kind, ...]


_SHOPIFY = (shopify.PRODUCTS, shopify.INVENTORY, shopify.CUSTOMERS, shopify.ORDERS)
PLATFORMS = {
    "shopify": Platform(lambda folder: look_through(folder, ("shopify", "recharge")), write_shopify, _SHOPIFY),
    "woocommerce": Platform(
        lambda folder: look_through(folder, ("woocommerce",)),
        write_woocommerce,
        (woocommerce.PRODUCTS, woocommerce.ORDERS, woocommerce.CUSTOMERS, woocommerce.SUBSCRIPTIONS),
    ),
    "recharge": Platform(
        lambda folder: look_through(folder, ("recharge", "shopify")),
        write_shopify,
        (recharge.SUBSCRIPTIONS, *_SHOPIFY),
    ),
    "csv": Platform(look_through_plain, write_plain, ()),
}


def init(platform: str, folder: Path, ship_date: date | None = None) -> list[str]:
    """Write campaign.toml into a folder of exports; what was found, what is missing and what comes next, line by line.

    ship_date  None = a month after the last day that the files tell

    Raises UsageRefused where there is no such recipe or folder, nothing to read in it, or a campaign.toml already.
    """
    platform = platform.casefold()
    recipe = _recipe(platform)
    if not folder.is_dir():
        raise UsageRefused(
            f"{folder}: expected a folder with the exports, found {'a file' if folder.exists() else 'nothing there'}"
        )
    target = folder / FILE
    if target.exists() or target.is_symlink():
        raise UsageRefused(f"{target}: is there already and is never overwritten; move it away, or take another folder")
    try:
        files = recipe.look(folder)
    except OSError as error:
        raise UsageRefused(f"{folder}: cannot be read ({error.strerror})") from None
    if not files.exports:
        raise UsageRefused(_nothing(platform, recipe, files))
    draft = Draft(platform)
    recipe.write(files, draft)
    _take_ready(files, draft)
    _say_missing(recipe, files, draft)
    day, why = _ship_date(ship_date, draft)
    text = draft.text(day, why)
    try:
        with target.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise UsageRefused(f"{target}: cannot be written ({error.strerror})") from None
    return _told(folder, files, draft, f"ship_date {day}: {why}")


def _recipe(platform: str) -> Platform:
    if platform not in PLATFORMS:
        raise UsageRefused(
            f"--from: found {shown(platform)}, expected {listed(PLATFORMS)}{did_you_mean(platform, PLATFORMS)}"
        )
    return PLATFORMS[platform]


def _nothing(platform: str, recipe: Platform, files: Files) -> list[str]:
    """Why there is nothing to read, and what was looked for."""
    lines = [f"{files.folder}: found no export that the recipe {platform} reads; looked for"]
    lines += [f"  {line}" for line in looked_for(recipe.kinds)] or [
        "  CSV files with columns such as customer_id, product_id, name, on_hand or order_date"
    ]
    lines += [
        f"  {found.name} is a {found.kind.called}: boxwise init --from {found.kind.platform}" for found in files.others
    ]
    lines += [f"  {path.path.name} was not read: {path.why}" for path in files.unread]
    lines += [f"  {header.path.name} has none of these headers" for header in files.unknown]
    return lines


def _take_ready(files: Files, draft: Draft) -> None:
    """Tables in boxwise's own form need no query; a query that was made for the same table gives way."""
    for name, path in sorted(files.ready.items()):
        draft.found.append(f"{path.name}: the table {name}, used as it is")
        draft.tables.pop(name, None)


def _say_missing(recipe: Platform, files: Files, draft: Draft) -> None:
    """Name the tables that nothing was found for, first of all."""
    kinds = {kind.table: kind for kind in reversed(recipe.kinds)}
    lines = []
    for name, effect in MISSING.items():
        if name in draft.tables or name in files.ready:
            continue
        kind = kinds.get(OF_TABLE.get(name, name))
        if name == "inventory" and kind is None and not files.of("products"):
            kind = kinds.get("products")  # WooCommerce has its stock there
        looked = (
            f"no {kind.called} (columns {kind.needed}; {kind.where}) and no {name}.csv" if kind else f"no {name}.csv"
        )
        lines.append(f"{name}: {looked}: {effect}")
    if "subscriptions" in kinds and not files.of("subscriptions"):
        kind = kinds["subscriptions"]
        lines.append(
            f"subscriptions: no {kind.called} (columns {kind.needed}; {kind.where}): who subscribes is not known"
        )
    draft.missing[:0] = lines


def _ship_date(asked: date | None, draft: Draft) -> tuple[date, str]:
    """The ship date, and where it comes from."""
    if asked is not None:
        return asked, "as said by --ship-date"
    if draft.last is None:
        line = "--ship-date: no file tells a day, so it must be said, e.g. --ship-date 2026-12-05"
        raise UsageRefused([line, *(f"  missing: {missing}" for missing in draft.missing)])
    return month_later(draft.last), f"a month after the last day in the files, {draft.last}"


def _told(folder: Path, files: Files, draft: Draft, date_line: str) -> list[str]:
    """What `init` says."""
    left = [f"{one.name}: {one.kind.called}; boxwise init --from {one.kind.platform} reads it" for one in files.others]
    left += [f"{one.path.name}: {one.why}" for one in files.unread]
    left += [f"{one.path.name}: no header that this recipe knows" for one in files.unknown]
    lines: list[str] = []
    for title, part in (
        ("Found:", draft.found),
        ("Left alone:", left),
        ("Read in this way:", [*draft.notes, date_line]),
        ("Missing:", draft.missing),
        ("Please decide:", [proposal.words for proposal in draft.proposals] + draft.decide),
    ):
        if part:
            lines += [title, *(f"  {printable(line)}" for line in part)]
    lines.append(f"Written: {folder / FILE}")
    needs_sql = any(table.sql for table in draft.tables.values())
    if needs_sql and importlib.util.find_spec("duckdb") is None:
        lines.append("Its queries run in DuckDB, which is not installed: pip install 'boxwise[sql]'")
    lines.append(f"Next: boxwise check {folder}")
    return lines
