"""Boxes follow the pixels of a photo onto the detector's input."""

from __future__ import annotations

import numpy as np

from training.detector.boxes import IGNORED, PLATE, Boxes, move_boxes

SIZE = (100, 200)  # height, width


def boxes(*rows: tuple[float, ...]) -> Boxes:
    return np.array(rows, np.float32).reshape(-1, 5)


def moved(dx: float, dy: float, scale: float = 1.0) -> np.ndarray:
    return np.array([[scale, 0, dx], [0, scale, dy]], np.float64)


def test_a_box_is_scaled_and_moved_with_the_photo() -> None:
    out = move_boxes(boxes((10, 10, 40, 20, PLATE)), moved(5, 7, 2.0), SIZE)
    assert out.tolist() == [[25, 27, 85, 47, PLATE]]


def test_the_upright_hull_holds_a_turned_plate() -> None:
    quarter = np.array([[0, -1, 100], [1, 0, 20]], np.float64)  # by 90 degrees
    out = move_boxes(boxes((0, 0, 40, 20, PLATE)), quarter, SIZE)
    assert out.tolist() == [[80, 20, 100, 60, PLATE]]


def test_a_plate_that_is_cut_off_too_much_is_neither_plate_nor_background() -> None:
    out = move_boxes(boxes((0, 10, 60, 30, PLATE)), moved(-50, 0), SIZE)
    assert out.tolist() == [[0, 10, 10, 30, IGNORED]]


def test_a_plate_too_small_to_learn_from_is_ignored() -> None:
    out = move_boxes(boxes((10, 10, 40, 20, PLATE)), moved(0, 0, 0.25), SIZE)
    assert out[0, 4] == IGNORED


def test_what_lies_outside_is_dropped() -> None:
    assert not len(move_boxes(boxes((10, 10, 40, 20, PLATE)), moved(500, 0), SIZE))


def test_no_boxes_stay_no_boxes() -> None:
    assert move_boxes(boxes(), moved(1, 1), SIZE).shape == (0, 5)
