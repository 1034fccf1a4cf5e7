"""Small plates in frames of 3840 x 2160 pixels, and how many of them are read."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from alpr.engines.fake import FakeEngine
from alpr.plates import Box, Plate
from benchmarks import wide_frames
from benchmarks.scoring import LabelledPlate, Photo


@pytest.fixture
def photo(tmp_path: Path) -> Photo:
    """A plate of 120 x 30 white pixels on a black image, and a narrower one without a text."""
    image = Image.new("RGB", (400, 300))
    image.paste((255, 255, 255), (200, 100, 320, 130))
    image.save(tmp_path / "1.png")
    return Photo(
        tmp_path / "1.png",
        [LabelledPlate("AB123", (200, 100, 320, 130)), LabelledPlate(None, (0, 0, 300, 30))],
    )


@pytest.mark.parametrize("width", [40, 60, 120])
def test_the_widest_plate_gets_the_given_width(photo: Photo, width: int) -> None:
    placed = wide_frames.place(photo, width)
    assert placed is not None
    assert placed.image.size == (3840, 2160)
    x_min, y_min, x_max, y_max = placed.plate.box
    assert (x_max - x_min, y_max - y_min) == pytest.approx((width, width / 4))
    x, y = round((x_min + x_max) / 2), round((y_min + y_max) / 2)
    assert placed.image.getpixel((x, y)) == (255, 255, 255)
    assert placed.image.getpixel((x, round(y_min) - 4)) == (0, 0, 0)
    assert placed == wide_frames.place(photo, width)  # the same scene in every run


def test_photos_with_narrower_or_unread_plates_are_left_out(photo: Photo) -> None:
    assert wide_frames.place(photo, 121) is None
    assert wide_frames.place(Photo(photo.path, photo.plates[1:]), 40) is None


def test_wide_frames_are_read_without_and_with_the_grid(
    photo: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One photo is left out at 60 pixels, because its plate is 50 wide."""
    monkeypatch.setattr(wide_frames, "WIDTHS", (40, 60))
    narrow = Photo(photo.path, [LabelledPlate("AB123", (200, 100, 250, 130))])
    frame = Plate("AB123", 0.9, Box(0, 0, 3840, 2160))
    engine = FakeEngine([[], [], *[[frame]] * 16, [frame], [frame], [], [frame]])
    rows = list(wide_frames.measure(engine, Path("eu"), [photo, narrow]))
    assert [(row.width, row.grid_size, row.scenes) for row in rows] == [
        (40, 0, 2), (40, 4, 2), (60, 0, 1), (60, 4, 1),
    ]  # fmt: skip
    without, gridded = rows[:2]
    assert (without.found, without.folded, without.searched) == (1, 1, 0)
    assert (gridded.found, gridded.folded, gridded.searched) == (2, 2, 1)
    assert len(gridded.ms) == 2
