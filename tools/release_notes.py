"""Prints what CHANGELOG.md says about a release: ``python -m tools.release_notes v1.0.0``."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from alpr import __version__

CHANGELOG = Path(__file__).parents[1] / "CHANGELOG.md"


def notes(changelog: str, version: str) -> str:
    """The section of a version, without its heading.

    Raises :class:`ValueError` where there is none, or nothing in it.
    """
    sections = re.split(r"^## \[([^]]+)\].*\n", changelog, flags=re.MULTILINE)
    by_version = dict(zip(sections[1::2], sections[2::2], strict=True))
    text = by_version.get(version, "").strip()
    if not text:
        raise ValueError(f"CHANGELOG.md says nothing about {version}")
    return text


def main() -> None:
    """Exits with a message unless the tag is this program's version and has notes."""
    parser = argparse.ArgumentParser(prog="tools.release_notes", description=__doc__)
    parser.add_argument("tag", help="the release's tag, e.g. v1.0.0")
    tag = parser.parse_args().tag
    if tag != f"v{__version__}":
        parser.error(f"the tag {tag} is not that of version {__version__}")
    try:
        print(notes(CHANGELOG.read_text(encoding="utf-8"), __version__))
    except ValueError as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
