"""This visit's readings: a table, sorted and filtered, and a file for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from alpr.plates import Box, Plate
from tests.browser.conftest import HTTP_ERROR, SEEN, SIGN, Opener, as_file, ready, street_picture

if TYPE_CHECKING:
    from playwright.sync_api import Page

CSV = """async (rows) => (await import("/static/csv.js")).toCsv(rows)"""
GERMAN = {"country": [{"code": "DEU", "confidence": 99.1}]}
TWO = [Plate("ZZ99", 0.62, SIGN), Plate("AA11", 0.9991, Box(20, 20, 100, 50), extras=GERMAN)]


@pytest.fixture(scope="module")
def page(opened_once: Opener) -> Iterator[Page]:
    """Four pictures: one plate, none, two plates, and one that is refused."""
    files = [as_file(street_picture(), name) for name in ("cam 10.png", "cam 9.png", "=1+1.png")]
    with ready([[SEEN], [], TWO]) as server:
        page = opened_once(server, forgiven=HTTP_ERROR).page
        page.fill("#wanted", "")
        page.focus("#size")
        page.keyboard.press("Home")
        assert page.is_hidden("#readings")
        page.set_input_files("#files", [*files, as_file(b"broken", "z,broken.png")])
        page.wait_for_selector("#read-all:visible")
        yield page


def column(page: Page, number: int) -> list[str]:
    return page.locator(f"#rows > tr > :nth-child({number})").all_inner_texts()


def test_every_picture_of_the_visit_has_a_row(page: Page) -> None:
    assert column(page, 1) == ["cam 10.png", "cam 9.png", "=1+1.png", "z,broken.png"]
    assert column(page, 2) == ["AB12CDE", "no plate", "AA11, ZZ99", "not read"]
    assert [text.replace("\N{NO-BREAK SPACE}", "") for text in column(page, 3)] == [
        "91%",
        "",
        "99.9%, 62%",
        "",
    ]
    assert column(page, 4) == ["", "", "DEU", ""]
    assert [text.isdigit() for text in column(page, 5)] == [True, True, True, False]
    page.locator("#rows button").nth(2).click()
    assert page.inner_text("#result-title") == "2 plates"


def test_rows_are_sorted_up_down_and_not(page: Page) -> None:
    came = column(page, 1)
    page.get_by_role("button", name="Picture", exact=True).click()
    assert column(page, 1) == ["=1+1.png", "cam 9.png", "cam 10.png", "z,broken.png"]
    assert page.locator("th[aria-sort=ascending]").inner_text().startswith("Picture")
    page.get_by_role("button", name="Confidence").click()
    page.get_by_role("button", name="Confidence").click()
    assert column(page, 2)[:2] == ["AA11, ZZ99", "AB12CDE"]
    assert page.locator("th[aria-sort=descending]").inner_text().startswith("Confidence")
    page.get_by_role("button", name="Confidence").click()
    assert column(page, 1) == came
    assert page.locator("th[aria-sort=none]").count() == 5


def test_pictures_without_a_plate_are_filtered(page: Page) -> None:
    page.check("#only-none")
    assert column(page, 1) == ["cam 9.png"]
    page.uncheck("#only-none")
    assert len(column(page, 1)) == 4


def test_the_table_is_downloaded_for_a_spreadsheet(page: Page, tmp_path: Path) -> None:
    with page.expect_download() as started:
        page.click("#download")
    assert started.value.suggested_filename == "readings.csv"
    started.value.save_as(tmp_path / "readings.csv")
    text = (tmp_path / "readings.csv").read_bytes().decode("utf-8-sig")
    head, *rows = csv.reader(io.StringIO(text, newline=""))
    assert head == ["picture", "plate", "confidence", "region", "ms", "error"]
    assert [row[:4] for row in rows] == [
        ["cam 10.png", "AB12CDE", "0.913", ""],
        ["cam 9.png", "", "", ""],
        ["'=1+1.png", "AA11", "0.9991", "DEU"],
        ["'=1+1.png", "ZZ99", "0.62", ""],
        ["z,broken.png", "", "", ""],
    ]
    assert rows[4][5].startswith("Not an image of a supported format")


def test_no_cell_runs_in_a_spreadsheet(page: Page) -> None:
    cells = ["=1", "+1", "-1", "@A1", " =1", "\t=1", "\rx", 'a"b', "a\nb", "A-1", 0.5]
    text = page.evaluate(CSV, [cells])
    assert text.startswith("\N{ZERO WIDTH NO-BREAK SPACE}")
    [row] = csv.reader(io.StringIO(text[1:], newline=""))
    quoted = ["'=1", "'+1", "'-1", "'@A1", "' =1", "'\t=1", "'\rx"]
    assert row == [*quoted, 'a"b', "a\nb", "A-1", "0.5"]


def test_regions_have_a_column_only_where_they_are_known(opened: Opener) -> None:
    with ready([[SEEN]]) as server:
        page = opened(server).read()
        assert page.locator("#rows td").count() > 0
        assert page.get_by_role("columnheader").all_inner_texts()[:4] == [
            *("Picture", "Plates", "Confidence", "ms")
        ]


def test_clear_is_there_from_the_first_picture_on(opened: Opener) -> None:
    with ready([[SEEN]]) as server:
        page = opened(server).read()
        page.click("#clear")
        assert page.is_hidden("#readings")
        assert page.is_visible("#drop")
