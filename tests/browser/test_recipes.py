"""The requests that the page offers for other programs, run as they stand."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from alpr.settings import Settings, loading
from tests.browser.conftest import HTTP_ERROR, SEEN, Opener, as_file, ready, street_picture

if TYPE_CHECKING:
    from playwright.sync_api import Page

NO_CLIPBOARD = "Object.defineProperty(navigator, 'clipboard', { value: undefined })"


@pytest.fixture(scope="module")
def visit(opened_once: Opener) -> Iterator[Page]:
    with ready([[]]) as server:
        yield opened_once(server).read(as_file(street_picture(), "gate 1.png"))


@pytest.fixture
def page(visit: Page, tmp_path: Path) -> Page:
    """The page with ``gate 1.png`` read, cells 6 and 7 picked and two areas ignored."""
    (tmp_path / "gate 1.png").write_bytes(street_picture())
    visit.fill("#size", "4")
    visit.fill("#wanted", "6,7")
    visit.fill("#ignored", "0,0,1,0.08;0.7,0.9,1,1")
    return visit


def recipe(page: Page, name: str) -> str:
    page.get_by_role("tab", name=name).click()
    assert page.get_by_role("tab", name=name).get_attribute("aria-selected") == "true"
    return page.text_content("#recipe-text") or ""


LINES = """(text) => [...text.children].map((word) =>
    Math.round(word.getBoundingClientRect().height / parseFloat(getComputedStyle(word).lineHeight)))
"""
"""How many lines each word of a recipe takes."""


def test_a_phone_breaks_the_curl_line_between_its_words(opened: Opener) -> None:
    with ready([[]]) as server:
        phone = {"width": 375, "height": 740}
        page = opened(server, viewport=phone).read(as_file(street_picture(), "gate 1.png"))
        line = recipe(page, "curl")
        assert "\n" not in line
        text = page.locator("#recipe-text")
        assert text.locator("span").all_inner_texts() == [
            *("curl", '-F "upload=@gate 1.png"', '-F "grid_size=4"'),
            f'"http://127.0.0.1:{server.port}/v1/vision/alpr"',
        ]
        assert set(text.evaluate(LINES)) == {1}


def posted(url: str) -> Any:
    body = b"--b\r\nContent-Disposition: form-data; name=upload; filename=upload\r\n\r\n"
    body += street_picture() + b"\r\n--b--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=20) as answer:
        return json.load(answer)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_curl_line_does_what_the_page_does(page: Page, tmp_path: Path) -> None:
    line = recipe(page, "curl")
    run = subprocess.run(
        ["sh", "-c", line], cwd=tmp_path, capture_output=True, check=True, timeout=20
    )
    answer = json.loads(run.stdout)
    assert answer["success"] is True
    assert answer["grid"] == {"grid_size": 4, "whole_image": False, "cells_tried": [6, 7]}
    assert '--form-string "ignore_areas=0,0,1,0.08;0.7,0.9,1,1"' in line
    assert answer["image_width"] == 800
    page.click("#all-cells")
    assert "wanted_cells" not in recipe(page, "curl")


def test_the_python_lines_run(opened: Opener, tmp_path: Path) -> None:
    pytest.importorskip("requests", reason="requests is not installed")
    (tmp_path / "gate.png").write_bytes(street_picture())
    with ready([[SEEN]]) as server:
        page = opened(server).read(as_file(street_picture(), "gate.png"))
        page.fill("#wanted", "11")
        page.fill("#ignored", "0,0,1,0.08")
        program = recipe(page, "Python")
        fields = '"whole_image_fallback": "false", "ignore_areas": "0,0,1,0.08"'
        assert f'data={{"grid_size": "4", "wanted_cells": "11", {fields}}}' in program
        run = subprocess.run(
            [sys.executable, "-c", program],
            check=False,
            cwd=tmp_path,
            capture_output=True,
            timeout=20,
        )
    # The plate of the script, moved by its cell, is at the edge of the image: it counts as cut.
    assert run.stdout.decode().split() == ["AB12CDE", "0.4474"], run.stderr.decode()


@pytest.mark.parametrize("name", ["Home Assistant", "Frigate"])
def test_addresses_for_other_programs_carry_the_grid(page: Page, name: str) -> None:
    text = recipe(page, name)
    address = re.search(r"(?:server|api_url): (\S+)", text)
    assert address
    assert posted(address[1])["grid"] == {
        "grid_size": 4,
        "whole_image": False,
        "cells_tried": [6, 7],
    }
    assert address[1].endswith("&ignore_areas=0,0,1,0.08;0.7,0.9,1,1")


def test_the_settings_for_blue_iris_are_settings(page: Page, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(recipe(page, "Blue Iris"))
    told = loading.load(["--config", str(tmp_path / "config.json")]).settings
    assert (told.grid_size, told.wanted_cells) == (4, "6,7")
    assert told.ignore_areas == "0,0,1,0.08;0.7,0.9,1,1"
    port = page.url.split(":")[2].strip("/")
    assert f"server 127.0.0.1, port {port}," in page.inner_text("#recipe-note")


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_recipes_carry_the_key_that_is_typed(opened: Opener, tmp_path: Path) -> None:
    (tmp_path / "gate.png").write_bytes(street_picture())
    with ready([[SEEN]], Settings(host="127.0.0.1", port=0, api_key="k3y-7")) as server:
        page = opened(server, forgiven=HTTP_ERROR).read(as_file(street_picture(), "gate.png"))
        assert "The key is missing or wrong" in page.inner_text("#result .notice")
        assert '-H "X-Api-Key: YOUR_KEY"' in recipe(page, "curl")
        assert "It sends no key" in (recipe(page, "Frigate") and page.inner_text("#recipe-note"))
        page.fill("#key", "k3y-7")
        page.click("#again")
        page.wait_for_selector("#result .plate")
        assert 'headers={"X-Api-Key": "k3y-7"}' in recipe(page, "Python")
        line = recipe(page, "curl")
        run = subprocess.run(
            ["sh", "-c", line], cwd=tmp_path, capture_output=True, check=True, timeout=20
        )
        assert json.loads(run.stdout)["success"] is True
        page.fill("#key", '"; reboot; "')
        assert "YOUR_KEY" in recipe(page, "curl")
        page.reload()
        assert page.input_value("#key") == ""
        assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_line_for_a_cameras_snapshot_sends_it_on(page: Page, tmp_path: Path) -> None:
    line = recipe(page, "Camera")
    assert "browsers do not let it fetch" in page.inner_text("#recipe-note")
    camera = (tmp_path / "gate 1.png").as_uri()  # curl fetches a file as it does from a camera
    run = subprocess.run(
        ["sh", "-c", line.replace("http://CAMERA/snapshot.jpg", camera)],
        cwd=tmp_path,
        capture_output=True,
        check=True,
        timeout=20,
    )
    answer = json.loads(run.stdout)
    assert (answer["image_width"], answer["grid"]["cells_tried"]) == (800, [6, 7])


def test_no_key_is_spoken_of_where_none_is_set(page: Page) -> None:
    assert page.is_hidden("#key")
    assert "Key" not in recipe(page, "curl") + recipe(page, "Python")


def test_every_tab_is_in_view_on_a_phone(opened: Opener) -> None:
    with ready([[SEEN]]) as server:
        page = opened(server, viewport={"width": 360, "height": 740}).page
        for tab in page.get_by_role("tab").all():
            box = tab.bounding_box()
            assert box
            assert 0 <= box["x"] <= box["x"] + box["width"] <= 360


def test_recipes_are_kept_up_to_date(page: Page) -> None:
    recipe(page, "Frigate")
    page.focus("#size")
    page.keyboard.press("Home")
    page.click("#no-areas")
    assert (page.text_content("#recipe-text") or "").endswith("?grid_size=0")


def test_no_file_name_can_add_to_a_command(opened: Opener) -> None:
    names = ['a";reboot;".png', "$(reboot).png", "-o.png", "a\nb.png", "a;type=b.png"]
    with ready([[SEEN]]) as server:
        page = opened(server).read(*[as_file(street_picture(), name) for name in names])
        for item in page.locator("#strip button").all():
            item.click()
            assert '"upload=@car.jpg"' in recipe(page, "curl")
            assert 'open("car.jpg", "rb")' in recipe(page, "Python")


def test_tabs_are_walked_by_arrow_keys(page: Page) -> None:
    page.get_by_role("tab", name="curl").click()
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.activeElement.textContent") == "Camera"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert (page.text_content("#recipe-text") or "").startswith("import requests")


@pytest.mark.parametrize("plain_http", [False, True])
def test_copying_works_with_and_without_a_secure_page(opened: Opener, plain_http: bool) -> None:
    """On a LAN's plain http there is no clipboard object; the copy must arrive all the same."""
    with ready([[SEEN]]) as server:
        visit = opened(server, permissions=["clipboard-read", "clipboard-write"])
        page = visit.page
        if plain_http:
            page.evaluate(NO_CLIPBOARD)
        page.click("#copy")
        page.get_by_role("button", name="Copied").wait_for()
        assert page.evaluate("document.activeElement.id") == "copy"
        page.fill("#wanted", "")
        page.focus("#wanted")
        page.keyboard.press("Control+V")
        assert page.input_value("#wanted") == page.text_content("#recipe-text")
