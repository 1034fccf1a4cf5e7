"""``/openapi.json`` against the service: its routes, its examples, and whatever may be sent.

schemathesis makes requests from the description, good ones and bad ones, and holds every answer
against it.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import positive_data_acceptance
from werkzeug.test import TestResponse

from alpr import __version__
from alpr.engines.base import Engine
from alpr.engines.fake import FakeEngine
from alpr.errors import EngineError
from alpr.settings import Settings
from alpr.wire.openapi import DOCUMENT
from alpr_api import create_app
from testkit.engines import BrokenEngine
from testkit.forms import upload
from testkit.images import encode, gradient_image
from testkit.service import client_of

API = json.loads(DOCUMENT)
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
VARYING = {
    *("processMs", "inferenceMs", "analysisRoundTripMs", "processing_time", "requestId"),
    *("timestampUTC", "timestamp", "started", "lastSeen", "image"),
    *("major", "minor", "patch", "preRelease", "month", "year"),
}
READING = ["/v1/vision/alpr", "/v1/vision/detection", "/v1/plate-reader"]
FRAME, THUMBNAIL = encode(gradient_image(1280, 720)), encode(gradient_image(16, 16))
CELLS = {"grid_size": "2", "wanted_cells": "3,4"}
KEY = "a secret"
GUARDED = Settings(api_key=KEY)
UNAUTHORIZED = {"$ref": "#/components/responses/Unauthorized"}
KEY_IF_SET: list[dict[str, list[str]]] = [{}, {"key": []}]
STARTING = EngineError("the engine is starting")

schemathesis.openapi.media_type("image/jpeg", strategies.just(THUMBNAIL))


def followed(part: dict[str, Any]) -> Any:
    """What a reference refers to; anything else is itself."""
    if "$ref" not in part:
        return part
    found = API
    for name in part["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    return found


OPERATIONS = {
    (method, path): operation
    for path, item in API["paths"].items()
    for method, operation in followed(item).items()
}


def described(engine: Engine, **settings: Any) -> Any:
    """The description as the service over this engine gives it, with the service to call."""
    engine.warm_up()
    return schemathesis.openapi.from_wsgi("/openapi.json", create_app(Settings(**settings), engine))


@described(FakeEngine()).parametrize()
@hypothesis_settings(max_examples=10)
def test_every_answer_is_as_described(case: schemathesis.Case[Any]) -> None:
    # Which cells there are depends on grid_size, and no schema can say so.
    case.call_and_validate(excluded_checks=[positive_data_acceptance])


@described(FakeEngine([STARTING])).include(path=READING).parametrize()
@hypothesis_settings(max_examples=2)
def test_every_answer_without_an_engine_is_as_described(case: schemathesis.Case[Any]) -> None:
    case.call_and_validate(excluded_checks=[positive_data_acceptance, not_a_server_error])


@described(BrokenEngine()).include(path=READING).parametrize()
@hypothesis_settings(max_examples=2)
def test_every_answer_to_a_bug_is_as_described(case: schemathesis.Case[Any]) -> None:
    case.call_and_validate(excluded_checks=[positive_data_acceptance, not_a_server_error])


def test_the_routes_are_the_services(app: Flask) -> None:
    served = {
        (method.lower(), rule.rule)
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static"
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert OPERATIONS.keys() == served


@described(FakeEngine(), api_key=KEY).parametrize()
@hypothesis_settings(max_examples=1)
def test_every_answer_without_the_key_is_as_described(case: schemathesis.Case[Any]) -> None:
    case.call_and_validate(excluded_checks=[positive_data_acceptance])


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_a_route_says_whether_it_asks_for_the_key(method: str, path: str) -> None:
    operation = OPERATIONS[method, path]
    is_guarded = client_of(settings=GUARDED).open(path, method=method).status_code == 401
    assert operation["responses"].get("401") == (UNAUTHORIZED if is_guarded else None)
    assert operation.get("security", API["security"]) == (KEY_IF_SET if is_guarded else [])


def test_the_key_is_sent_as_the_description_says() -> None:
    scheme = API["components"]["securitySchemes"]["key"]
    assert (scheme["type"], scheme["in"]) == ("apiKey", "header")
    with_key = {scheme["name"]: KEY}
    assert client_of(settings=GUARDED).get("/metrics", headers=with_key).status_code == 200


def test_it_is_valid_openapi() -> None:
    described(FakeEngine()).validate()


def test_it_is_answered_as_it_is_written_and_of_this_version(app: Flask) -> None:
    answer = app.test_client().get("/openapi.json")
    assert (answer.mimetype, answer.data) == ("application/json", DOCUMENT)
    assert API["info"]["version"] == __version__


def examples() -> dict[str, tuple[Any, dict[str, Any]]]:
    """Every example of an answer, under its place in the document, with its schema."""
    parts = API["components"]
    answers = dict(parts["responses"])
    for place, item in {**API["paths"], **parts["pathItems"]}.items():
        for method, operation in () if "$ref" in item else item.items():
            for status, answer in operation["responses"].items():
                answers[f"{place} {method} {status}"] = answer
    found = {}
    for place, answer in answers.items():
        for content in answer.get("content", {}).values():
            if "example" in content:
                found[place] = content["example"], content["schema"]
            for name, example in content.get("examples", {}).items():
                found[f"{place} {name}"] = example["value"], content["schema"]
    return found


def get(path: str, engine: Engine | None = None) -> TestResponse:
    """The answer to GET; without an engine, over one that is warm."""
    warm = FakeEngine()
    warm.warm_up()
    return client_of(engine or warm).get(path)


def post(path: str, engine: Engine | None = None, **sent: Any) -> TestResponse:
    return client_of(engine or FakeEngine()).post(path, **sent)


PLATES = "/v1/vision/alpr"
TOO_LONG = {"note": "x" * 70_000}
ANSWERS = {
    "plates post 200 found": lambda: post(PLATES, **upload(FRAME)),
    "plates post 200 none": lambda: post(PLATES, FakeEngine([[]]), **upload(FRAME, values=CELLS)),
    "boxes post 200": lambda: post("/v1/vision/detection", **upload(FRAME)),
    "drawing post 200": lambda: post(
        "/v1/image/alpr_grid_debug", **upload(THUMBNAIL, values=CELLS)
    ),
    "plate_reader post 200": lambda: post(
        "/v1/plate-reader", **upload(FRAME, "car.jpg", {"camera_id": "gate"})
    ),
    "/v1/vision/custom/list get 200": lambda: get("/v1/vision/custom/list"),
    "/v1/vision/custom/list post 200": lambda: post("/v1/vision/custom/list"),
    "ping get 200": lambda: get("/v1/status/ping"),
    "update get 200": lambda: get("/v1/status/updateavailable"),
    "modules get 200": lambda: get("/v1/module/list/status"),
    "/livez get 200": lambda: get("/livez"),
    "ready get 200": lambda: get("/readyz"),
    "ready get 503": lambda: get("/readyz", FakeEngine()),
    "/info get 200": lambda: get("/info"),
    "/v1/statistics get 200": lambda: get("/v1/statistics"),
    "/ post 200": lambda: post("/"),
    "PlateReaderBadRequest": lambda: post("/v1/plate-reader"),
    "BadRequest": lambda: post(PLATES),
    "Unauthorized": lambda: client_of(settings=GUARDED).post(PLATES),
    "Forbidden": lambda: post(PLATES, headers={"Origin": "https://page.example"}),
    "NotFound": lambda: get("/v1/nothing"),
    "MethodNotAllowed": lambda: get(PLATES),
    "TooLarge": lambda: post(PLATES, **upload(values=TOO_LONG)),
    "UnsupportedMediaType": lambda: post(PLATES, **upload(b"not an image")),
    "InternalError": lambda: post(PLATES, BrokenEngine(), **upload()),
    "Unavailable": lambda: post(PLATES, FakeEngine([STARTING]), **upload()),
}


@pytest.mark.parametrize("place", examples())
def test_every_example_is_what_the_service_answers(place: str) -> None:
    example, schema = examples()[place]
    answer = ANSWERS[place]()
    assert steady(example) == steady(answer.get_json())
    assert unknown(example, schema) == []
    if "code" in example:
        assert example["code"] == answer.status_code


def steady(value: Any, key: str = "") -> Any:
    """The value with the type in place of what differs between answers, or between versions."""
    if key in VARYING:
        return type(value)
    if isinstance(value, dict):
        return {name: steady(part, name) for name, part in value.items()}
    if isinstance(value, list):
        return [steady(part) for part in value]
    return ID.sub("ID", value).replace(__version__, "1.0.0") if isinstance(value, str) else value


def unknown(value: Any, schema: dict[str, Any]) -> list[str]:
    """Keys that no schema names."""
    if isinstance(value, list):
        return [key for part in value for key in unknown(part, followed(schema)["items"])]
    if not isinstance(value, dict):
        return []
    known = properties(schema)
    within = [key for name in value.keys() & known for key in unknown(value[name], known[name])]
    return [*(value.keys() - known), *within]


def properties(schema: dict[str, Any]) -> dict[str, Any]:
    found = followed(schema)
    named = dict(found.get("properties", {}))
    for part in found.get("allOf", ()):
        named |= properties(part)
    return named
