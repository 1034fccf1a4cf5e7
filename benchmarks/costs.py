"""Times against megapixels, grid size, plates per image and clients at once.

Measured on drawn street scenes, which exist in any size and are the same on every machine.
"""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from PIL import Image

from alpr.engines.base import Engine
from alpr.grid import Grid
from benchmarks.accuracy import ROUTE
from benchmarks.contenders import OURS
from benchmarks.notes import Notes, PeerError
from benchmarks.remote import Remote, in_fresh_process
from benchmarks.results import Axis, Cost
from benchmarks.sets import save_jpeg
from benchmarks.tables import title
from benchmarks.timing import timed
from testkit import scenes

SIZES = ((640, 480), (1280, 720), (1920, 1080), (2560, 1440), (3840, 2160), (4608, 3456))
PLATES = (0, 1, 2, 3, 4, 6)
GRIDS = (0, 2, 3, 4, 5, 6, 8, 10)
CLIENTS = (1, 2, 4, 8, 16)
GRID_FRAME = (3840, 2160)
REPEATS, QUICK_REPEATS = 7, 2
READY_TIMEOUT_S = 60

PROGRAM = Path(__file__).resolve().parents[1] / "alpr_api.py"


def draw_sizes(target: Path) -> Mapping[float, Path]:
    """One street in several sizes, by megapixels."""
    street = scenes.street(1, size=(1920, 1080)).image
    return {
        size[0] * size[1] / 1e6: save_jpeg(
            street.resize(size, Image.Resampling.BICUBIC), target / f"{size[0]}x{size[1]}.jpg"
        )
        for size in SIZES
    }


def draw_plates(target: Path) -> Mapping[float, Path]:
    """Streets of 1920x1080 pixels, by the number of cars on them."""
    return {
        float(count): save_jpeg(
            scenes.street(2, cars=count, size=(1920, 1080)).image
            if count
            else scenes.plate_free(2, size=(1920, 1080)).image,
            target / f"{count}_plates.jpg",
        )
        for count in PLATES
    }


def measure_files(
    axis: Axis,
    files: Mapping[float, Path],
    readers: Mapping[str, Remote],
    notes: Notes,
    repeats: int,
) -> Iterator[Cost]:
    """From the file to the text. The readers take turns; one that fails is dropped."""
    remaining = dict(readers)
    for amount, path in files.items():
        times: dict[str, list[float]] = {name: [] for name in remaining}
        for turn in range(repeats + 1):
            for name, reader in list(remaining.items()):
                failure = f"{title(name)} failed on {path.name}"
                answer = notes.attempt(failure, partial(reader.read, path))
                if answer is None:
                    del remaining[name]
                elif turn:  # The first turn warms up.
                    times[name].append(answer.ms["file"])
        yield from (Cost(axis, name, amount, times[name]) for name in remaining)


def measure_grids(engine: Engine, repeats: int) -> Iterator[Cost]:
    """A decoded image without a plate, of which every cell is read."""
    image = scenes.plate_free(3).image.resize(GRID_FRAME)
    times: dict[int, list[float]] = {size: [] for size in GRIDS}
    for turn in range(repeats + 1):
        for size in GRIDS:
            _, ms = timed(partial(read_all, engine, image, Grid.parse(str(size), "")))
            times[size] += [ms] if turn else []
    yield from (Cost("grid", OURS, size, ms) for size, ms in times.items())


def read_all(engine: Engine, image: Image.Image, grid: Grid) -> None:
    """Reads the image and then its cells, even if the image shows a plate."""
    engine.read(image)
    if grid.cells:
        engine.read_cells(image, grid.boxes(*image.size))


def measure_clients(data: bytes, seconds: float) -> Iterator[Cost]:
    """Clients that post the same image for ``seconds``, each again once it is answered."""
    with running_service() as url:
        in_fresh_process(measure_load, url, data, 1, 1.0)  # warms up
        for count in CLIENTS:
            yield in_fresh_process(measure_load, url, data, count, seconds)


def measure_load(url: str, data: bytes, count: int, seconds: float) -> Cost:
    """Must run in a process of its own, because locust patches its sockets."""
    from benchmarks import load  # noqa: PLC0415 - locust patches sockets

    sent = load.Load(ROUTE, [data])
    spent_s = load.run(load.closed_loop(sent, url, seconds), count)
    ms = [one * 1000 for one in sent.seconds]
    refused = sent.statuses[load.REFUSED]
    return Cost("clients", OURS, count, ms, rate=len(ms) / spent_s, refused=refused)


@contextlib.contextmanager
def running_service(options: Sequence[str] = ()) -> Iterator[str]:
    """The URL of the service in a process of its own. Raises :class:`PeerError`."""
    with contextlib.closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, str(PROGRAM), "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(
        [*command, "--engine", OURS, *options], stderr=subprocess.DEVNULL, text=True
    )
    try:
        _await_ready(f"http://127.0.0.1:{port}/readyz", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _await_ready(url: str, process: subprocess.Popen[str]) -> None:
    for _ in range(READY_TIMEOUT_S * 10):
        with contextlib.suppress(OSError), urllib.request.urlopen(url):  # noqa: S310 - our own
            return
        if process.poll() is not None:
            raise PeerError(f"the service ended with code {process.returncode}")
        time.sleep(0.1)
    raise PeerError("the service was not ready in time")
