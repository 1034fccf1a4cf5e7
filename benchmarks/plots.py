"""The results as plots: transparent, in colours that are legible on white and on black."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator, PercentFormatter, ScalarFormatter

from benchmarks.contenders import OURS
from benchmarks.results import Axis, Cost, Results
from benchmarks.scoring import percentile
from benchmarks.tables import title

TEXT, LINES = "#7a828e", "#7a828e55"
COLOURS = {
    OURS: "#2f81f7",
    "simplelpr": "#e0762f",
    "simplelpr_plain": "#c9a227",
    "pp_ocr": "#a371f7",
}
ANSWER_COLOUR = "#e0762f"
MARKERS = "osD^vPX*"
"""One shape per set and one colour per reader, so that sets need no colour to be told apart."""

STYLE: Mapping[Any, Any] = {
    "axes.edgecolor": TEXT,
    "axes.grid": True,
    "axes.labelcolor": TEXT,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "font.family": "sans-serif",
    "font.size": 11,
    "grid.color": LINES,
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "legend.labelcolor": TEXT,
    "lines.linewidth": 2,
    "lines.markersize": 6,
    "savefig.transparent": True,
    "svg.fonttype": "none",
    "svg.hashsalt": "bench",
    "text.color": TEXT,
    "xtick.color": TEXT,
    "ytick.color": TEXT,
}

Plot = Callable[[Any, Results], None]


def draw(results: Results, folder: Path) -> list[Path]:
    """Writes each plot that has figures; returns the files."""
    written = []
    for name, plot, has_figures in _plots(results):
        if has_figures:
            path = folder / f"bench-{name}.svg"
            with figure(path) as axes:
                plot(axes, results)
            written.append(path)
    return written


def _plots(results: Results) -> Iterator[tuple[str, Plot, bool]]:
    yield "accuracy", accuracy, any(one.texts for one in results.scores)
    yield "latency", latency, bool(results.scores)
    for axis, plot in (
        ("megapixels", megapixels),
        ("plates", plates),
        ("grid", grids),
        ("clients", clients),
    ):
        yield axis, plot, any(cost.axis == axis for cost in results.costs)


@contextmanager
def figure(path: Path) -> Iterator[Any]:
    """Axes in the style of all plots; the figure is written to the path on leaving."""
    with mpl.rc_context(dict(STYLE)):
        drawn = Figure(figsize=(7.2, 3.9), layout="constrained")
        yield drawn.subplots()
        drawn.savefig(path, metadata={"Date": None})


def accuracy(axes: Any, results: Results) -> None:
    """A point for each reader on each set."""
    scores = [one for one in results.scores if one.texts]
    sets = list(dict.fromkeys(one.folder for one in scores))
    readers = list(dict.fromkeys(one.reader for one in scores))
    for one in scores:
        axes.plot(
            statistics.median(one.file_ms),
            one.folded / one.texts,
            color=COLOURS.get(one.reader, TEXT),
            marker=MARKERS[sets.index(one.folder) % len(MARKERS)],
            markersize=8,
        )
    for name in readers:
        axes.plot([], [], color=COLOURS.get(name, TEXT), linewidth=5, label=title(name))
    for index, name in enumerate(sets):
        marker = MARKERS[index % len(MARKERS)]
        axes.plot([], [], color=TEXT, marker=marker, linestyle="none", label=name)
    _milliseconds(axes.xaxis)
    axes.set_xlabel("median time from file to text, ms")
    axes.set_ylabel("plates read, folded")
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.set_ylim(top=1.02)
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1))


def latency(axes: Any, results: Results) -> None:
    """The fraction of all images that were answered within a time."""
    for name in dict.fromkeys(one.reader for one in results.scores):
        times = sorted(ms for one in results.scores if one.reader == name for ms in one.file_ms)
        shares = [(index + 1) / len(times) for index in range(len(times))]
        axes.plot(times, shares, color=COLOURS.get(name, TEXT), label=title(name))
    _milliseconds(axes.xaxis)
    axes.set_xlabel("time from file to text, ms")
    axes.set_ylabel("images answered within")
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.set_ylim(0, 1.02)
    _legend_above(axes)


def megapixels(axes: Any, results: Results) -> None:
    _lines(axes, results, "megapixels")
    _milliseconds(axes.yaxis)
    axes.set_xlim(left=0)
    axes.set_xlabel("size of the image, megapixels")


def plates(axes: Any, results: Results) -> None:
    _lines(axes, results, "plates")
    _milliseconds(axes.yaxis)
    axes.set_xlabel("plates on the image")


def grids(axes: Any, results: Results) -> None:
    _lines(axes, results, "grid")
    axes.set_ylim(bottom=0)
    sizes = [cost.amount for cost in results.costs if cost.axis == "grid"]
    axes.set_xticks(sizes, [f"{size:.0f} x {size:.0f}" if size else "none" for size in sizes])
    axes.set_xlabel("grid")


def clients(axes: Any, results: Results) -> None:
    """The rate on the left axis, the time of an answer on the right."""
    costs = [cost for cost in results.costs if cost.axis == "clients"]
    counts = [cost.amount for cost in costs]
    axes.plot(counts, [cost.rate for cost in costs], color=COLOURS[OURS], marker="o")
    axes.set_ylabel("images a second", color=COLOURS[OURS])
    axes.tick_params(axis="y", colors=COLOURS[OURS])
    axes.set_ylim(bottom=0)
    axes.set_xscale("log", base=2)
    axes.set_xticks(counts, [f"{count:.0f}" for count in counts])
    axes.set_xlabel("clients at once")
    times = axes.twinx()
    _band(times, costs, ANSWER_COLOUR, "")
    times.set_ylabel("time of an answer, ms", color=ANSWER_COLOUR)
    times.tick_params(axis="y", colors=ANSWER_COLOUR)
    times.set_ylim(bottom=0)
    times.grid(visible=False)


def _lines(axes: Any, results: Results, axis: Axis) -> None:
    costs = [cost for cost in results.costs if cost.axis == axis]
    readers = list(dict.fromkeys(cost.reader for cost in costs))
    for name in readers:
        own = [cost for cost in costs if cost.reader == name]
        _band(axes, own, COLOURS.get(name, TEXT), title(name))
    axes.set_ylabel("time, ms")
    if len(readers) > 1:
        _legend_above(axes)


def _band(axes: Any, costs: Sequence[Cost], colour: str, label: str) -> None:
    """Medians, with a band from the 10th to the 90th percentile."""
    amounts = [cost.amount for cost in costs]
    low, high = ([percentile(cost.ms, part) for cost in costs] for part in (0.1, 0.9))
    axes.fill_between(amounts, low, high, color=colour, alpha=0.2, linewidth=0)
    medians = [statistics.median(cost.ms) for cost in costs]
    axes.plot(amounts, medians, color=colour, marker="o", label=label)


def _milliseconds(axis: Any) -> None:
    """A logarithmic axis with plain numbers."""
    axis.axes.set(**{f"{axis.axis_name}scale": "log"})
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(ScalarFormatter())
    axis.set_minor_locator(NullLocator())


def _legend_above(axes: Any) -> None:
    axes.figure.legend(loc="outside upper left", ncols=4, columnspacing=1.5, handlelength=1.5)
