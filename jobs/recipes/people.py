"""Customers and subscriptions of a platform: who gets a box, by which id, and how orders find their customer.

Orders know an e-mail address, subscriptions an id of their own; the customers export joins the two. One person has one
id in every table, and no address is written into any of them where an id is to be had.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from jobs.recipes.draft import Draft, filled
from jobs.recipes.exports.headers import Header
from jobs.recipes.exports.kinds import Export
from jobs.recipes.files import Files
from jobs.recipes.proposals import Proposal, is_profile
from jobs.recipes.rows import columns_of, rows_sql
from jobs.recipes.scan import Row, Seen, scan

_ROLES = ("shop_customer_id", "customer_id", "email")
_METAFIELD = re.compile(r"\(customer\.metafields\.[^.]+\.([^)]+)\)$")
_ACTIVE = ("active", "wc-active", "pending-cancel", "wc-pending-cancel", "aktiv")
MEMBER_TAGS = ("active subscriber", "active_subscriber", "subscriber", "abonnent")


@dataclass
class People:
    """What customers and subscriptions exports hold.

    given     what the templates of customers and events ask for
    subscribed  SKUs that active subscriptions are for, with how many
    """

    customers: list[Seen] = field(default_factory=list)
    subscriptions: list[Seen] = field(default_factory=list)
    tags: Counter[str] = field(default_factory=Counter)
    subscribed: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    per_customer: Counter[str] = field(default_factory=Counter)
    mails: set[str] = field(default_factory=set)
    n_without_mail: int = 0

    @property
    def profile(self) -> list[str]:
        """Plain names of the columns that say what suits a customer."""
        return list(dict.fromkeys(name for seen in self.customers for name in seen.extra))

    @property
    def any(self) -> bool:
        """Is anybody known?"""
        return bool(self.customers or self.subscriptions)


def profile_columns(header: Header) -> dict[str, str]:
    """Plain name -> column: what says what suits a customer; names, addresses and the like never do."""
    return {plain: name for name in header.names if is_profile(plain := plain_name(name, _METAFIELD))}


def plain_name(name: str, metafield: re.Pattern[str]) -> str:
    """A column's name in small letters and underscores; of a metafield, its key."""
    found = metafield.search(name)
    return re.sub(r"[^a-z0-9äöüß]+", "_", (found[1] if found else name).casefold()).strip("_")


def see_people(files: Files, draft: Draft) -> People:
    """Go over customers and subscriptions, and say what is found in them."""
    people = People()
    for export in files.of("customers"):
        seen = scan(export, profile_columns(export.header), lambda row: _customer(people, row))
        people.customers.append(seen)
        tell(draft, seen, "")
    for export in files.of("subscriptions"):
        seen = scan(export, {}, lambda row, export=export: _subscription(people, row, export))  # type: ignore[misc]
        people.subscriptions.append(seen)
        active = sum(count for status, count in people.statuses.items() if status in _ACTIVE)
        tell(draft, seen, f"active subscriptions: {active:,}")
    _say(people, draft)
    return people


def _customer(people: People, row: Row) -> None:
    people.mails.add(row["email"].casefold()) if row["email"] else None
    people.tags.update(tag.strip() for tag in row.get("tags", "").split(",") if tag.strip())


def _subscription(people: People, row: Row, export: Export) -> None:
    status = row["status"].casefold() if "status" in export.columns else ""
    if not status:
        status = "cancelled" if row.get("cancelled_at") else "active"
    people.statuses[status] += 1
    if status in _ACTIVE:
        people.per_customer[row["email"].casefold() or row["customer_id"]] += 1
        if row.get("sku"):
            people.subscribed[row["sku"]] += 1
    if row["email"]:
        people.mails.add(row["email"].casefold())


def _say(people: People, draft: Draft) -> None:
    """What of people only a person can judge."""
    several = sum(count > 1 for count in people.per_customer.values())
    if several:
        words = f"customers with several active subscriptions: {several:,}; each of them gets one box"
        draft.decide.append(f"{words}; for a box each, take away the -- in front of box_id in [inputs.customers]")
    if people.subscriptions and not people.per_customer:
        seen = ", ".join(sorted(people.statuses)) or "none"
        draft.decide.append(
            f"no subscription is active (statuses: {seen}), so nobody gets a box; see [inputs.customers]"
        )
    if people.customers and not people.subscriptions:
        draft.decide.append(
            "no export of subscriptions: everyone in the customers export gets a box; "
            "to send to some only, put a WHERE into [inputs.customers]"
        )


def tell(draft: Draft, seen: Seen, what: str) -> None:
    """Say what a file is, what is wrong with it, and which columns it lacks."""
    export = seen.export
    draft.found.append(f"{export.name}: {export.kind.called}, {seen.n_rows:,} rows" + f"; {what}" * bool(what))
    if seen.broken:
        draft.decide.append(f"{export.name}: {seen.broken}; the night will refuse it")
    if seen.n_ragged:
        row, cells = seen.ragged[0]
        draft.decide.append(
            f"{export.name}: rows that do not fit the header: {seen.n_ragged:,} (row {row:,} has {cells} cells, not "
            f"{len(export.header.names)}); the night will refuse the file, so please export it once more"
        )
    draft.missing += [
        f'{export.name}: no column "{role.headers[0]}": {role.lost}'
        for role in export.kind.roles
        if role.lost and role.name not in export.columns
    ]
    for role, moments in seen.moments.items():
        draft.day(moments.last)
        if moments.can_be_read_two_ways:
            name = export.columns[role]
            draft.decide.append(
                f'{export.name}, column "{name}": days such as 03/04/2026 can be read two ways and are refused; '
                f"in campaign.toml write strptime(\"{name}\", '%d/%m/%Y') or '%m/%d/%Y' in its place"
            )


def people_parts(people: People, *, profile: bool = False) -> dict[str, str]:
    """The first parts of the queries of customers and events: rows of both exports, and who has which address.

    profile  with what suits a customer, which events do not need
    """
    has_tags = any("tags" in seen.export.columns for seen in people.customers)
    roles = (*_ROLES, "tags") if has_tags and profile else _ROLES
    customer_rows = rows_sql("customer_rows", people.customers, roles, extras=profile) if people.customers else ""
    subscription_roles = (*_ROLES, "subscription_id", "status", "cancelled_at")
    subscription_rows = (
        rows_sql("subscription_rows", people.subscriptions, subscription_roles) if people.subscriptions else ""
    )
    ids = columns_of(people.customers + people.subscriptions) & {"shop_customer_id", "customer_id"}
    parts = {
        "customer_rows": customer_rows,
        "subscription_rows": subscription_rows,
        "people": "",
    }
    if people.any:
        parts["people"] = filled("people.sql", **parts, named_by_mail=not ids).rstrip("\n")
    return parts


def add_customers(people: People, draft: Draft, proposals: list[Proposal]) -> None:
    """The query of customers."""
    comments = [
        "customers: who gets a box. No name, address or phone is read; an e-mail only finds a customer's orders."
    ]
    if people.subscriptions:
        comments.append("Who has a subscription that is active now; who cancelled gets no more boxes.")
    has_status = "status" in columns_of(people.subscriptions)
    active = (
        "lower(s.status) IN (" + ", ".join(f"'{one}'" for one in _ACTIVE) + ")"
        if has_status
        else "s.cancelled_at IS NULL"
    )
    parts = people_parts(people, profile=True)
    tag = next((tag for tag in people.tags if tag.casefold() in MEMBER_TAGS), None)
    draft.table(
        "customers",
        "customers.sql",
        comments,
        parts=",\n".join(filter(None, parts.values())),
        has_customers=bool(people.customers),
        has_subscriptions=bool(people.subscriptions),
        has_tags=any("tags" in seen.export.columns for seen in people.customers),
        extra=people.profile,
        active=active,
        member_tag=tag.replace("'", "''") if tag else None,
        proposed=[line for proposal in proposals for line in proposal.customer],
    )
