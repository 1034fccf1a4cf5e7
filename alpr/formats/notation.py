"""The notation of plate formats, e.g. ``AA 99(9) <NA S>``: parsed, matched and counted.

====== ==============================================
``A``  a letter of the region
``9``  a digit
``X``  either
``[]`` one of these characters; ``[A-CX]`` has four
``<>`` one of these words
``()`` may be left out
====== ==============================================

Blanks, hyphens, dots and slashes are only for the eye.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
DIGITS = "0123456789"
WILDCARD = "*"
"""A character of a text that was masked; every format takes it in every place."""

TOKEN = re.compile(r"\[(?P<set>[^]]+)\]|<(?P<words>[^>]+)>|(?P<one>[AX9])|(?P<bracket>[()])|[ ./-]")


@dataclass(frozen=True)
class Chars:
    """One of these characters."""

    chars: str


@dataclass(frozen=True)
class Words:
    """One of these words."""

    words: tuple[str, ...]


@dataclass(frozen=True)
class Maybe:
    """These parts, or nothing."""

    parts: tuple[Part, ...]


Part = Chars | Words | Maybe


@dataclass(frozen=True)
class Notation:
    """A format; ``letters`` are those that ``A`` and ``X`` stand for."""

    text: str
    letters: str = LETTERS

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """Raises ValueError for what is no notation."""
        outer: list[list[Part]] = [[]]
        position = 0
        while position < len(self.text):
            token = TOKEN.match(self.text, position)
            if token is None:
                raise ValueError(f"{self.text!r}: {self.text[position]!r} is no notation")
            position = token.end()
            if token["bracket"] == "(":
                outer.append([])
            elif token["bracket"] == ")":
                if len(outer) == 1:
                    raise ValueError(f"{self.text!r}: a bracket is not opened")
                inner = Maybe(tuple(outer.pop()))
                outer[-1].append(inner)
            elif part := self._part(token):
                outer[-1].append(part)
        if len(outer) > 1:
            raise ValueError(f"{self.text!r}: a bracket is not closed")
        return tuple(outer[0])

    def _part(self, token: re.Match[str]) -> Chars | Words | None:
        if token["set"]:
            return Chars(_spelled_out(token["set"]))
        if token["words"]:
            return Words(tuple(token["words"].split()))
        chars = {"A": self.letters, "9": DIGITS, "X": self.letters + DIGITS}
        return Chars(chars[token["one"]]) if token["one"] else None

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(_regex(self.parts))

    @cached_property
    def counts(self) -> Mapping[int, int]:
        """The number of texts by their length."""
        return _counts(self.parts)

    def fits(self, text: str) -> bool:
        """Whether a text of capitals, digits and wildcards is of this format."""
        return len(text) in self.counts and self._pattern.fullmatch(text) is not None


def compact(text: str) -> str:
    """The letters, as capitals, the digits and the wildcards of a text."""
    return "".join(char for char in text.upper() if char.isalnum() or char == WILDCARD)


def _spelled_out(chars: str) -> str:
    """``A-CX`` as ``ABCX``."""
    return re.sub(
        "(.)-(.)", lambda ends: "".join(map(chr, range(ord(ends[1]), ord(ends[2]) + 1))), chars
    )


def _regex(parts: tuple[Part, ...]) -> str:
    return "".join(map(_regex_of, parts))


def _regex_of(part: Part) -> str:
    if isinstance(part, Chars):
        return f"[{part.chars}{WILDCARD}]"
    if isinstance(part, Maybe):
        return f"(?:{_regex(part.parts)})?"
    words = ("".join(f"[{char}{WILDCARD}]" for char in word) for word in part.words)
    return f"(?:{'|'.join(words)})"


def _counts(parts: tuple[Part, ...]) -> Counter[int]:
    total = Counter({0: 1})
    for part in parts:
        one = _counts_of(part)
        longer: Counter[int] = Counter()
        for length, number in total.items():
            for more, count in one.items():
                longer[length + more] += number * count
        total = longer
    return total


def _counts_of(part: Part) -> Counter[int]:
    if isinstance(part, Chars):
        return Counter({1: len(part.chars)})
    if isinstance(part, Maybe):
        return Counter({0: 1}) + _counts(part.parts)
    return Counter(map(len, part.words))
