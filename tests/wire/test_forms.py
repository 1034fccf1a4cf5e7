"""Forms whose headers are not UTF-8 are read, and their files stay as they were sent."""

from __future__ import annotations

import io

import pytest

from alpr.wire.forms import AnyNameParser

FORM = (
    b'--x\r\nContent-Disposition: form-data; name="@"; filename="%s"\r\n\r\n%s\r\n'
    b'--x\r\nContent-Disposition: form-data; name="note"\r\n\r\nhello\r\n--x--\r\n'
)


def in_memory(
    total_content_length: int | None,
    content_type: str | None,
    filename: str | None,
    content_length: int | None = None,
) -> io.BytesIO:
    return io.BytesIO()


def parser() -> AnyNameParser:
    return AnyNameParser(stream_factory=in_memory)


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
    body = io.BytesIO(FORM % (sent, content))
    _, values, files = parser().parse(body, "multipart/form-data", None, {"boundary": "x"})
    assert values.to_dict() == {"note": "hello"}
    assert files["@"].filename == expected
    assert files["@"].read() == content


@pytest.mark.parametrize("body", [b"", b"--x\r\n", (FORM % (b"a", b"b"))[:-30], b"\xfc" * 9])
@pytest.mark.parametrize("options", [{"boundary": "x"}, {}, {"boundary": "\u00fc"}, None])
def test_what_is_no_form_is_an_empty_one(body: bytes, options: dict[str, str] | None) -> None:
    parsed = parser().parse(io.BytesIO(body), "multipart/form-data", None, options)
    assert (len(parsed[1]), len(parsed[2])) == (0, 0)
