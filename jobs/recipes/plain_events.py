"""Events from plain CSV files: what a column says; without one, purchases, or ratings where there are stars."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from jobs.recipes.draft import Draft
from jobs.recipes.exports.kinds import Export
from jobs.recipes.exports.plain import plain_key
from jobs.recipes.files import Files
from jobs.recipes.people import tell
from jobs.recipes.rows import rows_sql
from jobs.recipes.scan import Row, Seen, scan

WEIGHTS = {
    "4.0": ("purchase", "buy", "order", "bought", "purchased", "ordered", "sale", "kauf", "bestellung"),
    "1.0": ("cart", "like", "wishlist", "save", "add_to_cart", "favourite", "favorite"),
    "0.5": ("view", "click", "open", "search", "impression", "page_view", "product_view"),
    "{ weight = -4.0, owns = false }": ("refund", "return", "refunded", "returned", "retoure"),
}
BROWSING = ("page_view", "product_view", "add_to_cart", "favourite", "favorite")
"""Kinds of looking whose names boxwise would take for having."""
RATINGS = ("rating", "review")
_STARS = ("rating", "stars", "score", "reviewscore", "bewertung")


@dataclass
class _Happened:
    """What a file of events holds."""

    kinds: Counter[str] = field(default_factory=Counter)
    n_nobodys: int = 0
    values: list[float] = field(default_factory=lambda: [float("inf"), float("-inf")])

    def __call__(self, row: Row) -> None:
        """See a row."""
        if not row["customer_id"] or not row["product_id"]:
            self.n_nobodys += 1
            return
        self.kinds[row["kind"].casefold()] += 1
        try:
            value = float(row["value"].replace(",", "."))
        except ValueError:
            return
        self.values = [min(self.values[0], value), max(self.values[1], value)]


def add_events(files: Files, draft: Draft) -> None:
    """The query of events and the lines of [signals]."""
    selects, parts, signals = [], [], {}
    for place, export in enumerate(files.of("events"), start=1):
        happened = _Happened()
        seen = scan(export, {}, happened)
        has_stars = plain_key(export.columns.get("value", "")) in _STARS
        tell(draft, seen, mapping(export))
        name = f"event_rows_{place}"
        parts.append(rows_sql(name, [seen], ("customer_id", "product_id", "kind", "occurred_at", "value")))
        usual = "rating" if has_stars and "kind" not in export.columns else "purchase"
        selects.append(_select(name, seen, usual))
        _say(happened, export, usual, draft)
        for kind in [kind or usual for kind in happened.kinds] or [usual]:
            signals[kind] = _weight(kind, happened.values if has_stars or kind in RATINGS else None, draft)
    if files.of("orders") and files.of("lines"):
        signals["purchase"] = _weight("purchase", None, draft)
        selects.append(_of_orders(files, parts, draft))
    if not selects:
        return
    draft.signals = [f"{_key(kind)} = {weight}" for kind, weight in sorted(signals.items())]
    draft.table(
        "events",
        "plain_events.sql",
        ["events: a guess by the names of the columns; please check each line."],
        parts=",\n".join(parts),
        selects="\nUNION ALL\n".join(selects),
    )


def mapping(export: Export) -> str:
    """Which column is taken for what, in words."""
    return ", ".join(f'{role} = "{column}"' for role, column in export.columns.items())


def _say(happened: _Happened, export: Export, usual: str, draft: Draft) -> None:
    """How the rows of a file were taken."""
    if happened.n_nobodys:
        draft.notes.append(
            f"rows of {export.name} that name no customer or no product: {happened.n_nobodys:,}; left out"
        )
    if "kind" not in export.columns:
        draft.notes.append(f"{export.name}: every row counts as a {usual}")


def _of_orders(files: Files, parts: list[str], draft: Draft) -> str:
    """Purchases where orders stand in one file and what they hold in another."""
    statuses: Counter[str] = Counter()
    orders = [scan(export, {}, lambda row: statuses.update([row["status"]])) for export in files.of("orders")]
    lines = [scan(export, {}) for export in files.of("lines")]
    for seen in (*orders, *lines):
        tell(draft, seen, mapping(seen.export))
    parts.append(rows_sql("order_rows", orders, ("order_id", "customer_id", "occurred_at", "status")))
    parts.append(rows_sql("line_rows", lines, ("order_id", "product_id")))
    where = ""
    if statuses.keys() - {""}:
        told = ", ".join(sorted(status for status in statuses if status))[:100]
        draft.decide.append(
            f"orders have a status ({told}): which of them were bought? All count, until [inputs.events] says"
        )
        where = "\n-- AND lower(o.status) NOT IN ('cancelled', 'refunded')  -- which orders count?"
    return (
        "SELECT o.customer_id, l.product_id, 'purchase' AS kind, o.occurred_at, CAST(NULL AS VARCHAR) AS value\n"
        "FROM line_rows l\nJOIN order_rows o ON o.order_id = l.order_id\n"
        f"WHERE o.customer_id IS NOT NULL AND l.product_id IS NOT NULL{where}"
    )


def _select(name: str, seen: Seen, usual: str) -> str:
    kind = f"coalesce(lower(kind), '{usual}')" if "kind" in seen.export.columns else f"'{usual}'"
    return (
        f"SELECT customer_id, product_id, {kind} AS kind, occurred_at, value\nFROM {name}\n"
        "WHERE customer_id IS NOT NULL AND product_id IS NOT NULL"
    )


def _weight(kind: str, values: list[float] | None, draft: Draft) -> str:
    """What an event of a kind is worth, as a line of [signals] says it."""
    if kind in RATINGS and values is not None and values[0] <= values[1]:
        centre = (values[0] + values[1]) / 2
        draft.notes.append(f"ratings from {values[0]:g} to {values[1]:g}: {centre:g} is neither praise nor blame")
        return f"{{ weight = 2.0, centre = {centre} }}  # the middle of what was given"
    for weight, kinds in WEIGHTS.items():
        if kind in kinds:
            return f"{{ weight = {weight}, owns = false }}" if kind in BROWSING else weight
    draft.decide.append(
        f'events of the kind "{kind}": what is one worth? It counts for nothing until [signals] says so'
    )
    return "{ weight = 0.0, owns = false }  # what is one worth?"


def _key(kind: str) -> str:
    """A kind as a key of TOML."""
    if kind and all(letter.isascii() and (letter.isalnum() or letter in "_-") for letter in kind):
        return kind
    escaped = kind.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
