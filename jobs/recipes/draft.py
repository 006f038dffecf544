"""A campaign.toml in the making: the query of every table, what was found and what was not, the text of the file."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from jobs.recipes.proposals import Proposal
from jobs.templates import environment
from jobs.words import printable

TEMPLATES = Path(__file__).parent / "templates"
USUAL_BOX = 5
ORDER = ("customers", "products", "inventory", "events", "shipments", "edits")


@dataclass(frozen=True)
class Table:
    """One table of the campaign.

    sql       its query; "" where there is none, and the comments say why
    comments  lines above it
    """

    name: str
    sql: str
    comments: tuple[str, ...] = ()

    @property
    def quoted(self) -> str:
        """The query as a TOML string, as literal as can be."""
        if "'''" not in self.sql:
            return f"'''\n{self.sql}'''"
        escaped = self.sql.replace("\\", "\\\\").replace('"""', '""\\"')
        return f'"""\n{escaped}"""'


@dataclass
class Draft:
    """What a recipe has made so far.

    found    one line per file that is read
    missing  what was not found, and what is missing without it
    notes    how things were read that could be read otherwise
    decide   what only a person can decide, and should before the first night
    signals  lines of [signals]
    last     the last day that any file tells
    n_families  products that differ in more than their size, of which a box holds one each; None = not known
    """

    platform: str
    tables: dict[str, Table] = field(default_factory=dict)
    found: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    decide: list[str] = field(default_factory=list)
    signals: list[str] = field(default_factory=list)
    proposals: list[Proposal] = field(default_factory=list)
    last: date | None = None
    n_families: int | None = None

    def table(self, name: str, template: str | list[str], comments: list[str], **given: Any) -> None:
        """Add a table by its template, or several in a row."""
        parts = [template] if isinstance(template, str) else template
        self.tables[name] = Table(name, "".join(filled(part, **given) for part in parts), tuple(comments))

    def day(self, day: date | None) -> None:
        """A day that a file tells."""
        if day is not None and (self.last is None or day > self.last):
            self.last = day

    def text(self, ship_date: date, why: str) -> str:
        """The campaign.toml."""
        rules = [line for proposal in self.proposals for line in ("", *proposal.rule)]
        tables = [self.tables[name] for name in ORDER if name in self.tables]
        return filled(
            "campaign.toml",
            platform=self.platform,
            ship_date=ship_date,
            ship_date_why=why,
            box_size=min(USUAL_BOX, self.n_families or USUAL_BOX),
            signals=self.signals,
            rules=rules,
            missing=[printable(line) for line in self.missing],
            tables=tables,
        )


def filled(template: str, **given: Any) -> str:
    """A template with what is given put in."""
    return environment(TEMPLATES, pages=False).get_template(template).render(**given)
