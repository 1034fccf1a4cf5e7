"""The figures of the detector, counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from training.detector.inference import Array, iou
from training.detector.metrics import score

PLATE = (10.0, 10.0, 50.0, 20.0)


def rows(*values: tuple[float, ...]) -> Array:
    return np.array(values, np.float32).reshape(-1, 5)


def labels(*values: tuple[float, ...]) -> Array:
    return np.array([[*box, 1.0] for box in values], np.float32).reshape(-1, 5)


def test_a_found_plate_counts_once() -> None:
    found = rows((*PLATE, 0.9), (*PLATE, 0.8))
    figures = score([labels(PLATE)], [found], 0.5)
    assert figures["recall"] == 1.0
    assert figures["false"] == 0.0
    assert figures["iou"] == pytest.approx(1.0)


def test_a_box_elsewhere_is_false_and_the_plate_is_missed() -> None:
    figures = score([labels(PLATE)], [rows((100, 100, 140, 110, 0.9))], 0.5)
    assert (figures["recall"], figures["false"]) == (0.0, 1.0)


def test_a_poor_box_is_neither_right_nor_false() -> None:
    figures = score([labels(PLATE)], [rows((10, 10, 22, 20, 0.9))], 0.5)
    assert (figures["recall"], figures["false"]) == (0.0, 0.0)


def test_what_scores_below_the_threshold_does_not_count() -> None:
    figures = score([labels(PLATE)], [rows((*PLATE, 0.4))], 0.5)
    assert figures["recall"] == 0.0


def test_narrow_plates_count_neither_as_plates_nor_as_false() -> None:
    figures = score([labels(PLATE)], [rows((*PLATE, 0.9))], 0.5, min_width=60)
    assert (figures["plates"], figures["false"]) == (0, 0.0)


def test_false_boxes_are_counted_by_image() -> None:
    figures = score([labels(), labels()], [rows((*PLATE, 0.9)), rows()], 0.5)
    assert figures["false"] == 0.5


def test_iou_of_halves() -> None:
    one = np.array(PLATE, np.float32)
    half = np.array([[10, 10, 30, 20]], np.float32)
    assert iou(one, half)[0] == pytest.approx(0.5)
