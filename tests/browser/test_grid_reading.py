"""What picked cells do to a reading, and how the page says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from alpr.settings import Settings
from tests.browser.conftest import SEEN, Opener, as_file, plain, ready, street_picture

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.fixture
def page(opened: Opener) -> Any:
    """The page with a picture on which nothing is found, its cells in view."""
    with ready([[]]) as server:
        page = opened(server).read()
        page.click("#see-cells")
        yield page


def test_nothing_is_found_and_the_tried_cells_are_named(page: Page) -> None:
    assert page.inner_text("#result-title") == "No plate found"
    assert plain(page, "#result").endswith(
        "Nothing on the whole picture, so all cells of the 4 x 4 grid were tried."
    )


def test_a_changed_grid_calls_for_reading_again(page: Page) -> None:
    def stands_out() -> bool:
        return "primary" in (page.get_attribute("#again", "class") or "")

    assert not stands_out()
    page.fill("#wanted", "3")
    assert stands_out()
    page.click("#again")
    page.wait_for_selector("#again:not(.primary)")
    assert "1 cell (3)" in page.inner_text("#result")


def test_picked_cells_restrict_what_is_read(opened: Opener) -> None:
    """The plate lies in cell 11; the fake engine sees it on the whole picture and in that cell."""
    with ready([[SEEN]]) as server:
        page = opened(server).read()

        def read_again() -> tuple[str, str]:
            page.click("#again.primary")
            page.wait_for_selector("#again:visible:not(.primary)")
            return page.inner_text("#result-title"), plain(page, "#result > p:last-child")

        assert page.is_hidden("#order")
        page.fill("#wanted", "1")
        assert page.input_value("#order") == "false"
        assert read_again()[1] == "Read: only 1 cell (1) of the 4 x 4 grid."
        page.select_option("#order", "")
        assert plain(page, "#grid-says") == (
            "1 of 16 cells (1) are read where the whole picture shows no plate."
        )
        assert read_again() == ("1 plate", "Seen on the whole picture; no cell had to be tried.")


def test_the_whole_picture_can_follow_the_cells(page: Page) -> None:
    page.fill("#wanted", "6,7")
    page.select_option("#order", "true")
    assert plain(page, "#grid-says") == (
        "First 2 of 16 cells (6-7) are read; where they show no plate, the whole picture."
    )
    page.click("#again")
    page.wait_for_selector("#result p:has-text('so the whole picture was read.')")
    assert "Nothing in 2 cells (6-7) of the 4 x 4 grid" in plain(page, "#result")


def test_a_grid_that_is_always_read_says_so(opened: Opener) -> None:
    with ready([[SEEN]], Settings(host="127.0.0.1", port=0, grid_when="always")) as server:
        page = opened(server).read()
        assert plain(page, "#grid-says") == "All 16 cells are read besides the whole picture."
        assert "Read: the whole picture and all cells of the 4 x 4 grid." in plain(page, "#result")


def test_the_services_drawing_is_shown_and_closed(opened: Opener) -> None:
    with ready([[SEEN]]) as server:
        page = opened(server).page
        assert page.is_disabled("#draw")
        page.set_input_files("#files", [as_file(street_picture())])
        page.fill("#wanted", "2,3")
        page.click("#draw")
        page.wait_for_selector("#drawing-image:visible")
        size = "(image) => image.decode().then(() => [image.naturalWidth, image.naturalHeight])"
        assert page.locator("#drawing-image").evaluate(size) == [800, 600]
        assert plain(page, "#drawing-says").endswith(
            "Only 2 of 16 cells (2-3) are read; what lies outside is not seen."
        )
        page.keyboard.press("Escape")
        assert page.is_hidden("#drawing")
        assert page.evaluate("document.activeElement.id") == "draw"
