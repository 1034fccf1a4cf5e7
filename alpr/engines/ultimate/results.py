"""The SDK's JSON -> plates. Pure; docs/ultimatealpr.md describes the format.

Any part of it may be missing: there is no ``plates`` if no plate was found, a car may have no
plate, a plate no text, and a text only two confidences.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from alpr.errors import EngineError
from alpr.formats.catalogue import codes_by_alpha3
from alpr.plates import Box, Plate, PlateRegion

EXTRAS = ("country", "car")
"""What the ``klass_…`` options add to a plate; passed on unchanged. The country is also the plate's
region, where its three letters are listed."""


class ResultFormatError(EngineError):
    """An answer that is not of the SDK's format."""


def plates(answer: str | None, width: int, height: int) -> list[Plate]:
    """The plates in an answer, in pixels of an image of this size.

    An entry without text or without a box is left out. The trial's mask, a ``*`` for the last
    character, is passed on. Raises :class:`ResultFormatError` if the format is not the SDK's.
    """
    if not answer:
        return []
    try:
        entries = json.loads(answer).get("plates") or []
        found = [_plate(entry, width, height) for entry in entries]
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise ResultFormatError("ultimateALPR answered something that is not its format") from error
    return [plate for plate in found if plate is not None]


def shift(plate: Plate, dx: int, dy: int) -> Plate:
    """The plate moved right by ``dx`` and down by ``dy`` pixels, and its car with it."""
    moved, car = plate.shift(dx, dy), plate.extras.get("car")
    if not isinstance(car, dict) or not isinstance(corners := car.get("warpedBox"), list):
        return moved
    shifted = [value + (dy if index % 2 else dx) for index, value in enumerate(corners)]
    return replace(moved, extras={**plate.extras, "car": {**car, "warpedBox": shifted}})


def _plate(entry: dict[str, Any], width: int, height: int) -> Plate | None:
    text, corners = entry.get("text"), entry.get("warpedBox")
    if not text or not corners:
        return None
    if not isinstance(text, str) or len(corners) != 8:
        raise ValueError("neither a text nor four corners")
    box = Box.clamp(
        min(corners[0::2]),
        min(corners[1::2]),
        max(corners[0::2]),
        max(corners[1::2]),
        width=width,
        height=height,
    )
    extras = {name: entry[name] for name in EXTRAS if name in entry}
    # Percent: the whole text, the detection, then each character.
    confidences = [min(max(value / 100, 0.0), 1.0) for value in entry.get("confidences") or []]
    overall = confidences[0] if confidences else 0.0
    detection = confidences[1] if len(confidences) > 1 else None
    confidence_of = tuple(confidences[2:])
    region = _region(entry.get("country") or [])
    return Plate(text, overall, box, detection, confidence_of, extras, region=region)


def _region(countries: list[dict[str, Any]]) -> PlateRegion | None:
    """The most likely of the countries, ``[{"code": "DEU", "confidence": 99.1}, …]``."""
    known = [
        PlateRegion(code, min(max(one.get("confidence") or 0, 0), 100) / 100)
        for one in countries
        if (code := codes_by_alpha3().get(str(one.get("code"))))
    ]
    return max(known, key=lambda one: one.score, default=None)
