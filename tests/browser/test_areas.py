"""Areas to ignore on the page: drawn, moved, typed and removed, and sent with every request."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from alpr.errors import RequestError
from alpr.ignore_areas import IgnoreAreas
from alpr.plates import Box, Plate
from alpr.settings import Settings
from testkit.wire_client import Server
from tests.browser.conftest import SEEN, Opener, as_file, plain, ready, street_picture

if TYPE_CHECKING:
    from playwright.sync_api import Page

CLOCK = Plate("12O3O", 0.8, Box(10, 10, 200, 40))
CLOCK_AREA = "0,0,1,0.1"
PARSED = """async (text) => {
    const { parseAreas } = await import("/static/area.js");
    try { return parseAreas(text); } catch { return null; }
}"""


def settings(areas: str) -> Settings:
    return Settings(host="127.0.0.1", port=0, ignore_areas=areas)


@pytest.fixture(scope="module")
def served() -> Iterator[Server]:
    with ready([[SEEN, CLOCK]]) as server:
        yield server


@pytest.fixture(scope="module")
def visit(opened_once: Opener, served: Server) -> Page:
    """The page with a street and a clock that was read as a plate."""
    return opened_once(served).read()


@pytest.fixture
def page(visit: Page) -> Page:
    """The same page without areas, which can be drawn."""
    visit.fill("#ignored", "")
    visit.fill("#wanted", "")
    if visit.locator("#again.primary").count():
        read_again(visit)
    visit.click("#see-areas")
    return visit


def picture_frame(page: Page) -> Any:
    """The picture's place in the window, where it is all in view."""
    picture = page.locator("#picture")
    picture.scroll_into_view_if_needed()
    frame = picture.bounding_box()
    assert frame
    return frame


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Draws with the mouse from one point to another, in fractions of the picture."""
    frame = picture_frame(page)
    for at, act in ((start, page.mouse.down), (end, page.mouse.up)):
        x, y = frame["x"] + at[0] * frame["width"], frame["y"] + at[1] * frame["height"]
        page.mouse.move(x, y, steps=3)
        act()


def numbers(page: Page) -> list[list[float]]:
    """The areas that the page would send; each fraction has at most three digits."""
    items = [item.split(",") for item in page.input_value("#ignored").split(";") if item]
    assert all(len(number) <= len("0.123") for item in items for number in item)
    return [[float(number) for number in item] for item in items]


def read_again(page: Page) -> str:
    page.click("#again.primary")
    page.wait_for_selector("#again:visible:not(.primary)")
    return page.inner_text("#result-title")


def test_an_area_drawn_with_the_mouse_is_not_answered(page: Page) -> None:
    assert page.inner_text("#result-title") == "2 plates"
    drag(page, (0.9, 0.1), (0.0, 0.0))
    [area] = numbers(page)
    assert area == pytest.approx([0, 0, 0.9, 0.1], abs=0.004)
    assert page.locator(".area").count() == 1
    assert read_again(page) == "1 plate"
    assert "AB12CDE" in page.inner_text("#result")


def test_a_click_draws_nothing(page: Page) -> None:
    drag(page, (0.5, 0.5), (0.502, 0.502))
    assert numbers(page) == []


def test_an_area_is_moved_with_the_mouse_and_stays_on_the_picture(page: Page) -> None:
    page.fill("#ignored", "0.1,0.1,0.3,0.3")
    drag(page, (0.2, 0.2), (0.4, 0.5))
    [area] = numbers(page)
    assert area == pytest.approx([0.3, 0.4, 0.5, 0.6], abs=0.004)
    drag(page, (0.4, 0.5), (0.99, 0.01))
    [area] = numbers(page)
    assert area == pytest.approx([0.8, 0, 1, 0.2], abs=0.004)


def test_areas_are_removed_one_by_one_and_all_at_once(page: Page) -> None:
    page.fill("#ignored", "0,0,0.2,0.2;0.4,0.4,0.6,0.6;0.8,0.8,1,1")
    page.get_by_role("button", name="Remove area 2").click()
    assert numbers(page) == [[0, 0, 0.2, 0.2], [0.8, 0.8, 1, 1]]
    page.click("#no-areas")
    assert numbers(page) == []
    assert page.locator(".area").count() == 0
    assert page.is_disabled("#no-areas")


OFF_THE_FRAME = """() => {
    const frame = document.querySelector("#frame").getBoundingClientRect();
    return [...document.querySelectorAll(".area button")].filter((button) => {
        const box = button.getBoundingClientRect();
        return box.left < frame.left - 1 || box.right > frame.right + 1 ||
            box.top < frame.top - 1 || box.bottom > frame.bottom + 1;
    }).map((button) => button.ariaLabel);
}"""


def test_a_small_areas_button_lies_on_the_picture(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.fill("#ignored", "0,0,0.02,0.02;0.98,0,1,0.02;0,0.98,0.02,1;0.98,0.98,1,1;0.4,0.97,1,1")
    assert page.locator(".area button").count() == 5
    assert page.evaluate(OFF_THE_FRAME) == []


def test_an_area_is_made_moved_sized_and_removed_by_keyboard(page: Page) -> None:
    page.focus("#add-area")
    page.keyboard.press("Enter")
    assert numbers(page) == [[0.35, 0.4, 0.65, 0.6]]
    for keys in ("ArrowLeft", "ArrowUp", "ArrowUp", "Shift+ArrowRight", "Shift+ArrowDown"):
        page.keyboard.press(keys)
    assert numbers(page) == [[0.34, 0.38, 0.65, 0.59]]
    assert page.text_content("#live") == "Remove area 1: 34 to 65 % across, 38 to 59 % down"
    for _ in range(70):
        page.keyboard.press("Shift+ArrowLeft")
    assert numbers(page) == [[0.34, 0.38, 0.35, 0.59]]
    page.keyboard.press("Enter")
    assert numbers(page) == []
    assert page.evaluate("document.activeElement.id") == "see-areas"


def test_a_finger_draws_an_area(opened: Opener, served: Server) -> None:
    small = {"width": 360, "height": 640}
    page = opened(served, viewport=small, has_touch=True, is_mobile=True).read()
    page.tap("#see-areas")
    frame = picture_frame(page)
    finger = page.context.new_cdp_session(page)
    for step in range(11):
        kind = "touchMove" if step else "touchStart"
        at = {
            "x": frame["x"] + frame["width"] * (step + 1) / 20,
            "y": frame["y"] + frame["height"] * (step + 1) / 20,
        }
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [at]})
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    [area] = numbers(page)
    assert area == pytest.approx([0.05, 0.05, 0.55, 0.55], abs=0.01)


def test_areas_are_kept_for_the_next_picture_and_in_the_other_views(
    opened: Opener, served: Server
) -> None:
    page = opened(served).read()
    page.fill("#ignored", CLOCK_AREA)
    page.set_input_files("#files", as_file(street_picture(), "next.png"))
    page.wait_for_selector("#result-title:text-is('1 plate')")
    page.click("#see-cells")
    assert page.is_visible(".area")
    page.locator("#cells button").nth(1).click()  # below the area, which takes no click here
    assert page.input_value("#wanted") == "2"


def test_text_that_names_no_area_is_explained_and_not_used(page: Page) -> None:
    page.fill("#ignored", CLOCK_AREA)
    page.fill("#ignored", "0,0,1,2")
    assert "fractions from 0 to 1" in page.inner_text("#ignored-wrong")
    assert page.get_attribute("#ignored", "aria-invalid") == "true"
    assert page.locator(".area").count() == 1
    page.focus("#size")
    assert page.input_value("#ignored") == CLOCK_AREA


def test_text_is_taken_as_the_service_takes_it(page: Page) -> None:
    texts = ["", ";", "0,0,1,1", " 0 ,0,1 ,.5; ", "1,0,1,1", "0,0,1", "0,0,1,1,1", "0,0,1,1e-1"]
    texts += ["0,0,1,9e-0", "0,0,1,1e1", "0,0,1,.5e-1", "0,0,1,1E-1"]
    for text in [*texts, "0,0,-1,1", "0.2,0,0.1,1", "00.5,0,1.0,1", "a", "0,,1,1", "0,0,1,1.5"]:
        try:
            areas = IgnoreAreas.parse(text).areas
            theirs = [[area.left, area.top, area.right, area.bottom] for area in areas]
        except RequestError:
            theirs = None
        assert page.evaluate(PARSED, text) == theirs, text
    assert page.evaluate(PARSED, "0.12345,0,0.12349,0.07") == [[0.123, 0, 0.124, 0.07]]
    assert page.evaluate(PARSED, f"{2 / 3},0,1,5.5e-17") == [[0.666, 0, 1, 0.001]]


def test_the_page_starts_with_the_settings_areas_and_can_drop_them(opened: Opener) -> None:
    with ready([[SEEN, CLOCK]], settings(CLOCK_AREA)) as server:
        page = opened(server).read()
        assert page.input_value("#ignored") == CLOCK_AREA
        assert page.inner_text("#result-title") == "1 plate"
        page.click("#no-areas")
        assert read_again(page) == "2 plates"


def test_the_services_drawing_crosses_the_areas_out(page: Page) -> None:
    page.fill("#ignored", CLOCK_AREA)
    page.click("#draw")
    page.wait_for_selector("#drawing-image:visible")
    source = page.get_attribute("#drawing-image", "src")
    assert source
    drawing = Image.open(io.BytesIO(base64.b64decode(source.partition(",")[2])))
    edge = drawing.convert("L").crop((120, 50, 180, 70))  # of the area, away from cells' borders
    darkest, brightest = np.asarray(edge).min(), np.asarray(edge).max()
    assert darkest < 40
    assert brightest > 215
    assert plain(page, "#drawing-says").startswith("drive way.png")
