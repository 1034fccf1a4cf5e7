"""Forms as clients write them, rather than as they should."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import IO, Any

from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header

AFTER_BOUNDARY = re.compile(rb"(--)|[ \t]*(?:\r\n|\n|\r)")
BLANK_LINE = re.compile(rb"(\r\n|\n|\r)\1")
CONTINUATION = re.compile(rb"(?:\r\n|\n|\r)[ \t]")

MOST_BOUNDARIES, HEADER_BYTES = 2000, 16_000
"""More than any form has; a body of nothing else would keep a thread busy for seconds."""


class WholeBodyParser(FormDataParser):
    """Reads a form from a body that is in memory as a whole, each file copied once.

    werkzeug's own parser reads a stream in pieces, which takes four times as long, and counts a
    form as empty when a file's name is not UTF-8, as older systems send it.
    """

    def parse(
        self,
        stream: IO[bytes],
        mimetype: str,
        content_length: int | None,
        options: dict[str, str] | None = None,
    ) -> Any:
        if mimetype != "multipart/form-data":
            return super().parse(stream, mimetype, content_length, options)
        boundary = (options or {}).get("boundary", "").encode(errors="replace")
        fields, files = [], []
        try:
            for number, (header, content) in enumerate(_parts(stream.read(), boundary), start=1):
                if self.max_form_parts is not None and number > self.max_form_parts:
                    raise RequestEntityTooLarge
                said = _disposition(header)
                name, filename = said.get("name", ""), said.get("filename")
                if filename is None:
                    fields.append((name, _text(content)))
                else:
                    files.append((name, FileStorage(io.BytesIO(content), filename, name)))
        except ValueError:
            return stream, self.cls(), self.cls()
        return stream, self.cls(fields), self.cls(files)


def _parts(body: bytes, boundary: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Header and content of each part. Raises ValueError at what is no whole form.

    Lines may end in CR or LF alone; what stands before the first boundary and after the last is
    passed over.
    """
    if not boundary:
        raise ValueError("the form names no boundary")
    mark, start, at = b"--" + boundary, -1, -1
    for _ in range(MOST_BOUNDARIES):
        at = body.find(mark, at + 1)
        if at < 0:
            break
        after = AFTER_BOUNDARY.match(body, at + len(mark))
        if after and (at == 0 or body[at - 1] in b"\r\n"):
            if start >= 0:
                yield _split(body, start, at)
            if after[1]:
                return
            start = after.end()
    raise ValueError("the form has no end")


def _split(body: bytes, start: int, boundary: int) -> tuple[bytes, bytes]:
    """Header and content of the part between these places; the boundary's line break is its own."""
    blank = BLANK_LINE.search(body, start, min(boundary, start + HEADER_BYTES))
    if blank is None:
        raise ValueError("a part has no content")
    end = boundary - (2 if body.endswith(b"\r\n", 0, boundary) else 1)
    return body[start : blank.start()], body[blank.end() : end]


def _disposition(header: bytes) -> dict[str, str]:
    """What a part's Content-Disposition says: its name, and a file's."""
    for line in CONTINUATION.sub(b" ", header).splitlines():
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-disposition":
            return parse_options_header(_text(value.strip()))[1]
    raise ValueError("a part has no Content-Disposition")


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")
