"""Forms are read as werkzeug reads them, whatever a name's encoding; broken ones are refused."""

from __future__ import annotations

import io
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

from alpr.errors import RequestError
from alpr.wire.forms import FormParser

FORM = (
    b'--x\r\nContent-Disposition: form-data; name="@"; filename="%s"\r\n\r\n%s\r\n'
    b'--x\r\nContent-Disposition: form-data; name="note"\r\n\r\nhello\r\n--x--\r\n'
)
WHOLE = FORM % (b"a.jpg", b"\xff\xd8")
SECONDS = 2


def in_memory(
    total_content_length: int | None,
    content_type: str | None,
    filename: str | None,
    content_length: int | None = None,
) -> io.BytesIO:
    return io.BytesIO()


def parsed(
    body: bytes,
    options: dict[str, str] | None,
    parser: type[FormDataParser] = FormParser,
    parts: int | None = None,
) -> tuple[list[tuple[str, str]], list[tuple[str, str | None, bytes]]]:
    """Fields, and files with their names and contents."""
    told = parser(in_memory, max_form_parts=parts)
    _, fields, files = told.parse(io.BytesIO(body), "multipart/form-data", None, options)
    return [(name or "", value) for name, value in fields.items(multi=True)], [
        (name or "", file.filename, file.read()) for name, file in files.items(multi=True)
    ]


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
    fields, files = parsed(FORM % (sent, content), {"boundary": "x"})
    assert fields == [("note", "hello")]
    assert files == [("@", expected, content)]


@pytest.mark.parametrize("body", [b"", b"--x\r\n", WHOLE[:-30], WHOLE[:-4], b"\xfc" * 9])
@pytest.mark.parametrize("options", [{"boundary": "x"}, {}, {"boundary": "\u00fc"}, None])
def test_what_is_no_whole_form_is_refused(body: bytes, options: dict[str, str] | None) -> None:
    with pytest.raises(RequestError, match="the form is broken"):
        parsed(body, options)


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
def test_a_part_that_breaks_the_rules_is_refused(body: bytes) -> None:
    """No known client sends these; ASP.NET, below CodeProject.AI, ends lines at CRLF alone."""
    with pytest.raises(RequestError, match="the form is broken"):
        parsed(body, {"boundary": "x"})


@pytest.mark.parametrize(
    "body",
    [
        WHOLE,
        b"\r\n" + WHOLE,
        b"to whom it may concern\r\n" + WHOLE + b"farewell",
        WHOLE.replace(b"; filename", b";\r\n filename"),
        WHOLE.replace(b"hello", b""),
        WHOLE.replace(b"hello", b"--x inside --x-- of --xy a line"),
        WHOLE.replace(b"Content-Disposition", b"Content-Type: text/plain\r\ncontent-DISPOSITION"),
        WHOLE.replace(b'"a.jpg"', b'""'),
        WHOLE.replace(b'"a.jpg"', b"a.jpg; filename*=utf-8''b%C3%BC.jpg"),
        WHOLE.replace(b'filename="a.jpg"', b"filename*=utf-8''b%C3%BC.jpg"),
        b"--x--\r\n",
    ],
)
def test_the_same_as_werkzeug(body: bytes) -> None:
    expected = parsed(body, {"boundary": "x"}, FormDataParser)
    assert parsed(body, {"boundary": "x"}) == expected


@given(
    st.lists(st.binary(max_size=60) | st.lists(st.sampled_from(b"\r\n-x"), max_size=12).map(bytes)),
    st.sampled_from(["x", "-x-", "7a2b59b9cbd64a3f"]),
)
def test_files_of_any_bytes_are_as_werkzeug_reads_them(contents: list[bytes], mark: str) -> None:
    head = b'--%s\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n\r\n' % mark.encode()
    body = b"".join(head + content + b"\r\n" for content in contents) + b"--%s--" % mark.encode()
    expected = parsed(body, {"boundary": mark}, FormDataParser)
    assert parsed(body, {"boundary": mark}) == expected


def test_more_parts_than_allowed() -> None:
    assert len(parsed(WHOLE, {"boundary": "x"}, parts=2)[1]) == 1
    with pytest.raises(RequestEntityTooLarge):
        parsed(WHOLE, {"boundary": "x"}, parts=1)


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
    began = time.process_time()
    with pytest.raises((RequestError, RequestEntityTooLarge)):
        parsed(body, {"boundary": "x"}, parts=20)
    assert time.process_time() - began < SECONDS


def test_a_form_without_files_is_read_too() -> None:
    stream, length = io.BytesIO(b"grid_size=3&note=%C3%BC"), 23
    told = FormParser(in_memory)
    _, fields, files = told.parse(stream, "application/x-www-form-urlencoded", length, {})
    assert fields.to_dict() == {"grid_size": "3", "note": "\u00fc"}
    assert not files


def test_a_colon_in_a_file_name_is_no_end_of_a_header() -> None:
    ((name, filename, _),) = parsed(FORM % (b"12:30.jpg", b"1"), {"boundary": "x"})[1]
    assert (name, filename) == ("@", "12:30.jpg")


def test_a_boundary_starts_a_line() -> None:
    content = b"1X--x\r\n2"
    assert parsed(FORM % (b"a", content), {"boundary": "x"})[1] == [("@", "a", content)]


def test_a_file_knows_its_field() -> None:
    _, _, files = FormParser(in_memory).parse(
        io.BytesIO(WHOLE), "multipart/form-data", None, {"boundary": "x"}
    )
    assert files["@"].name == "@"
