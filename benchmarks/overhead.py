"""What the way around the engine costs, beside decoding the JPEG alone.

By turns, in one run: Pillow decodes the bytes; the application answers them in this process,
without a socket; on loopback, over kept connections, the service's server does nothing but decode
them (``bare``), and the service (``alpr_api.py --engine fake``) answers them. What ``bare`` costs,
waitress, sockets and threads cost; the rest of ``service`` is Flask's and ours. Run it as
``python -m benchmarks.overhead``.

Above 16 megapixels both servers fetch memory from the system for each picture and give it back, as
``alpr/server/memory.py`` and ``images.KEPT_BLOCKS`` have it; what decodes beside them keeps its
memory.
"""

from __future__ import annotations

import contextlib
import io
import json
import statistics
import time
from collections.abc import Callable
from typing import Any

from PIL import Image

from alpr.engines.fake import FakeEngine
from alpr.settings import Settings
from alpr_api import create_app
from benchmarks.accuracy import ROUTE, multipart
from testkit.helpers import Answer, Wire, raw
from testkit.programs import fake_service, started
from testkit.scenes import street

SIZES = [(1280, 720, 150), (3840, 2160, 30), (8640, 5760, 8)]
"""Width and height in pixels, and rounds."""

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

told = Settings(host="127.0.0.1", port=0)
memory.give_back_large_blocks()
images.prepare(told.image_limits)
request_log.start(told)
sys.exit(serve(app, told, FakeEngine()))
"""


def main() -> None:
    """Prints a row an image size: medians in milliseconds, and what they are times ``decode``.

    A multiple is the median of the rounds' own, which other programs on the machine disturb least.
    """
    app = create_app(Settings(), FakeEngine()).test_client()
    names = ("decode", "app", "bare", "service")
    titles = ("image", "kB", *names, *(f"{name} x" for name in names[1:]))
    print(" ".join(f"{title:>9}" for title in titles))
    with contextlib.ExitStack() as stack:
        programs = [stack.enter_context(way) for way in (started("-c", BARE), fake_service())]
        wires = [stack.enter_context(contextlib.closing(Wire(one.port))) for one in programs]
        for width, height, rounds in SIZES:
            jpeg = drawn(width, height)
            body, kind = multipart(jpeg, {"grid_size": "4"})
            request: dict[str, Any] = {"data": body, "content_type": kind}
            heads = [("Host", "box"), ("Content-Type", kind), ("Content-Length", str(len(body)))]
            sent = raw(f"POST {ROUTE} HTTP/1.1", heads, body)
            ways = (
                lambda jpeg=jpeg: Image.open(io.BytesIO(jpeg)).load(),
                lambda request=request: json.loads(app.post(ROUTE, **request).data)["predictions"],
                *(lambda wire=wire, sent=sent: asked(wire, sent).json for wire in wires),
            )
            rows = [[timed(way) for way in ways] for _ in range(rounds + 1)][1:]
            medians = [statistics.median(column) for column in zip(*rows, strict=True)]
            times = [statistics.median(row[way] / row[0] for row in rows) for way in (1, 2, 3)]
            cells = [f"{width}x{height}", f"{len(jpeg) / 1000:.0f}"]
            cells += [f"{figure:.2f}" for figure in (*medians, *times)]
            print(" ".join(f"{cell:>9}" for cell in cells), flush=True)


def drawn(width: int, height: int) -> bytes:
    """A JPEG of a drawn street, repeated until it is as large as asked."""
    tile = street(1).image
    image = Image.new("RGB", (width, height))
    for top in range(0, height, tile.height):
        for left in range(0, width, tile.width):
            image.paste(tile, (left, top))
    output = io.BytesIO()
    image.save(output, "JPEG", quality=85)
    return output.getvalue()


def asked(wire: Wire, sent: bytes) -> Answer:
    wire.send(sent)
    return wire.answer()


def timed(way: Callable[[], object]) -> float:
    began = time.perf_counter()
    way()
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main()
