"""How waitress handles one connection, with its refusals answered by the application.

waitress itself refuses what is malformed or too large, as plain text. Here such a request reaches
the application with the error in its environment, so that all errors have one shape.
"""

from __future__ import annotations

import io
import time
from typing import Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.task import WSGITask

from alpr.errors import AlprError, ProtocolError, TooLargeError

RECEIVE_TIMEOUT_S = 120
"""Seconds that a request may take to arrive, however slowly it trickles: 20 MB at 1.4 Mbit/s."""

REFUSAL = "alpr_api.refusal"
"""The key, in a request's WSGI environment, of the error that the server found in it."""


class Task(WSGITask):
    """One request; during a stop its answer says that the connection ends."""

    def build_response_header(self) -> bytes:
        if not self.channel.server.accepting:
            self.set_close_on_finish()
        return bytes(super().build_response_header())


class RefusalTask(Task):
    """A request that the server refuses, handed to the application with the error under REFUSAL."""

    def execute(self) -> None:
        self.set_close_on_finish()
        super().execute()

    def get_environment(self) -> dict[str, Any]:
        request = self.request
        parts = {"command": "GET", "path": "/", "request_uri": "/", "query": ""}
        for name, unknown in {**parts, "url_scheme": "http"}.items():
            if not hasattr(request, name):  # The parser failed before it came to this part.
                setattr(request, name, unknown)
        environ: dict[str, Any] = super().get_environment()
        environ["wsgi.input"] = io.BytesIO()
        environ[REFUSAL] = self._refusal()
        return environ

    def _refusal(self) -> AlprError:
        error = self.request.error
        if error.code == 413:
            limit = (self.channel.adj.max_request_body_size - 1) // 1_000_000
            return TooLargeError(f"the request is larger than max_body_mb, {limit} MB")
        if error.code >= 500 and error.code != 501:
            return AlprError("internal error")
        return ProtocolError(f"{error.reason}: {error.body}", error.code)


class Parser(HTTPRequestParser):
    """Answers every malformed request; waitress hangs up on some, e.g. ``http://[`` as its URL."""

    def parse_header(self, header_plus: bytes) -> None:
        try:
            super().parse_header(header_plus)
        except ValueError as error:
            raise ParsingError("Request is invalid") from error


class Channel(HTTPChannel):
    """One connection; it is closed when a single request takes longer than RECEIVE_TIMEOUT_S."""

    parser_class = Parser
    task_class = Task
    error_task_class = RefusalTask
    _began = 0.0

    def received(self, data: bytes) -> bool:
        if self.request is None:
            self._began = time.monotonic()
        elif time.monotonic() - self._began > RECEIVE_TIMEOUT_S:
            self.will_close = True
            return False
        return bool(super().received(data))
