"""The accuracy benchmark: counting, its table, and reading by engine or service."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import accuracy
from benchmarks.scoring import LABELS, BenchmarkError, LabelledPlate, Reading, Score, percentile
from testkit.images import encode, gradient_image
from testkit.wire_client import Server

TRUTH = LabelledPlate("AB1D0", (100, 100, 200, 140))
AROUND = (90.0, 90.0, 210.0, 150.0)
ELSEWHERE = (300.0, 90.0, 410.0, 150.0)


def score(*pairs: tuple[list[LabelledPlate], list[Reading]]) -> Score:
    total = Score()
    for truths, readings in pairs:
        total.add("photo.jpg", truths, readings)
    return total


@pytest.mark.parametrize(
    ("text", "read", "folded"),
    [("AB1D0", 1, 1), ("ab-1 d0", 1, 1), ("ABIDO", 0, 1), ("AB1DQ", 0, 1), ("AB1D", 0, 0)],
)
def test_texts_are_compared_strictly_and_folded(text: str, read: int, folded: int) -> None:
    counted = score(([TRUTH], [Reading(text, AROUND)]))
    assert (counted.plates, counted.texts, counted.found) == (1, 1, 1)
    assert (counted.read, counted.folded) == (read, folded)
    assert len(counted.misses) == 1 - folded


def test_letters_outside_a_to_z_are_ignored() -> None:
    chinese = LabelledPlate("沪AB1D0", TRUTH.box)
    assert score(([chinese], [Reading("AB1D0", AROUND)])).read == 1


def test_the_right_text_elsewhere_is_a_miss_and_a_false_box() -> None:
    counted = score(([TRUTH], [Reading("AB1D0", ELSEWHERE)]))
    assert (counted.found, counted.read, counted.folded, counted.false) == (0, 0, 0, 1)
    assert counted.misses == [("photo.jpg", "AB1D0", [])]


def test_any_box_around_the_centre_counts() -> None:
    counted = score(([TRUTH], [Reading("D0", (140, 110, 210, 130)), Reading("AB1D0", AROUND)]))
    assert (counted.found, counted.read, counted.false) == (1, 1, 0)


def test_a_plate_without_a_text_counts_for_found_only() -> None:
    unread = LabelledPlate(None, TRUTH.box)
    counted = score(([unread], [Reading("XY", AROUND)]), ([unread], []))
    assert (counted.plates, counted.texts, counted.found, counted.read) == (2, 0, 1, 0)
    assert counted.misses == [("photo.jpg", None, [])]


def test_every_box_without_a_plate_is_false() -> None:
    counted = score(([], [Reading("A", AROUND)]), ([TRUTH], [Reading("B", ELSEWHERE)] * 2))
    assert (counted.images, counted.false) == (2, 3)


@pytest.mark.parametrize(
    ("values", "fraction", "expected"),
    [([3, 1, 2], 0.95, 3), (range(1, 101), 0.95, 95), ([7], 0.95, 7), ([4, 5], 0.5, 4)],
)
def test_percentile(values: list[float], fraction: float, expected: float) -> None:
    assert percentile(values, fraction) == expected


def test_table_row() -> None:
    counted = score(([TRUTH], [Reading("ABIDO", AROUND)]), ([], [Reading("B", ELSEWHERE)]))
    counted.seconds = [0.010, 0.030]
    expected = ["eu", "2", "1", "1", "1.000", "0.000", "1.000", "0.500", "20", "30"]
    assert accuracy.table_row("eu", counted) == expected
    empty = Score(images=1, seconds=[1.0])
    assert accuracy.table_row("none", empty)[4:8] == ["-", "-", "-", "0.000"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two photos of 160 x 120 pixels, the first with the plate that the fake engine finds."""
    rows = [
        {"file": "1.png", "plates": [{"box": [64, 54, 96, 66], "text": "FAKE123"}]},
        {"file": "2.png", "plates": [{"box": [0, 0, 20, 10], "text": "FAR"}]},
    ]
    for row in rows:
        (tmp_path / str(row["file"])).write_bytes(encode(gradient_image(), "PNG"))
    (tmp_path / LABELS).write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path


def assert_table(printed: str, folder: Path) -> None:
    title, row, miss = printed.splitlines()
    assert title.split()[:3] == ["folder", "images", "plates"]
    assert len(title) == len(row)
    assert row.split()[:8] == [folder.name, "2", "2", "2", "0.500", "0.500", "0.500", "0.500"]
    assert miss.split() == ["2.png", "FAR", "-"]


def test_an_engine_is_measured(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert accuracy.main(["fake", str(folder), "--misses"]) == 0
    assert_table(capsys.readouterr().out, folder)


def test_a_service_is_measured(
    server: Server, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert accuracy.main([f"http://127.0.0.1:{server.port}/", str(folder), "--misses"]) == 0
    assert_table(capsys.readouterr().out, folder)


def test_the_grid_and_the_file_are_sent(server: Server, folder: Path) -> None:
    reader = accuracy.http_reader(f"http://127.0.0.1:{server.port}", grid_size=99)
    with pytest.raises(BenchmarkError, match=r"answered 400: .*grid_size"):
        reader((folder / "1.png").read_bytes())
    with pytest.raises(BenchmarkError, match="answered 415"):
        accuracy.http_reader(f"http://127.0.0.1:{server.port}", 0)(b"no image")


@pytest.mark.parametrize("target", ["http://127.0.0.1:1", "fake"])
def test_errors_are_one_line(
    target: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert accuracy.main([target, str(tmp_path / "missing")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    (tmp_path / LABELS).write_text("\n")
    assert accuracy.main([target, str(tmp_path)]) == 2


def test_an_unknown_engine_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        accuracy.main(["embeded", "folder"])
    assert "embedded" in capsys.readouterr().err
