"""The cost of the default grid on images without a plate, compared with no grid.

Both take turns in this process, with the embedded engine. Run it as
``python -m benchmarks.grid_cost``.
"""

from __future__ import annotations

import io
import statistics
import time

from alpr import images
from alpr.engines.embedded.engine import EmbeddedEngine
from alpr.grid import Grid
from alpr.recognition import decode_for, recognise
from alpr.settings import Settings
from testkit import scenes

SIZES = [(1280, 720, 40), (1920, 1080, 20), (3840, 2160, 10)]
"""Width and height in pixels, and the number of rounds."""
STREETS = 5
NONE, DEFAULT = Grid.parse("0", ""), Grid.parse("4", "")
SETTINGS = Settings()


def street(seed: int, width: int, height: int) -> bytes:
    """A drawn street without a car, as a JPEG file."""
    file = io.BytesIO()
    scenes.street(seed, cars=0, size=(width, height), noise=1).image.save(file, "JPEG", quality=90)
    return file.getvalue()


def measure(engine: EmbeddedEngine, data: bytes, grid: Grid) -> tuple[float, float]:
    """Milliseconds from the file's bytes to the result, and those of the engine only."""
    started = time.perf_counter()
    image = decode_for(engine, grid, data, SETTINGS.image_limits)
    result = recognise(engine, image, grid, started)
    if result.plates:
        raise SystemExit("a plate was seen where there is none, so the grid was not searched")
    return result.total_ms, result.engine_ms


def main() -> None:
    """Prints a row per image size, with medians in milliseconds.

    ``times`` is the median over the rounds of the ratio of grid to no grid, measured from the file;
    ``engine`` is the same ratio of the engine's time only.
    """
    images.prepare(SETTINGS.image_limits)
    engine = EmbeddedEngine()
    engine.warm_up()
    titles = ("image", "plain", "grid", "times", "engine")
    print(" ".join(f"{title:>9}" for title in titles))
    for width, height, rounds in SIZES:
        streets = [street(seed, width, height) for seed in range(STREETS)]
        rows = [
            [measure(engine, streets[turn % STREETS], grid) for grid in (NONE, DEFAULT)]
            for turn in range(rounds + STREETS)
        ][STREETS:]
        ways = zip(*rows, strict=True)
        cells = [f"{statistics.median(one[0] for one in way):.1f}" for way in ways]
        whole, engine_only = (
            statistics.median(tried[part] / plain[part] for plain, tried in rows) for part in (0, 1)
        )
        row = [f"{width}x{height}", *cells, f"{whole:.1f}", f"{engine_only:.1f}"]
        print(" ".join(f"{cell:>9}" for cell in row), flush=True)


if __name__ == "__main__":
    main()
