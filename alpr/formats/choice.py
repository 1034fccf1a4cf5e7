"""The choice among a plate's candidates: the likely one of those that a format allows.

The reader's probability of each text is multiplied by a prior: 1 for a text that fits, and
:attr:`alpr.formats.rules.FormatRules.misfit_prior` for any other. A text that fits as it was read
stays, and so does every character that the reader was certain of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import SequenceMatcher

from alpr.formats.guess import region_of
from alpr.formats.notation import compact
from alpr.formats.options import likely_texts
from alpr.formats.rules import FormatRules
from alpr.plates import Candidate, Plate

MAX_CANDIDATES, MIN_CANDIDATE_PROBABILITY = 5, 0.01
"""Candidates of a plate whose text was changed: their number, and the lowest probability."""


def apply(plates: Iterable[Plate], rules: FormatRules) -> tuple[list[Plate], list[Plate]]:
    """The plates with the texts that the rules make likely, and those that are left out."""
    kept: list[Plate] = []
    left_out: list[Plate] = []
    for plate in plates:
        chosen, fits = choose(plate, rules)
        (left_out if rules.strict and rules.has_formats and not fits else kept).append(chosen)
    return kept, left_out


def choose(plate: Plate, rules: FormatRules) -> tuple[Plate, bool]:
    """The plate with the likeliest of its texts, and whether that one is of a format."""
    plate = _substituted(plate, rules.substitutions)
    if not rules.has_formats:
        return plate, False
    fits = rules.fits(compact(plate.text))
    if not fits:
        plate, fits = _corrected(plate, rules)
    if fits and (region := region_of(compact(plate.text), rules.regions)):
        plate = replace(plate, region=region._replace(score=region.score * plate.confidence))
    return plate, fits


def _substituted(plate: Plate, substitutions: Mapping[str, str]) -> Plate:
    """The plate with characters replaced, and candidates that became equal put together."""
    table = str.maketrans(dict(substitutions))
    text = plate.text.translate(table)
    if text == plate.text:
        return plate
    candidates: dict[str, float] = {}
    for one in plate.candidates:
        same = one.text.translate(table)
        candidates[same] = candidates.get(same, 0) + one.probability
    merged = tuple(Candidate(*item) for item in candidates.items())
    return replace(plate, text=text, raw=plate.text, candidates=merged)


def _corrected(plate: Plate, rules: FormatRules) -> tuple[Plate, bool]:
    """A plate whose text fits no format, with a text that does, if one is likely."""
    read = compact(plate.text)
    likely = likely_texts(plate, read)
    fitting = [text for text in likely if rules.fits(text)]
    best = max(fitting, key=likely.__getitem__, default=read)
    prior = rules.misfit_prior
    if best == read or (not rules.strict and likely[best] <= likely[read] * prior):
        return plate, False
    # Bayes: what is not listed is taken to fit, which is the careful side.
    weights = {text: p if text in fitting else p * prior for text, p in likely.items()}
    total = sum(weights.values()) + max(0.0, 1 - sum(likely.values()))
    shares = {text: weight / total for text, weight in weights.items()}
    return _with_text(plate, read, best, shares), True


def _with_text(plate: Plate, read: str, text: str, shares: Mapping[str, float]) -> Plate:
    """The plate with another text, whose new characters have its share as confidence."""
    others = sorted((one for one in shares if one != text), key=lambda one: -shares[one])
    others = [one for one in others if shares[one] >= MIN_CANDIDATE_PROBABILITY]
    each: tuple[float, ...] = ()
    if len(plate.char_confidences) == len(read):
        each = tuple(_characters(read, text, plate.char_confidences, shares[text]))
    return replace(
        plate,
        text=text,
        raw=plate.raw or plate.text,
        confidence=min((shares[text], *(each or (plate.confidence,)))),
        char_confidences=each,
        candidates=tuple(Candidate(one, shares[one]) for one in [text, *others][:MAX_CANDIDATES]),
    )


def _characters(read: str, text: str, confidences: Sequence[float], new: float) -> Iterator[float]:
    """The confidences of the characters that stay, and ``new`` for the others."""
    for kind, start, end, first, last in SequenceMatcher(None, read, text, False).get_opcodes():
        if kind == "equal":
            yield from confidences[start:end]
        else:
            yield from [new] * (last - first)
