"""Real clients from PyPI and npm against the service: ``.ci/run`` installs them, else they skip.

Each is called by a few lines in a process of its own. Empty modules stand for those that a client
imports only to open an image, to draw on it or to lock a GPU, e.g. OpenCV.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from alpr.settings import Settings
from testkit.programs import ROOT
from testkit.service import serving

PYTHON_PACKAGES = Path(os.environ.get("CLIENT_PACKAGES", f"{ROOT}/.clients"))
NODE_PACKAGES = Path(os.environ.get("NODE_PACKAGES", f"{ROOT}/node_modules"))
IMAGE = f"{ROOT}/docs/images/sample.jpg"
KEY = "secret"

PYTHON_HEAD = """
import json, sys
from unittest.mock import MagicMock
host, port, key, image = "127.0.0.1", int(sys.argv[1]), sys.argv[2], sys.argv[3]
url, data = f"http://{host}:{port}", open(image, "rb").read()
for name in ("cv2", "imutils", "matplotlib", "matplotlib.pyplot", "portalocker"):
    sys.modules[name] = MagicMock()
"""
CODEPROJECT = """
from codeprojectai.core import CodeProjectAIObject
for model in ("alpr", "license-plate", ""):
    client = CodeProjectAIObject(host, port, custom_model=model)
    print(json.dumps([found["label"] for found in client.detect(data)]))
"""
DEEPSTACK = """
from deepstack_sdk import Detection, ServerConfig
for name in ("alpr", "license-plate", None):
    found = Detection(ServerConfig(url, api_key=key), name=name).detectObject(data)
    print(json.dumps([one.label for one in found]))
"""
PYZM = """
from pyzm.ml.backends.alpr import AlprBackend
from pyzm.models.config import ModelConfig
for address, options in (
    (f"{url}/v1", {"platerec_stats": "yes"}),
    (f"{url}/alpr", {"alpr_api_type": "local", "platerec_regions": ["gb"]}),
):
    config = ModelConfig(
        alpr_service="plate_recognizer", alpr_url=address, alpr_key=key, options=options
    )
    print(json.dumps([found.label for found in AlprBackend(config).detect(image)]))
"""
NODE_HEAD = """
const [port, key, image] = process.argv.slice(1)
const data = require("fs").readFileSync(image)
"""
PLATE_RECOGNIZER_NODE = """
const constructors = {}
const RED = {
  settings: {},
  util: {
    getMessageProperty: (message, name) => message[name],
    setMessageProperty: (message, name, value) => { message[name] = value },
  },
  nodes: {
    createNode(node) {
      Object.assign(node, { credentials: { apiToken: key }, status() {}, error: console.error })
      node.on = (name, handler) => { node[name] = handler }
      node.send = (sent) => console.log(JSON.stringify(
        sent.payload ? sent.payload.usage : sent[0]?.payload.results.map((one) => one.plate)))
    },
    registerType: (name, constructor) => { constructors[name] = constructor },
  },
}
for (const name of ["plate-recognizer", "plate-statistics"]) {
  require(`node-red-contrib-plate-recognizer/${name}.js`)(RED)
}
const common = { inputField: "payload", outputField: "payload" }
new constructors["plate-recognizer"]({
  ...common, url: `http://127.0.0.1:${port}/v1/plate-reader/`, makeAndModel: true, cameraId: "gate",
}).input({ payload: data })
"""
DEEPSTACK_NODE = """
const client = require("node-red-contrib-deepstack/deepstack-integration.js")
const server = { proto: "http", host: "127.0.0.1", port, version: "v1",
                 credentials: { apiKey: key } }
const print = ({ predictions }) => console.log(JSON.stringify(predictions.map((one) => one.label)))
client.customModel(data, server, 0.45, "alpr").then(print)
  .then(() => client.objectDetection(data, server, 0.45)).then(print)
"""


@pytest.fixture(params=["", KEY], ids=["no key", "key"])
def key(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def port(key: str) -> Iterator[int]:
    """The port of a service that asks for the key, if there is one."""
    with serving(settings=Settings(host="127.0.0.1", port=0, api_key=key)) as server:
        yield server.port


def printed(command: list[str], port: int, key: str, **environment: str) -> list[Any]:
    """What a client's lines print, as JSON."""
    done = subprocess.run(
        [*command, str(port), key or "any", IMAGE],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **environment},
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def by_python(package: str, code: str, port: int, key: str) -> list[Any]:
    if not (PYTHON_PACKAGES / package).is_dir():
        pytest.skip(f"{package} is not in {PYTHON_PACKAGES}; .ci/run installs it")
    command = [sys.executable, "-c", PYTHON_HEAD + code]
    return printed(command, port, key, PYTHONPATH=str(PYTHON_PACKAGES))


def by_node(package: str, code: str, port: int, key: str) -> list[Any]:
    node = shutil.which("node")
    if node is None or not (NODE_PACKAGES / package).is_dir():
        pytest.skip(
            f"node or {package} in {NODE_PACKAGES} is missing; .ci/run installs the package"
        )
    command = [node, "-e", NODE_HEAD + code]
    return printed(command, port, key, NODE_PATH=str(NODE_PACKAGES))


READ, BOXED = ["Plate: FAKE123"], ["license-plate"]


@pytest.mark.parametrize("key", [""])
def test_codeproject_ai_api_which_sends_no_key(port: int, key: str) -> None:
    assert by_python("codeprojectai", CODEPROJECT, port, key) == [READ, BOXED, BOXED]


def test_deepstack_sdk(port: int, key: str) -> None:
    assert by_python("deepstack_sdk", DEEPSTACK, port, key) == [READ, BOXED, BOXED]


def test_pyzm_of_zoneminder(port: int, key: str) -> None:
    assert by_python("pyzm", PYZM, port, key) == [["alpr:fake123"]] * 2


def test_the_plate_recognizer_node_of_node_red(port: int, key: str) -> None:
    package = "node-red-contrib-plate-recognizer"
    assert by_node(package, PLATE_RECOGNIZER_NODE, port, key) == [["fake123"]]


def test_the_deepstack_nodes_of_node_red(port: int, key: str) -> None:
    assert by_node("node-red-contrib-deepstack", DEEPSTACK_NODE, port, key) == [READ, BOXED]
