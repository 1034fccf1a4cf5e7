"""Home Assistant: CodeProject.AI-HomeAssist-ALPR and HASS-Deepstack-object.

The first looks at no status and has no timeout: any answer without ``predictions`` or
``inferenceMs`` becomes a car that is not there.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml

from alpr.errors import EngineError
from testkit.engines import BrokenEngine, make_plate
from testkit.service import serving
from testkit.wire_client import Server
from tests.contract.senders import python_requests
from tests.docs.pages import ROOT, fenced, text_of


def vehicles(body: Any) -> list[dict[str, Any]]:
    """The events that the plate component fires; it indexes everything and expects numbers."""
    duration = body["inferenceMs"]
    assert type(duration) is int
    return [
        {
            "plate": found["plate"],
            "confidence": round(found["confidence"] * 100, 1),
            "box": [found[key] for key in ("y_min", "x_min", "y_max", "x_max")],
            "saved_as": found["label"],
        }
        for found in body["predictions"]
    ]


@pytest.mark.parametrize("path", ["/v1/vision/alpr", "/v1/image/alpr", "/v1/vision/alpr/"])
def test_one_event_a_plate(path: str) -> None:
    with serving([[make_plate("ABC123", 0.9), make_plate("XY99", 0.5, left=90)]]) as server:
        events = vehicles(server.exchange(python_requests(path, "upload")).json)
    assert events == [
        {"plate": "ABC123", "confidence": 90, "box": [20, 10, 40, 70], "saved_as": "Plate: ABC123"},
        {"plate": "XY99", "confidence": 50, "box": [20, 90, 40, 150], "saved_as": "Plate: XY99"},
    ]


def test_no_phantom_car_whatever_goes_wrong(server: Server) -> None:
    bad = python_requests("/v1/image/alpr", "upload", b"no image")
    lost = python_requests("/v1/image/alpr/wrong", "upload")
    assert vehicles(server.exchange(bad).json) == []
    assert vehicles(server.exchange(lost).json) == []
    good = python_requests("/v1/image/alpr", "upload")
    with serving([EngineError("starting")]) as starting, serving(BrokenEngine()) as broken:
        assert vehicles(starting.exchange(good).json) == []
        assert vehicles(broken.exchange(good).json) == []


@pytest.mark.parametrize("path", ["/v1/vision/custom/license-plate", "/v1/vision/detection"])
def test_deepstack_object_reads_labels_and_corners(server: Server, path: str) -> None:
    values = {"api_key": "", "min_confidence": "0.1"}
    body = server.exchange(python_requests(path, "image", values=values)).json
    (found,) = body["predictions"]
    assert found["label"] == "license-plate"
    assert 0 < found["confidence"] <= 1
    assert found["x_min"] < found["x_max"]
    assert found["y_min"] < found["y_max"]


def test_deepstack_objects_custom_model_named_alpr_gets_the_text(server: Server) -> None:
    sent = python_requests("/v1/vision/custom/alpr", "image", values={"min_confidence": "0.1"})
    (found,) = server.exchange(sent).json["predictions"]
    assert found["label"] == "Plate: FAKE123"


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not here")
@pytest.mark.parametrize(("image", "expected"), [("sample.jpg", "FAKE123"), ("none.jpg", "")])
def test_the_automation_without_a_component_says_the_plates(
    server: Server, image: str, expected: str
) -> None:
    """Its own command and templates, from the page; without an answer it ends quietly."""
    page = text_of(Path("docs/clients/home-assistant.md"))
    shown = yaml.safe_load(next(text for kind, text in fenced(page) if kind == "yaml"))
    command = shown["shell_command"]["read_plates"]
    command = command.replace("BOX:5000", f"127.0.0.1:{server.port}")
    command = re.sub(r"@\S+", f"@{ROOT}/docs/images/{image}", command)
    done = subprocess.run(shlex.split(command), capture_output=True, text=True, check=False)
    if not expected:
        assert done.stdout == ""  # The template then fails, and Home Assistant ends the automation.
        return
    actions = shown["automation"][0]["actions"]
    templates = jinja2.Environment()
    templates.filters["from_json"] = json.loads
    found = templates.compile_expression(actions[2]["variables"]["plates"].strip("{} "))
    plates = found(answer={"stdout": done.stdout})
    assert templates.from_string(actions[3]["value_template"]).render(plates=plates) == "True"
    assert templates.from_string(actions[4]["data"]["message"]).render(plates=plates) == expected
