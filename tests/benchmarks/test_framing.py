"""Crops, close-ups, cuts and overlays are what their names say."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from alpr.engines.fake import FakeEngine
from alpr.plates import Box, Plate
from benchmarks import framing
from benchmarks.framing import Case, Counts
from benchmarks.scoring import LabelledPlate, Photo

TRUTH = LabelledPlate("AB0 12", (200, 100, 300, 125))


@pytest.fixture
def photo(tmp_path: Path) -> Photo:
    """A grey photo whose plate is white."""
    image = Image.new("RGB", (640, 360), "grey")
    image.paste("white", (200, 100, 300, 125))
    image.save(tmp_path / "photo.png")
    return Photo(tmp_path / "photo.png", [TRUTH])


def images_of(photo: Photo) -> dict[str, Case]:
    return {case.kind: case for case in framing.cases(photo)}


def opened(case: Case) -> Image.Image:
    return Image.open(io.BytesIO(case.data))


def white_box(image: Image.Image) -> tuple[int, int, int, int]:
    box = image.convert("L").point(lambda value: 255 * (value > 200)).getbbox()
    assert box is not None
    return box


def test_a_crop_has_the_plate_and_its_margin(photo: Photo) -> None:
    cases = images_of(photo)
    assert opened(cases["crop, margin 0%"]).size == (100, 25)
    assert opened(cases["crop, margin 50%"]).size == (200, 50)


@pytest.mark.parametrize("filled", framing.FILLED)
def test_a_close_up_shows_the_plate_as_wide_as_it_says(photo: Photo, filled: float) -> None:
    image = opened(images_of(photo)[f"close-up, {filled:.0%} of the width"])
    left, _, right, _ = white_box(image)
    assert image.width == framing.CLOSE_UP_WIDTH
    assert (right - left) / image.width == pytest.approx(filled, abs=0.02)


def test_a_cut_leaves_a_part_of_the_plate_outside(photo: Photo) -> None:
    left, _, right, _ = white_box(opened(images_of(photo)["cut by 40%"]))
    assert left <= 1
    assert right == pytest.approx(60, abs=2)


def test_a_far_plate_beside_a_near_one_is_a_small_copy_of_it(photo: Photo) -> None:
    assert "a copy beside it, 60 pixels wide" not in images_of(photo)  # 100 pixels are not near
    near = photo._replace(plates=[TRUTH._replace(box=(200, 100, 340, 135))])
    case = images_of(near)["a copy beside it, 60 pixels wide"]
    image = opened(case)
    assert (image.size, case.times) == (framing.FRAME_SIZE, 2)
    left, _, right, _ = white_box(image.crop((1500, 0, 2560, 700)))
    assert right - left == pytest.approx(60 * 100 / 140, abs=2)


def test_both_plates_must_be_read() -> None:
    plate = Plate("AB012", 0.9, Box(0, 0, 9, 9))
    assert Counts().plus("AB0 12", [plate], times=2).read == 0
    assert Counts().plus("AB0 12", [plate, plate], times=2).read == 1


def test_a_file_without_its_end_is_a_jpeg_that_ends_early(photo: Photo) -> None:
    cases = images_of(photo)
    whole = cases["whole photo"].data
    assert cases["JPEG without its last 2 bytes"].data == whole[:-2]
    assert len(cases["JPEG without its last 10% of the file"].data) == pytest.approx(
        0.9 * len(whole), abs=2
    )


def test_overlays_change_only_the_corners_of_photos_without_plates(photo: Photo) -> None:
    plain = photo._replace(plates=[])
    cases = images_of(plain)
    assert list(cases) == ["no plate", *(f"no plate, overlay of {n} pixels" for n in (34, 56))]
    changed = ImageChops.difference(*map(opened, list(cases.values())[:2])).convert("L")
    middle = changed.crop((0, 120, 1280, 600)).getextrema()
    assert max(int(value) for value in middle if not isinstance(value, tuple)) < 40
    assert changed.getbbox() is not None
    assert [case.data for case in framing.cases(plain)] == [case.data for case in cases.values()]


def test_what_is_counted() -> None:
    box = Box(0, 0, 9, 3)
    right, wrong = Plate("ABO12", 0.6, box), Plate("XYZ99", 0.9, box)
    counts = Counts().plus("AB0 12", [right, wrong]).plus("AB0 12", [right]).plus(None, [])
    assert counts == Counts(images=3, read=2, wrong=1, wrong_high=1)
    assert Counts().plus("AB0 12", []) == Counts(images=1)


def test_the_table_has_a_row_for_each_kind(photo: Photo) -> None:
    engine = FakeEngine([[Plate("AB012", 0.9, Box(0, 0, 9, 3))]])
    rows = framing.table(framing.measure(engine, [photo, photo])).splitlines()
    assert len(rows) == 2 + 1 + len(framing.MARGINS) + 3 + 2 + 3
    assert rows[2] == "| whole photo | 2 | 1.000 | 0.000 | 0.000 |"
