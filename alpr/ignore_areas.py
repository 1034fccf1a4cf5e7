"""Areas of an image in which no plate is answered, e.g. a clock that the camera burns in."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from alpr.errors import RequestError
from alpr.plates import Box, Plate

MAX_AREAS = 50
FRACTION = re.compile(
    r"0*(?:[01](?:\.[0-9]{0,20})?|\.[0-9]{1,20})|[0-9](?:\.[0-9]{0,20})?e-[0-9]{1,3}", re.IGNORECASE
)
"""A number from 0 to below 10 without a sign, as programs write fractions: 1e-05 is one, too."""


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle whose edges are fractions, 0 to 1, of the image's width and height."""

    left: float
    top: float
    right: float
    bottom: float

    def holds_centre_of(self, box: Box, width: int, height: int) -> bool:
        """Whether the centre of a box lies inside, in an image of this size in pixels."""
        x, y = (box.x_min + box.x_max) / 2 / width, (box.y_min + box.y_max) / 2 / height
        return self.left <= x <= self.right and self.top <= y <= self.bottom


@dataclass(frozen=True, slots=True)
class IgnoreAreas:
    """The areas of one request; none by default."""

    areas: tuple[Area, ...] = ()

    @classmethod
    def parse(cls, text: str) -> IgnoreAreas:
        """From ``left,top,right,bottom`` for each area, semicolons between areas.

        Raises :class:`RequestError` that names the wrong area.
        """
        items = [item.strip() for item in text.split(";")]
        areas = tuple(_parse_area(item) for item in items if item)
        if len(areas) > MAX_AREAS:
            raise RequestError(f"ignore_areas has {len(areas)} areas; at most {MAX_AREAS} are read")
        return cls(areas)

    def remove_from(self, plates: Iterable[Plate], width: int, height: int) -> list[Plate]:
        """The plates whose centre lies in no area of an image of this size in pixels."""
        return [
            plate
            for plate in plates
            if not any(area.holds_centre_of(plate.box, width, height) for area in self.areas)
        ]


def _parse_area(text: str) -> Area:
    numbers = [float(n) for n in text.split(",") if FRACTION.fullmatch(n.strip())]
    if len(numbers) == text.count(",") + 1 == 4 and max(numbers) <= 1:
        area = Area(*numbers)
        if area.left < area.right and area.top < area.bottom:
            return area
    raise RequestError(
        "ignore_areas must be rectangles left,top,right,bottom in fractions from 0 to 1, "
        f"e.g. 0,0,1,0.08;0.7,0.9,1,1; {text[:40]!r} is not"
    )
