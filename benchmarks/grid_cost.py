"""What the default grid costs where there is no plate, beside reading the whole image alone.

By turns, in one run, in this process, with the embedded engine, decoding left out. Run it as
``python -m benchmarks.grid_cost``.
"""

from __future__ import annotations

import resource
import statistics

from PIL import Image

from alpr import grid
from alpr.engines.embedded.engine import EmbeddedEngine
from alpr.grid import Grid

SIZES = [(1280, 720, 40), (1920, 1080, 20), (3840, 2160, 10)]
"""Width and height in pixels, and rounds."""
NONE, DEFAULT = Grid.parse("0", ""), Grid.parse("4", "")


def main() -> None:
    """Prints a row an image size, medians in milliseconds.

    ``times`` is the median of the rounds' own ratios, ``MB`` the most that the process held so far.
    """
    engine = EmbeddedEngine()
    engine.warm_up()
    print(" ".join(f"{title:>9}" for title in ("image", "plain", "grid", "times", "MB")))
    for width, height, rounds in SIZES:
        image = Image.effect_noise((width, height), 20).convert("RGB")
        rows = [
            [grid.search(engine, image, chosen).seconds for chosen in (NONE, DEFAULT)]
            for _ in range(rounds + 1)
        ][1:]
        cells = [f"{statistics.median(column) * 1000:.1f}" for column in zip(*rows, strict=True)]
        times = statistics.median(tried / plain for plain, tried in rows)
        most_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
        row = [f"{width}x{height}", *cells, f"{times:.1f}", f"{most_mb:.0f}"]
        print(" ".join(f"{cell:>9}" for cell in row), flush=True)


if __name__ == "__main__":
    main()
