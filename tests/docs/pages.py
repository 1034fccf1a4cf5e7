"""The repository's Markdown, as the tests of the documents read it."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
NOT_OURS = {".venv", ".venv-bench", "build", "dist", "mutants", "node_modules", ".pytest_cache"}
PAGES = sorted(
    page.relative_to(ROOT)
    for folder in [ROOT, *(path for path in ROOT.iterdir() if path.name not in NOT_OURS)]
    for page in folder.glob("*.md" if folder == ROOT else "**/*.md")
)
"""Every page, relative to the repository."""

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def text_of(page: Path) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def fenced(text: str) -> list[tuple[str, str]]:
    """Each fenced block: its language and its content."""
    return FENCE.findall(text)


def anchors(text: str) -> set[str]:
    """The anchors that GitHub gives a page's headings."""
    found: dict[str, int] = {}
    for title in re.findall(r"^#{1,6} +(.+?) *$", FENCE.sub("", text), re.MULTILINE):
        shown = re.sub(r"!?\[([^]]*)\]\([^)]*\)", r"\1", title)
        slug = re.sub(r"[^\w\- ]", "", shown.lower()).replace(" ", "-")
        found[slug] = found.get(slug, 0) + 1
    return {
        slug if number == 0 else f"{slug}-{number}"
        for slug, count in found.items()
        for number in range(count)
    }


def links(text: str) -> list[str]:
    """The targets of a page's links, images and HTML, without those in code."""
    prose = re.sub(r"`[^`\n]*`", "", FENCE.sub("", text))
    targets = re.findall(r"\]\(([^)\s]+)\)", prose)
    return targets + re.findall(r'(?:src|srcset|href)="([^"]+)"', prose)


def prose_of(text: str) -> str:
    """A page without its code, HTML, comments and addresses; a piece of code is one word."""
    bare = re.sub(r"<!--.*?-->", "", FENCE.sub("\n\n", text), flags=re.DOTALL)
    bare = re.sub(r"<[^>\n]+>", "", bare)
    bare = re.sub(r"!?\[([^]]*)\]\([^)]*\)", r"\1", bare)
    return re.sub(r"https?://\S+", "URL", re.sub(r"`[^`]+`", "CODE", bare))


def sentences(text: str) -> list[str]:
    """The sentences of a page: a heading, an item of a list and a cell of a table end one."""
    blocks: list[str] = []
    for line in prose_of(text).splitlines():
        if re.fullmatch(r"\|[-:| ]+\|", line):
            continue
        if line.startswith("|"):
            blocks += ["", *line.strip("|").split("|"), ""]
        elif start := re.match(r"(?:#+|\s*(?:[-*]|\d+\.)) ", line):
            blocks += [line[start.end() :]]
        elif blocks and blocks[-1].strip() and line.strip():
            blocks[-1] += " " + line
        else:
            blocks += [line]
    return [
        sentence.strip()
        for block in blocks
        for sentence in re.split(r"(?<=[.!?])[\"”)*]*\s+(?=[A-Z\"“(*\d])", block)
        if sentence.strip()
    ]
