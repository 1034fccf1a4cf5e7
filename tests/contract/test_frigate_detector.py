"""Frigate's own ``deepstack`` detector: boxes by label; it stops at the first that is weak."""

from __future__ import annotations

from typing import Any

import pytest

from alpr.plates import Box, Plate
from testkit.engines import make_plate
from testkit.images import encode, gradient_image
from testkit.service import serving
from testkit.wire_client import Server
from tests.contract.senders import python_requests

LABELS = {"license-plate": 9, "car": 2}
ROWS = 20


def tensor(body: Any) -> list[tuple[int, float]]:
    """The rows that the detector fills; it has room for twenty and looks at no status."""
    rows = []
    for position, found in enumerate(body["predictions"]):
        if found["confidence"] < 0.4 or found["label"].lower() not in LABELS:
            break
        if position >= ROWS:
            raise IndexError("the detector fails")
        rows.append((LABELS[found["label"].lower()], found["confidence"]))
    return rows


def request(path: str = "/v1/vision/detection", image: bytes | None = None) -> bytes:
    crop = encode(gradient_image(320, 320)) if image is None else image
    return python_requests(path, "image", crop, {"api_key": ""})


def many(count: int) -> list[Plate]:
    """``count`` plates apart from each other, the one of highest confidence in the middle."""
    return [
        Plate(f"P{i}", 0.41 + 0.02 * ((i * 7) % count), Box(i * 10, 5, i * 10 + 9, 9))
        for i in range(count)
    ]


@pytest.mark.parametrize("count", [0, 1, 20, 25])
def test_at_most_twenty_rows_with_the_best_first(count: int) -> None:
    with serving([many(count)]) as server:
        rows = tensor(server.exchange(request()).json)
    assert len(rows) == min(count, ROWS)
    assert [score for _, score in rows] == sorted((score for _, score in rows), reverse=True)


def test_a_plate_of_low_confidence_does_not_hide_a_better_one() -> None:
    with serving([[make_plate("WEAK", 0.3), make_plate("SURE", 0.8, left=90)]]) as server:
        assert tensor(server.exchange(request()).json) == [(9, 0.8)]


def test_boxes_are_sorted_by_detection_confidence() -> None:
    box = Box(0, 0, 40, 10)
    with serving([[Plate("BLURRED", 0.1, box, detection_confidence=0.9)]]) as server:
        assert tensor(server.exchange(request()).json) == [(9, 0.9)]


def test_an_error_is_an_object_without_rows(server: Server) -> None:
    assert tensor(server.exchange(request(image=b"raw pixels")).json) == []
    assert tensor(server.exchange(request("/v1/vision/detections")).json) == []


def test_it_finds_nothing_on_the_plate_route(server: Server) -> None:
    assert tensor(server.exchange(request("/v1/vision/alpr")).json) == []
