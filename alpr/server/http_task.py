"""One request on its way through the application, and what the server refuses by itself.

waitress answers what is malformed or too large as plain text. Here such a request reaches the
application with the error in its environment, so that all errors have one shape. Of its first line
the environment has what could be read.
"""

from __future__ import annotations

import io
from typing import Any

from waitress.task import WSGITask

from alpr.errors import AlprError, ProtocolError, TooLargeError

REFUSAL = "alpr_api.refusal"
"""The key, in a request's WSGI environment, of the error that the server found in it."""

PATH_IS_UNKNOWN = "alpr_api.path_is_unknown"
"""A key in the environment of a refused request whose first line names no valid path."""

UNKNOWN = {"command": "-", "path": "/", "request_uri": "/", "query": ""}
"""A parser's attributes where the first line is invalid."""


class Task(WSGITask):
    """One request; its answer says that the connection ends if it does."""

    def build_response_header(self) -> bytes:
        if self.channel.crowded or not self.channel.server.accepting:
            self.set_close_on_finish()
        if self.close_on_finish:  # Otherwise an HTTP/1.0 client would be promised to keep it too.
            self.request.headers["CONNECTION"] = "close"
        return bytes(super().build_response_header())


class RefusalTask(Task):
    """A request that the server refuses, handed to the application with the error under REFUSAL."""

    def execute(self) -> None:
        self.channel.lingers = True
        self.set_close_on_finish()
        super().execute()

    def get_environment(self) -> dict[str, Any]:
        request = self.request
        known = request.start_line()
        for name, value in {**UNKNOWN, **known}.items():
            setattr(request, name, value)
        request.url_scheme = request.adj.url_scheme
        request.body_rcv, body = None, request.body_rcv
        if body is not None:
            body.getbuf().close()
        environ: dict[str, Any] = super().get_environment()
        environ["wsgi.input"] = io.BytesIO()
        environ[REFUSAL] = self._refusal()
        if "path" not in known:
            environ[PATH_IS_UNKNOWN] = True
        return environ

    def _refusal(self) -> AlprError:
        error = self.request.error
        if isinstance(error, AlprError):
            return error
        if error.code == 413:
            limit = (self.channel.adj.max_request_body_size - 1) // 1_000_000
            return TooLargeError(f"the request is larger than max_body_mb, {limit} MB")
        if error.code >= 500 and error.code != 501:
            return AlprError("internal error")
        # waitress quotes an invalid header line, and the answer is logged: the line may be a key's.
        body = error.body.partition(' line "')[0]
        return ProtocolError(f"{error.reason}: {body}", error.code)
