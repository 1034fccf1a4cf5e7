"""Node-RED's node-red-contrib-deepstack: ``image.jpg`` of type ``image/jpeg``, then the values."""

from __future__ import annotations

from typing import Any

import pytest

from testkit.forms import Part, encode_form
from testkit.wire_client import Server, raw_request
from tests.contract.senders import HOST, JPEG, chunks

BOUNDARY = "--------------------------104929182673094857261045"


def request(path: str, chunked: bool = False) -> bytes:
    parts = [
        Part('name="image"; filename="image.jpg"', JPEG, "image/jpeg"),
        Part('name="min_confidence"', b"0.45"),
    ]
    body = encode_form(parts, BOUNDARY)
    headers = [
        ("user-agent", "got (https://github.com/sindresorhus/got)"),
        ("content-type", f"multipart/form-data; boundary={BOUNDARY}"),
        ("accept-encoding", "gzip, deflate, br"),
        ("transfer-encoding", "chunked") if chunked else ("content-length", str(len(body))),
        ("Host", HOST),
        ("Connection", "close"),
    ]
    return raw_request(f"POST {path} HTTP/1.1", headers, chunks(body) if chunked else body)


def passes_on(body: dict[str, Any]) -> dict[str, Any]:
    """What the node sends down the flow; its filters need an array, its drawing labels."""
    assert isinstance(body["predictions"], list)
    drawn = [
        (p["label"], p["x_min"], p["y_min"], p["x_max"] - p["x_min"], p["y_max"] - p["y_min"])
        for p in body["predictions"]
    ]
    return {"drawn": drawn, "success": body["success"], "duration": body.get("duration", 0)}


# A model's name is free text and the URL is normalised, so "../alpr" arrives as /v1/vision/alpr.
@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("/v1/vision/alpr", "Plate: FAKE123"),
        ("/v1/image/alpr", "Plate: FAKE123"),
        ("/v1/vision/custom/license-plate", "license-plate"),
        ("/v1/vision/detection", "license-plate"),
    ],
)
def test_answers_are_passed_to_the_next_node(
    server: Server, path: str, label: str, chunked: bool
) -> None:
    answer = server.exchange(request(path, chunked))
    assert answer.status == 200
    assert answer.headers["connection"] == "close"
    assert passes_on(answer.json) == {
        "drawn": [(label, 64, 54, 32, 12)],
        "success": True,
        "duration": 0,
    }
