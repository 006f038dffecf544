"""The report in a real browser: nothing is loaded, nothing sticks out at 400 or 1280 pixels, light and dark differ."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jobs.report.page import render
from tests.jobs.report_run import write_small_run


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A report on disk."""
    folder = write_small_run(tmp_path_factory.mktemp("browser"))
    path: Path = folder / "report.html"
    path.write_text(render(folder), encoding="utf-8")
    return path.as_uri()


@pytest.mark.parametrize("width", [400, 820, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_every_screen_and_loads_nothing(browser: Any, address: str, width: int, scheme: str) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    asked: list[str] = []
    wrong: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))

    page.goto(address)

    wide = page.evaluate(
        "[...document.querySelectorAll('main *')].filter(e => !e.closest('.scroll') && "
        "e.getBoundingClientRect().right > document.documentElement.clientWidth + 1).map(e => e.outerHTML.slice(0, 80))"
    )
    assert wide == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert asked == [address]
    assert wrong == []
    page.close()


def test_bars_are_as_long_as_their_numbers(browser: Any, address: str) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(address)
    page.evaluate("document.querySelector('details').open = true")

    shelf = page.locator("details .bars li", has_text="1 of 8")
    track, fill = (shelf.locator(f"rect.{kind}").bounding_box()["width"] for kind in ("track", "fill"))

    assert fill / track == pytest.approx(1 / 8, abs=0.01)
    page.close()


@pytest.mark.parametrize("width", [400, 1280])
def test_bars_of_one_list_share_one_scale(browser: Any, address: str, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto(address)
    page.evaluate("document.querySelector('details').open = true")

    spans = page.evaluate(
        "[...document.querySelectorAll('.bars')].map(list => [...list.querySelectorAll('svg')].map("
        "s => s.getBoundingClientRect()).map(r => Math.round(r.left) + ' to ' + Math.round(r.right)))"
    )

    assert len(spans) > 4
    assert all(len(set(of_list)) == 1 for of_list in spans)
    page.close()


def contrast(browser: Any, address: str, scheme: str) -> float:
    """Contrast of body text against the paper, as WCAG counts it (1 to 21)."""
    page = browser.new_page(color_scheme=scheme)
    page.goto(address)
    colours = page.evaluate("(s => [s.color, s.backgroundColor])(getComputedStyle(document.body))")
    page.close()
    light = []
    for colour in colours:
        channels = [int(part) / 255 for part in colour[4:-1].split(",")[:3]]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        light.append(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2])
    return (max(light) + 0.05) / (min(light) + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_is_readable_on_its_paper(browser: Any, address: str, scheme: str) -> None:
    assert contrast(browser, address, scheme) > 10


def test_dark_is_dark_and_print_is_on_white(browser: Any, address: str) -> None:
    page = browser.new_page(color_scheme="dark")
    page.goto(address)
    paper = "getComputedStyle(document.body).backgroundColor"

    dark = page.evaluate(paper)
    page.emulate_media(media="print", color_scheme="dark")
    printed = page.evaluate(paper)

    assert dark == "rgb(22, 25, 27)"
    assert printed == "rgb(255, 255, 255)"
    assert page.pdf(format="A4").startswith(b"%PDF")
    page.close()
