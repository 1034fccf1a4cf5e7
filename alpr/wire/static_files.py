"""The files of the page, held in memory: what clears ``/tmp`` cannot take them from a service."""

from __future__ import annotations

import mimetypes
from pathlib import Path

from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Request, Response


class StaticFiles:
    """All files of a folder, read once."""

    def __init__(self, folder: Path) -> None:
        self._contents = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file()
        }

    def content(self, name: str) -> bytes:
        """Raises :class:`NotFound`."""
        if name not in self._contents:
            raise NotFound
        return self._contents[name]

    def answer(self, name: str, request: Request) -> Response:
        """The file with its type, or 304 where the browser has it. Raises :class:`NotFound`."""
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        response = Response(self.content(name), mimetype=kind)
        response.headers["Cache-Control"] = "no-cache"  # It may be kept, but is asked for again.
        response.add_etag()
        return response.make_conditional(request)
