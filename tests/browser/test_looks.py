"""How the page looks, from a phone to a 4K screen, in both themes.

The pictures lie in pytest's folder for the test. With ``PAGE_PICTURES=docs/images`` the README's
preview is made again, read by the engine that the program ships with.
"""

from __future__ import annotations

import functools
import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from alpr.engines import open_engine
from alpr.plates import Plate
from alpr.settings import Settings
from testkit import scenes
from testkit.images import encode
from testkit.service import serving
from tests.browser.conftest import Opener, as_file, ready

if TYPE_CHECKING:
    from playwright.sync_api import Page

SIZES = {360: 740, 1280: 830, 2560: 1440, 3840: 2160}
STRAYS = """() => [...document.querySelectorAll("body *")].filter((element) => {
    const { left, right, width } = element.getBoundingClientRect();
    const scrolls = element.closest(".rows, #strip, pre, [data-zoomed=true]");
    return !scrolls && width > 1 && element.checkVisibility() &&
        (left < -1 || right > document.documentElement.clientWidth + 1);
}).map((element) => element.id || element.className || element.tagName)"""
CUT_OFF = """() => [...document.querySelectorAll("button, h1, h2, dd, dt, label, p, output")]
    .filter((element) => element.checkVisibility() && !element.matches(".unseen")
        && element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0
        && getComputedStyle(element).display !== "inline")
    .map((element) => element.id || element.textContent)"""
FOLDER = os.environ.get("PAGE_PICTURES", "")


@functools.cache
def streets() -> list[tuple[Any, list[Plate]]]:
    """Two pictures as files, and what a good engine reads on each."""
    drawn = [(f"driveway {cars}.jpg", scenes.street(2 + cars, cars=cars)) for cars in (1, 2)]
    return [
        (
            as_file(encode(scene.image), name, "image/jpeg"),
            [
                Plate(text, 0.97 - 0.2 * n, box, 0.98, (0.99,) * (len(text) - 1) + (0.7,))
                for n, (text, box) in enumerate(scene.plates)
            ],
        )
        for name, scene in drawn
    ]


def brightness(picture: bytes) -> float:
    """Of the page's upper left corner, 0 to 255."""
    corner = Image.open(io.BytesIO(picture)).convert("L").crop((0, 0, 8, 8))
    return sum(corner.tobytes()) / 64


def photograph(page: Page, path: Path) -> bytes:
    """The whole page as it is now, in which nothing may stick out or be cut off."""
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert page.evaluate(STRAYS) == []
    assert page.evaluate(CUT_OFF) == []
    return page.screenshot(path=path, type="jpeg", quality=90, full_page=True)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", SIZES)
def test_the_page_looks_in_order(opened: Opener, tmp_path: Path, width: int, scheme: str) -> None:
    options: dict[str, Any] = {
        "viewport": {"width": width, "height": SIZES[width]},
        "color_scheme": scheme,
        "has_touch": width == 360,
    }
    with ready([answer for _, answer in streets()]) as server:
        page = opened(server, **options).page
        views = [photograph(page, tmp_path / "empty.jpeg")]
        page.set_input_files("#files", [file for file, _ in streets()])
        page.wait_for_selector("#read-all:visible")
        page.locator("#strip button").nth(1).click()
        views.append(photograph(page, tmp_path / "plates.jpeg"))
        page.fill("#wanted", "6,7,10,11")
        views.append(photograph(page, tmp_path / "cells.jpeg"))
        page.click("#see-plates")
        page.click(".crop")
        views.append(photograph(page, tmp_path / "zoomed.jpeg"))
        page.click("#see-areas")
        page.fill("#ignored", "0,0,0.4,0.08;0.7,0.9,1,1")
        views.append(photograph(page, tmp_path / "areas.jpeg"))
        assert page.locator("#frame").evaluate("(frame) => frame.clientWidth") > width * 0.4
    for view in views:
        assert (brightness(view) > 128) == (scheme == "light")


@pytest.mark.skipif(not FOLDER, reason="PAGE_PICTURES names no folder for the README's preview")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_preview_shows_a_real_reading(opened: Opener, scheme: str) -> None:
    pictures = [scenes.street(seed, noise=2) for seed in (7, 5, 9)]
    files = [
        as_file(encode(picture.image), f"driveway {number}.jpg", "image/jpeg")
        for number, picture in enumerate(pictures, 1)
    ]
    engine = open_engine(Settings(engine="embedded"))
    engine.warm_up()
    options: dict[str, Any] = {
        "viewport": {"width": 1280, "height": 830},
        "color_scheme": scheme,
    }
    with serving(engine) as server:
        page = opened(server, **options).page
        page.set_default_timeout(120_000)
        page.set_input_files("#files", files)
        page.wait_for_selector("#read-all:visible")
        page.click("#read-all")  # the first reading is slower, and nobody's usual one
        page.wait_for_selector("#read-all:visible")
        texts = page.locator("#strip button").all_inner_texts()
        assert texts == [picture.plates[0][0] for picture in pictures]
        page.mouse.move(0, 0)
        page.screenshot(path=Path(FOLDER) / f"page-{scheme}.png", full_page=True)
