"""Small things that many tests need: pictures, plates, requests as bytes, and sockets."""

from __future__ import annotations

import contextlib
import io
import json
import socket
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from flask.testing import FlaskClient
from PIL import Image, ImageChops, ImageDraw
from waitress import wasyncore

from alpr import images
from alpr.engines.base import Engine
from alpr.engines.fake import FakeEngine
from alpr.errors import EngineError
from alpr.plates import Box, Plate
from alpr.server.waitress_server import make_server
from alpr.settings import Settings
from alpr_api import create_app

PLATE_ROUTES = ("/v1/vision/alpr", "/v1/image/alpr", "/v1/vision/custom/alpr")
BOX_ROUTES = ("/v1/vision/custom/license-plate", "/v1/vision/detection")
DEBUG_ROUTES = ("/v1/vision/alpr_grid_debug", "/v1/image/alpr_grid_debug")
IMAGE_ROUTES = (*PLATE_ROUTES, *BOX_ROUTES, *DEBUG_ROUTES, "/v1/plate-reader/")
STATUS_ROUTES = tuple(
    f"/v1/{folder}/{name}"
    for folder in ("status", "server/status")
    for name in ("ping", "version", "updateavailable")
)
GET_ROUTES = (
    *STATUS_ROUTES,
    "/v1/module/list/status",
    "/v1/status/analysis/list",
    "/livez",
    "/readyz",
    "/openapi.json",
)
TIMEOUT_S = 20
ROOT = str(Path(__file__).parent.parent)

Script = Sequence[list[Plate] | EngineError]


class BrokenEngine(FakeEngine):
    """An engine with a bug, whose message nobody outside may read."""

    def read(self, image: Image.Image) -> list[Plate]:
        raise RuntimeError(f"secret of {__file__}")


def plate(text: str = "ABC123", confidence: float = 0.9, left: int = 10, top: int = 20) -> Plate:
    """A plate of 60 x 20 pixels."""
    return Plate(text, confidence, Box(left, top, left + 60, top + 20))


def picture(width: int = 160, height: int = 120, mode: str = "RGB") -> Image.Image:
    """A picture without symmetry: a corner of each colour and a slope of grey."""
    drawn = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    pen = ImageDraw.Draw(drawn)
    pen.rectangle((0, 0, width // 3, height // 3), fill="red")
    pen.rectangle((2 * width // 3, 0, width, height // 4), fill="lime")
    pen.rectangle((0, 3 * height // 4, width // 4, height), fill="blue")
    return drawn.convert(mode)


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    output = io.BytesIO()
    image.save(output, kind, **options)
    return output.getvalue()


def decoded(data: bytes, **limits: int) -> Image.Image:
    """As the program makes a picture of an upload, within these settings."""
    # The limits are numbers, other fields are not.
    told = Settings(**limits).image_limits  # type: ignore[arg-type]
    images.prepare(told)
    image = images.decode(data, told)
    assert image.mode == "RGB"
    return image


def difference(one: Image.Image, other: Image.Image) -> float:
    """The mean difference of two pictures' pixels, 0 to 255."""
    assert one.size == other.size
    pixels = np.asarray(ImageChops.difference(one, other.convert("RGB")), dtype=np.float64)
    return float(pixels.mean())


def client_of(engine: Engine | Script = (), settings: Settings | None = None) -> FlaskClient:
    """A client of the application over this engine, or over one that follows this script."""
    chosen = FakeEngine(engine) if isinstance(engine, Sequence) else engine
    return create_app(settings or Settings(), chosen).test_client()


def upload(
    data: bytes | None = None, filename: str = "upload", values: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """What makes a test client's ``post`` send this file and these values; without data, a JPEG."""
    parts = [Part(f'name="{name}"', value.encode()) for name, value in (values or {}).items()]
    image = encoded(picture()) if data is None else data
    body = form([*parts, Part(f'name="upload"; filename="{filename}"', image)], "boundary")
    return {"data": body, "content_type": "multipart/form-data; boundary=boundary"}


def assert_error(body: Any, status: int) -> None:
    """The one shape that every error has, with every type that a client relies on."""
    assert list(body)[:5] == ["success", "error", "predictions", "count", "message"]
    assert body["success"] is False
    assert isinstance(body["error"], str)
    assert body["error"].strip()
    assert not any(hint in body["error"] for hint in ("Traceback", 'File "', ROOT))
    assert body["predictions"] == []
    for key in ("count", "inferenceMs", "processMs", "analysisRoundTripMs"):
        assert type(body[key]) is int
        assert body[key] == 0
    assert body["message"] == ""
    assert type(body["code"]) is int
    assert body["code"] == status
    strings = ("moduleId", "moduleName", "command", "requestId", "processedBy", "timestampUTC")
    assert all(isinstance(body[key], str) and body[key] for key in strings)


class Part(NamedTuple):
    """One part of a form as it stands on the wire."""

    disposition: str
    data: bytes
    content_type: str = ""


def form(parts: Iterable[Part], boundary: str) -> bytes:
    """A multipart/form-data body with just these headers in each part."""
    lines = bytearray()
    for part in parts:
        lines += f"--{boundary}\r\nContent-Disposition: form-data; {part.disposition}\r\n".encode()
        if part.content_type:
            lines += f"Content-Type: {part.content_type}\r\n".encode()
        lines += b"\r\n" + part.data + b"\r\n"
    return bytes(lines) + f"--{boundary}--\r\n".encode()


def raw(start: str, headers: Iterable[tuple[str, str]], body: bytes = b"") -> bytes:
    """A whole request; ``start`` is its first line."""
    head = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return f"{start}\r\n{head}\r\n".encode("latin-1") + body


def posted(target: str, body: bytes, boundary: str) -> bytes:
    """A whole request with this form, to a path and query."""
    headers = [
        ("Host", "alpr.lan"),
        ("Content-Type", f"multipart/form-data; boundary={boundary}"),
        ("Content-Length", str(len(body))),
    ]
    return raw(f"POST {target} HTTP/1.1", headers, body)


class Answer(NamedTuple):
    """A response as it came over the wire."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Wire:
    """A connection on which requests are written and answers read byte by byte."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S)
        self._file = self._socket.makefile("rb")

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def line(self) -> bytes:
        return self._file.readline()

    def answer(self, method: str = "POST") -> Answer:
        """The next response. It says its length and is never chunked, as Blue Iris needs it."""
        version, status, _ = self.line().decode().split(" ", 2)
        assert version in ("HTTP/1.1", "HTTP/1.0")
        headers: dict[str, str] = {}
        while (line := self.line()) != b"\r\n":
            name, value = line.decode("latin-1").split(":", 1)
            assert name.lower() not in headers, f"{name} stands twice"
            headers[name.lower()] = value.strip()
        assert "transfer-encoding" not in headers
        length = 0 if method == "HEAD" else int(headers["content-length"])
        return Answer(int(status), headers, self._file.read(length))

    def ended(self) -> bool:
        """Whether the server closed the connection."""
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

    def connected(self) -> contextlib.closing[Wire]:
        return contextlib.closing(Wire(self.port))

    def exchange(self, data: bytes) -> Answer:
        """One request on a connection of its own."""
        with self.connected() as wire:
            wire.send(data)
            return wire.answer(data.split(b" ", 1)[0].decode())


@contextlib.contextmanager
def serving(engine: Engine | Script = (), settings: Settings | None = None) -> Iterator[Server]:
    """The server that ships, over an engine, on a free port, in a thread."""
    chosen = FakeEngine(engine) if isinstance(engine, Sequence) else engine
    told = settings or Settings(host="127.0.0.1", port=0)
    server = make_server(create_app(told, chosen), told, chosen)
    stopped = threading.Event()

    def loop() -> None:
        while not stopped.is_set():
            wasyncore.loop(timeout=1, map=server._map, count=1)

    thread = threading.Thread(target=loop, name="server")
    thread.start()
    try:
        yield Server(int(server.effective_port))
    finally:
        stopped.set()
        server.trigger.pull_trigger()
        thread.join(TIMEOUT_S)
        server.task_dispatcher.shutdown()
        wasyncore.close_all(server._map, ignore_all=True)
        assert not thread.is_alive()
