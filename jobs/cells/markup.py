"""Texts without markup: what an HTML description, a WordPress short code or a Markdown link says to a reader.

The standard library's HTML parser takes tags, comments and entities apart; `a < b`, `<3` and `R&B` stay as they are.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

_SIGNS = ("<", "&", "[", "{", "://", "www.", "\u00ad", "\u200b", "\u200c", "\ufeff")
"""A text without any of these holds no markup."""
ROUNDS = 3
"""Texts are often escaped twice: `&amp;lt;p&amp;gt;`."""
_WITHIN_WORDS = "a abbr b bdi bdo big cite code em font i ins kbd mark o q s small span strong sub sup tt u wbr"
_INSIDE = frozenset(_WITHIN_WORDS.split())
"""Tags inside a word: what stands before and behind them is not parted."""
_UNREAD = frozenset({"script", "style", "template", "svg"})
_CUT_OFF = re.compile(r"<(?:!--|/?(?:a|b|br|div|em|h[1-6]|i|img|li|ol|p|span|strong|table|t[dhr]|u|ul)\b)[^<>]*$", re.I)
"""A tag without an end, where a text was cut to a length."""
_CODE = re.compile(r"""\[(/?)([a-z][\w-]*)((?:\s+[\w-]+\s*=\s*(?:"[^"]*"|'[^']*'|[^\s\]"']+))*)\s*/?\]""", re.I)
_BUILDERS = ("vc_", "et_pb_", "fusion_", "av_", "elementor")
_IMAGE_OR_LINK = re.compile(r"!?\[([^\[\]]*)\]\((?:[^()\s]+)(?:\s+\"[^\"]*\")?\)")
_TEMPLATE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.S)
_ADDRESS = re.compile(r"(?:https?://|www\.)[^\s|<>\"]+", re.I)
_INVISIBLE = re.compile("[\u00ad\u200b\u200c\ufeff]")


class _Reader(HTMLParser):
    """Collects what is read aloud."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self._unread: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag in _UNREAD:
            self._unread.append(tag)
        self._part(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self._part(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._unread:
            self._unread.remove(tag)
        self._part(tag)

    def handle_data(self, data: str) -> None:
        if not self._unread:
            self.said.append(data)

    def _part(self, tag: str) -> None:
        if tag not in _INSIDE:
            self.said.append(" ")


def plain_text(text: str) -> str:
    """What the text says, on one line; the same text where it holds no markup."""
    if not any(sign in text for sign in _SIGNS):
        return text
    said = text
    for _ in range(ROUNDS):
        before, said = said, _read(said)
        if said == before:
            break
    said = _IMAGE_OR_LINK.sub(r"\1", _TEMPLATE.sub(" ", said))
    said = _ADDRESS.sub(" ", _INVISIBLE.sub("", _without_codes(said)))
    return " ".join(said.split())


def _read(text: str) -> str:
    """The text with its tags, comments and entities taken out once."""
    if "<" not in text and "&" not in text:
        return text
    reader = _Reader()
    reader.feed(_CUT_OFF.sub(" ", text))
    reader.close()
    return "".join(reader.said)


def _without_codes(text: str) -> str:
    """Without short codes: `[caption id="3"]`, `[/caption]`; a bare `[vegan]` stays, unless `[/vegan]` ends it."""
    found = list(_CODE.finditer(text))
    closed = {one[2].lower() for one in found if one[1]}

    def kept(one: re.Match[str]) -> str:
        name = one[2].lower()
        return " " if one[1] or one[3] or name in closed or name.startswith(_BUILDERS) else one[0]

    return _CODE.sub(kept, text)
