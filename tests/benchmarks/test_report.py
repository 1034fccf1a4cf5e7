"""The page of the benchmarks from fixed results: its arithmetic and its text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks import report, tables
from benchmarks.results import (
    Cost,
    Machine,
    Memory,
    Overhead,
    Results,
    SetScore,
    Wide,
)

DOCS = Path(__file__).parents[2] / "docs"


def scored(folder: str, reader: str, *file_ms: float) -> SetScore:
    """Ten images with eight plates, six of them with a text."""
    return SetScore(folder, reader, 10, 8, 6, 4, 2, 3, 5, list(file_ms), [7.0])


def results() -> Results:
    machine = Machine("2026-01-01", "abc+", "A chip", 2, 8.0, "Linux", {"alpr_api": "1.0.0"})
    return Results(
        machine,
        seconds=90,
        scores=[
            scored("openalpr_eu", "embedded", 1, 2, 30),
            scored("openalpr_us", "embedded", 4, 5, 60),
            scored("other", "embedded", 1000),
            scored("openalpr_eu", "pp_ocr", 100),
            scored("openalpr_us", "pp_ocr", 40),
            scored("openalpr_eu", "simplelpr", 10),
        ],
        costs=[
            Cost("megapixels", "embedded", 0.3072, [5, 6, 7]),
            Cost("megapixels", "pp_ocr", 0.3072, [50]),
            Cost("megapixels", "embedded", 8.2944, [9]),
            Cost("clients", "embedded", 4, [20, 30], rate=12.34, refused=3),
        ],
        wide=[
            Wide("eu", 40, 0, 4, 1, 0, 0, [10, 10, 10, 10]),
            Wide("eu", 40, 4, 4, 4, 3, 3, [50, 50, 50, 50]),
            Wide("us", 40, 0, 1, 1, 1, 0, [20]),
            Wide("us", 40, 4, 1, 1, 1, 0, [90]),
        ],
        memory=[Memory("embedded", 50.0, 110.4, 120.0, 130.0, 0.123)],
        overhead=[Overhead("1280x720", 0.5, 1.25, 0.75, 0.7, 3.0)],
    )


def test_accuracy_row() -> None:
    (_, *rows) = tables.accuracy_rows(results().scores)
    assert rows[0][:3] == ("openalpr_eu", "this engine", "10")
    assert rows[0][3:7] == ("0.500", "0.500", "0.333", "0.50")
    assert rows[0][7:] == ("7.0 (7.0-7.0)", "2.0 (1.0-30.0)")


@pytest.mark.parametrize(
    ("ms", "shown"),
    [([], "-"), ([5], "5.0 (5.0-5.0)"), ([*range(1, 101)], "50.5 (10.0-90.0)")],
)
def test_median_and_spread(ms: list[float], shown: str) -> None:
    assert tables.spread(ms) == shown


def test_fractions() -> None:
    assert tables.fraction(2, 3) == "0.667"
    assert tables.fraction(0, 0) == "-"


def test_medians_are_summed_over_the_same_folders() -> None:
    """The folders of the goal, and only readers that have all of them."""
    assert tables.sums(results().scores) == {"embedded": 2 + 5, "pp_ocr": 140}
    assert tables.sums([scored("mine", "embedded", 3), scored("too", "embedded", 4)]) == {
        "embedded": 7
    }


def test_sums_are_compared_with_their_goals() -> None:
    rows = tables.sum_rows(results().scores)
    assert rows[1] == ("this engine", "7.0", "1.000", "")
    assert rows[2] == ("PP-OCR", "140.0", "0.050", "0.06")
    assert tables.sum_rows([scored("openalpr_eu", "pp_ocr", 1)]) == []


def test_wide_frames_have_rows_per_set_and_one_for_all() -> None:
    (_, eu, us, pooled) = tables.wide_rows(results().wide)
    assert eu[:7] == ("40", "eu", "4", "0.250", "1.000", "0.000", "0.750")
    assert eu[7:] == ("10.0 (10.0-10.0)", "50.0 (50.0-50.0)", "3")
    assert us[1] == "us"
    assert pooled[:7] == ("40", "**all**", "5", "0.400", "1.000", "0.200", "0.800")
    assert pooled[7:] == ("10.0 (10.0-20.0)", "50.0 (50.0-90.0)", "3")


def test_costs_have_a_row_per_amount_and_a_column_per_reader() -> None:
    assert tables.cost_rows(results().costs, "megapixels") == [
        ("megapixels", "this engine", "PP-OCR"),
        ("0.307", "6.0 (5.0-7.0)", "50.0 (50.0-50.0)"),
        ("8.29", "9.0 (9.0-9.0)", "-"),
    ]
    assert tables.cost_rows(results().costs, "grid") == []
    assert tables.client_rows(results().costs)[1] == ("4", "12.3", "3", "25.0 (20.0-30.0)")


def test_memory_is_above_that_of_the_service() -> None:
    assert tables.memory_rows(results())[1] == ("this engine", "60", "70", "80", "0.12")


def test_the_page_shows_only_what_was_measured() -> None:
    page = report.page(results(), ["bench-megapixels"])
    assert "A chip, 2 cores" in page
    assert "in 2 minutes" in page
    assert "| PP-OCR | 140.0 | 0.050 | 0.06 |" in page
    assert "| 1280x720 | 0.50 | 1.25 | 0.75 | 3.00 |" in page
    assert page.count("](images/") == 1
    assert "## Cost against the grid's size" not in page
    assert "quick run" not in page
    assert "drawn street scenes, which are easier" not in page
    assert "## What is missing" not in page
    shown = [line for line in page.splitlines() if line.startswith("|")]
    assert all(line.endswith("|") for line in shown)


def test_the_page_warns_of_quick_runs_and_drawn_sets() -> None:
    run = results()
    run.limit, run.rendered, run.notes = 10, True, ["SimpleLPR was not measured: not installed"]
    page = report.page(run, [])
    assert "**A quick run over at most 10 images of each set" in page
    assert "drawn street scenes, which are easier" in page
    assert "- SimpleLPR was not measured: not installed" in page


def test_every_row_has_as_many_cells_as_its_heading() -> None:
    run = results()
    for rows in (
        tables.accuracy_rows(run.scores),
        tables.sum_rows(run.scores),
        tables.wide_rows(run.wide),
        tables.cost_rows(run.costs, "megapixels"),
        tables.client_rows(run.costs),
        tables.memory_rows(run),
        tables.overhead_rows(run),
    ):
        assert {len(row) for row in rows} == {len(rows[0])}


def test_results_are_saved_and_loaded(tmp_path: Path) -> None:
    before = results()
    before.save(tmp_path / "new" / "results.json")
    assert Results.load(tmp_path / "new" / "results.json") == before


def test_the_page_in_the_repository_is_generated() -> None:
    """Its end is the program's text, and its plots are those that the program draws."""
    page = (DOCS / "benchmarks.md").read_text(encoding="utf-8")
    assert page.startswith("# Benchmarks\n\nWritten by `make bench`")
    assert page.endswith(report.HOW + "\n")
    plots = re.findall(r"\]\(images/(bench-\w+)\.svg\)", page)
    assert sorted(plots) == sorted(report.ALT)
    assert all((DOCS / "images" / f"{name}.svg").exists() for name in plots)
