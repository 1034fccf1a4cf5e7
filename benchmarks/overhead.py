"""The service's overhead around the engine, compared with only decoding the JPEG.

Four ways take turns on the same file:

- ``decode``: Pillow decodes the bytes.
- ``app``: the application answers in this process, without a socket.
- ``bare``: the service's server only decodes, on loopback over a kept connection. It shows the cost
  of waitress, sockets and threads.
- ``service``: ``alpr_api.py --engine fake`` answers likewise. It adds Flask and our own code.

Above two megapixels both servers take memory from the system for each image and return it (see
``alpr/server/memory.py``), while this process keeps its memory. Run it as
``python -m benchmarks.overhead``.
"""

from __future__ import annotations

import contextlib
import io
import json
import statistics
from typing import Any

from PIL import Image

from alpr.engines.fake import FakeEngine
from alpr.settings import Settings
from alpr_api import create_app
from benchmarks.accuracy import ROUTE, multipart
from benchmarks.timing import timed
from testkit.programs import fake_service, started
from testkit.scenes import street
from testkit.wire_client import Connection, Response, raw_request

SIZES = [(1280, 720, 150), (3840, 2160, 30), (8640, 5760, 8)]
"""Width and height in pixels, and the number of rounds."""

BARE = """
import io, sys
from PIL import Image
from alpr import images
from alpr.server import memory
from alpr.service import request_log
from alpr.engines.fake import FakeEngine
from alpr.server.waitress_server import serve
from alpr.settings import Settings

def app(environ, start_response):
    body = environ["wsgi.input"].read()
    Image.open(io.BytesIO(body[body.index(b"\\xff\\xd8") :])).load()
    answer = b'{"predictions": []}'
    start_response("200 OK", [("Content-Length", str(len(answer)))])
    return [answer]

settings = Settings(host="127.0.0.1", port=0)
memory.tune_malloc()
images.prepare(settings.image_limits)
request_log.start(settings)
sys.exit(serve(app, settings, FakeEngine()))
"""


def main() -> None:
    """Prints a row per image size: medians in milliseconds, and as multiples of ``decode``.

    A multiple is the median over the rounds, which other load on the machine affects least.
    """
    app = create_app(Settings(), FakeEngine()).test_client()
    names = ("decode", "app", "bare", "service")
    titles = ("image", "kB", *names, *(f"{name} x" for name in names[1:]))
    print(" ".join(f"{title:>9}" for title in titles))
    with contextlib.ExitStack() as stack:
        programs = [stack.enter_context(way) for way in (started("-c", BARE), fake_service())]
        wires = [stack.enter_context(contextlib.closing(Connection(one.port))) for one in programs]
        for width, height, rounds in SIZES:
            jpeg = draw_jpeg(width, height)
            body, kind = multipart(jpeg, {"grid_size": "4"})
            request: dict[str, Any] = {"data": body, "content_type": kind}
            headers = [("Host", "box"), ("Content-Type", kind), ("Content-Length", str(len(body)))]
            sent = raw_request(f"POST {ROUTE} HTTP/1.1", headers, body)
            ways = (
                lambda jpeg=jpeg: Image.open(io.BytesIO(jpeg)).load(),
                lambda request=request: json.loads(app.post(ROUTE, **request).data)["predictions"],
                *(lambda wire=wire, sent=sent: exchange(wire, sent).json for wire in wires),
            )
            rows = [[timed(way)[1] for way in ways] for _ in range(rounds + 1)][1:]
            medians = [statistics.median(column) for column in zip(*rows, strict=True)]
            times = [statistics.median(row[way] / row[0] for row in rows) for way in (1, 2, 3)]
            cells = [f"{width}x{height}", f"{len(jpeg) / 1000:.0f}"]
            cells += [f"{figure:.2f}" for figure in (*medians, *times)]
            print(" ".join(f"{cell:>9}" for cell in cells), flush=True)


def draw_jpeg(width: int, height: int) -> bytes:
    """A JPEG of this size, tiled with a drawn street."""
    tile = street(1).image
    image = Image.new("RGB", (width, height))
    for top in range(0, height, tile.height):
        for left in range(0, width, tile.width):
            image.paste(tile, (left, top))
    output = io.BytesIO()
    image.save(output, "JPEG", quality=85)
    return output.getvalue()


def exchange(wire: Connection, sent: bytes) -> Response:
    wire.send(sent)
    return wire.read_response()


if __name__ == "__main__":
    main()
