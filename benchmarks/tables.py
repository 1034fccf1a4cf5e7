"""The results as tables: rows of cells, of which the first is the heading."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from benchmarks.contenders import CONTENDERS, OURS
from benchmarks.results import Cost, Results, SetScore, Wide
from benchmarks.scoring import percentile

SUMMED = ("openalpr_eu", "openalpr_br", "openalpr_us")
"""The folders whose medians are summed to compare speeds; all folders if none of these is there."""
BOUNDS = {"simplelpr": 0.5, "pp_ocr": 0.06}
"""Goal: the largest sum, as a fraction of the peer's."""

Row = Sequence[str]


def accuracy_rows(scores: Sequence[SetScore]) -> list[Row]:
    heading = ("set", "reader", "images", "found", "read, folded", "read", "false",
               "from the image", "from the file")  # fmt: skip
    return [heading, *map(_accuracy_row, scores)] if scores else []


def _accuracy_row(one: SetScore) -> Row:
    return (
        one.folder,
        title(one.reader),
        str(one.images),
        fraction(one.found, one.plates),
        fraction(one.folded, one.texts),
        fraction(one.read, one.texts),
        f"{one.false / one.images:.2f}",
        spread(one.image_ms),
        spread(one.file_ms),
    )


def sums(scores: Sequence[SetScore]) -> dict[str, float]:
    """The sum of the medians in milliseconds, for each reader that has every summed folder."""
    here = {one.folder for one in scores}
    summed = here & set(SUMMED) or here
    totals = {}
    for reader in dict.fromkeys(one.reader for one in scores):
        own = [one for one in scores if one.reader == reader and one.folder in summed]
        if len(own) == len(summed):
            totals[reader] = sum(statistics.median(one.file_ms) for one in own)
    return totals


def sum_rows(scores: Sequence[SetScore]) -> list[Row]:
    totals = sums(scores)
    if OURS not in totals:
        return []
    rows: list[Row] = [("reader", "sum, ms", "this engine's part of it", "at most")]
    for reader, total in totals.items():
        bound = str(BOUNDS.get(reader, ""))
        rows.append((title(reader), f"{total:.1f}", f"{totals[OURS] / total:.3f}", bound))
    return rows


def wide_rows(rows: Sequence[Wide]) -> list[Row]:
    """A row for each width and set, and one for all sets, without and with the grid."""
    shown: list[Row] = [
        ("px", "set", "scenes", "found, whole", "found, grid", "read, whole", "read, grid",
         "ms, whole", "ms, grid", "scenes searched")
    ]  # fmt: skip
    for width in dict.fromkeys(row.width for row in rows):
        some = [row for row in rows if row.width == width]
        without = [row for row in some if not row.grid_size]
        gridded = [row for row in some if row.grid_size]
        pairs = zip(without, gridded, strict=True)
        shown += [_wide_row(*pair) for pair in [*pairs, (pool(without), pool(gridded))]]
    return shown if rows else []


def pool(rows: Sequence[Wide]) -> Wide:
    return Wide(
        "**all**",
        rows[0].width,
        rows[0].grid_size,
        sum(row.scenes for row in rows),
        sum(row.found for row in rows),
        sum(row.folded for row in rows),
        sum(row.searched for row in rows),
        [ms for row in rows for ms in row.ms],
    )


def _wide_row(without: Wide, gridded: Wide) -> Row:
    both = (without, gridded)
    return (
        str(without.width),
        without.folder,
        str(without.scenes),
        *(fraction(row.found, row.scenes) for row in both),
        *(fraction(row.folded, row.scenes) for row in both),
        *(spread(row.ms) for row in both),
        str(gridded.searched),
    )


def cost_rows(costs: Sequence[Cost], axis: str) -> list[Row]:
    """A row per amount and a column per reader."""
    some = [cost for cost in costs if cost.axis == axis]
    readers = list(dict.fromkeys(cost.reader for cost in some))
    cells = {(cost.amount, cost.reader): spread(cost.ms) for cost in some}
    rows = [
        (f"{amount:.3g}", *(cells.get((amount, name), "-") for name in readers))
        for amount in dict.fromkeys(cost.amount for cost in some)
    ]
    return [(axis, *map(title, readers)), *rows] if some else []


def client_rows(costs: Sequence[Cost]) -> list[Row]:
    some = [cost for cost in costs if cost.axis == "clients"]
    rows = [
        (f"{cost.amount:.0f}", f"{cost.rate:.1f}", str(cost.refused), spread(cost.ms))
        for cost in some
    ]
    return [("clients", "images a second", "refused", "ms"), *rows] if some else []


def memory_rows(results: Results) -> list[Row]:
    rows: list[Row] = [
        ("reader", "ready", "after 1280x720", "after 3840x2160, grid", "seconds to ready")
    ]
    for one in results.memory:
        values = (one.ready, one.after_720p, one.after_grid)
        above = [f"{value - one.service:.0f}" for value in values]
        rows.append((title(one.reader), *above, f"{one.ready_s:.2f}"))
    return rows if results.memory else []


def overhead_rows(results: Results) -> list[Row]:
    rows: list[Row] = [("image", "in this process", "through the worker", "more", "goal")]
    for one in results.overhead:
        cells = (one.direct, one.worker, one.more, one.goal)
        rows.append((one.size, *(f"{value:.2f}" for value in cells)))
    return rows if results.overhead else []


def title(reader: str) -> str:
    return CONTENDERS[reader].title if reader in CONTENDERS else reader


def fraction(count: int, total: int) -> str:
    """A fraction with three decimals; a dash for a fraction of nothing."""
    return f"{count / total:.3f}" if total else "-"


def spread(ms: Sequence[float]) -> str:
    """Median, with the 10th and 90th percentiles in brackets."""
    if not ms:
        return "-"
    low, middle, high = percentile(ms, 0.1), statistics.median(ms), percentile(ms, 0.9)
    return f"{middle:.1f} ({low:.1f}-{high:.1f})"


def table(rows: Sequence[Row]) -> str:
    """A Markdown table whose first row is its heading."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])
