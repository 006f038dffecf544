"""Texts without markup: what is taken out, what is said, and what only looks like markup."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.cells.markup import plain_text
from tests.jobs.features.test_attributes import attributes


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("<p><strong>Rose</strong>&nbsp;feels nice.</p>", "Rose feels nice."),
        ("<ul><li>aloe</li><li>honey</li></ul>", "aloe honey"),
        ("first<br>second<br/>third", "first second third"),
        ("H<sub>2</sub>O and <b>B</b>alm", "H2O and Balm"),
        ("Bath &amp; Body, &eacute;t&eacute;", "Bath & Body, été"),
        ("&lt;p&gt;Hi&amp;nbsp;you&lt;/p&gt;", "Hi you"),
        ("<style>.price{color:red}</style>Soft<script>var a='<p>'</script>", "Soft"),
        ("Good <!-- ask Ann about this -->cream", "Good cream"),
        ('[caption id="a3" align="left"]Petals[/caption] in oil', "Petals in oil"),
        ("[vc_row][vc_column]Warm[/vc_column][/vc_row]", "Warm"),
        ('[gallery ids="1,2"] soap', "soap"),
        ("see [our page](https://shop.example/x) now", "see our page now"),
        ("![a jar](jar.png) of balm", "a jar of balm"),
        ("made by https://www.maker.example/a?b=c", "made by"),
        ("{{ product.title }} for {% if dry %}dry{% endif %} hair", "for dry hair"),
        ('cut to a length <span style="font-wei', "cut to a length"),
        ("soft\u00adener", "softener"),
        ("<o:p>word</o:p> <?xml version='1.0'?>", "word"),
        ("nuts|<b>soy</b>", "nuts|soy"),
    ],
)
def test_markup_is_taken_out(written: str, said: str) -> None:
    assert plain_text(written) == said


@pytest.mark.parametrize(
    "text",
    ["a < b and c > d", "<3 skin", "R&B", "AT&T", "pH <7", "5 > 3 & 2 < 4", "size [M]", "[vegan] cream", "a | b"],
)
def test_what_only_looks_like_markup_stays(text: str) -> None:
    assert plain_text(text) == text


@given(st.text(max_size=60))
def test_any_text_is_read_without_a_fault(text: str) -> None:
    assert plain_text(plain_text(text)) is not None


def test_no_tag_is_a_word_of_taste() -> None:
    texts = [
        f'<div class="product"><em style="x">{word}</em><br>a gentle care&hellip;</div>' for word in ("Oat", "Rye") * 4
    ]

    made = attributes({"description": texts})

    assert set(made.value) == {"oat", "rye"}


def test_values_with_and_without_markup_are_one() -> None:
    made = attributes({"finish": ["<b>matt</b>", "matt", "glossy", "&#103;lossy", ""]})

    assert dict(zip(made.value, made.matrix.toarray().T.tolist(), strict=True)) == {
        "glossy": [0, 0, 1, 1, 0],
        "matt": [1, 1, 0, 0, 0],
    }
