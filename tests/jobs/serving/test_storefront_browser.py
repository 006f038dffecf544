"""The storefront in a real browser: it fits, loads nothing from elsewhere, can be used, and shows a new night."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.jobs.http_service import Service
from tests.jobs.published import publish_hostile, publish_release

PAGES = [
    "/", "/demo", "/demo?q=C0", "/demo?q=nix", "/demo/customer?id=C04", "/demo/customer?id=nobody", "/demo/visitor",
    "/demo/product?id=P01&for=C04&in=P01", "/demo/basket?in=P01&in=P02&in=nix&for=C04", "/demo/basket",
]  # fmt: skip
LONG = "x" * 200


class Window:
    """A page that notes what it asks for and what goes wrong."""

    def __init__(self, browser: Any, width: int = 1280, scheme: str = "light") -> None:
        self.page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        self.asked: list[str] = []
        self.wrong: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda message: self.wrong.append(message.text))
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))


OUTSIDE = """
[...document.querySelectorAll('body *')].filter(e => !e.closest('.unseen, .skip, .shapes, svg')).filter(e => {
  const box = e.getBoundingClientRect();
  return box.width > 0 && (box.right > document.documentElement.clientWidth + 1 || box.left < -1);
}).map(e => e.outerHTML.slice(0, 90))
"""
CONTRAST = """
() => {
  const canvas = Object.assign(document.createElement('canvas'), {width: 1, height: 1});
  const pen = canvas.getContext('2d', {willReadFrequently: true});
  const channels = colour => {
    pen.clearRect(0, 0, 1, 1); pen.fillStyle = colour; pen.fillRect(0, 0, 1, 1);
    return [...pen.getImageData(0, 0, 1, 1).data];
  };
  const linear = v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = rgb => rgb.slice(0, 3).map(v => linear(v / 255))
    .reduce((sum, v, n) => sum + v * [0.2126, 0.7152, 0.0722][n], 0);
  const paper = e => {
    const own = channels(getComputedStyle(e).backgroundColor);
    return own[3] > 0 || !e.parentElement ? own : paper(e.parentElement);
  };
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const e = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || e.closest('svg, .unseen, style')) continue;
    const [one, two] = [light(channels(getComputedStyle(e).color)), light(paper(e))];
    found.push([(Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05), walk.currentNode.data.trim().slice(0, 40)]);
  }
  return found;
}
"""


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_loads_nothing_and_can_be_read(browser: Any, service: Service, width: int, scheme: str) -> None:
    window = Window(browser, width, scheme)
    for target in PAGES:
        window.asked.clear()
        window.page.goto(service.address + target)
        assert window.page.evaluate(OUTSIDE) == [], target
        assert window.page.evaluate("document.documentElement.scrollWidth") <= width, target
        assert window.asked == [service.address + target]
        assert window.wrong == []
        worst, text = min(window.page.evaluate(CONTRAST))
        assert worst >= 4.5, (target, text)
    window.page.close()


def test_the_longest_id_and_the_strangest_fit_a_narrow_screen(browser: Any, tmp_path: Path) -> None:
    publish_hostile(tmp_path / "runs")
    with Service(tmp_path / "runs") as service:
        window = Window(browser, 390)
        for target in (f"/demo/customer?id={LONG}&in={LONG}", f"/demo/product?id={LONG}&for={LONG}",
                       f"/demo/basket?in={LONG}", "/demo/visitor", "/demo", "/", "/demo?q=%E2%80%AE"):  # fmt: skip
            window.page.goto(service.address + target)
            assert window.page.evaluate(OUTSIDE) == [], target
            assert window.page.evaluate("document.documentElement.scrollWidth") <= 390, target
        assert window.wrong == []
        window.page.close()


def test_from_a_customer_to_a_product_to_the_basket_and_back(browser: Any, service: Service) -> None:
    window = Window(browser)
    page = window.page
    page.goto(service.address + "/demo")
    page.get_by_label("Customer id").fill("C04")
    page.get_by_role("button", name="Find").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Customer C04"
    picks = page.get_by_role("region", name="Picked for you")
    assert page.get_by_role("region", name="Your next box").is_visible()
    name = picks.get_by_role("heading", level=3).first.inner_text()
    picks.get_by_role("link", name=name, exact=True).click()
    assert page.get_by_role("heading", level=1).inner_text() == name
    page.get_by_role("link", name="Put into the basket", exact=True).click()
    assert page.get_by_role("heading", level=1).inner_text() == "Your basket"
    assert page.get_by_role("main").get_by_role("link", name=name, exact=True).is_visible()
    shelf = page.get_by_role("region", name="Completes your basket")
    second = shelf.get_by_role("heading", level=3).first.inner_text()
    shelf.get_by_role("link", name=f"Put {second} into the basket").click()
    assert page.get_by_role("navigation").get_by_role("link", name="Basket 2").is_visible()
    page.get_by_role("link", name=f"Take out {name}").click()
    assert page.get_by_role("navigation").get_by_role("link", name="Basket 1").is_visible()
    page.get_by_role("link", name="Customer C04").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Customer C04"
    page.go_back()
    assert page.get_by_role("heading", level=1).inner_text() == "Your basket"
    assert window.wrong == []
    assert all(url.startswith(service.address) for url in window.asked)
    page.close()


def test_a_visitor_chooses_what_is_known_of_her(browser: Any, service: Service) -> None:
    window = Window(browser, 390)
    window.page.goto(service.address + "/demo")
    window.page.get_by_role("link", name="plan: deluxe").click()
    chosen = window.page.get_by_role("navigation", name="Whose bestsellers").locator("[aria-current]")
    assert chosen.inner_text() == "plan: deluxe"
    window.page.get_by_role("link", name="everyone").click()
    assert chosen.inner_text() == "everyone"
    assert window.wrong == []
    window.page.close()


def test_a_new_night_shows_after_a_reload(browser: Any, tmp_path: Path) -> None:
    publish_release(tmp_path / "runs", 1)
    with Service(tmp_path / "runs") as service:
        window = Window(browser)
        window.page.goto(service.address + "/demo/customer?id=C003")
        assert set(window.page.locator(".card h3").all_inner_texts()) == {"Soap 1"}
        publish_release(tmp_path / "runs", 2)
        window.page.reload()
        assert set(window.page.locator(".card h3").all_inner_texts()) == {"Soap 2"}
        window.page.get_by_role("link", name="Bestsellers").click()
        publish_release(tmp_path / "runs", 3)
        window.page.go_back()
        window.page.reload()
        assert set(window.page.locator(".card h3").all_inner_texts()) == {"Soap 3"}
        assert window.wrong == []
        window.page.close()


def test_who_cannot_see_or_point_finds_her_way(browser: Any, service: Service) -> None:
    page = Window(browser).page
    for target in PAGES:
        page.goto(service.address + target)
        for role in ("banner", "main", "contentinfo"):
            assert page.get_by_role(role).count() == 1, (target, role)
        assert page.get_by_role("navigation").count() >= 1
        levels = page.evaluate("[...document.querySelectorAll('h1, h2, h3')].map(e => +e.tagName[1])")
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(deeper - level <= 1 for level, deeper in pairwise(levels)), target
        assert page.evaluate("[...document.links].filter(e => !e.innerText.trim() && !e.ariaLabel).length") == 0
        inputs = "[...document.querySelectorAll('input:not([type=hidden])')]"
        assert page.evaluate(f"{inputs}.filter(e => !e.labels.length).length") == 0
        page.keyboard.press("Tab")
        skip = page.evaluate("[document.activeElement.className, document.activeElement.getBoundingClientRect().top]")
        assert skip == ["skip", 0]
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.matches(':focus-visible')")
    page.close()
