"""Forms as clients write them, rather than as they should."""

from __future__ import annotations

import io
import re
from typing import IO, Any

from werkzeug.formparser import FormDataParser

PART_HEADER = re.compile(rb"^content-disposition:[^\r\n]*", re.IGNORECASE | re.MULTILINE)


class AnyNameParser(FormDataParser):
    """Reads forms whose file names are not UTF-8, as programs on older systems send them.

    Without it such a form counts as empty, and a picture is refused for what its file is called.
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
        body = stream.read()
        self.silent = False
        try:
            return super().parse(io.BytesIO(body), mimetype, content_length, options)
        except UnicodeDecodeError:
            self.silent = True
            readable = PART_HEADER.sub(lambda header: _as_utf8(header[0]), body)
            return super().parse(io.BytesIO(readable), mimetype, content_length, options)
        except ValueError:
            return stream, self.cls(), self.cls()


def _as_utf8(header: bytes) -> bytes:
    try:
        header.decode()
    except UnicodeDecodeError:
        return header.decode("latin-1").encode()
    return header
