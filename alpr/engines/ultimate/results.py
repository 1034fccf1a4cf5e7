"""The SDK's JSON -> plates. Pure; the format is described in docs/ultimatealpr.md.

Everything in it may be missing: there is no ``plates`` where there is none, a car may have no
plate, a plate no text, and a text two confidences only.
"""

from __future__ import annotations

import json
from typing import Any

from alpr.errors import EngineError
from alpr.plates import Box, Plate

EXTRAS = ("country", "car")
"""What the ``klass_…`` options add to a plate; passed on as it is."""


class GarbledError(EngineError):
    """An answer that is not of the SDK's format."""


def plates(answer: str | None, width: int, height: int) -> list[Plate]:
    """The readings in an answer, in pixels of an image of this size.

    An entry without text or without a box is no reading and is left out. The trial's mask, a ``*``
    for the last character, is passed on. Raises :class:`GarbledError` for anything but the format.
    """
    if not answer:
        return []
    try:
        entries = json.loads(answer).get("plates") or []
        readings = [_plate(entry, width, height) for entry in entries]
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise GarbledError("ultimateALPR answered something that is not its format") from error
    return [reading for reading in readings if reading is not None]


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
    sure = [min(max(value / 100, 0.0), 1.0) for value in entry.get("confidences") or []]
    detection = sure[1] if len(sure) > 1 else None
    return Plate(text, sure[0] if sure else 0.0, box, detection, tuple(sure[2:]), extras)
