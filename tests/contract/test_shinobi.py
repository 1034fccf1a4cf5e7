"""Shinobi's plugin for DeepStack: a first post without an image, then images to find boxes in."""

from __future__ import annotations

import pytest

from alpr.settings import Settings
from testkit.forms import Part, encode_form
from testkit.service import serving
from testkit.wire_client import Response, Server, raw_request
from tests.contract.senders import HOST, JPEG

BOUNDARY = "--------------------------614152136137162733425917"


def post(server: Server, *parts: Part) -> Response:
    body = encode_form(parts, BOUNDARY) if parts else b""
    kind = ("content-type", f"multipart/form-data; boundary={BOUNDARY}")
    headers = [("host", HOST), *([kind] if parts else []), ("content-length", str(len(body)))]
    return server.exchange(raw_request("POST /v1/vision/detection HTTP/1.1", headers, body))


@pytest.mark.parametrize("key", ["", "secret"])
def test_it_is_active_after_its_first_post(key: str) -> None:
    """It takes any words but these for a server that works."""
    with serving(settings=Settings(host="127.0.0.1", port=0, api_key=key)) as server:
        answer = post(server, *([Part('name="api_key"', key.encode())] if key else []))
    assert answer.status == 400
    assert not answer.json["error"].endswith("endpoint not activated")


def test_what_it_makes_an_event_of() -> None:
    guarded = Settings(host="127.0.0.1", port=0, api_key="secret", box_label="plate")
    key = Part('name="api_key"', b"secret")
    image = Part('name="image"; filename="DeepStack-Object-1.jpg"', JPEG, "image/jpeg")
    with serving(settings=guarded) as server:
        answer = post(server, key, image)
        refused = post(server, image)
    assert answer.json["success"] is True
    (found,) = answer.json["predictions"]
    assert (found["label"], found["confidence"]) == ("plate", 0.95)
    assert (found["x_max"] - found["x_min"], found["y_max"] - found["y_min"]) == (32, 12)
    assert (refused.status, refused.json["success"]) == (401, False)
