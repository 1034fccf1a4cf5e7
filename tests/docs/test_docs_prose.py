"""The documents are in short sentences and in the field's words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, prose_of, sentences, text_of

MAX_WORDS = {Path("README.md"): 30}
MAX_WORDS_ELSEWHERE = 40

DIALECT = {
    r"anew": "again",
    r"whoever": "a noun",
    r"nobody": "a noun, or the passive",
    r"strangers?": "a noun",
    r"sureness|surest|surely": "confidence",
    r"finders?": "detector",
    r"so many": "N",
    r"alone": "only",
    r"pictures?": "image, or photo for a real one",
    r"somebody else's": "a noun",
    r"for want of": "because",
}
"""What the house does not say, and what it says instead."""

FOR_BECAUSE = re.compile(r", for (it|its|there|they|nothing|one|no|he|we)\b")
AS_FOR_EXAMPLE = re.compile(r", as (`|in `|https?:|\d)")
OURS = [page for page in PAGES if page.parent == Path() or page.parts[0] == "docs"]


@pytest.mark.parametrize("page", OURS, ids=str)
def test_a_sentence_is_short(page: Path) -> None:
    most = MAX_WORDS.get(page, MAX_WORDS_ELSEWHERE)
    long = [
        f"{count} words: {sentence}"
        for sentence in sentences(text_of(page))
        if (count := len(sentence.split())) > most
    ]
    assert long == []


@pytest.mark.parametrize("page", OURS, ids=str)
def test_a_page_speaks_the_fields_language(page: Path) -> None:
    prose = prose_of(text_of(page))
    said = [
        f"{found[0]} (say {instead}): …{prose[max(0, found.start() - 40) : found.end() + 20]}…"
        for word, instead in DIALECT.items()
        for found in re.finditer(rf"\b(?:{word})\b", prose, re.IGNORECASE)
    ]
    said += [found[0] for found in FOR_BECAUSE.finditer(prose)]
    said += [found[0] for found in AS_FOR_EXAMPLE.finditer(prose)]
    assert said == []


def test_the_check_sees_a_long_sentence_and_a_word() -> None:
    text = "# A title\n\nOne two three. Four\nfive `six seven` [eight nine](ten.md).\n\n- Eleven"
    assert sentences(text) == [
        "A title",
        "One two three.",
        "Four five CODE eight nine.",
        "Eleven",
    ]
    assert sentences("| a b | c |\n|---|---|\n| d e. F |  |") == ["a b", "c", "d e.", "F"]
    assert "anew" not in prose_of("```\nanew\n```\n`anew` <!-- anew --> [a](anew.md)")
