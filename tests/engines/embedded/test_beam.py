"""CTC beam search: sums over paths, several texts, two lines."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest

from alpr.engines.embedded.beam import likely_texts
from tests.engines.embedded.scripted import ALPHABET, STEPS, probabilities


def collapse(path: tuple[int, ...]) -> str:
    """The text of a path of classes over the alphabet AB: repeats, then blanks removed."""
    return "".join("AB-"[one] for one, _ in itertools.groupby(path)).replace("-", "")


def test_a_texts_probability_is_the_sum_over_all_its_paths() -> None:
    dice = random.Random(1)
    table = np.array([[dice.uniform(0.1, 1) for _ in range(3)] for _ in range(4)], np.float32)
    table /= table.sum(axis=1, keepdims=True)
    expected: dict[str, float] = {}
    for path in itertools.product(range(3), repeat=4):
        chance = float(np.prod([table[step, one] for step, one in enumerate(path)]))
        expected[collapse(path)] = expected.get(collapse(path), 0) + chance
    found = likely_texts(table, 4, "AB")
    best = sorted(expected.items(), key=lambda one: -one[1])
    assert [text for text, _ in found[:5]] == [text for text, _ in best[:5]]
    assert [chance for _, chance in found[:5]] == pytest.approx([p for _, p in best[:5]], rel=0.01)


def test_a_doubtful_character_gives_two_texts_in_either_line() -> None:
    table = probabilities("A-B---", "1-2---", confidence=1.0)
    table[2, ALPHABET.index("B")] = 0.7
    table[2, ALPHABET.index("8")] = 0.3
    table[STEPS + 2, ALPHABET.index("2")] = 0.9
    table[STEPS + 2, ALPHABET.index("7")] = 0.1
    found = dict(likely_texts(table, STEPS, ALPHABET))
    assert found == pytest.approx({"AB12": 0.63, "A812": 0.27, "AB17": 0.07, "A817": 0.03})


def test_a_repeated_character_needs_a_blank() -> None:
    table = probabilities("A-AB--", confidence=1.0)
    assert [text for text, _ in likely_texts(table, STEPS, ALPHABET)] == ["AAB"]
