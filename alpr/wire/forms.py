"""Multipart forms, read more leniently than the standard asks because clients break it."""

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
    """Files (name, bytes) and values of a multipart/form-data body.

    Of a field that is sent twice the first value counts. Files stay in memory, where they are
    decoded; the limit of the body bounds them. werkzeug's own parser is not used: it takes three
    times as long, and finds nothing in a form with a file name that is not UTF-8, which older
    systems send. Raises :class:`RequestError` and :class:`TooLargeError`.
    """
    files: list[tuple[str, bytes]] = []
    values: dict[str, str] = {}
    size = 0
    try:
        for disposition, content in _parts(stream, boundary, limits.max_parts):
            options = parse_options_header(_decode(disposition))[1]
            if "filename" in options:
                files.append((options["filename"], content))
                continue
            name = options.get("name", "")
            values.setdefault(name, _decode(content))
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


def _parts(stream: IO[bytes], boundary: str, max_parts: int) -> Iterator[tuple[bytes, bytes]]:
    """Content-Disposition and content of each part. Raises :class:`MultipartError`."""
    # Latin-1 maps every byte to a character and back, whatever the real encoding is.
    parser = PushMultipartParser(
        boundary.encode(), max_segment_count=max_parts, header_charset="latin-1"
    )
    with parser:
        for event in parser.parse_blocking(stream.read):
            if isinstance(event, MultipartSegment):
                disposition, pieces = event.header("Content-Disposition"), []
            elif event:
                pieces.append(event)
            else:
                yield disposition.encode("latin-1"), b"".join(pieces)


def _decode(data: bytes) -> str:
    """UTF-8 where it is, else Latin-1."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")
