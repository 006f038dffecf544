"""What a request asks for: the id in its path and its parameters, read to the letter or refused in one line.

An id is taken from the bytes of the path as they came, so that `a%2Fb` is the id `a/b` and a broken encoding is told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote

from jobs.words import did_you_mean, listed, shown

MOST_CHARACTERS = 200
"""Longest id, as in the campaign's tables (jobs/cells/typed_texts.py)."""
MOST_IN_BASKET = 50
"""Products in a basket that is asked about."""
MOST_PARAMETERS = 200


class Refused(Exception):
    """A request that gets an error answer.

    status  of HTTP, 400 and above
    line    what was found and what is expected
    """

    def __init__(self, status: int, line: str) -> None:
        self.status, self.line = status, line
        super().__init__(line)


@dataclass(frozen=True)
class ListRequest:
    """A request for a list.

    key    the id in the path; '' where the path has none
    query  every parameter's values, in the order they came
    """

    key: str
    query: Mapping[str, Sequence[str]]

    def one(self, name: str) -> str | None:
        """The value of a parameter that may be there once; None when it is not. Raises Refused (400)."""
        values = self.query.get(name, ())
        if len(values) > 1:
            raise Refused(400, f"parameter {name}: found it {len(values)} times, expected it once or not at all")
        return values[0] if values else None


def read_key(raw_path: bytes, name: str) -> str:
    """The id after the second slash of a path as it came over the wire. Raises Refused (400, or 404 without one)."""
    parts = raw_path.split(b"/", 2)
    if len(parts) < 3:
        raise Refused(404, f"found no {name}, expected one after a slash: {shown(raw_path.decode('latin-1'))}/...")
    try:
        return checked_id(name, unquote(parts[2].decode("ascii"), errors="strict"))
    except UnicodeDecodeError:
        raise Refused(
            400, f"{name}: found {shown(parts[2].decode('latin-1'))}, expected UTF-8 that is percent-encoded"
        ) from None


def read_query(
    query_string: bytes, known: Sequence[str], others: Literal["refuse", "ignore"] = "refuse"
) -> dict[str, list[str]]:
    """The parameters of an address by name; what becomes of others than the known is to be said.

    Raises Refused (400) for a broken encoding, too many parameters, or one that is refused.
    """
    try:
        pairs = parse_qsl(
            query_string.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_PARAMETERS
        )
    except UnicodeDecodeError:
        raise Refused(
            400, "parameters: found bytes that are no UTF-8, expected UTF-8 that is percent-encoded"
        ) from None
    except ValueError:
        raise Refused(400, f"parameters: found too many, expected at most {MOST_PARAMETERS}") from None
    query: dict[str, list[str]] = {}
    for name, value in pairs:
        if name not in known and others == "ignore":
            continue
        if name not in known:
            expected = listed(known) or "none"
            raise Refused(400, f"parameters: found {shown(name)}, expected {expected}{did_you_mean(name, known)}")
        query.setdefault(name, []).append(value)
    return query


def checked_id(name: str, value: str) -> str:
    """The id itself. Raises Refused (400) where no table can hold it: empty, too long, or with control characters."""
    if not value:
        raise Refused(400, f"{name}: found nothing, expected an id")
    if len(value) > MOST_CHARACTERS:
        raise Refused(400, f"{name}: found {shown(value)}, expected at most {MOST_CHARACTERS} characters")
    if any(c < " " or c == "\x7f" for c in value):
        raise Refused(400, f"{name}: found {shown(value)}, expected an id without control characters")
    return value


def basket_ids(request: ListRequest, name: str) -> list[str]:
    """The products of a basket, each once, in the order they came. Raises Refused (400) for none or too many."""
    ids = [checked_id(name, value) for value in dict.fromkeys(request.query.get(name, ()))]
    if not ids:
        raise Refused(400, f"parameter {name}: found none, expected one for each product: ?{name}=A&{name}=B")
    if len(ids) > MOST_IN_BASKET:
        raise Refused(400, f"parameter {name}: found {len(ids)} products, expected at most {MOST_IN_BASKET}")
    return ids


def read_request(scope: Mapping[str, Any], key_name: str | None, parameters: Sequence[str]) -> ListRequest:
    """What a request (its ASGI scope) asks for. Raises Refused."""
    key = "" if key_name is None else read_key(scope["raw_path"], key_name)
    return ListRequest(key, read_query(scope["query_string"], parameters))
