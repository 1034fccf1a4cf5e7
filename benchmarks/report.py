"""The results as a page: docs/benchmarks.md, with the plots beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import tables
from benchmarks.results import Results
from benchmarks.tables import BOUNDS, Row, table

DOCS = Path("docs")
PAGE = DOCS / "benchmarks.md"
PICTURES = DOCS / "images"


def write(results: Results) -> list[str]:
    """Draws the plots, writes the page and gives the names of the files."""
    from benchmarks import plots  # noqa: PLC0415 - the page's words need no matplotlib

    PICTURES.mkdir(parents=True, exist_ok=True)
    pictures = plots.draw(results, PICTURES)
    PAGE.write_text(page(results, [path.stem for path in pictures]), encoding="utf-8")
    return [str(path) for path in [PAGE, *pictures]]


def page(results: Results, pictures: Sequence[str]) -> str:
    """The whole page; ``pictures`` are the names of those that were drawn."""
    parts = [*_head(results)]
    for title, words, rows, drawn in _sections(results):
        if rows:
            parts += [f"## {title}", words, table(rows)]
            parts += [f"![{ALT[name]}](images/{name}.svg)" for name in drawn if name in pictures]
    if results.notes:
        parts += ["## What is missing", "\n".join(f"- {note}" for note in results.notes)]
    return "\n\n".join([*parts, HOW]) + "\n"


HOW = """\
## Run it yourself

```sh
make bench
make bench SETS="photos/eu photos/us" ARGS="--limit 10"
```

The first measures what is in `../shared/data/bench`, beside the repository, or where that is not
there on street scenes that it draws; it takes about a quarter of an hour on two cores that do
nothing else. `SETS` are folders of photos with a `labels.jsonl`, in the form that
[accuracy.py](../benchmarks/accuracy.py) describes, or a folder of such folders. `--limit` measures
so many photos of each, `--resume` goes on after a run was cut short, and `--report` only writes
this page and its pictures anew from what was measured last.

PP-OCR comes with the benchmarks' own requirements. SimpleLPR is commercial and has a trial of 60
days; it is measured where you have installed it, under its licence:

```sh
.venv-bench/bin/pip install -r benchmarks/requirements-simplelpr.txt
```"""

ALT = {
    "bench-accuracy": "Part of the plates read against milliseconds an image, a point a set",
    "bench-latency": "Part of the images answered within so many milliseconds",
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


def _sections(results: Results) -> Iterator[Section]:
    """Title, words, table with its heading, and pictures."""
    yield (
        "Accuracy and speed",
        "*Found*: the plate's centre lies in an answered box. *Read*: such a box has its text; "
        "*folded* takes O and Q for 0 and I for 1, because many truth files do. *False*: boxes "
        "an image around no labelled plate. *From the image* is the reader alone, on the same "
        "decoded pixels; *from the file* has the decoding too, SimpleLPR's by its own decoder.\n\n"
        "SimpleLPR is set to the countries of each set; it does not know the United States, so "
        "there it gets their neighbours. With plate regions, as its guide shows it, and without, "
        "as it comes. PP-OCR runs through the package rapidocr.",
        tables.accuracy_rows(results.scores),
        ("bench-accuracy", "bench-latency"),
    )
    yield (
        "The sum of the medians",
        "From the file to the text, the sets' medians added up. We hold ourselves to at most "
        f"{BOUNDS['simplelpr']} of SimpleLPR's and {BOUNDS['pp_ocr']} of PP-OCR's.",
        tables.sum_rows(results.scores),
        (),
    )
    yield (
        "Small plates in wide frames",
        "Each photo with a readable plate is shrunk until its widest plate has the width on the "
        "left, and placed somewhere in a 3840x2160 frame of its own blurred colours; photos whose "
        "plate is narrower are left out, for nothing is enlarged. Read by the embedded engine from "
        "the decoded frame: the whole frame alone, and with the default grid, which is searched "
        "only where the whole frame shows no plate. *Read* is folded.",
        tables.wide_rows(results.wide),
        (),
    )
    for axis, title, words in (
        ("megapixels", "Cost against megapixels", "One drawn street in several sizes, from the "
         "file to the text."),
        ("plates", "Cost against plates an image", "Drawn streets of 1920x1080 with so many "
         "cars, from the file to the text."),
        ("grid", "Cost against the grid's size", "A decoded 3840x2160 scene without a plate, so "
         "that every cell is looked at; 0 is no grid."),
    ):  # fmt: skip
        yield title, words, tables.cost_rows(results.costs, axis), (f"bench-{axis}",)
    yield (
        "Clients at once",
        "Through the running service, with its default settings: each client posts a drawn "
        "1280x720 JPEG and, once answered, the next. The clients run on the same two cores. "
        "*Refused* were answered 503 at once, because every slot and the queue were taken.",
        tables.client_rows(results.costs),
        ("bench-clients",),
    )
    yield (
        "Memory and time to ready",
        "Above the service without an engine, in MB: once ready, after eight 1280x720 images, and "
        "after one 3840x2160 image with the default grid and no plate. *Ready* is from the first "
        "line of the engine's code to the end of its warm-up. The embedded engine is to stay under "
        "150 MB and 1 s.",
        tables.memory_rows(results),
        (),
    )
    yield (
        "The ultimateALPR adapter",
        "What it costs that the SDK lives in a process of its own, measured on a double that does "
        "no work: the adapter's overhead only, nothing about the SDK's own speed or accuracy.",
        tables.overhead_rows(results),
        (),
    )
