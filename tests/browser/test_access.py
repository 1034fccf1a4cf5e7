"""The page can be used without eyes, without a mouse, and on a small screen."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.conftest import HTTP_ERROR, SEEN, Opener, as_file, plain, ready, street_picture

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROOT = Path(__file__).parent.parent.parent
AXE = Path(os.environ.get("AXE_CORE", ROOT / "node_modules/axe-core/axe.min.js"))
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN_AXE = f"() => axe.run(document, {{ runOnly: {RULES} }})"
STOP = """() => {
    const here = document.activeElement;
    const { left, right, top, bottom } = here.getBoundingClientRect();
    const { outlineStyle, outlineWidth } = getComputedStyle(here);
    return { name: here.id || here.textContent.trim().slice(0, 20),
             ringed: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2,
             inside: left >= 0 && right <= innerWidth + 1 && bottom > 0 && top < innerHeight };
}"""


def violations(page: Page) -> list[str]:
    """What axe finds wrong, one line for each rule and element."""
    found: Any = page.evaluate(RUN_AXE)
    assert len(found["passes"]) > 10
    return [
        f"{rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


@pytest.mark.skipif(not AXE.is_file(), reason="no axe-core: npm install --no-save axe-core")
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
def test_axe_finds_nothing_wrong(opened: Opener, scheme: str, width: int) -> None:
    with ready([[SEEN], [SEEN], []]) as server:
        size = {"width": width, "height": 800}
        page = opened(server, forgiven=HTTP_ERROR, color_scheme=scheme, viewport=size).page
        page.evaluate(AXE.read_text(encoding="utf-8"))
        assert violations(page) == []
        files = [as_file(street_picture()), as_file(street_picture()), as_file(b"broken")]
        page.set_input_files("#files", files)
        page.wait_for_selector("#read-all:visible")
        page.click("#raw summary")
        assert violations(page) == []
        page.click("#strip li:nth-child(3) button")
        page.fill("#wanted", "99")
        page.get_by_role("tab", name="Blue Iris").click()
        assert violations(page) == []
        page.click("#strip li:nth-child(2) button")
        page.fill("#wanted", "2,3")
        assert violations(page) == []
        page.click("#see-areas")
        page.fill("#ignored", "0,0,1,0.08;0.7,0.9,1,1")
        assert violations(page) == []
        page.click("#draw")
        page.wait_for_selector("#drawing-image:visible")
        assert violations(page) == []


@pytest.mark.parametrize("width", [360, 1280])
def test_every_stop_of_the_tab_key_shows_where_it_is(opened: Opener, width: int) -> None:
    with ready([[SEEN]]) as server:
        page = opened(server, viewport={"width": width, "height": 700}).read()
        page.click("#see-cells")
        page.click("h1")
        stops = []
        for _ in range(40):
            page.keyboard.press("Tab")
            stop: Any = page.evaluate(STOP)
            if page.evaluate("document.activeElement === document.body"):
                break
            assert stop["ringed"], stop
            assert stop["inside"], stop
            stops.append(stop["name"])
    first = ["see-plates", "see-cells", "see-areas", "Add pictures", "1", "again"]
    then = ["Pick cell", "The service's JSON", "size", "wanted", "draw", "ignored", "curl", "copy"]
    assert stops[: len(first)] == first
    assert all(any(name in stop for stop in stops) for name in then)


def test_a_picture_is_read_and_cells_are_picked_by_keyboard_alone(opened: Opener) -> None:
    with ready([[SEEN]]) as server:
        page = opened(server).page
        page.on("filechooser", lambda chooser: chooser.set_files(as_file(street_picture())))
        page.click("h1")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_selector("#result .plate")
        page.focus("#see-cells")
        page.keyboard.press("Space")
        for _ in ("Ignored", "Add pictures", "cells"):
            page.keyboard.press("Tab")
        page.keyboard.press("Space")
        assert page.input_value("#wanted") == "1"


def test_outcomes_are_said_to_screen_readers(opened: Opener) -> None:
    with ready([[SEEN], []]) as server:
        page = opened(server, forgiven=HTTP_ERROR).page
        assert page.get_attribute("#live", "role") == "status"
        outcomes = {
            "a.png": "a.png: AB12CDE",
            "b.png": "b.png: no plate",
        }
        for name, said in outcomes.items():
            page.set_input_files("#files", as_file(street_picture(), name))
            page.wait_for_selector(f"#live:text-is('{said}')", state="attached")
        page.set_input_files("#files", as_file(b"broken", "c.png"))
        page.wait_for_selector("#live:text('c.png: Not an image')", state="attached")
        strip = page.locator("#strip button")
        assert page.get_by_role("button", name="b.png no plate").count() == 1
        assert strip.nth(2).get_attribute("aria-current") == "true"


def test_characters_are_read_out_with_their_confidence(opened: Opener) -> None:
    with ready([[SEEN]]) as server:
        page = opened(server).read()
        spoken = plain(page, ".text .unseen")
    assert spoken == (
        "AB12CDE, by character: A 99 %, B 98 %, 1 95 %, 2 90 %, C 97 %, D 52 %, E 70 %"
    )
