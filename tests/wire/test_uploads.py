"""Requests become one image and some values."""

from __future__ import annotations

import base64
import contextlib
import json
import sys
import time
import tracemalloc
from typing import Any

import pytest

from alpr.errors import RequestError, TooLargeError
from alpr.settings.limits import FormLimits
from alpr.wire import uploads
from alpr.wire.uploads import Upload

LIMITS = FormLimits(max_parts=20, max_field_kb=64)


def from_json(body: bytes) -> uploads.Content:
    return uploads.from_json(body, LIMITS)


def read(**content: Any) -> uploads.Content:
    return from_json(json.dumps(content).encode())


def file(data: bytes, **more: str) -> dict[str, str]:
    return {"data": base64.b64encode(data).decode(), **more}


def test_files_and_values_of_a_json_body() -> None:
    files, values = read(
        files=[file(b"one", filename="1.jpg"), file(b"two")],
        values=[
            *({"key": "a", "value": ["x", "y"]}, {"key": "b", "value": 3}),
            *({"key": "c"}, {"key": "d", "value": []}),
        ],
    )
    assert files == [("1.jpg", b"one"), ("image", b"two")]
    assert values == {"a": "x", "b": "3", "c": "", "d": ""}


@pytest.mark.parametrize(
    "data", ["AQID", "data:image/jpeg;base64,AQID", "data:a,AQID", " AQ\r\nID\n", ",AQ ID"]
)
def test_base64_with_or_without_a_data_uri_prefix(data: str) -> None:
    assert read(files=[{"data": data}]) == ([("image", b"\x01\x02\x03")], {})


def test_an_object_of_fields() -> None:
    files, values = read(upload="AQID", grid_size=3, mmc=True, config={"a": 1}, note=None)
    assert files == []
    assert values == {
        "upload": "AQID",
        "grid_size": "3",
        "mmc": "true",
        "config": '{"a": 1}',
        "note": "",
    }


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        ({"wanted_cells": [1, "2", 16]}, "1,2,16"),
        ({"wanted_cells": ["1,2"]}, "1,2"),
        ({"wanted_cells": []}, ","),
        ({"ignore_areas": [[0, 0, 1, 0.08], [0.7, 0.9, 1, 1]]}, "0,0,1,0.08;0.7,0.9,1,1"),
        ({"ignore_areas": ["0,0,1,0.08", "0.7,0.9,1,1"]}, "0,0,1,0.08;0.7,0.9,1,1"),
        ({"ignore_areas": []}, ";"),
        ({"regions": ["gb", "br"]}, "gb,br"),
        ({"ignore_areas": [""]}, ""),
        ({"wanted_cells": ["", ""]}, ""),
    ],
)
def test_a_list_in_json_is_the_text_of_a_form(sent: dict[str, list[Any]], text: str) -> None:
    (name, value), *_ = sent.items()
    assert read(**sent).values == {name: text}
    assert read(values=[{"key": name, "value": value}]).values == {name: text}


def test_a_list_may_be_sent_one_by_one() -> None:
    pairs = [("wanted_cells", "1"), ("ignore_areas", "0,0,1,0.1"), ("grid_size", "2")]
    more = [("wanted_cells", "3"), ("ignore_areas", "0,0.9,1,1"), ("grid_size", "3")]
    assert uploads.from_query([*pairs, *more]) == {
        "wanted_cells": "1,3",
        "ignore_areas": "0,0,1,0.1;0,0.9,1,1",
        "grid_size": "2",
    }


@pytest.mark.parametrize(
    ("sent", "text"), [(["", " "], " "), (["", "0,0,1,0.1"], "0,0,1,0.1"), (["br", ""], "br")]
)
def test_an_empty_field_of_a_list_is_none(sent: list[str], text: str) -> None:
    assert uploads.from_query([("ignore_areas", one) for one in sent]) == {"ignore_areas": text}


@pytest.mark.parametrize("name", ["upload", "image"])
@pytest.mark.parametrize("text", ["AQID", "data:image/jpeg;base64,AQID", " AQ\r\nID\n"])
def test_a_text_that_is_an_image(name: str, text: str) -> None:
    values = {"a": "1", name: text}
    assert uploads.first_image([], values) == Upload(b"\x01\x02\x03", name, {"a": "1"})
    assert uploads.first_image([("x", b"")], values).image == b"\x01\x02\x03"


def test_a_file_is_taken_before_a_text() -> None:
    values = {"upload": "C:\\car.jpg"}
    assert uploads.first_image([("x", b"1")], values) == Upload(b"1", "x", {})


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"upload": "car.jpg"}, "'upload' is neither a file nor an image in base64"),
        ({"image": "AQI"}, "'image' is neither a file nor an image in base64"),
        ({"upload": " "}, "no image in the request"),
        ({"upload_url": "https://a/car.jpg"}, "nothing is fetched"),
        ({"upload": " HTTP://a/car.jpg"}, "nothing is fetched"),
        ({"upload_url": "car.jpg"}, "no image in the request"),
    ],
)
def test_texts_that_are_no_image(values: dict[str, str], reason: str) -> None:
    with pytest.raises(RequestError, match=reason):
        uploads.first_image([], values)


def test_an_image_is_read_although_an_address_is_named() -> None:
    values = {"upload": "AQID", "upload_url": "https://a/car.jpg"}
    assert uploads.first_image([], values).image == b"\x01\x02\x03"


def test_an_empty_json_body() -> None:
    assert read() == ([], {})


@pytest.mark.parametrize("body", [b"\xef\xbb\xbf{}", "{}".encode("utf-16")])
def test_json_in_other_encodings(body: bytes) -> None:
    assert from_json(body) == ([], {})


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"{", "the body is not valid JSON: it ends early"),
        (b"", "the body is not valid JSON: it ends early"),
        (b'{"grid_size": 3, ', "the body is not valid JSON: it ends early"),
        (b"{'grid_size': 3}", "the body is not valid JSON"),
        (b'{"grid_size": 3}}', "the body is not valid JSON"),
        (b'{"grid_size": 3};', "the body is not valid JSON"),
        (b'{"wanted_cells": [1, null]}', "wanted_cells is a list with an item that is .*"),
        (b'{"ignore_areas": [{"left": 0}]}', "ignore_areas is a list with an item that is .*"),
        (b'{"values": [{"key": "regions", "value": [true]}]}', "regions is a list with .*"),
        (b"[" * 9_000, "the body is not valid JSON"),
        (b"[]", "the body is not a JSON object"),
        (b'{"files": {}}', None),
        (b'{"files": {"data": ""}}', "'files' in the body is not a list of objects"),
        (b'{"files": ["abc"]}', "'files' in the body is not a list of objects"),
        (b'{"files": [{"data": null}]}', "a file in the body has no base64 text under 'data'"),
        (b'{"files": [{"data": "%%%%"}]}', "a file's 'data' in the body is not base64"),
        (b'{"files": [{"data": "abc"}]}', "a file's 'data' in the body is not base64"),
        (b'{"files": [{"data": "a,AQID,AQID"}]}', "a file's 'data' in the body is not base64"),
        (b'{"values": "a=b"}', "'values' in the body is not a list of objects"),
    ],
)
def test_errors_name_the_problem(body: bytes, reason: str | None) -> None:
    if reason is None:
        assert from_json(body) == ([], {})
        return
    with pytest.raises(RequestError, match=f"^{reason}$"):
        from_json(body)


@pytest.mark.parametrize("value", [b"{}", b"[]", b"1"])
def test_the_values_of_a_json_body_are_counted(value: bytes) -> None:
    few, many = (b'{"x":[' + value + (b"," + value) * count + b"]}" for count in (4000, 10_000))
    assert list(from_json(few).values) == ["x"]
    with pytest.raises(TooLargeError):
        from_json(many)


IMAGES = [
    "A" * 200_000,
    "data:image/jpeg;base64," + "A" * 200_000,
    "AAAA\n" * 40_000,
    "AA/+" * 50_000,
    "AA-_" * 50_000,
]


@pytest.mark.parametrize("text", IMAGES, ids=lambda text: text[:8])
@pytest.mark.parametrize("slash", ["/", r"\/", r"\u002f"])
def test_an_image_in_json_may_be_large(text: str, slash: str) -> None:
    body = json.dumps({"upload": text, "files": [{"data": "AQID"}]}).replace("/", slash)
    assert from_json(body.encode()) == ([("image", b"\x01\x02\x03")], {"upload": text})


def test_a_json_body_says_that_it_is_cut_short_wherever_that_is() -> None:
    body = (
        r'{"values": [{"key": "regions"}], "a": true, "\u00e9": -1.5e-3, "é": [null, 0.5]}'.encode()
    )
    json.loads(body)
    for end in range(len(body)):
        with pytest.raises(RequestError, match="ends early"):
            from_json(body[:end])


@pytest.mark.parametrize("text", IMAGES, ids=lambda text: text[:8])
@pytest.mark.parametrize("slash", ["/", r"\/"])
def test_a_large_json_body_that_is_cut_short_is_no_valid_json(text: str, slash: str) -> None:
    body = json.dumps({"grid_size": 3, "upload": text}).replace("/", slash).encode()
    for end in (-1, -2, -3, 100_000):
        with pytest.raises(RequestError, match="ends early") as caught:
            from_json(body[:end])
        assert caught.value.status == 400


HOSTILE = {
    "digits": '{"x": [' + ",".join(["9" * 4000] * 500) + "]}",
    "a wide character": '{"upload": "\N{GRINNING FACE}' + "A" * 2_000_000 + '"}',
    "a long name": '{"' + "a." * 1_000_000 + '": 1}',
    "escaped quotes": '{"upload": "' + '\\"' * 1_000_000 + '"}',
    "quotes that hide values": r'{"x": ["\"", ' + "1," * 40_000 + '"a"]}',
    "spaces": '{"x":' + " " * 2_000_000 + "1}",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_image_in_json_is_refused_before_it_is_parsed(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json, "loads", lambda _: pytest.fail("it was parsed"))
    body, began = HOSTILE[name].encode(), time.process_time()
    with pytest.raises(TooLargeError):
        from_json(body)
    assert time.process_time() - began < 0.5


@pytest.mark.parametrize("content", [{"a": "b" * 64_000}, {"values": [{"key": "b" * 64_001}]}])
def test_fields_of_a_json_body_are_as_short_as_those_of_a_form(content: dict[str, Any]) -> None:
    with pytest.raises(TooLargeError, match="max_field_kb, 64 kB"):
        read(**content)
    assert read(a="b" * 63_000).values == {"a": "b" * 63_000}
    assert len(read(upload="b" * 64_001, image="b" * 64_001).values) == 2


@pytest.mark.parametrize("field", ['"a":', '"files":[{"data":"AA==","filename":'])
def test_no_depth_of_a_json_body_is_a_bug(field: str) -> None:
    end = "}]" if "[" in field else ""
    limit = sys.getrecursionlimit()
    for depth in range(limit - 150, limit):
        body = f"{{{field}{'[' * depth}{']' * depth}{end}}}".encode()
        with contextlib.suppress(RequestError):
            from_json(body)


def test_base64_of_many_words_takes_little_memory() -> None:
    text = "AAAA " * 200_000
    tracemalloc.start()
    files, _ = read(files=[{"data": text}])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert files == [("image", bytes(600_000))]
    assert peak < 10 * len(text)


def test_the_first_file_with_bytes_is_chosen() -> None:
    values = {"a": "1"}
    assert uploads.first_image([("x", b""), ("y", b"1"), ("z", b"2")], values) == Upload(
        b"1", "y", values
    )


@pytest.mark.parametrize(("files", "reason"), [([], "no image"), ([("x", b"")], "0 bytes")])
def test_a_request_without_an_image_is_an_error(
    files: list[tuple[str, bytes]], reason: str
) -> None:
    with pytest.raises(RequestError, match=reason):
        uploads.first_image(files, {})


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", 0.4), ("  ", 0.4), ("0", 0), ("1", 1), (" 0.25 ", 0.25), ("1e-1", 0.1), (".5", 0.5)],
)
def test_valid_fractions(text: str, expected: float) -> None:
    assert Upload(b"1", "", {"least": text}).fraction("least", 0.4) == expected
    assert Upload(b"1", "", {}).fraction("least", 0.4) == 0.4


@pytest.mark.parametrize("text", ["-0.1", "1.01", "nan", "inf", "-inf", "half", "50%", "0,5"])
def test_invalid_fractions_are_errors(text: str) -> None:
    with pytest.raises(RequestError, match="least must be a number from 0 to 1"):
        Upload(b"1", "", {"least": text}).fraction("least", 0.4)


def test_errors_quote_forty_characters_of_a_fraction() -> None:
    with pytest.raises(RequestError, match=f"not '{'x' * 40}'$"):
        Upload(b"1", "", {"least": "x" * 41}).fraction("least", 0.4)
