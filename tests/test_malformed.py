"""Malformed files: the answer has the common shape, is never a 500, and memory stays flat."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import psutil
import pytest
from flask.testing import FlaskClient

from testkit.forms import Part, encode_form, upload
from testkit.wire_client import Server, form_request
from tests import corpus
from tests.assertions import assert_error

PATH = "/v1/vision/alpr"
FLIPS = 60
MB = 1_000_000

# Pillow warns about odd tags of a TIFF. The program silences that, because it helps no client.
pytestmark = [
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning"),
]


def refused(client: FlaskClient, samples: Iterable[corpus.Sample], *statuses: int) -> None:
    for name, data in samples:
        response = client.post(PATH, **upload(data))
        assert response.status_code in statuses, (name, response.get_json())
        assert_error(response.get_json(), response.status_code)


@pytest.mark.parametrize("kind", corpus.KINDS)
def test_whole_files_are_read(client: FlaskClient, kind: str) -> None:
    body = client.post(PATH, **upload(corpus.whole(kind))).get_json()
    assert (body["image_width"], body["image_height"]) == (160, 120)


@pytest.mark.parametrize("kind", sorted({*corpus.KINDS} - {"JPEG", "MPO"}))
def test_half_an_image_is_damage_not_an_image_without_plates(
    client: FlaskClient, kind: str
) -> None:
    beginning, *rest = corpus.cut(kind)
    refused(client, [beginning], 400)
    refused(client, rest, 400)


@pytest.mark.parametrize("kind", corpus.KINDS)
def test_flipped_bits(client: FlaskClient, kind: str) -> None:
    answers = []
    for name, data in corpus.flipped(kind, FLIPS):
        response = client.post(PATH, **upload(data))
        answers.append(response.status_code)
        assert response.status_code in (200, 400, 413, 415), (name, response.get_json())
        if response.status_code != 200:
            assert_error(response.get_json(), response.status_code)
    assert len(set(answers)) > 1, "the corpus must hold both readable and damaged files"


def test_other_formats_are_refused(client: FlaskClient) -> None:
    refused(client, corpus.foreign(), 415)


def test_headers_of_a_false_size(client: FlaskClient) -> None:
    refused(client, corpus.false_sizes(), 400, 413)
    for name, data in corpus.tolerable_sizes():
        response = client.post(PATH, **upload(data))
        assert response.status_code in (200, 400), (name, response.get_json())


@pytest.mark.parametrize("name", list(corpus.names()), ids=lambda sample: sample.name)
def test_a_file_name_has_no_effect(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: corpus.Sample
) -> None:
    monkeypatch.chdir(tmp_path)
    quoted = name.data.replace(b'"', b"%22")
    body = encode_form([Part('name="upload"; filename="@"', corpus.whole("PNG"))], "x")
    body = body.replace(b'filename="@"', b'filename="' + quoted + b'"')
    for path in (PATH, "/v1/plate-reader/"):
        answer = server.exchange(form_request(path, body, "x"))
        assert answer.status == 200, answer.json
    assert list(tmp_path.iterdir()) == []


def test_ten_thousand_frames_cost_as_much_as_one(client: FlaskClient) -> None:
    data = corpus.flicker()
    assert len(data) > 5 * MB
    response = client.post(PATH, **upload(data))
    assert response.status_code == 200
    assert response.get_json()["processMs"] < 5000


def test_memory_stays_flat(client: FlaskClient) -> None:
    process = psutil.Process()
    samples = [*corpus.foreign(), *corpus.false_sizes(), *corpus.flipped("TIFF", 20)]
    samples += [sample for kind in corpus.KINDS for sample in corpus.cut(kind)]

    def send_all() -> int:
        for _, data in samples:
            client.post(PATH, **upload(data))
        return int(process.memory_info().rss)

    send_all()
    before = send_all()
    for _ in range(2):
        after = send_all()
    assert after - before < 10 * MB


PROGRAM = """
import json, sys
from pathlib import Path

from alpr.engines.fake import FakeEngine
from alpr.settings import Settings
from alpr_api import create_app
from tests import corpus
from testkit.forms import upload

def peak():
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1000

data = getattr(corpus, sys.argv[1])()
client = create_app(Settings(), FakeEngine()).test_client()
client.post("/v1/vision/alpr", **upload())
before = peak()
response = client.post("/v1/vision/alpr", **upload(data))
print(json.dumps([response.status_code, len(data), before, peak()]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read from /proc")
@pytest.mark.parametrize(("name", "status"), [("bomb", 413), ("flicker", 200)])
def test_decompression_bombs_take_little_memory(name: str, status: int) -> None:
    root = Path(__file__).parent.parent
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, name], cwd=root, capture_output=True, text=True, check=True
    )
    answered, size, before, peak = json.loads(ended.stdout)
    assert answered == status
    assert size < 20 * MB
    assert peak < 150
    assert peak - before < 60
