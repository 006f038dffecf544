"""Rules that the columns and tags of both sides suggest; they are written as comments, for only a person can know.

A health rule that is guessed wrong sends what harms, and one that is silently left out does, too: so it is proposed,
and `boxwise init` says that somebody must decide.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from jobs.recipes.rows import text

_HARMS = re.compile(r"allerg|contains|may_contain|ingredient|enth(ä|ae)lt|inhaltsstoff")
_HARMED = re.compile(r"allerg|intoleran|avoid|unvertr")
TOPICS = (
    "skin",
    "hair",
    "scent",
    "fragrance",
    "shade",
    "colour",
    "color",
    "diet",
    "age",
    "size",
    "haut",
    "haar",
    "undertone",
    "gender",
)
_HARM_TAG = re.compile(r"(contains|may[ -]contain|allergens?|enthält)([-:_] ?)\w", re.IGNORECASE)
_HARMED_TAG = re.compile(r"(allerg(?:y|ies|ic|isch)|intoleran(?:ce|t)|avoids?)([-:_] ?)\w", re.IGNORECASE)


@dataclass(frozen=True)
class Proposal:
    """A rule that may be meant.

    rule       lines of campaign.toml, commented out
    product    lines of the products query, without comment signs, each ending with a comma; () = a column that is there
    customer   lines of the customers query, each beginning with a comma; likewise
    words      what was seen, for the output of `init`
    """

    rule: tuple[str, ...]
    words: str
    product: tuple[str, ...] = ()
    customer: tuple[str, ...] = ()


def is_profile(name: str) -> bool:
    """Does a column of customers say what suits them, rather than who they are?"""
    words = name.split("_")
    return bool(_HARMED.search(name)) or any(topic in words for topic in TOPICS)


def is_attribute(name: str) -> bool:
    """Does a column of products say whom they suit?"""
    return bool(_HARMS.search(name)) or any(topic in name.split("_") for topic in TOPICS)


def by_columns(products: Iterable[str], customers: Iterable[str]) -> list[Proposal]:
    """Rules between columns of products and of customers, by their plain names."""
    found = []
    for product in products:
        for customer in customers:
            if _HARMS.search(product) and _HARMED.search(customer):
                found.append(_rule("allergens", product, customer, excludes=True))
            elif topic := _shared_topic(product, customer):
                found.append(_rule(topic, product, customer, excludes=False))
    return found


def _shared_topic(product: str, customer: str) -> str | None:
    words = {*product.split("_")} & {*customer.split("_")}
    return next((topic for topic in TOPICS if topic in words), None)


def _rule(name: str, product: str, customer: str, *, excludes: bool) -> Proposal:
    lines = [
        "# [[eligibility]]  # is this meant? Then take away the # in front; `boxwise check` counts what the rule does",
        f'# name = "{name}"',
        f'# product = "{product}"',
        f'# customer = "{customer}"',
    ]
    if excludes:
        lines.append('# sense = "exclude"  # a shared value forbids')
    lines.append(
        '# unknown = "deny"  # who has not answered gets no such product; "allow" where an empty answer means none'
    )
    words = (
        f"products have {product}, customers have {customer}: is that a rule? It stands in campaign.toml as a comment"
    )
    return Proposal(tuple(lines), words)


def by_tags(products: Iterable[str], customers: Iterable[str], product: str) -> list[Proposal]:
    """Rules between tags such as contains-nuts on products and allergy-nuts on customers, or dry-skin on both.

    product   SQL of a product's tags, separated by |
    """
    customer = "replace(max(c.tags), ',', '|')"
    ours, theirs = sorted({*products}), sorted({*customers})
    found = []
    harms = sorted({(hit[1] + hit[2]).casefold() for tag in ours if (hit := _HARM_TAG.match(tag))})
    harmed = sorted({(hit[1] + hit[2]).casefold() for tag in theirs if (hit := _HARMED_TAG.match(tag))})
    if harms and harmed:
        rule = _rule("allergens", "contains", "allergies", excludes=True)
        words = (
            f'products have tags such as "{harms[0]}...", customers such as "{harmed[0]}...": the rule that keeps them '
            "apart stands in campaign.toml as a comment, with the two lines of SQL it needs"
        )
        lines = (f"{_beginning(product, harms)} AS contains,",)
        found.append(Proposal(rule.rule, words, lines, (f", {_beginning(customer, harmed)} AS allergies",)))
    both = {tag.casefold() for tag in ours} & {tag.casefold() for tag in theirs}
    for topic in TOPICS:
        shared = [tag for tag in sorted(both) if topic in re.split(r"[^a-zäöüß]+", tag)]
        if shared:
            rule = _rule(topic, f"for_{topic}", topic, excludes=False)
            words = f'products and customers share tags such as "{shared[0]}": a rule over them stands in campaign.toml'
            words += " as a comment"
            mine, theirs_ = (_containing(side, topic) for side in (product, customer))
            found.append(Proposal(rule.rule, words, (f"{mine} AS for_{topic},",), (f", {theirs_} AS {topic}",)))
    return found


def _beginning(tags: str, starts: list[str]) -> str:
    """The tags that begin so, without their beginning, in small letters."""
    shape = text(f"^({'|'.join(starts)})")  # letters, - : _ and spaces only, so nothing is to be escaped
    kept = f"list_filter(string_split(lower({tags}), '|'), lambda tag: regexp_matches(trim(tag), {shape}))"
    return f"list_transform({kept}, lambda tag: regexp_replace(trim(tag), {shape}, ''))"


def _containing(tags: str, topic: str) -> str:
    kept = f"list_filter(string_split(lower({tags}), '|'), lambda tag: contains(tag, {text(topic)}))"
    return f"list_transform({kept}, lambda tag: trim(tag))"
