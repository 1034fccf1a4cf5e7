"""Forms as clients write them, rather than as they should."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from multipart import MultipartError, MultipartSegment, ParserLimitReached, PushMultipartParser
from werkzeug.http import parse_options_header

from alpr.errors import RequestError, TooLargeError
from alpr.settings.limits import FormLimits

BROKEN = "the form is broken ({}); send the image as curl -F upload=@car.jpg does"


def read(
    stream: IO[bytes], boundary: str, limits: FormLimits
) -> tuple[list[tuple[str, bytes]], dict[str, str]]:
    """Files (name, bytes) and values of a multipart/form-data body; a field's first value counts.

    The files stay in memory, where they are decoded; the body's limit bounds them. werkzeug's own
    parser takes three times as long, and counts a form as empty when a file's name is not UTF-8, as
    older systems send it. Raises :class:`RequestError` and :class:`TooLargeError`.
    """
    files: list[tuple[str, bytes]] = []
    values: dict[str, str] = {}
    size = 0
    try:
        for disposition, content in _parts(stream, boundary, limits.max_parts):
            said = parse_options_header(_text(disposition))[1]
            if "filename" in said:
                files.append((said["filename"], content))
                continue
            name = said.get("name", "")
            values.setdefault(name, _text(content))
            size += len(name) + len(content)
    except ParserLimitReached as error:
        raise TooLargeError(f"the form is too large ({error}); see max_parts") from error
    except MultipartError as error:
        raise RequestError(BROKEN.format(error)) from error
    if size > limits.max_field_kb * 1000:
        raise TooLargeError(
            f"the form's fields are larger than max_field_kb, {limits.max_field_kb} kB"
        )
    return files, values


def _parts(stream: IO[bytes], boundary: str, at_most: int) -> Iterator[tuple[bytes, bytes]]:
    """Content-Disposition and content of each part. Raises :class:`MultipartError`."""
    # Latin-1 takes every byte, and gives each back.
    parser = PushMultipartParser(
        boundary.encode(), max_segment_count=at_most, header_charset="latin-1"
    )
    with parser:
        for event in parser.parse_blocking(stream.read):
            if isinstance(event, MultipartSegment):
                disposition, pieces = event.header("Content-Disposition"), []
            elif event:
                pieces.append(event)
            else:
                yield disposition.encode("latin-1"), b"".join(pieces)


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")
