"""Whatever is in a file, a path or an address, it is read or refused in clear lines; good bytes, damaged, are drawn."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contracts.fuzz_targets import SLOW, TARGETS

PIECES = [
    b"", b"\0", b"\xff", b"\xef\xbb\xbf", b'"', b"'", b",", b"\n", b"\r", b"\r\n", b"=", b"%", b"&", b"#", b"[", b"]",
    b"{", b"}", b"nan", b"-1", b"1e309", b"9" * 40, b"2026-02-30", b"9999-12-31", b"0001-01-01", b"NULL", b"\\N", b"[[",
    b"]]", b"..", b"/", b"\xed\xa0\x80", "\u202e\u2028🧴".encode(), b"true", b"1979-05-27T07:32:00Z", b"inf",
]  # fmt: skip
Damage = list[tuple[float, int, bytes]]
damages: st.SearchStrategy[Damage] = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 12), st.sampled_from(PIECES) | st.binary(max_size=6)),
    min_size=1,
    max_size=5,
)


def damaged(good: bytes, damage: Damage) -> bytes:
    """The bytes with pieces put in place of others: where (as a share of the length), how many go, what comes."""
    for share, gone, piece in damage:
        at = round(share * len(good))
        good = good[:at] + piece + good[at + gone :]
    return good


@pytest.mark.parametrize("name", TARGETS)
def test_bytes_are_read_or_refused(name: str) -> None:
    target, seeds = TARGETS[name]
    good = st.sampled_from(seeds)
    cut = st.builds(lambda data, share: data[: round(share * len(data))], good, st.floats(0, 1))

    @settings(max_examples=100 if name in SLOW else 400, deadline=None)
    @given(st.builds(damaged, good, damages) | cut | st.binary(max_size=200))
    def fuzz(data: bytes) -> None:
        target(data)

    for data in seeds:
        target(data)
    fuzz()
