"""Blue Iris: asks for the models as its settings load, posts plates, passes the body on verbatim.

Its program is closed; the field's name is not known, so any must do. What it passes on is read by
others (the ``&JSON`` macro) and put into memos as ``TEXT:NN%`` joined by commas.
"""

from __future__ import annotations

import json

import pytest

from alpr.settings import Settings
from testkit.engines import make_plate
from testkit.service import serving
from testkit.wire_client import Response, Server, raw_request
from tests.contract.senders import HOST, python_requests

NO_BODY = (("Host", HOST), ("Content-Length", "0"))


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (NO_BODY, b""),
        ((("Host", HOST),), b""),
        ((("Host", HOST), ("Content-Length", "7"), ("Content-Type", "text/plain")), b"no form"),
        ((("Host", HOST), ("Content-Length", "4"), ("Content-Type", "application/json")), b"{bad"),
    ],
    ids=["empty", "no length", "text", "bad json"],
)
def test_model_list_whatever_the_body(
    server: Server, headers: tuple[tuple[str, str], ...], body: bytes
) -> None:
    answer = server.exchange(raw_request("POST /v1/vision/custom/list HTTP/1.1", headers, body))
    assert answer.status == 200
    listed = answer.json
    assert listed["success"] is True
    assert listed["models"] == ["license-plate", "alpr"]
    assert listed["command"] == "list-custom"
    assert (listed["code"], type(listed["analysisRoundTripMs"])) == (200, int)
    assert listed["moduleId"]
    assert listed["moduleName"]
    assert listed["processedBy"]


def test_model_list_by_get(server: Server) -> None:
    answer = server.exchange(raw_request("GET /v1/vision/custom/list HTTP/1.1", [("Host", HOST)]))
    assert answer.json["models"] == ["license-plate", "alpr"]


def test_every_listed_model_is_served(server: Server) -> None:
    models = server.exchange(raw_request("GET /v1/vision/custom/list HTTP/1.1", [("Host", HOST)]))
    for model in models.json["models"]:
        assert server.exchange(python_requests(f"/v1/vision/custom/{model}", "image")).status == 200


@pytest.mark.parametrize("model", ["ipcam-general", "actionnetv2"])
def test_its_default_models_are_refused_in_words(server: Server, model: str) -> None:
    answer = server.exchange(python_requests(f"/v1/vision/custom/{model}", "image"))
    assert answer.status == 404
    assert answer.json["error"].startswith(
        f"there is no model {model}, only license-plate and alpr. alpr_api reads licence plates"
    )


@pytest.mark.parametrize("label", ["DayPlate", "plate"])
def test_a_label_that_alpr_database_filters_out(label: str) -> None:
    """In a memo it takes ``license-plate:88%`` for a plate's text."""
    with serving(settings=Settings(host="127.0.0.1", port=0, box_label=label)) as server:
        body = server.exchange(python_requests("/v1/vision/detection", "image")).json
    assert [found["label"] for found in body["predictions"]] == [label]
    assert body["message"] == f"Found {label}"


def test_what_it_is_said_to_post_first(server: Server) -> None:
    assert server.exchange(raw_request("POST / HTTP/1.1", NO_BODY)).json["success"] is True


@pytest.mark.parametrize("field", ["image", "upload", "image1", "file", ""])
@pytest.mark.parametrize("path", ["/v1/vision/alpr", "/v1/vision/custom/alpr"])
def test_the_plate_request_under_any_field_name(server: Server, path: str, field: str) -> None:
    sent = python_requests(path, field).replace(b'filename=""', b'filename="x"')
    assert server.exchange(sent).json["predictions"][0]["plate"] == "FAKE123"


def entry(answer: Response) -> list[dict[str, object]]:
    """The macro's array, as its readers parse it."""
    text = f'[{{"api":"alpr","found":{answer.body.decode()}}}]'
    return list(json.loads(text))


def test_the_macro_holds_the_body_unchanged() -> None:
    with serving([[make_plate("ABC123", 0.94)]]) as server:
        answer = server.exchange(python_requests("/v1/vision/alpr", "image"))
    assert answer.body.lstrip()[:1] == b"{"
    assert not answer.body.startswith(b"\xef\xbb\xbf")
    (alpr,) = entry(answer)
    found = alpr["found"]
    assert isinstance(found, dict)
    best = found["predictions"][0]
    assert isinstance(best["plate"], str)
    assert isinstance(best["confidence"], float)
    assert f"{best['confidence']:.2f}" == "0.94"
    assert best["valid_ocr_annotation"] is False
    assert {"plate_annotation", "ocr_annotation"} <= best.keys()


def test_a_memo_can_be_parsed_again() -> None:
    with serving([[make_plate("A,B:C 1", 0.9), make_plate("XY 2", 0.5, left=90)]]) as server:
        found = server.exchange(python_requests("/v1/vision/alpr", "image")).json["predictions"]
    memo = ",".join(f"{p['plate']}:{p['confidence'] * 100:.0f}%" for p in found)
    assert memo == "ABC1:90%,XY2:50%"
    assert [p["label"] for p in found] == ["Plate: ABC1", "Plate: XY2"]


@pytest.mark.parametrize("path", ["/", "/v1/status/updateavailable", "/v1/status/ping"])
def test_the_other_paths_that_it_opens(server: Server, path: str) -> None:
    assert server.exchange(raw_request(f"GET {path} HTTP/1.1", [("Host", HOST)])).status == 200


def test_one_connection_serves_an_alerts_frames() -> None:
    with serving() as server, server.connect() as wire:
        for _ in range(4):
            wire.send(python_requests("/v1/vision/alpr", "image"))
            answer = wire.read_response()
            assert answer.status == 200
            assert answer.headers["content-type"].startswith("application/json")
            assert answer.headers.get("connection", "keep-alive").lower() != "close"
