"""Forms as clients write them, rather than as they should."""

from __future__ import annotations

import math
from typing import IO, Any

from multipart import MultipartError, MultipartParser, ParserLimitReached
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header

from alpr.errors import RequestError

BROKEN = "the form is broken ({}); send the image as curl -F upload=@car.jpg does"


class FormParser(FormDataParser):
    """Reads a form by the library multipart, its files kept in memory.

    werkzeug's own parser counts a form as empty when a file's name is not UTF-8, as older systems
    send it, and takes three times as long.
    """

    def parse(
        self,
        stream: IO[bytes],
        mimetype: str,
        content_length: int | None,
        options: dict[str, str] | None = None,
    ) -> Any:
        """Raises :class:`RequestError` at a broken form."""
        if mimetype != "multipart/form-data":
            return super().parse(stream, mimetype, content_length, options)
        parts = MultipartParser(
            stream,
            (options or {}).get("boundary", "").encode(errors="replace"),
            charset="latin-1",
            part_limit=math.inf if self.max_form_parts is None else self.max_form_parts,
            spool_limit=math.inf,
            memory_limit=math.inf,
        )
        fields, files = [], []
        try:
            for part in parts:
                said = parse_options_header(_text(part.disposition.encode("latin-1")))[1]
                name, filename = said.get("name", ""), said.get("filename")
                if filename is None:
                    fields.append((name, _text(part.raw)))
                else:
                    files.append((name, FileStorage(part.file, filename, name)))
        except ParserLimitReached as error:
            raise RequestEntityTooLarge from error
        except MultipartError as error:
            raise RequestError(BROKEN.format(error)) from error
        return stream, self.cls(fields), self.cls(files)


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")
