"""The documents use short sentences and the field's terms."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, ROOT, prose_of, sentences, text_of

OURS = [page for page in PAGES if page.parent == Path() or page.parts[0] == "docs"]
MAX_WORDS = {Path("README.md"): 30}
MAX_WORDS_ELSEWHERE = 40

INSTEAD = {
    r"\banew\b": "again",
    r"\b(whoever|nobody|strangers?|somebody else's)\b": "a noun, or the passive",
    r"\b(sureness|surest|surely|sure)\b": "confidence",
    r"\bfinders?\b": "detector",
    r"\bso many\b": "N",
    r"\balone\b": "only",
    r"\bpictures?\b": "image, or photo for a real one",
    r"\b(mend|mended)\b": "fix",
    r", for (it|its|there|they|nothing|he|we)\b": "because",
    r", as (CODE|URL|in CODE|\d)": "e.g.",
}
"""Words that the documents avoid, and what replaces them."""


def written(text: str) -> str:
    """A page without the table of settings, whose words are the program's."""
    return re.sub(r"<!-- settings -->.*<!-- /settings -->", "", text, flags=re.DOTALL)


@pytest.mark.parametrize("page", OURS, ids=str)
def test_a_sentence_is_short(page: Path) -> None:
    most = MAX_WORDS.get(page, MAX_WORDS_ELSEWHERE)
    counted = {sentence: len(sentence.split()) for sentence in sentences(text_of(page))}
    assert {sentence: count for sentence, count in counted.items() if count > most} == {}


@pytest.mark.parametrize("page", OURS, ids=str)
def test_a_page_speaks_the_fields_language(page: Path) -> None:
    prose = " ".join(prose_of(written(text_of(page))).split())
    wrong = {
        prose[max(0, found.start() - 40) : found.end() + 20]: instead
        for word, instead in INSTEAD.items()
        for found in re.finditer(word, prose, re.IGNORECASE)
    }
    assert wrong == {}


@pytest.mark.parametrize(
    "folder", ["deploy", "static", "templates", ".github", ".ci"], ids=lambda name: name
)
def test_what_lies_beside_the_code_does_as_well(folder: str) -> None:
    files = [path for path in (ROOT / folder).rglob("*") if path.is_file()]
    said = {
        (str(path.relative_to(ROOT)), found[0])
        for path in files
        for word in INSTEAD
        if "picture" not in word  # which is the page's own word
        for found in re.finditer(word, path.read_text(encoding="utf-8"), re.IGNORECASE)
    }
    assert said == set()


def test_the_check_sees_sentences_and_leaves_out_code() -> None:
    text = "# A title\n\nOne two three. Four\nfive `six seven` [eight nine](ten.md).\n\n- Eleven"
    assert sentences(text) == ["A title", "One two three.", "Four five CODE eight nine.", "Eleven"]
    assert sentences("| a b | c |\n|---|---|\n| d e. F |  |") == ["a b", "c", "d e.", "F"]
    assert "anew" not in prose_of("```\nanew\n```\n`anew` <!-- anew --> [a](anew.md)")
