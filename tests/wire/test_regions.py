"""Regions in requests and answers: every spelling of the field, both shapes, and the list."""

from __future__ import annotations

import base64
import json
from io import BytesIO
from typing import Any

import pytest
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from alpr.engines.fake import FakeEngine
from alpr.plates import Box, Candidate, Plate, PlateRegion
from alpr.settings import Settings
from testkit.images import encode, gradient_image
from testkit.service import client_of

ROUTE, PLATE_READER = "/v1/vision/alpr", "/v1/plate-reader/"
IMAGE = encode(gradient_image(320, 180))
BOX = Box(20, 20, 110, 50)
EACH = (0.999,) * 5 + (0.6, 0.999)
DOUBTFUL = Plate(
    "ABC12O4",
    0.6,
    BOX,
    0.9,
    EACH,
    candidates=(Candidate("ABC12O4", 0.6), Candidate("ABC1204", 0.4)),
)
FOREIGN = Plate("EXIT", 0.99, Box(200, 100, 300, 140))


def asked(
    values: list[tuple[str, str]],
    path: str = ROUTE,
    settings: Settings | None = None,
    query: str = "",
) -> TestResponse:
    data: MultiDict[str, Any] = MultiDict(values)
    data["upload"] = (BytesIO(IMAGE), "car.jpg")
    client = client_of(FakeEngine([[DOUBTFUL, FOREIGN]]), settings or Settings())
    return client.post(path + query, data=data)


def texts(answer: TestResponse) -> list[str]:
    body = answer.get_json()
    return [one["plate"].upper() for one in body.get("predictions") or body["results"]]


def test_without_regions_an_answer_has_none_of_the_new_keys() -> None:
    body = asked([]).get_json()
    assert [one["plate"] for one in body["predictions"]] == ["EXIT", "ABC12O4"]
    keys = {key for one in body["predictions"] for key in one} | body.keys()
    assert not {"region", "raw", "left_out"} & keys


def test_a_telling_text_names_its_country_without_regions() -> None:
    plate = Plate("MH12AB1234", 0.99, BOX)
    data = {"upload": (BytesIO(IMAGE), "car.jpg")}
    body = client_of(FakeEngine([[plate]])).post(ROUTE, data=data).get_json()
    assert body["predictions"][0]["region"] == {"code": "in", "score": 0.9899}


def test_the_text_of_the_regions_format_is_answered() -> None:
    best = asked([("regions", "br")]).get_json()["predictions"][1]
    assert (best["plate"], best["raw"]) == ("ABC1204", "ABC12O4")
    assert best["region"]["code"] == "br"
    assert 0.9 < best["region"]["score"] <= best["confidence"] < 1
    assert best["candidates"][0] == {"plate": "ABC1204", "probability": best["confidence"]}


@pytest.mark.parametrize(
    "values",
    [
        [("regions", "gb,br")],
        [("regions", "gb"), ("regions", "br")],
        [("regions", '["gb", "br"]')],
    ],
)
def test_every_spelling_in_a_form(values: list[tuple[str, str]]) -> None:
    assert texts(asked(values)) == ["EXIT", "ABC1204"]


def test_a_query_may_repeat_it_too() -> None:
    assert "ABC1204" in texts(asked([], query="?regions=gb&regions=br"))


@pytest.mark.parametrize(
    "fields",
    [
        {"regions": ["gb", "br"]},
        {"regions": "gb,br"},
        {"values": [{"key": "regions", "value": ["gb", "br"]}]},
    ],
)
def test_every_spelling_in_json(fields: dict[str, Any]) -> None:
    body = {"upload": base64.b64encode(IMAGE).decode(), **fields}
    answer = client_of(FakeEngine([[DOUBTFUL]])).post(ROUTE, json=body)
    assert texts(answer) == ["ABC1204"]


@pytest.mark.parametrize(
    "strict",
    [("regions_strict", "true"), ("config", '{"region": "strict"}')],
    ids=["ours", "Plate Recognizer's"],
)
@pytest.mark.parametrize("path", [ROUTE, PLATE_READER])
def test_strict_leaves_out_and_counts(path: str, strict: tuple[str, str]) -> None:
    answer = asked([("regions", "br"), strict], path)
    assert texts(answer) == ["ABC1204"]
    assert answer.get_json()["left_out"] == 1


def test_a_config_object_in_json_is_read() -> None:
    fields = {"regions": ["br"], "config": {"region": "strict"}}
    body = {"upload": base64.b64encode(IMAGE).decode(), **fields}
    answer = client_of(FakeEngine([[FOREIGN]])).post(PLATE_READER, json=body)
    assert answer.get_json()["results"] == []


def test_plate_recognizers_region_is_no_longer_unknown() -> None:
    results = asked([("regions", "br")], PLATE_READER).get_json()["results"]
    assert results[0]["region"] == {"code": "unknown", "score": 0.0}
    assert results[1]["region"]["code"] == "br"
    assert results[1]["raw"] == "abc12o4"


def test_an_engines_own_region_comes_in_both_shapes() -> None:
    plate = Plate("ABC123", 0.9, BOX, region=PlateRegion("fr", 0.87654))
    client = client_of(FakeEngine([[plate]]))
    sent = {"data": {"upload": (BytesIO(IMAGE), "car.jpg")}}
    best = client.post(ROUTE, **sent).get_json()["predictions"][0]
    assert best["region"] == {"code": "fr", "score": 0.8765}


def test_an_unknown_code_is_refused_by_name() -> None:
    answer = asked([("regions", "br,atlantis")])
    assert answer.status_code == 400
    assert "'atlantis'" in answer.get_json()["error"]


def test_the_settings_regions_hold_for_requests_without() -> None:
    settings = Settings(regions="br", regions_strict=True)
    assert texts(asked([], settings=settings)) == ["ABC1204"]
    assert texts(asked([("regions", ";")], settings=settings)) == ["EXIT", "ABC12O4"]


def test_left_out_plates_are_metered() -> None:
    client = client_of(FakeEngine([[FOREIGN]]))
    data = {"upload": (BytesIO(IMAGE), "car.jpg"), "regions": "br"}
    client.post(ROUTE, data=data | {"regions_strict": "true", "grid_size": "0"})
    assert "alpr_plates_left_out_total 1.0" in client.get("/metrics").text


def test_the_list_names_every_region_with_examples() -> None:
    body = json.loads(client_of().get("/v1/regions").data)
    regions = {one["code"]: one for one in body["regions"]}
    assert body["success"] is True
    assert regions["br"]["name"] == "Brazil"
    assert {"format": "AAA 9A99", "example": "ABC 1D23"} in regions["br"]["formats"]
    assert regions["us"]["formats"] == []
