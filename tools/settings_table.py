"""Writes the table of settings into docs/configuration.md, from the settings themselves."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import click

from alpr.settings import Settings
from alpr.settings.loading import file_key
from alpr.settings.option_types import Items, WholeNumber

PAGE = Path(__file__).parents[1] / "docs" / "configuration.md"
START, END = "<!-- settings -->\n", "<!-- /settings -->"


def main() -> None:
    """Replaces the table between the two marks of the page."""
    before, _, after = split(PAGE.read_text(encoding="utf-8"))
    PAGE.write_text(before + START + table() + "\n" + END + after, encoding="utf-8")


def split(page: str) -> tuple[str, str, str]:
    """The text before the marks, between them and after them."""
    before, _, rest = page.partition(START)
    between, _, after = rest.partition(END)
    return before, between, after


def table() -> str:
    """One row per setting, in the order of :class:`Settings`."""
    rows = ["| setting | default | takes | meaning |", "|---|---|---|---|"]
    for field in dataclasses.fields(Settings):
        default = json.dumps(field.metadata["default"])
        meaning = field.metadata["help"].replace("|", r"\|")
        rows.append(f"| `{file_key(field.name)}` | `{default}` | {takes(field)} | {meaning} |")
    return "\n".join(rows)


def takes(field: dataclasses.Field[Any]) -> str:
    """The values that a setting accepts, in words."""
    kind, default = field.metadata["kind"], field.metadata["default"]
    if isinstance(kind, click.Choice):
        return "one of " + ", ".join(kind.choices)
    if isinstance(kind, WholeNumber):
        return kind.words
    if isinstance(kind, Items):
        return {",": "a list, commas between", ";": "a list, semicolons between"}[kind.separator]
    if isinstance(default, bool):
        return "true or false"
    return "an object" if isinstance(default, dict) else "a text"


if __name__ == "__main__":
    main()
