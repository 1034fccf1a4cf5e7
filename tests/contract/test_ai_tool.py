"""AI Tool: .NET's forms, and a typed model of the answer in which a wrong type is an exception."""

from __future__ import annotations

from typing import Any

import pytest

from testkit.engines import make_plate
from testkit.service import serving
from testkit.wire_client import Server
from tests.contract.senders import dotnet

PATH = "/v1/image/alpr"
TOP = {"success": bool, "code": int, "count": int, "processMs": int, "inferenceMs": int,
       "analysisRoundTripMs": int, "message": str}  # fmt: skip
EACH = {"label": str, "x_min": int, "y_min": int, "x_max": int, "y_max": int}


def deserialised(body: dict[str, Any]) -> list[tuple[str, float]]:
    """The objects that it makes of an answer; raises if the model would not fit."""
    for key, kind in TOP.items():
        if key in body and type(body[key]) is not kind:
            raise TypeError(f"{key} is {body[key]!r}")
    assert not body.get("label"), "it would take the image for a scene"
    if not body["success"] or (body.get("error") or "").strip():
        raise ValueError(body.get("error"))
    for found in body["predictions"]:
        for key, kind in EACH.items():
            if type(found[key]) is not kind:
                raise TypeError(f"{key} is {found[key]!r}")
    return [(found["label"], float(found["confidence"])) for found in body["predictions"]]


@pytest.mark.parametrize("expect", [False, True])
def test_plates_under_their_labels(expect: bool) -> None:
    sent = dotnet(PATH, {"min_confidence": "0.4", "api_key": ""}, expect=expect)
    with (
        serving([[make_plate("ABC123", 1), make_plate("XY99", 0.5, left=90)]]) as server,
        server.connect() as wire,
    ):
        if expect:
            head, _, body = sent.partition(b"\r\n\r\n")
            wire.send(head + b"\r\n\r\n")
            assert wire.read_line() == b"HTTP/1.1 100 Continue\r\n"
            assert wire.read_line() == b"\r\n"
            wire.send(body)
        else:
            wire.send(sent)
        answer = wire.read_response()
    assert deserialised(answer.json) == [("Plate: ABC123", 1), ("Plate: XY99", 0.5)]


def test_no_plate_is_no_failure() -> None:
    with serving([[]]) as server:
        assert deserialised(server.exchange(dotnet(PATH, {})).json) == []


def test_a_failure_has_a_text_and_fits_the_model(server: Server) -> None:
    with pytest.raises(ValueError, match="not an image"):
        deserialised(server.exchange(dotnet(PATH, {}, b"text")).json)


def test_detection(server: Server) -> None:
    body = server.exchange(dotnet("/v1/vision/detection", {"min_confidence": "0.4"})).json
    assert deserialised(body) == [("license-plate", 0.95)]
