"""Every link inside the repository has a target: the file exists, and so does the heading."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.pages import PAGES, ROOT, anchors, links, text_of


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for link in links(text_of(page)):
        if "://" in link or link.startswith("mailto:"):
            continue
        path, _, anchor = link.partition("#")
        target = (ROOT / page).parent / path if path else ROOT / page
        if not target.exists() or (anchor and anchor not in anchors(text_of(target))):
            broken.append(link)
    assert not broken


@pytest.mark.parametrize("page", sorted(Path(p) for p in PAGES if p.parts[0] == "docs"), ids=str)
def test_every_page_of_docs_is_in_its_index(page: Path) -> None:
    index = ROOT / "docs/README.md"
    listed = {(index.parent / link).resolve() for link in links(index.read_text("utf-8"))}
    assert (ROOT / page).resolve() in {*listed, index.resolve()}


def test_the_check_sees_a_missing_heading() -> None:
    assert anchors("# The `grid`, again\n## A\n## A\n```\n# no\n```") == {
        "the-grid-again",
        "a",
        "a-1",
    }
    assert links("[a](b.md#c) `[d](e)` ![f](g.png)") == ["b.md#c", "g.png"]
