"""A client that writes requests and reads responses byte by byte, as no HTTP library would."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Iterable
from typing import Any, NamedTuple

TIMEOUT_S = 20


def raw_request(start: str, headers: Iterable[tuple[str, str]], body: bytes = b"") -> bytes:
    """A whole request; ``start`` is its first line."""
    head = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return f"{start}\r\n{head}\r\n".encode("latin-1") + body


def form_request(target: str, body: bytes, boundary: str) -> bytes:
    """A whole request that posts a form to a path, with its query if it has one."""
    headers = [
        ("Host", "alpr.lan"),
        ("Content-Type", f"multipart/form-data; boundary={boundary}"),
        ("Content-Length", str(len(body))),
    ]
    return raw_request(f"POST {target} HTTP/1.1", headers, body)


class Response(NamedTuple):
    """A response as it came over the wire, with header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Connection:
    """A connection on which requests are written and responses read byte by byte."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S)
        self._file = self._socket.makefile("rb")

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def read_line(self) -> bytes:
        return self._file.readline()

    def read_response(self, method: str = "POST") -> Response:
        """The next response. It says its length and is never chunked, as Blue Iris needs it."""
        version, status, _ = self.read_line().decode().split(" ", 2)
        assert version in ("HTTP/1.1", "HTTP/1.0")
        headers: dict[str, str] = {}
        while (line := self.read_line()) != b"\r\n":
            name, value = line.decode("latin-1").split(":", 1)
            assert name.lower() not in headers, f"{name} is sent twice"
            headers[name.lower()] = value.strip()
        assert "transfer-encoding" not in headers
        length = 0 if method == "HEAD" else int(headers["content-length"])
        return Response(int(status), headers, self._file.read(length))

    def is_closed(self) -> bool:
        """Whether the server closed the connection; waits until it does or sends a byte."""
        try:
            return self._file.read(1) == b""
        except ConnectionResetError:
            return True

    def close(self) -> None:
        self._file.close()
        self._socket.close()


class Server(NamedTuple):
    """A running service on loopback."""

    port: int

    def connect(self) -> contextlib.closing[Connection]:
        return contextlib.closing(Connection(self.port))

    def exchange(self, data: bytes) -> Response:
        """The response to one request, on a connection of its own."""
        with self.connect() as connection:
            connection.send(data)
            return connection.read_response(data.split(b" ", 1)[0].decode())
