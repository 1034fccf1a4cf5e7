"""Forms, read more leniently than the standards ask because clients break them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO
from urllib.parse import unquote_to_bytes

from multipart import MultipartError, MultipartSegment, ParserLimitReached, PushMultipartParser
from werkzeug.http import parse_options_header

from alpr.errors import RequestError, TooLargeError
from alpr.settings.limits import FormLimits
from alpr.wire.uploads import IMAGE_FIELDS, Content, add_value, check_size

BROKEN = "the form is broken ({}); send the image as curl -F upload=@car.jpg does"
FILE_TYPES = ("image/", "application/octet-stream")
"""Content types of a part that may be a file, also where it has no file name."""
BASE64_ESCAPES = {b"%%%02X" % ord(character): character.encode() for character in "+/=:;, \r\n"}
"""What a client escapes in a data URI, and what it stands for."""


def read(stream: IO[bytes], boundary: str, limits: FormLimits) -> Content:
    """The files and values of a multipart/form-data body.

    Of a field that is sent twice the first value counts, unless it is a list. Files and images in
    base64 stay in memory, where they are decoded; the limit of the body bounds them. werkzeug's own
    parser is not used: it takes three times as long, and finds nothing in a form with a file name
    that is not UTF-8, which older systems send. Raises :class:`RequestError` and
    :class:`TooLargeError`.
    """
    files: list[tuple[str, bytes]] = []
    values: dict[str, str] = {}
    size = 0
    try:
        for disposition, kind, content in _parts(stream, boundary, limits.max_parts):
            options = parse_options_header(_decode(disposition))[1]
            name = options.get("name", "")
            if "filename" in options:
                files.append((options["filename"], content))
            elif _is_file(name, kind, content):
                files.append((name, content))
            else:
                size += 0 if name in IMAGE_FIELDS else len(name) + len(content)
                check_size(size, limits)  # Decoded it may take four times its size.
                add_value(values, name, _decode(content))
    except ParserLimitReached as error:
        raise TooLargeError(f"the form is too large ({error}); see max_parts") from error
    except MultipartError as error:
        raise RequestError(BROKEN.format(error)) from error
    return Content(files, values)


def read_urlencoded(body: bytes, limits: FormLimits) -> Content:
    """The values of an application/x-www-form-urlencoded body.

    None where it is no such form, e.g. an image that curl sent without ``-F``. A plus sign in an
    image's base64 stays one, because many clients do not escape it. Raises :class:`TooLargeError`.
    """
    pairs = body.split(b"&", limits.max_parts) if body.isascii() else []
    if len(pairs) > limits.max_parts:
        raise TooLargeError("the form has more fields than max_parts")
    values: dict[str, str] = {}
    size = 0
    for pair in pairs:
        name, _, value = pair.partition(b"=")
        if name.decode() in IMAGE_FIELDS:
            values.setdefault(name.decode(), _unescape_base64(value).decode())
            continue
        size += len(pair)
        check_size(size, limits)
        add_value(values, _unescape(name), _unescape(value))
    return Content([], values)


def _unescape(text: bytes) -> str:
    return _decode(unquote_to_bytes(text.replace(b"+", b" ")))


def _unescape_base64(text: bytes) -> bytes:
    """Base64 or a data URI without escapes; unquote_to_bytes needs gigabytes for hostile ones."""
    for code, character in BASE64_ESCAPES.items():
        text = text.replace(code, character).replace(code.lower(), character)
    return text


def _is_file(name: str, kind: str, content: bytes) -> bool:
    """Whether a part without a file name is a file, which some HTTP libraries send."""
    may_be = name in IMAGE_FIELDS or kind.startswith(FILE_TYPES)
    return may_be and not content.isascii()


def _parts(stream: IO[bytes], boundary: str, max_parts: int) -> Iterator[tuple[bytes, str, bytes]]:
    """Content-Disposition, type and content of each part. Raises :class:`MultipartError`."""
    # Latin-1 maps every byte to a character and back, whatever the real encoding is.
    parser = PushMultipartParser(
        boundary.encode(), max_segment_count=max_parts, header_charset="latin-1"
    )
    with parser:
        for event in parser.parse_blocking(stream.read):
            if isinstance(event, MultipartSegment):
                disposition, pieces = event.header("Content-Disposition"), []
                kind = event.header("Content-Type", "").lower()
            elif event:
                pieces.append(event)
            else:
                yield disposition.encode("latin-1"), kind, b"".join(pieces)


def _decode(data: bytes) -> str:
    """UTF-8 where it is, else Latin-1."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")
