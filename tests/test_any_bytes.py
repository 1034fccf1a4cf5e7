"""Any bytes with any values are answered in one of the two known shapes."""

from __future__ import annotations

import base64
import json

import pytest
from flask.testing import FlaskClient
from hypothesis import example, given
from hypothesis import strategies as st

from testkit.forms import Part, encode_form, upload
from testkit.routes import IMAGE_ROUTES
from testkit.service import client_of
from tests import corpus
from tests.assertions import assert_error
from tests.contract.senders import JPEG

PATH = "/v1/vision/alpr"
MAGIC = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF", b"BM", b"GIF89a", b"II*\0", b"MM\0*",
         b"\0\0\0 ftypavif")  # fmt: skip

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    return client_of()


def valid(client: FlaskClient, path: str, body: bytes, content_type: str) -> int:
    """The status of an answer whose shape is right."""
    response = client.post(path, data=body, content_type=content_type)
    assert response.status_code in (200, 400, 413, 415)
    answer = json.loads(response.data)
    if response.status_code != 200:
        assert_error(answer, response.status_code)
    elif path == "/v1/plate-reader/":
        assert isinstance(answer["results"], list)
    else:
        assert answer["success"] is True
    return response.status_code


@given(start=st.sampled_from([b"", *MAGIC]), rest=st.binary(max_size=400))
def test_any_file(client: FlaskClient, start: bytes, rest: bytes) -> None:
    sent = upload(start + rest)
    assert valid(client, PATH, sent["data"], sent["content_type"]) != 200


@given(
    kind=st.sampled_from(corpus.KINDS),
    at=st.floats(0, 1),
    new=st.binary(max_size=12),
    gone=st.integers(0, 12),
)
def test_any_file_with_any_bytes_replaced(
    client: FlaskClient, kind: str, at: float, new: bytes, gone: int
) -> None:
    data = corpus.whole(kind)
    start = int(at * len(data))
    sent = upload(data[:start] + new + data[start + gone :])
    valid(client, PATH, sent["data"], sent["content_type"])


@given(path=st.sampled_from(IMAGE_ROUTES), body=st.binary(max_size=300))
@example(PATH, b"--x\r\n\r\n\r\n--x--")
@example(PATH, b"--x\r\nContent-Disposition: form-data\r\n\r\n\r\n--x--\r\n")
@example(PATH, b"--x\r\nContent-Disposition: form-data; filename=a\r\n\r\nb\r\n--x--\r\n")
def test_any_form(client: FlaskClient, path: str, body: bytes) -> None:
    valid(client, path, body, "multipart/form-data; boundary=x")


@given(
    disposition=st.binary(max_size=60).filter(lambda text: b"\r" not in text and b"\n" not in text)
)
def test_any_header_of_a_part(client: FlaskClient, disposition: bytes) -> None:
    body = encode_form([Part('name="a"; @', JPEG)], "x").replace(b"@", disposition, 1)
    valid(client, PATH, body, "multipart/form-data; boundary=x")


@given(kind=texts.filter(lambda text: "\r" not in text and "\n" not in text))
def test_any_content_type(client: FlaskClient, kind: str) -> None:
    encodable = kind.encode("latin-1", "replace").decode("latin-1")
    assert valid(client, PATH, JPEG, encodable) != 200


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5) | st.just(JPEG.hex()),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["key", "value", "data", "filename"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(path=st.sampled_from(IMAGE_ROUTES), files=json_values, values=json_values)
def test_any_json(client: FlaskClient, path: str, files: object, values: object) -> None:
    body = json.dumps({"files": files, "values": values}).encode()
    valid(client, path, body, "application/json")


@given(path=st.sampled_from(IMAGE_ROUTES), values=json_values, filename=json_values)
def test_any_json_values_beside_a_good_file(
    client: FlaskClient, path: str, values: object, filename: object
) -> None:
    file = {"data": base64.b64encode(JPEG).decode(), "filename": filename}
    pairs = [{"key": key, "value": values} for key in ("grid_size", "min_confidence", "camera_id")]
    body = json.dumps({"files": [file], "values": pairs}).encode()
    valid(client, path, body, "application/json")


@given(path=st.sampled_from(IMAGE_ROUTES), size=texts, cells=texts, least=texts)
@example("/v1/vision/detection", "²", "\u0663", "\u0660.\u0665")
@example("/v1/vision/alpr", "1" * 30, "1" * 30, "1" * 30)
def test_any_values(client: FlaskClient, path: str, size: str, cells: str, least: str) -> None:
    values = {"grid_size": size, "wanted_cells": cells, "min_confidence": least}
    sent = upload(values=values)
    valid(client, path, sent["data"], sent["content_type"])
    response = client.post(path, query_string=values, **upload())
    assert response.status_code in (200, 400)
