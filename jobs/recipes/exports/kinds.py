"""What an export is told by: a kind of export, the columns it has for each purpose, and a file that is one.

A column goes by several names, for platforms rename theirs; what counts is the header, never the name of the file.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from jobs.recipes.exports.headers import Header

Holds = Literal["id", "mail", "text", "html", "several", "amount", "moment"]


@dataclass(frozen=True)
class Role:
    """What a column is for.

    name     its plain name in the recipe's SQL, e.g. "email"
    holds    how its cells are read (jobs/recipes/rows.py)
    headers  the names it has in exports, the usual one first
    lost     what is missing where an export has no such column, in words; "" = nothing worth saying
    """

    name: str
    holds: Holds
    headers: tuple[str, ...]
    lost: str = ""


@dataclass(frozen=True)
class Kind:
    """A kind of export.

    platform  the recipe that reads it: "shopify", ...
    table     what it is about: "products", "inventory", "customers", "orders" or "subscriptions"
    called    what people call it, e.g. "Shopify products export"
    told_by   groups of roles; of every group the header has one at least
    roles     its columns that count; all others are left alone
    never     headers that it never has
    where     how to get it from the platform, in words
    """

    platform: str
    table: str
    called: str
    told_by: tuple[tuple[str, ...], ...]
    roles: tuple[Role, ...]
    never: tuple[str, ...] = ()
    where: str = ""

    def role(self, name: str) -> Role:
        """The role of a name."""
        return next(role for role in self.roles if role.name == name)

    @property
    def needed(self) -> str:
        """The columns that it is told by, in words."""
        groups = [" or ".join(dict.fromkeys(self.role(name).headers[0] for name in group)) for group in self.told_by]
        return ", ".join(groups)


@dataclass(frozen=True)
class Export:
    """A file that is an export of a kind.

    columns  role -> name of the column as the file writes it; absent roles are not in it
    """

    header: Header
    kind: Kind
    columns: dict[str, str]

    @property
    def name(self) -> str:
        """The file's name."""
        return self.header.path.name


def key(name: str) -> str:
    """A header without what does not count: case, and whether spaces or underscores stand between its words."""
    return " ".join(name.casefold().replace("_", " ").split())


def match(kind: Kind, header: Header) -> Export | None:
    """The file as an export of this kind, or None."""
    written: dict[str, str] = {}
    for name in header.names:
        written.setdefault(key(name), name)
    if any(key(name) in written for name in kind.never):
        return None
    columns = {
        role.name: written[key(name)]
        for role in kind.roles
        for name in reversed(role.headers)  # the usual name wins
        if key(name) in written
    }
    if all(any(name in columns for name in group) for group in kind.told_by):
        return Export(header, kind, columns)
    return None


def recognise(header: Header, kinds: Iterable[Kind]) -> Export | None:
    """The file as an export of the first kind that fits, or None."""
    return next((found for kind in kinds if (found := match(kind, header)) is not None), None)
