"""A plate is copied, selected as one word and looked at closely; labels keep apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from alpr.plates import Box, Plate
from tests.browser.conftest import SEEN, Opener, as_file, eventually, ready, street_picture

if TYPE_CHECKING:
    from playwright.sync_api import Page

SMALL = Plate("FAR12", 0.9, Box(3000, 1500, 3060, 1520))


def width(page: Page, selector: str) -> float:
    box = page.locator(selector).first.bounding_box()
    assert box
    return box["width"]


def test_a_plate_is_copied(opened: Opener) -> None:
    with ready([[SEEN]]) as server:
        page = opened(server, permissions=["clipboard-read", "clipboard-write"]).read()
        page.get_by_role("button", name="Copy AB12CDE").click()
        eventually(lambda: page.evaluate("navigator.clipboard.readText()"), "AB12CDE")


def test_a_double_click_selects_the_whole_plate_and_nothing_else(opened: Opener) -> None:
    with ready([[SEEN]]) as server:
        page = opened(server).read()
        page.locator(".char").nth(3).dblclick(position={"x": 5, "y": 20})
        assert page.evaluate("getSelection().toString().trim()") == "AB12CDE"
        page.locator(".plate").evaluate("(card) => getSelection().selectAllChildren(card)")
        assert "99" not in page.evaluate("getSelection().toString()").split("AB12CDE")[0]


def test_a_small_plate_of_a_large_picture_is_shown_closely(opened: Opener) -> None:
    with ready([[SMALL]]) as server:
        page = opened(server).read(as_file(street_picture((3840, 2160))))
        whole = width(page, "#frame")
        assert width(page, ".box") < whole / 20
        for opener in (".crop", ".box"):
            page.click(opener)
            assert width(page, ".box") > whole / 4
            frame, box = (page.locator(part).bounding_box() for part in ("#frame", ".box"))
            assert frame
            assert box
            assert frame["x"] < box["x"] < box["x"] + box["width"] < frame["x"] + frame["width"]
            assert frame["y"] < box["y"] < box["y"] + box["height"] < frame["y"] + frame["height"]
            assert width(page, "#frame") == whole
            page.click("#whole-picture")
            assert page.is_hidden("#whole-picture")
            assert width(page, "#picture") == pytest.approx(whole, abs=1)


def test_a_second_click_and_another_picture_show_all_again(opened: Opener) -> None:
    with ready([[SMALL], []]) as server:
        page = opened(server).read(as_file(street_picture((3840, 2160))))
        page.click(".box")
        page.click(".box")
        assert width(page, "#picture") == pytest.approx(width(page, "#frame"), abs=1)
        page.click(".box")
        page.set_input_files("#files", as_file(street_picture(), "other.png"))
        page.wait_for_selector("#result-title:text-is('No plate found')")
        assert width(page, "#picture") == pytest.approx(width(page, "#frame"), abs=1)


@pytest.mark.parametrize("size", [360, 1280])
def test_labels_of_close_plates_cover_neither_labels_nor_plates(opened: Opener, size: int) -> None:
    corners = [(300 + 20 * n, 200 + 24 * n) for n in range(4)]
    plates = [Plate(f"CLOSE{x}", 0.9, Box(x, y, x + 80, y + 20)) for x, y in corners]
    with ready([plates]) as server:
        page = opened(server, viewport={"width": size, "height": 800}).read()
        labels = [label.bounding_box() for label in page.locator(".box span").all()]
        boxes = [box.bounding_box() for box in page.locator(".box").all()]
        assert len(labels) == 4
        for index, one in enumerate(labels):
            for other in [*labels[:index], *boxes]:
                assert one
                assert other
                apart = abs(one["y"] - other["y"]) >= min(one["height"], other["height"]) - 0.5
                beside = max(one["x"], other["x"]) >= min(
                    one["x"] + one["width"], other["x"] + other["width"]
                )
                assert apart or beside
