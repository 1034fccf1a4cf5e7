"""Forms are read as werkzeug does, with names in any encoding; broken ones are refused."""

from __future__ import annotations

import contextlib
import io
import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.formparser import FormDataParser

from alpr.errors import RequestError, TooLargeError
from alpr.settings.limits import FormLimits
from alpr.wire import forms

FORM = (
    b'--x\r\nContent-Disposition: form-data; name="@"; filename="%s"\r\n\r\n%s\r\n'
    b'--x\r\nContent-Disposition: form-data; name="note"\r\n\r\nhello\r\n--x--\r\n'
)
WHOLE = FORM % (b"a.jpg", b"\xff\xd8")
MAX_SECONDS = 2


def parsed(
    body: bytes, boundary: str = "x", max_parts: int = 20, max_field_kb: int = 64
) -> tuple[list[tuple[str, bytes]], dict[str, str]]:
    return forms.read(io.BytesIO(body), boundary, FormLimits(max_parts, max_field_kb))


def in_memory(
    total_content_length: int | None,
    content_type: str | None,
    filename: str | None,
    content_length: int | None = None,
) -> io.BytesIO:
    return io.BytesIO()


def by_werkzeug(
    body: bytes, boundary: str = "x"
) -> tuple[list[tuple[str | None, bytes]], dict[str, str]]:
    options = {"boundary": boundary}
    parser = FormDataParser(in_memory)
    _, fields, files = parser.parse(io.BytesIO(body), "multipart/form-data", None, options)
    return [(file.filename, file.read()) for _, file in files.items(multi=True)], {
        name or "": value for name, value in fields.items()
    }


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (b"car.jpg", "car.jpg"),
        ("B\u00fcro.jpg".encode(), "B\u00fcro.jpg"),
        (b"B\xfcro.jpg", "B\u00fcro.jpg"),
    ],
)
@pytest.mark.parametrize("content", [b"\xff\xd8\xfc", b"a\r\ncontent-length: \xfc\r\n"])
def test_file_names_in_any_encoding(sent: bytes, expected: str, content: bytes) -> None:
    files, values = parsed(FORM % (sent, content))
    assert values == {"note": "hello"}
    assert files == [(expected, content)]


@pytest.mark.parametrize("body", [b"", b"--x\r\n", WHOLE[:-30], WHOLE[:-4], b"\xfc" * 9])
@pytest.mark.parametrize("boundary", ["x", "\u00fc", ""])
def test_incomplete_forms_are_refused(body: bytes, boundary: str) -> None:
    with pytest.raises(RequestError, match="the form is broken"):
        parsed(body, boundary)


@pytest.mark.parametrize(
    "body",
    [
        WHOLE.replace(b"\r\n\r\n", b"\r\n"),
        WHOLE.replace(b"Content-Disposition", b"Content-Type"),
        WHOLE.replace(b"form-data; ", b""),
        WHOLE.replace(b"\r\n", b"\n"),
    ],
    ids=["no content", "no disposition", "no form-data", "lines end in LF"],
)
def test_malformed_parts_are_refused(body: bytes) -> None:
    """No known client sends these; ASP.NET, which runs CodeProject.AI, accepts only CRLF."""
    with pytest.raises(RequestError, match="the form is broken"):
        parsed(body)


def test_a_refusal_names_the_problem() -> None:
    with pytest.raises(RequestError, match="Content-Disposition"):
        parsed(WHOLE.replace(b"Content-Disposition", b"Content-Type"))


@pytest.mark.parametrize(
    "body",
    [
        WHOLE,
        WHOLE.replace(b"--x--", b"") + WHOLE.replace(b"hello", b"goodbye"),
        b"\r\n" + WHOLE,
        b"to whom it may concern\r\n" + WHOLE + b"farewell",
        WHOLE.replace(b"; filename", b";\r\n filename"),
        WHOLE.replace(b"hello", b""),
        WHOLE.replace(b"hello", b"--x inside --x-- of --xy a line"),
        WHOLE.replace(b"Content-Disposition", b"Content-Type: text/plain\r\ncontent-DISPOSITION"),
        WHOLE.replace(b'"a.jpg"', b'""'),
        WHOLE.replace(b'; name="note"', b""),
        WHOLE.replace(b'"a.jpg"', b"a.jpg; filename*=utf-8''b%C3%BC.jpg"),
        WHOLE.replace(b'filename="a.jpg"', b"filename*=utf-8''b%C3%BC.jpg"),
        b"--x--\r\n",
    ],
)
def test_forms_are_read_as_werkzeug_does(body: bytes) -> None:
    assert parsed(body) == by_werkzeug(body)


@given(
    st.lists(st.binary(max_size=60) | st.lists(st.sampled_from(b"\r\n-x"), max_size=12).map(bytes)),
    st.sampled_from(["x", "-x-", "7a2b59b9cbd64a3f"]),
)
def test_files_of_any_bytes_are_read_as_werkzeug_does(contents: list[bytes], mark: str) -> None:
    head = b'--%s\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n\r\n' % mark.encode()
    body = b"".join(head + content + b"\r\n" for content in contents) + b"--%s--" % mark.encode()
    assert parsed(body, mark, max_parts=1000) == by_werkzeug(body, mark)


def test_too_many_parts_are_refused() -> None:
    assert len(parsed(WHOLE, max_parts=2)[0]) == 1
    with pytest.raises(TooLargeError, match="max_parts"):
        parsed(WHOLE, max_parts=1)


def test_too_long_fields_are_refused() -> None:
    fits = WHOLE.replace(b"hello", b"1" * (1000 - len("note")))
    assert len(parsed(fits, max_field_kb=1)[1]["note"]) == 996
    with pytest.raises(TooLargeError, match="1 kB"):
        parsed(fits.replace(b"11", b"111", 1), max_field_kb=1)
    another = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n--x--'
    with pytest.raises(TooLargeError, match="1 kB"):
        parsed(fits.replace(b"--x--", another), max_field_kb=1)


@pytest.mark.parametrize(
    "body",
    [
        b"--x " * 5_000_000,
        b"--x\r\n" + b"\r\n " * 6_000_000 + b"\r\n--x--",
        b"--x\r\nContent-Disposition: form-data; name=a"
        + b"\r\n ;b=c" * 3_000_000
        + b"\r\n\r\n--x--",
    ],
)
def test_twenty_megabytes_of_nonsense_are_refused_at_once(body: bytes) -> None:
    started = time.process_time()
    with pytest.raises(RequestError):
        parsed(body)
    assert time.process_time() - started < MAX_SECONDS


def test_a_colon_in_a_file_name_does_not_end_a_header() -> None:
    assert parsed(FORM % (b"12:30.jpg", b"1"))[0] == [("12:30.jpg", b"1")]


def test_a_boundary_starts_a_line() -> None:
    assert parsed(FORM % (b"a", b"1X--x\r\n2"))[0] == [("a", b"1X--x\r\n2")]


def test_a_part_longer_than_one_chunk_is_read_whole() -> None:
    content = bytes(range(256)) * 1000
    assert parsed(FORM % (b"a", content)) == ([("a", content)], {"note": "hello"})


def part(header: bytes, content: bytes) -> bytes:
    return b"--x\r\nContent-Disposition: form-data; %s\r\n\r\n%s\r\n--x--" % (header, content)


@pytest.mark.parametrize(
    "header",
    [
        b'name="upload"',
        b"name=image",
        b'name="a"\r\nContent-Type: Image/JPEG',
        b"name=b\r\nContent-Type: application/octet-stream",
    ],
)
def test_a_file_without_a_name_is_one(header: bytes) -> None:
    ((_, data),), values = parsed(part(header, b"\xff\xd8\r\n\xff"))
    assert (data, values) == (b"\xff\xd8\r\n\xff", {})


@pytest.mark.parametrize(
    ("header", "content"),
    [
        (b'name="upload"', b"AQID"),
        (b'name="note"', b"caf\xe9"),
        (b'name="note"\r\nContent-Type: text/plain', b"caf\xe9"),
        (b'name="note"\r\nContent-Type: image/jpeg', b"AQID"),
    ],
)
def test_a_text_is_a_value(header: bytes, content: bytes) -> None:
    files, values = parsed(part(header, content))
    assert (files, [*values.values()]) == ([], [content.decode("latin-1")])


def test_a_large_text_is_refused_before_it_is_decoded() -> None:
    """With one wide character it would take four bytes a character."""
    text = "\N{GRINNING FACE}".encode() + b"a" * 2_000_000
    tracemalloc.start()
    with pytest.raises(TooLargeError):
        parsed(part(b'name="note"', text))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * len(text)


@pytest.mark.parametrize("name", [b"upload", b"image"])
def test_an_image_in_base64_is_no_field_of_max_field_kb(name: bytes) -> None:
    text = b"A" * 2000
    assert parsed(part(b"name=" + name, text), max_field_kb=1)[1] == {name.decode(): text.decode()}
    with pytest.raises(TooLargeError, match="1 kB"):
        parsed(part(b"name=note", text), max_field_kb=1)


def urlencoded(body: bytes, max_parts: int = 20, max_field_kb: int = 64) -> dict[str, str]:
    files, values = forms.read_urlencoded(body, FormLimits(max_parts, max_field_kb))
    assert files == []
    return values


def test_an_urlencoded_form() -> None:
    body = b"upload=data%3Aimage%2fjpeg%3Bbase64%2CAQ+/%0d%0A%2B%3D&note=a+b%2Bc&note=d&%c3%bc=&z"
    values = {"upload": "data:image/jpeg;base64,AQ+/\r\n+=", "note": "a b+c", "\u00fc": "", "z": ""}
    assert urlencoded(body) == values


def test_an_image_of_curl_is_no_form() -> None:
    assert urlencoded(b"\xff\xd8&a=b") == {}


def test_limits_of_an_urlencoded_form() -> None:
    big = b"upload=" + b"A" * 5000
    assert len(urlencoded(big + b"&a=" + b"1" * 990, max_field_kb=1)["upload"]) == 5000
    with pytest.raises(TooLargeError, match="1 kB"):
        urlencoded(big + b"&a=" + b"1" * 999, max_field_kb=1)
    with pytest.raises(TooLargeError, match="max_parts"):
        urlencoded(b"a&b&c", max_parts=2)


@pytest.mark.parametrize("nonsense", [b"%41", b"%zz", b"%2B", b"&"])
def test_twenty_megabytes_of_an_urlencoded_form_are_read_at_once(nonsense: bytes) -> None:
    started = time.process_time()
    with contextlib.suppress(RequestError):
        urlencoded(b"upload=" + nonsense * (20_000_000 // len(nonsense)))
    assert time.process_time() - started < MAX_SECONDS
