"""Writes the results as a page, docs/benchmarks.md, with plots."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import tables
from benchmarks.results import Results
from benchmarks.tables import BOUNDS, Row, table

DOCS = Path("docs")
PAGE = DOCS / "benchmarks.md"
PLOTS_FOLDER = DOCS / "images"


def write(results: Results) -> list[str]:
    """Draws the plots and writes the page; returns the names of the files."""
    from benchmarks import plots  # noqa: PLC0415 - the page itself needs no matplotlib

    PLOTS_FOLDER.mkdir(parents=True, exist_ok=True)
    drawn = plots.draw(results, PLOTS_FOLDER)
    PAGE.write_text(page(results, [path.stem for path in drawn]), encoding="utf-8")
    return [str(path) for path in [PAGE, *drawn]]


def page(results: Results, plots: Sequence[str]) -> str:
    """The whole page; ``plots`` are the names of those that were drawn."""
    parts = [*_head(results)]
    for title, text, rows, names in _sections(results):
        if rows:
            parts += [f"## {title}", text, table(rows)]
            parts += [f"![{ALT[name]}](images/{name}.svg)" for name in names if name in plots]
    if results.notes:
        parts += ["## What is missing", "\n".join(f"- {note}" for note in results.notes)]
    return "\n\n".join([*parts, HOW]) + "\n"


HOW = """\
## The photos

| set | what it is |
|---|---|
| openalpr_us, openalpr_eu, openalpr_br | every second photo of [OpenALPR's benchmark][o] |
| no_plates | 100 photos without a plate, from OpenALPR's training material |
| vn_parking | parking photos of Vietnam, mostly with plates of two lines |
| world_examples | example photos of many countries |

Many truth files write the letter O as the digit 0; *folded* is for that. One is wrong and counts as
a miss: openalpr_br_0003 shows FBZ9581, and FZB9581 is expected. Some of the false plates are real
ones without a label.

[o]: https://github.com/openalpr/benchmarks

**Benchmark leakage.** Models and thresholds are chosen on separate validation photos, with these
exceptions:

- The first models were in part chosen with these figures in view.
- More of Brazil's plates were rendered after a look at the Brazilian ones here.
- The number of faint places that are detected again was lowered after a look at the times.
- Faint places are detected again where there is no plate, after a look at two missed plates.
- The scale at which close-ups are seen was chosen on training crops. Of two that did as well
  there, one was taken after a look at crops of these photos.
- How near to the edge a plate counts as cut was chosen on some of these photos, cut.

## Run it yourself

```sh
make bench
make bench SETS="photos/eu photos/us" ARGS="--limit 10"
```

`SETS` are your folders of photos, here `photos/eu` and `photos/us`, or a folder of such folders.
Each has a `labels.jsonl`, in the form that [accuracy.py](../benchmarks/accuracy.py) describes.
Without `SETS`, street scenes are drawn and measured, which are easier. A run takes about a quarter
of an hour on two cores that do nothing else.

| `ARGS` | meaning |
|---|---|
| `--limit 10` | measure 10 photos of each set |
| `--resume` | go on after a run was cut short |
| `--report` | only write this page and its plots from what was measured last |

`.venv/bin/python benchmarks/accuracy.py http://localhost:5000 FOLDER…` measures a running service.

PP-OCR comes with the benchmarks' own requirements. SimpleLPR is commercial and has a trial of 60
days. It is measured where you have installed it, under its licence:

```sh
.venv-bench/bin/pip install -r benchmarks/requirements-simplelpr.txt
```"""

ALT = {
    "bench-accuracy": "Share of the plates read against milliseconds an image, a point a set",
    "bench-latency": "Share of the images answered within N milliseconds",
    "bench-megapixels": "Milliseconds against megapixels",
    "bench-plates": "Milliseconds against plates an image",
    "bench-grid": "Milliseconds against the grid's size",
    "bench-clients": "Images a second and the median wait against clients at once",
}


def _head(results: Results) -> Iterator[str]:
    machine = results.machine
    yield "# Benchmarks"
    yield (
        "Written by `make bench`; do not edit. Every reader runs in a process of its own on the "
        "same two cores, and they take turns image by image. Times are warm and in milliseconds: "
        "the median, and in brackets the 10th and 90th percentiles."
    )
    if results.limit:
        yield f"**A quick run over at most {results.limit} images of each set: not for quoting.**"
    if results.rendered:
        yield "**There were no photos: the sets are drawn street scenes, which are easier.**"
    versions = ", ".join(f"{name} {version}" for name, version in machine.versions.items())
    yield table(
        [
            ("measured", f"{machine.date}, in {results.seconds / 60:.0f} minutes"),
            ("checkout", machine.commit or "none"),
            ("processor", f"{machine.cpu}, {machine.cores} cores"),
            ("memory", f"{machine.ram_gb:.1f} GB"),
            ("system", machine.system),
            ("versions", versions),
        ]
    )


Section = tuple[str, str, Sequence[Row], Sequence[str]]
"""Title, text, table with its heading, and names of plots."""


def _sections(results: Results) -> Iterator[Section]:
    yield from _accuracy_sections(results)
    yield from _cost_sections(results)
    yield from _process_sections(results)


def _accuracy_sections(results: Results) -> Iterator[Section]:
    yield (
        "Accuracy and speed",
        "*Found*: the plate's centre lies in an answered box. *Read*: such a box has its text; "
        "*folded* takes O and Q for 0 and I for 1, because many truth files do. *False*: boxes "
        "an image around no labelled plate. *From the image* is only the reader, on the same "
        "decoded pixels; *from the file* has the decoding too, SimpleLPR's by its own decoder.\n\n"
        "SimpleLPR is set to the countries of each set. It does not know the United States, so "
        "there it is set to their neighbours. It is measured with plate regions, like in its "
        "guide, and without, its default. PP-OCR runs through the package rapidocr.",
        tables.accuracy_rows(results.scores),
        ("bench-accuracy", "bench-latency"),
    )
    yield (
        "The sum of the medians",
        "From the file to the text, the sets' medians added up. Our own limits are "
        f"{BOUNDS['simplelpr']} of SimpleLPR's and {BOUNDS['pp_ocr']} of PP-OCR's.",
        tables.sum_rows(results.scores),
        (),
    )
    yield (
        "Small plates in wide frames",
        "Each photo with a readable plate is shrunk until its widest plate has the width on the "
        "left, and placed somewhere in a 3840x2160 frame of its own blurred colours. Photos whose "
        "plate is narrower are left out, because nothing is enlarged. The embedded engine reads "
        "the decoded frame twice: only the whole frame, and with the default grid, which is "
        "searched only where the whole frame shows no plate. *Read* is folded.",
        tables.wide_rows(results.wide),
        (),
    )


def _cost_sections(results: Results) -> Iterator[Section]:
    for axis, title, text in (
        ("megapixels", "Cost against megapixels", "One drawn street in several sizes, from the "
         "file to the text."),
        ("plates", "Cost against plates an image", "Drawn streets of 1920x1080 with N cars, "
         "from the file to the text."),
        ("grid", "Cost against the grid's size", "A decoded 3840x2160 scene without a plate, so "
         "that every cell is read; 0 is no grid."),
    ):  # fmt: skip
        yield title, text, tables.cost_rows(results.costs, axis), (f"bench-{axis}",)
    yield (
        "Clients at once",
        "Through the running service, with its default settings: each client posts a drawn "
        "1280x720 JPEG and, once answered, the next. The clients run on the same two cores. "
        "*Refused* were answered 503 at once, because every slot and the queue were taken.",
        tables.client_rows(results.costs),
        ("bench-clients",),
    )


def _process_sections(results: Results) -> Iterator[Section]:
    yield (
        "Memory and time to ready",
        "Above the service without an engine, in MB: once ready, after eight 1280x720 images, and "
        "after one 3840x2160 image with the default grid and no plate. *Ready* is from the first "
        "line of the engine's code to the end of its warm-up. Our own limits for the embedded "
        "engine are 150 MB and 1 s.",
        tables.memory_rows(results),
        (),
    )
    yield (
        "The ultimateALPR adapter",
        "What it costs that the SDK lives in a process of its own, measured on a double that does "
        "no work. This is the adapter's overhead only, not the SDK's own speed or accuracy.",
        tables.overhead_rows(results),
        (),
    )
