"""Cells of the grid are picked on the page: by mouse, finger, keys and text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from alpr.grid import Grid
from alpr.plates import Box, Plate
from alpr.settings import Settings
from tests.browser.conftest import SEEN, SIGN, Opener, eventually, plain, ready

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.fixture(scope="module")
def visit(opened_once: Opener) -> Iterator[Page]:
    """The page with a picture on which nothing is found."""
    with ready([[]]) as server:
        yield opened_once(server).read()


@pytest.fixture
def page(visit: Page) -> Page:
    """The same page as at its start: its cells in view, none of them picked."""
    visit.fill("#wanted", "")
    slide(visit, 4)
    visit.click("#see-cells")
    return visit


def picked(page: Page) -> str:
    """The cells that show as picked; they and the text must agree."""
    cells = page.locator("#cells [aria-pressed=true]").all_inner_texts()
    assert page.input_value("#wanted") == ",".join(cells)
    return ",".join(cells)


def slide(page: Page, size: int) -> None:
    page.focus("#size")
    page.keyboard.press("Home")
    for _ in range(size - 1):
        page.keyboard.press("ArrowRight")


def test_cells_lie_over_the_picture(page: Page) -> None:
    picture = page.locator("#picture").bounding_box()
    first = page.locator("#cells button").first.bounding_box()
    assert picture and first
    assert first["x"] == pytest.approx(picture["x"], abs=1)
    assert first["y"] == pytest.approx(picture["y"], abs=1)
    assert first["width"] == pytest.approx(picture["width"] / 4, abs=1)
    assert first["height"] == pytest.approx(picture["height"] / 4, abs=1)


def test_cells_are_picked_by_click(page: Page) -> None:
    assert picked(page) == ""
    page.get_by_role("button", name="6", exact=True).click()
    page.get_by_role("button", name="11", exact=True).click()
    assert picked(page) == "6,11"
    assert (
        plain(page, "#grid-says")
        == "Only 2 of 16 cells (6, 11) are read; what lies outside is not seen."
    )
    page.get_by_role("button", name="6", exact=True).click()
    assert picked(page) == "11"
    page.click("#all-cells")
    assert picked(page) == ""


def drag(page: Page, *cells: int) -> None:
    """Presses the mouse on the first cell and lets go on the last."""
    for cell in cells:
        page.locator("#cells button").nth(cell - 1).hover()
        if cell == cells[0]:
            page.mouse.down()
    page.mouse.up()


def test_cells_are_picked_by_dragging_over_them(page: Page) -> None:
    drag(page, 5, 6, 7)
    page.locator("#cells button").nth(15).hover()
    assert picked(page) == "5,6,7"
    drag(page, 7, 6)
    assert picked(page) == "5"


def test_dragging_over_every_cell_picks_all(page: Page) -> None:
    slide(page, 2)
    drag(page, 1, 2, 4, 3, 4)
    assert picked(page) == ""
    assert (
        plain(page, "#grid-says") == "All 4 cells are read where the whole picture shows no plate."
    )


def test_fingers_pick_cells_and_still_scroll(opened: Opener) -> None:
    with ready([[]]) as server:
        small = {"width": 360, "height": 640}
        page = opened(server, viewport=small, has_touch=True, is_mobile=True).read()
        page.tap("#see-cells")
        finger = page.context.new_cdp_session(page)

        def swipe(start: int, right: float, down: float) -> None:
            box = page.locator("#cells button").nth(start - 1).bounding_box()
            assert box
            x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
            for step in range(11):
                kind = "touchMove" if step else "touchStart"
                at = {"x": x + right * box["width"] * step / 10, "y": y + down * step / 10}
                finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [at]})
            finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

        swipe(6, right=0, down=0)
        swipe(9, right=2, down=0)
        assert picked(page) == "6,9,10,11"
        swipe(16, right=0, down=-200)
        eventually(lambda: page.evaluate("scrollY") > 100, True)
        assert picked(page) == "6,9,10,11"


def test_cells_are_picked_by_keyboard(page: Page) -> None:
    page.focus("#see-cells")
    for _ in ("Ignored", "Add pictures", "cells"):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "1"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    assert picked(page) == "6"
    page.keyboard.press("Shift+ArrowRight")
    assert picked(page) == "6,7"
    page.keyboard.press("Enter")
    assert picked(page) == "6"
    for _ in range(9):
        page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.textContent") == "3"


def test_cells_follow_the_text(page: Page) -> None:
    page.fill("#wanted", "")
    page.locator("#wanted").press_sequentially("2, 16,")
    assert page.input_value("#wanted") == "2, 16,"  # not rewritten while it is typed
    page.focus("#size")
    assert picked(page) == "2,16"


def test_text_that_names_no_cell_is_explained_and_not_used(page: Page) -> None:
    for text in ("17", "0", "2,x", "-1", "1;2"):
        page.fill("#wanted", "3")
        page.fill("#wanted", text)
        assert page.get_attribute("#wanted", "aria-invalid") == "true"
        assert "numbers from 1 to 16" in page.inner_text("#wanted-wrong")
        assert page.locator("#cells [aria-pressed=true]").all_inner_texts() == ["3"]
        page.focus("#size")
        assert page.is_hidden("#wanted-wrong")
        assert picked(page) == "3"


def test_the_slider_changes_the_cells_and_the_request(page: Page) -> None:
    slide(page, 10)
    assert page.locator("#cells button").count() == 100
    assert plain(page, "#size-shown") == "10 x 10"
    page.fill("#wanted", "1,100")
    page.click("#again")
    page.wait_for_selector("#result p:has-text('only 2 cells (1, 100) of the 10')")
    slide(page, 1)
    assert page.inner_text("#size-shown") == "off"
    assert page.locator("#cells button").count() == 0
    page.click("#again")
    page.wait_for_selector("#result p:has-text('there was no grid')")


def test_sliding_keeps_to_the_same_places(page: Page) -> None:
    page.fill("#wanted", "1,2,5,6")
    slide(page, 2)
    assert picked(page) == "1"
    slide(page, 4)
    assert picked(page) == "1,2,5,6"


def test_the_cells_of_a_plate_can_be_picked(opened: Opener) -> None:
    wide = Plate("WIDE1", 0.8, Box(370, 290, 630, 310))
    with ready([[SEEN, wide]]) as server:
        page = opened(server).read()
        offers = [plain(page, f".plate:nth-child({n}) .place") for n in (1, 2)]
        assert offers == ["Pick cell 11", "Pick cells 6-8, 10-12"]
        slide(page, 2)
        page.get_by_role("button", name="Pick cell 4", exact=True).click()
        assert picked(page) == "4"
    assert SIGN.overlap(Grid.parse("2", "4").boxes(800, 600)[0]) == 1


def test_the_page_starts_with_the_services_own_grid(opened: Opener) -> None:
    settings = Settings(host="127.0.0.1", port=0, grid_size=3, wanted_cells="4,5")
    with ready([[]], settings) as server:
        page = opened(server).read()
        assert plain(page, "#size-shown") == "3 x 3"
        assert picked(page) == "4,5"
        assert "2 cells (4-5) of the 3 x 3 grid" in plain(page, "#result")
    off = Settings(host="127.0.0.1", port=0, grid_size=0)
    with ready([[Plate("A", 0.9, SIGN)]], off) as server:
        page = opened(server).read()
        assert page.inner_text("#size-shown") == "off"
        assert "there was no grid" in page.inner_text("#result")
