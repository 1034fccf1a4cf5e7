"""Rendered plates: the same seed draws the same plate, and the text is what is drawn."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("cv2")

from PIL import ImageFont

from training.alphabet import ALPHABET
from training.reader.pool import drawn
from training.render import LAYOUTS, board, fonts, photograph, render_plate
from training.render.families import PLATE
from training.render.kinds import KINDS, render_kind
from training.scenes.overlays import burn_in


@pytest.fixture(autouse=True)
def one_font(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Pillow's own font in place of the open families, which not every machine has."""
    family = PLATE[0]
    folder = tmp_path / "node_modules" / "@fontsource" / family / "files"
    folder.mkdir(parents=True)
    font: Any = ImageFont.load_default(20)
    (folder / f"{family}-latin-400-normal.woff2").write_bytes(font.font_bytes)
    monkeypatch.setattr(fonts, "FONTS", tmp_path)
    fonts.forget()
    yield
    fonts.forget()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_same_seed_draws_the_same_plate(layout: str) -> None:
    one, other = (render_plate(random.Random(7), layout) for _ in range(2))
    assert one.text == other.text
    np.testing.assert_array_equal(one.image, other.image)
    third = render_plate(random.Random(8), layout)
    assert third.image.shape != one.image.shape or (third.image != one.image).any()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_plate_says_something_that_can_be_read(layout: str) -> None:
    for seed in range(10):
        plate = render_plate(random.Random(seed), layout)
        assert plate.text
        assert set(plate.text) <= set(ALPHABET)
        assert len(plate.lines) == (2 if layout == "two_lines" else 1)
        height, width = plate.image.shape[:2]
        assert plate.quad.min() >= 0
        assert (plate.quad <= (width, height)).all()


@pytest.mark.parametrize("seed", range(8))
def test_the_same_seed_takes_the_same_photograph(seed: int) -> None:
    plate = render_plate(random.Random(1), "eu")
    one, other = (photograph(random.Random(seed), plate, 40) for _ in range(2))
    np.testing.assert_array_equal(one, other)
    assert one.dtype == np.uint8
    assert one.std() > 5


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_that_was_misread_says_what_it_shows(kind: str) -> None:
    for seed in range(8):
        plate = render_kind(random.Random(seed), kind)
        assert plate.text
        assert set(plate.text) <= set(ALPHABET)
        assert all(len(line) <= 10 for line in plate.lines)


def test_all_layouts_kinds_and_boards_are_drawn_to_learn_from() -> None:
    rng = random.Random(3)
    layouts = {drawn(rng, 0.2).layout for _ in range(400)}
    assert {*LAYOUTS, *KINDS, board(rng).layout} <= layouts


def test_a_pack_holds_what_is_drawn_to_learn_from() -> None:
    plates = pytest.importorskip("training.pack.plates", exc_type=ImportError)
    _, rows = plates.render(30, "seed", None)
    rng = random.Random("seed")
    expected = [[*drawn(rng, plates.BOARD_SHARE).lines, "", ""][:2] for _ in rows]
    assert [row["lines"] for row in rows] == expected


def test_text_burnt_in_leaves_plates_as_they_are() -> None:
    plate = np.array([[20, 60, 300, 110, 1]], np.float32)
    changed = 0
    for seed in range(12):
        image = np.full((160, 320, 3), 90, np.uint8)
        burn_in(image, plate, np.random.default_rng(seed))
        assert (image[60:110, 20:300] == 90).all()
        changed += bool((image != 90).any())
    assert changed > 6


def test_text_is_burnt_in_where_its_boxes_say_and_reaches_every_corner() -> None:
    reached = set()
    for seed in range(60):
        image = np.full((200, 400, 3), 90, np.uint8)
        boxes = burn_in(image, np.zeros((0, 5), np.float32), np.random.default_rng(seed))
        for x_min, y_min, x_max, y_max in np.array(boxes, int).reshape(-1, 4):
            reached.add(("left" if x_min + x_max < 400 else "right", y_min + y_max < 200))
            # A bar or a rim goes a few pixels further.
            image[max(0, y_min - 8) : y_max + 8, max(0, x_min - 8) : x_max + 8] = 90
        assert (image == 90).all()
    assert len(reached) == 4
