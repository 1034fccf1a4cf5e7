"""Viseron and the PyPI library codeproject-ai-api: the file ``image`` with ``min_confidence``.

Viseron's image is a square with black bars around a car; it maps each box back through them.
"""

from __future__ import annotations

from typing import Any

import pytest
from PIL import Image

from testkit.engines import make_plate
from testkit.images import encode, gradient_image
from testkit.service import serving
from testkit.wire_client import Server
from tests.contract.senders import python_requests

SIDE = 240


def letterboxed() -> bytes:
    square = Image.new("RGB", (SIDE, SIDE))
    square.paste(gradient_image(SIDE, 120), (0, 60))
    return encode(square)


def request(values: dict[str, str] | None = None) -> bytes:
    return python_requests("/v1/image/alpr", "image", letterboxed(), values)


def reads(body: dict[str, Any]) -> list[tuple[str, float, tuple[float, ...]]]:
    """What Viseron keeps: text, confidence in per cent, the box as fractions of the square."""
    if not body["success"]:
        return []
    return [
        (
            found["plate"],
            found["confidence"] * 100,
            tuple(found[key] / SIDE for key in ("x_min", "y_min", "x_max", "y_max")),
        )
        for found in body["predictions"]
    ]


def test_every_plate_in_pixels_of_the_square() -> None:
    with serving(
        [[make_plate("ABC123", 0.9, 60, 120), make_plate("XYZ789", 0.6, 30, 90)]]
    ) as server:
        answer = server.exchange(request({"min_confidence": "0.6"}))
    first, second = reads(answer.json)
    assert first == ("ABC123", 90, (0.25, 0.5, 0.5, 140 / SIDE))
    assert second[0] == "XYZ789"


def test_a_clients_minimum_hides_no_plate_as_the_stock_module_ignores_it() -> None:
    with serving([[make_plate("ABC123", 0.31)]]) as server:
        answer = server.exchange(request({"min_confidence": "0.6"}))
    assert [text for text, _, _ in reads(answer.json)] == ["ABC123"]


@pytest.mark.parametrize("value", ["", "0,6", "high", "60", "²"])
def test_an_invalid_minimum_hides_no_plate_either(server: Server, value: str) -> None:
    answer = server.exchange(request({"min_confidence": value, "operation": "plate"}))
    assert answer.status == 200
    assert len(reads(answer.json)) == 1


def test_no_plate_and_no_image(server: Server) -> None:
    with serving([[]]) as blind:
        assert reads(blind.exchange(request()).json) == []
    answer = server.exchange(python_requests("/v1/image/alpr", "image", b"", {}))
    assert reads(answer.json) == []


@pytest.mark.parametrize("path", ["/v1/vision/custom/license-plate", "/v1/vision/detection"])
def test_the_librarys_object_class_indexes_predictions_unchecked(server: Server, path: str) -> None:
    sent = python_requests(path, "image", values={"min_confidence": "0.5", "api_key": ""})
    assert server.exchange(sent).json["predictions"][0]["label"] == "license-plate"
    assert server.exchange(python_requests(path, "image", b"x")).json["predictions"] == []
