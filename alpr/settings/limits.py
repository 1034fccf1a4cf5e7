"""The parts of the settings that single rooms need, so that no room is handed all of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """Sizes of images that are decoded; sides in pixels."""

    max_megapixels: int
    max_side: int
    min_side: int


@dataclass(frozen=True, slots=True)
class FormLimits:
    """Sizes of forms that are read; ``max_field_kb`` counts all fields without files together."""

    max_parts: int
    max_field_kb: int


GRID_WHEN = ("empty", "always")
"""When cells are read: where the whole image shows no plate, or always."""


@dataclass(frozen=True, slots=True)
class GridDefaults:
    """The grid and ignored areas of a request that names none, as texts and number."""

    grid_size: int
    wanted_cells: str
    grid_when: str = "empty"
    ignore_areas: str = ""
