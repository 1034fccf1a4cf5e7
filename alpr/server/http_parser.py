"""Requests as they arrive: waitress' grammar, with bounds on what it leaves unbounded.

An error is kept in the request's ``error``, either waitress' own or an :class:`AlprError`. The
request then counts as complete, whatever else its sender announced.
"""

from __future__ import annotations

import contextlib
import logging
import re
from typing import Any

from waitress.parser import HTTPRequestParser, ParsingError, crack_first_line, split_uri
from waitress.receiver import ChunkedReceiver, FixedStreamReceiver
from waitress.utilities import (
    BadRequest,
    Error,
    RequestEntityTooLarge,
    RequestHeaderFieldsTooLarge,
)

from alpr.errors import AlprError, BusyError
from alpr.server.body_buffer import BodyBuffer, MemoryBudget
from alpr.server.path_normalizer import normalized
from alpr.service.access import HEALTH_PATHS

MAX_HEADER_BYTES = 32 * 1024
"""Bytes of a request's first line and headers; a browser's cookies for one host fit."""

MAX_HEADERS = 100

MAX_CHUNK_LINE_BYTES = 1024
"""Bytes of the line before a chunk: its size, and extensions that nobody reads."""

MAX_TRAILER_BYTES = 4096
"""Bytes after the last chunk."""

TLS_HANDSHAKE = b"\x16\x03"
VISIBLE = re.compile(rb"[!-~]")
BARE_LF = re.compile(rb"[^\r]\n")

CROWDED = "too many connections; only health is answered until some end"
NO_ROOM = "there is no room to store this request now; one of less than 2 MB may still fit"

log = logging.getLogger(__name__)


class BoundedChunkedReceiver(ChunkedReceiver):
    """A body in chunks, whose lines and trailer are bounded too."""

    error: Any = None

    @property
    def remain(self) -> int:
        """Bytes that the current chunk still has."""
        return int(self.chunk_remainder)

    def received(self, data: bytes) -> int:
        """Takes bytes; the value is how many of them belong to the body."""
        consumed = int(super().received(data))
        if len(self.control_line) > MAX_CHUNK_LINE_BYTES:
            self.error = BadRequest("the line before a chunk is too long")
        elif not self.completed and len(self.trailer) > MAX_TRAILER_BYTES:
            self.error = BadRequest("the trailer is too long")
        return consumed


class Parser(HTTPRequestParser):
    """One request; ``crowded`` if its connection is one too many, which only health may use."""

    completed: bool = False
    error: Any = None
    body_rcv: Any = None
    crowded = False
    budget = MemoryBudget(0)
    first = b""
    """The first line, as far as it came."""

    @property
    def is_for_health(self) -> bool:
        return normalized(getattr(self, "path", "")) in HEALTH_PATHS

    @property
    def expected(self) -> int:
        """Bytes that are known to follow: of the body, or of its current chunk."""
        return 0 if self.body_rcv is None else int(self.body_rcv.remain)

    def received(self, data: bytes) -> int:
        try:
            consumed = int(super().received(data))
            if self.completed and self.body_rcv is not None:
                self.body_rcv.getbuf().rewind()
        except OSError as error:
            log.warning("a request cannot be stored: %s", error.strerror)
            self._refuse(BusyError(NO_ROOM))
            return len(data)
        if self.headers_finished and not self.error and self._is_too_many:
            self._refuse(BusyError(CROWDED))
        elif not self.completed:
            self.error = self._hopeless(data)
            self.completed = self.error is not None
            if self.completed and not self.headers_finished:
                self._keep_first_line(self.header_plus)
        return consumed

    def _hopeless(self, data: bytes) -> Error | None:
        """Why the request cannot be accepted any more, although more of it is to come.

        ``data`` was received last. waitress would wait for the rest, or for the end of the headers.
        """
        if self.headers_finished:
            limit = self.adj.max_request_body_size
            is_long = self.chunked and self.body_bytes_received + self.expected >= limit
            return RequestEntityTooLarge("the chunk is too long") if is_long else None
        if self.header_plus.startswith(TLS_HANDSHAKE):
            return BadRequest("this is TLS, and the service speaks plain HTTP; use http://")
        if not VISIBLE.match(self.header_plus):
            return BadRequest("this is not HTTP")
        if BARE_LF.search(self.header_plus, max(len(self.header_plus) - len(data) - 1, 0)):
            return BadRequest("a line ends with LF only; HTTP has CR LF")
        return None

    @property
    def _is_too_many(self) -> bool:
        return self.crowded and not (self.is_for_health and self.body_rcv is None)

    def _refuse(self, error: AlprError) -> None:
        self.error = error
        self.completed = True

    def parse_header(self, header_plus: bytes) -> None:
        # Of headers that are too long waitress passes none, but a line of its own.
        is_too_long = self.header_bytes_received >= self.adj.max_request_header_size
        self._keep_first_line(self.header_plus if is_too_long else header_plus)
        if header_plus.count(b"\r\n") > MAX_HEADERS + 2:
            self.error = RequestHeaderFieldsTooLarge(f"more than {MAX_HEADERS} headers")
            header_plus = b"GET / HTTP/1.0\r\n"
        try:
            super().parse_header(header_plus)
        except ValueError as error:  # waitress hangs up, e.g. at ``http://[`` as the URL.
            raise ParsingError("Request is invalid") from error
        receives, self.body_rcv = self.body_rcv is not None, None
        self._check_framing()
        if receives:
            self.body_rcv = self._receiver(BodyBuffer(self.budget))

    def _keep_first_line(self, head: bytes) -> None:
        self.first = head.lstrip().partition(b"\n")[0].rstrip()

    def start_line(self) -> dict[str, str]:
        """The attributes that the first line gives, as far as it is valid."""
        known: dict[str, str] = {}
        with contextlib.suppress(ParsingError, ValueError):
            method, uri, _ = crack_first_line(self.first)
            if method:
                known["command"] = method.decode("latin-1")
                _, _, path, known["query"], _ = split_uri(uri)
                known["path"], known["request_uri"] = path, uri.decode("latin-1")
        return known

    def _check_framing(self) -> None:
        """Raises ParsingError where a proxy may see other requests here than this server does."""
        headers = self.headers
        # waitress removes a Transfer-Encoding that it honours, and then ignores the length.
        if "TRANSFER_ENCODING" in headers or (self.chunked and "CONTENT_LENGTH" in headers):
            raise ParsingError("Content-Length and Transfer-Encoding contradict each other")
        if "," in headers.get("HOST", ""):
            raise ParsingError("more than one Host")

    def _receiver(self, body: BodyBuffer) -> Any:
        if self.chunked:
            return BoundedChunkedReceiver(body)
        return FixedStreamReceiver(self.content_length, body)
