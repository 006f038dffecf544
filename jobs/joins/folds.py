"""Other spellings of an id: what is left when case, white space, quotes, zeros in front and the like count for nothing.

Whole Arrow arrays at once. Folded ids are only ever compared, to say what is wrong: no table is read by them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection

import pyarrow as pa
import pyarrow.compute as pc

STEPS = {
    "forms": "bringing characters to their plain Unicode form",
    "number": 'reading numbers such as "7.0" or "1,234" as whole ones',
    "quotes": "taking off quotes or an apostrophe",
    "space": "trimming white space and invisible characters",
    "zeros": "stripping zeros in front",
    "case": "folding upper and lower case",
}
"""What `plain` folds, in words; each can be left out."""
_INVISIBLE = r"[\p{Cf}\p{Cc}\x{FE00}-\x{FE0F}\x{115F}\x{2800}\x{3164}]"
_SPACE = r"\s\p{Z}"
_QUOTES = "\"'`\u00b4\u2018\u2019\u201a\u201c\u201d\u201e\u2032\u2033\u00ab\u00bb"
_THOUSANDS = r"^\d{1,3}([,.'\x{2019}\s\p{Z}]\d{3})+([.,]0{1,2})?$"


def plain(ids: pa.Array, steps: Collection[str] = tuple(STEPS)) -> pa.Array:
    """The ids with these steps folded; as many as came."""
    if "case" in steps:
        ids = _beyond_ascii(pc.ascii_lower(ids), str.casefold)
    if "forms" in steps:
        ids = _beyond_ascii(ids, lambda text: unicodedata.normalize("NFKC", text))
    if "space" in steps:
        ids = pc.replace_substring_regex(ids, _INVISIBLE, "")
    around = (_SPACE if "space" in steps else "") + (_QUOTES if "quotes" in steps else "")
    if around:
        front = "=?" if "quotes" in steps else ""  # ="007" keeps a spreadsheet from reading a number
        ids = pc.replace_substring_regex(ids, rf"^{front}[{around}]+|[{around}]+$", "")
    if "number" in steps:
        ids = _whole_numbers(ids)
    return without_zeros(ids) if "zeros" in steps else ids


def _beyond_ascii(ids: pa.Array, change: Callable[[str], str]) -> pa.Array:
    """The ids, those that are not plain ASCII changed by Python, which knows Unicode best."""
    other = pc.invert(pc.string_is_ascii(ids))
    if not pc.any(other).as_py():
        return ids
    changed = [change(text) for text in ids.filter(other).to_pylist()]
    return pc.replace_with_mask(ids, other, pa.array(changed, ids.type))


def _whole_numbers(ids: pa.Array) -> pa.Array:
    """`7.0` and `+7` are 7, `1,234` is 1234."""
    thousands = pc.match_substring_regex(ids, _THOUSANDS)
    bare = pc.replace_substring_regex(pc.replace_substring_regex(ids, r"[.,]\d{1,2}$", ""), r"\D", "")
    ids = pc.if_else(thousands, bare, ids)
    return pc.replace_substring_regex(ids, r"^\+?(\d+)([.,]0{1,2}|\.0+)?$", r"\1")


def without_zeros(ids: pa.Array) -> pa.Array:
    """`007` is 7 and `C007` is C7."""
    return pc.replace_substring_regex(ids, r"^(\D*)0+(\d)", r"\1\2")


def bare(ids: pa.Array) -> pa.Array:
    """Without what stands in front: `gid://shopify/Product/123`, `#123` and `C0123` are all 123."""
    tail = without_zeros(pc.replace_substring_regex(ids, r"^.*[/:#|=]([^/:#|=]+)$", r"\1"))
    return without_zeros(pc.replace_substring_regex(tail, r"^\D+(\d+)$", r"\1"))


def without_punctuation(ids: pa.Array) -> pa.Array:
    """Letters and digits only, but points and commas stay: 1.5 is not 15."""
    left = pc.replace_substring_regex(ids, r"[^\p{L}\p{N}.,]", "")
    return pc.if_else(pc.equal(left, ""), ids, left)


def shared_ends(ids: pa.Array) -> tuple[str, str]:
    """What all ids begin with and end with, digits not counted: `cus_`, `-eu`; "" where they share nothing."""
    texts = ids.to_pylist()
    if len(texts) < 2:
        return "", ""
    turned = [text[::-1] for text in texts]
    front, back = _shared_start(min(texts), max(texts)), _shared_start(min(turned), max(turned))[::-1]
    shortest = min(map(len, texts))
    return front if len(front) < shortest else "", back if len(back) < shortest else ""


def _shared_start(first: str, last: str) -> str:
    """What the first and the last of sorted texts, and so all between them, begin with."""
    same = (at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other)
    return first[: next(same, min(len(first), len(last)))].rstrip("0123456789")


def more_ends(near: tuple[str, str], far: tuple[str, str]) -> tuple[str, str]:
    """What the one side begins and ends with beyond what the other has there, too: `x-AB` beside `AB` is `x-`."""
    front, back = near[0].removesuffix(far[0]), near[1].removeprefix(far[1])
    return front, back


def without_ends(ids: pa.Array, front: str, back: str) -> pa.Array:
    """The ids without so many characters in front and behind, zeros in front stripped."""
    cut = pc.utf8_slice_codeunits(ids, len(front))
    return without_zeros(pc.utf8_slice_codeunits(cut, 0, -len(back)) if back else cut)
