"""Texts of a format, made from its notation's parts: what matching is tested with."""

from __future__ import annotations

from hypothesis import strategies
from hypothesis.strategies import SearchStrategy

from alpr.formats.notation import Chars, Maybe, Part, Words


def texts(parts: tuple[Part, ...]) -> SearchStrategy[str]:
    """Any text of these parts."""
    return strategies.tuples(*map(_text, parts)).map("".join)


def _text(part: Part) -> SearchStrategy[str]:
    if isinstance(part, Chars):
        return strategies.sampled_from(part.chars)
    if isinstance(part, Words):
        return strategies.sampled_from(part.words)
    assert isinstance(part, Maybe)
    return strategies.just("") | texts(part.parts)
