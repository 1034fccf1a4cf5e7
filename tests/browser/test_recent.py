"""The recent requests, the header's figures of them, and the settings in force."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import pytest

from alpr.settings import Settings
from tests.browser.conftest import HTTP_ERROR, SEEN, Opener, as_file, eventually, plain, ready
from tests.browser.conftest import street_picture as street

if TYPE_CHECKING:
    from playwright.sync_api import Page

GAP = """(table) => {
    const text = document.createRange();
    const place = (nth) => {
        text.selectNodeContents(table.querySelector(`th:nth-child(${nth})`));
        return text.getBoundingClientRect();
    };
    return place(5).left - place(4).right;
}"""
"""Pixels between the heads *ms*, whose column is aligned to the right, and *Plates*."""

HEADS = ["Time", "Request", "Status", "ms", "Plates"]


def settings(**changes: object) -> Settings:
    return Settings(host="127.0.0.1", port=0, **changes)  # type: ignore[arg-type]


def column(page: Page, name: str) -> list[str]:
    """The cells below one head of the recent requests, the newest first."""
    heads = page.locator("#requests th").all_inner_texts()
    return page.locator(f"#requests td:nth-child({heads.index(name) + 1})").all_inner_texts()


def test_requests_are_listed_with_what_came_of_them(opened: Opener) -> None:
    with ready([[SEEN]]) as server:
        page = opened(server).page
        none = "No client has asked since the service was started."
        eventually(lambda: page.inner_text("#recent-says"), none)
        assert plain(page, "#median") == "-"
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(f"http://127.0.0.1:{server.port}/v1/wrong", timeout=20)
        page.set_input_files("#files", as_file(street()))
        eventually(lambda: len(column(page, "Request")), 2)
        read, refused = column(page, "Request")
        assert read == "POST /v1/vision/alpr"
        assert refused.splitlines()[0] == "GET /v1/wrong"
        assert "there is no route /v1/wrong" in refused.splitlines()[1]
        assert page.locator("#requests th").all_inner_texts() == HEADS
        assert column(page, "Status") == ["200", "404"]
        assert column(page, "Plates") == ["1", ""]
        assert "AB12CDE" not in page.inner_text("#requests")
        assert page.inner_text("#reads") == "1"
        assert page.inner_text("#median") == f"{column(page, 'ms')[0]} ms"
        assert page.inner_text("#refused") == "1"


def test_texts_and_addresses_are_shown_where_they_are_logged(opened: Opener) -> None:
    with ready([[SEEN]], settings(log_plates=True, log_clients=True)) as server:
        page = opened(server).read()
        eventually(lambda: page.locator("#requests th").count(), len(HEADS) + 1)
        assert column(page, "Plates") == ["AB12CDE"]
        assert column(page, "From") == ["127.0.0.1"]


def test_a_phone_shows_all_columns(opened: Opener) -> None:
    with ready([[SEEN]]) as server:
        page = opened(server, viewport={"width": 360, "height": 740}).read()
        page.click("#draw")  # the longest path of all
        eventually(lambda: len(column(page, "Time")), 2)
        page.click("#close-drawing")
        table = page.locator("#requests").locator("xpath=..")
        assert table.evaluate("(table) => table.scrollWidth - table.clientWidth") <= 0
        assert re.fullmatch(r"\d\d:\d\d:\d\d", column(page, "Time")[0])
        assert table.evaluate(GAP) > 12


def test_without_the_key_nothing_is_told(opened: Opener) -> None:
    with ready([[SEEN]], settings(api_key="k3y-7")) as server:
        page = opened(server, forgiven=HTTP_ERROR).page
        eventually(lambda: "key is missing" in page.inner_text("#recent-says"), True)
        page.click("#settings summary")
        eventually(lambda: "key is missing" in page.inner_text("#settings-table"), True)
        page.fill("#key", "k3y-7")
        page.set_input_files("#files", as_file(street()))
        page.wait_for_selector("#requests td")
        assert column(page, "Status") == ["200"]


def setting(page: Page, name: str) -> str:
    return page.locator("#settings tr", has_text=name).locator("td").last.inner_text()


def test_the_settings_in_force_are_shown(opened: Opener) -> None:
    with ready([[SEEN]], settings(grid_size=3, wanted_cells="4,5")) as server:
        page = opened(server).page
        page.click("#settings summary")
        page.wait_for_selector("#settings td")
        assert setting(page, "grid_size") == "3"
        assert setting(page, "wanted_cells") == '"4,5"'
        for link in page.locator("main a").all():
            address = f"http://127.0.0.1:{server.port}/{link.get_attribute('href')}"
            assert urllib.request.urlopen(address, timeout=20).status == 200
