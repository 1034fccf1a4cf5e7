"""The page's regions: picked from the list or typed, sent, and in the recipes."""

from __future__ import annotations

import json

import pytest

from alpr.plates import Candidate, Plate
from alpr.settings import Settings
from tests.browser.conftest import SIGN, Opener, eventually, plain, ready

DOUBTFUL = Plate(
    "ABC12O4",
    0.6,
    SIGN,
    0.97,
    (0.999,) * 5 + (0.6, 0.999),
    candidates=(Candidate("ABC12O4", 0.6), Candidate("ABC1204", 0.4)),
)


def test_picked_regions_are_sent_and_go_into_the_recipes(opened: Opener) -> None:
    with ready([[DOUBTFUL]]) as server:
        page = opened(server).read()
        assert "regions" not in page.inner_text("#recipe-text")
        page.select_option("#region-list", "br")
        page.select_option("#region-list", label="California (us-ca)")
        assert page.input_value("#regions") == "br,us-ca"
        assert '-F "regions=br,us-ca"' in page.inner_text("#recipe-text")
        page.click("#again")
        eventually(lambda: "ABC1204" in page.inner_text("#result"), True)
        assert "region br" in plain(page, "#result")
        assert "raw: ABC12O4" in plain(page, "#result")
        page.get_by_role("tab", name="Blue Iris").click()
        assert json.loads(page.inner_text("#recipe-text"))["regions"] == "br,us-ca"


@pytest.mark.parametrize("width", [360, 1280])
def test_a_few_codes_can_be_seen_in_their_field(opened: Opener, width: int) -> None:
    with ready() as server:
        page = opened(server, viewport={"width": width, "height": 800}).page
        page.fill("#regions", "br,us-ca,au-nsw")
        scrolled = "(field) => field.scrollWidth - field.clientWidth"
        assert page.locator("#regions").evaluate(scrolled) <= 0


def test_a_code_that_is_none_is_named(opened: Opener) -> None:
    with ready() as server:
        page = opened(server).page
        page.fill("#regions", "br, atlantis")
        assert plain(page, "#regions-wrong").startswith("'atlantis' is no region")
        page.fill("#regions", "BR gb")
        assert page.is_hidden("#regions-wrong")
        assert '-F "regions=br,gb"' in page.inner_text("#recipe-text")


def test_the_page_starts_with_the_settings_regions_and_can_drop_them(opened: Opener) -> None:
    with ready([[DOUBTFUL]], Settings(host="127.0.0.1", port=0, regions='["br", "gb"]')) as server:
        page = opened(server).page
        assert page.input_value("#regions") == "br,gb"
        page.fill("#regions", "")
        assert 'regions=;"' in page.inner_text("#recipe-text")
