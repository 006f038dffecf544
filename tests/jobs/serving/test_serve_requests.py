"""Reading what is asked for: every id comes back as it was written, everything else is refused, nothing is guessed."""

from __future__ import annotations

from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.serving.requests import Refused, read_key, read_query
from jobs.serving.storefront.address import MOST_IN_BASKET, Address, read_address
from jobs.serving.storefront.tiles import BACKDROPS, HUES, LABELS, SHADES, initials, tile

CONTROL = [chr(c) for c in (*range(32), 127)]
IDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=CONTROL), min_size=1, max_size=200)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@given(IDS)
def test_every_id_comes_back_as_it_was_written(key: str) -> None:
    assert read_key(f"/box/{quote(key, safe='')}".encode(), "customer_id") == key
    everything = "".join(f"%{byte:02X}" for byte in key.encode())
    assert read_key(f"/box/{everything}".encode(), "customer_id") == key


@given(st.binary(min_size=1, max_size=300))
def test_a_path_is_an_id_or_refused(raw: bytes) -> None:
    encoded = "".join(f"%{byte:02x}" for byte in raw).encode()
    try:
        key = raw.decode()
    except UnicodeDecodeError:
        key = ""
    good = 0 < len(key) <= 200 and not any(ord(c) < 32 or ord(c) == 127 for c in key)
    if good:
        assert read_key(b"/box/" + encoded, "customer_id") == key
    else:
        with pytest.raises(Refused) as refused:
            read_key(b"/box/" + encoded, "customer_id")
        assert refused.value.status == 400
        assert "\n" not in refused.value.line


@given(st.lists(st.tuples(st.sampled_from(["a", "b"]), TEXTS), max_size=20))
def test_parameters_come_back_in_their_order(pairs: list[tuple[str, str]]) -> None:
    query = read_query(urlencode(pairs).encode(), ["a", "b"])
    assert query == {
        name: [value for own, value in pairs if own == name] for name in dict.fromkeys(p[0] for p in pairs)
    }
    only_a = read_query(urlencode(pairs).encode(), ["a"], others="ignore")
    assert only_a == {name: values for name, values in query.items() if name == "a"}


@given(IDS, st.one_of(st.just(""), IDS), st.lists(IDS, max_size=MOST_IN_BASKET, unique=True), TEXTS)
def test_a_visit_is_read_back_from_its_own_links(page_of: str, customer: str, basket: list[str], segment: str) -> None:
    address = Address(customer, segment, tuple(basket))
    link = urlsplit(address.link("/product", id=page_of))
    assert link.path == "/demo/product"
    assert link.fragment == ""
    assert read_address(link.query.encode()) == (address, {"id": page_of, "q": ""})
    more = address.having(page_of)
    assert more.basket[-1:] == (page_of,) or page_of in basket
    assert more.without(page_of).basket == tuple(own for own in basket if own != page_of)
    assert parse_qs(urlsplit(address.by("").link("/basket")).query).keys() == ({"in"} if basket else set())


def test_a_basket_has_an_end() -> None:
    full = urlencode([("in", f"P{number}") for number in range(MOST_IN_BASKET)])
    assert read_address(full.encode())[0].full
    with pytest.raises(Refused, match="found 13 products in the basket, expected at most 12"):
        read_address(f"{full}&in=more".encode())


@given(IDS, TEXTS, TEXTS)
def test_every_product_has_a_tile_and_always_the_same(product_id: str, name: str, category: str) -> None:
    drawn = tile(product_id, name, category)
    assert drawn == tile(product_id, name, category)
    assert 0 <= drawn.hue < HUES
    assert 0 <= drawn.shade < SHADES
    assert 0 <= drawn.backdrop < BACKDROPS
    assert drawn.label_y == LABELS[drawn.shape]
    assert drawn.hue == tile("another", "one", category).hue


@pytest.mark.parametrize(
    ("name", "letters", "shape"),
    [
        ("Liquid soap 7.5 oz, Brand 213, no. 848846", "LS", "pump"),
        ("Toothpaste 6.4 oz, Brand 764", "To", "tube"),
        ("Hair clip, Brand 2256", "HC", "carton"),
        ("Bar soap", "BS", "bar"),
        ("élixir ß", "Él", "bottle"),
        ("7", "7", "bottle"),
        ("42, a game", "42", "bottle"),
        ("日本語", "日本", "bottle"),
        ("", "", "bottle"),
    ],
)
def test_a_tile_speaks_of_its_product(name: str, letters: str, shape: str) -> None:
    assert initials(name) == letters
    assert tile("P1", name, "Hair care").shape == shape
