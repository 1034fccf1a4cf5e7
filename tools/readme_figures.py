"""Copies the README's figures from docs/benchmarks.md: part of ``make docs``."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
BENCHMARKS = ROOT / "docs" / "benchmarks.md"
START, END = "<!-- figures -->\n", "<!-- /figures -->"
OURS, RIVALS = "this engine", ("PP-OCR", "SimpleLPR")
HEAD = ("photos", "images", "found", "read", "false an image", "time",
        *(f"{rival} reads" for rival in RIVALS))  # fmt: skip


def main() -> None:
    """Writes the table between the README's two marks."""
    before, _, after = split(README.read_text(encoding="utf-8"))
    shown = table(BENCHMARKS.read_text(encoding="utf-8"))
    README.write_text(f"{before}{START}{shown}\n{END}{after}", encoding="utf-8")


def split(page: str) -> tuple[str, str, str]:
    """The page before the table, the table and the page after it."""
    before, _, rest = page.partition(START)
    shown, _, after = rest.partition(END)
    return before, shown, after


def table(benchmarks: str) -> str:
    """A row for each set of photos, from the benchmarks' table of accuracy and speed."""
    section = benchmarks.partition("\n## Accuracy and speed\n")[2].partition("\n## ")[0]
    cells = [line.strip("| ").split(" | ") for line in section.splitlines() if " | " in line]
    columns, *rows = cells
    measured = {(row[0], row[1]): dict(zip(columns, row, strict=True)) for row in rows}
    lines = [HEAD]
    for name in dict.fromkeys(row[0] for row in rows):
        ours = measured[name, OURS]
        time = re.sub(r" \(.*", " ms", ours["from the file"])
        rivals = [measured.get((name, rival), {}).get("read, folded", "-") for rival in RIVALS]
        figures = [ours[column] for column in ("images", "found", "read, folded", "false")]
        lines.append((name, *figures, time, *rivals))
    drawn = ["| " + " | ".join(line) + " |" for line in lines]
    return "\n".join([drawn[0], "|---" * len(HEAD) + "|", *drawn[1:]])


if __name__ == "__main__":
    main()
