"""The address of a PostgreSQL database, taken apart by ourselves, so that no password ever stands in a message.

libpq repeats parts of an address it cannot read, and takes `p@ss` in a password for a host; here nothing of a malformed
address is repeated.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import psycopg

from jobs.faults import UsageRefused
from jobs.words import did_you_mean, printable

EXPECTED = "expected postgresql://user@host:5432/database"
_HOST = re.compile(r"(\[[0-9A-Fa-f:.%]+\]|[^:\[\]\s]*)(?::(\d*))?")
_SECRETS = ("password", "sslpassword", "oauth_client_secret")


@dataclass(frozen=True)
class Address:
    """A database and how to get there.

    conninfo  libpq's own keywords and values, password included
    shown     the address as messages and people may read it: without password and options
    """

    conninfo: Mapping[str, str] = field(repr=False)
    shown: str

    def scrub(self, text: str) -> str:
        """The text on one line, and without any secret of the address."""
        secrets = {self.conninfo.get(key, "") for key in _SECRETS}
        for secret in sorted({*secrets, *map(quote, secrets)} - {""}, key=lambda secret: (-len(secret), secret)):
            text = text.replace(secret, "***")
        return printable(" ".join(text.split()))


def parse(url: str) -> Address:
    """Take an address apart.

    postgresql://user:password@host:5432/database?key=value; of several hosts (`a:5432,b:5432`) the first that answers
    is taken. Special characters in a user or password are written %40 for @, and so on. What is left out comes from
    libpq's environment variables and password file.

    Raises UsageRefused, which says what is wrong but repeats nothing that could be part of a password.
    """
    parts = urlsplit(_without_unseen(url))
    if "@" in parts.path + parts.query + parts.fragment or parts.fragment:
        raise _refused(
            "a special character where none may stand",
            f"{EXPECTED}, special characters of a password as codes: %2F for /, %40 for @",
        )
    given: dict[str, str] = {}
    login, at, places = parts.netloc.rpartition("@")
    user, colon, password = login.partition(":")
    if at and user:
        given["user"] = _decoded(user)
    if colon and password:
        given["password"] = _decoded(password)
    given |= _hosts(places)
    if parts.path.strip("/"):
        given["dbname"] = _decoded(parts.path[1:])
    given |= _options(parts.query)
    if not given.get("dbname"):
        raise _refused("an address without a database", EXPECTED)
    return Address(given, _shown(given))


def _refused(found: str, expected: str) -> UsageRefused:
    return UsageRefused(f"URL: found {found}, {expected}")


def _without_unseen(url: str) -> str:
    if any(not c.isprintable() or c == " " for c in url):
        raise _refused("a space or a character that cannot be seen", EXPECTED)
    try:
        urlsplit(url)
    except ValueError as bad:
        raise _refused("an address that cannot be read", EXPECTED) from bad
    return url


def _decoded(text: str) -> str:
    try:
        plain = unquote(text, errors="strict") if not re.search(r"%(?![0-9A-Fa-f]{2})", text) else "\0"
    except UnicodeDecodeError:
        plain = "\0"
    if "\0" in plain:
        raise _refused("a % that is no code of a character", f"{EXPECTED}, with % itself as %25")
    return plain


def _hosts(places: str) -> dict[str, str]:
    """host and port as libpq lists them, with commas; empty = its own defaults."""
    read = [_HOST.fullmatch(place) for place in places.split(",")]
    if any(place is None or (place[2] and not 1 <= int(place[2]) <= 65535) for place in read):
        raise _refused("a host or port that cannot be read", f"{EXPECTED}, the port a number from 1 to 65535")
    hosts = ",".join(_decoded(place[1].strip("[]")) for place in read if place)
    ports = ",".join(place[2] or "" for place in read if place)
    return {key: text for key, text in (("host", hosts), ("port", ports)) if text.strip(",")}


def _options(query: str) -> dict[str, str]:
    known = {default.keyword.decode() for default in psycopg.pq.Conninfo.get_defaults()}
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=True) if query else []
    except ValueError as bad:
        raise _refused("options that cannot be read", f"{EXPECTED}?key=value&key=value") from bad
    for key, _ in pairs:
        if key not in known:
            raise _refused(f"the option {key[:40]!r}", f"expected one that PostgreSQL knows{did_you_mean(key, known)}")
    return dict(pairs)


def _shown(given: Mapping[str, str]) -> str:
    hosts, ports = given.get("host", "").split(","), given.get("port", "").split(",")
    local = any(host.startswith("/") for host in hosts)
    ports += [""] * (len(hosts) - len(ports))
    named = [f"[{host}]" if ":" in host else host for host in hosts]
    places = ",".join(f"{host}:{port}" if port else host for host, port in zip(named, ports, strict=False))
    user = f"{quote(given['user'])}@" if given.get("user") else ""
    database = quote(given["dbname"])
    if local:
        return f"postgresql://{user}/{database}?host={given['host']}"
    return printable(f"postgresql://{user}{places}/{database}")
