"""The parts of the settings that single rooms need, so that no room is handed all of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """Which images are decoded: at most so many megapixels, and sides within these pixels."""

    max_megapixels: int
    max_side: int
    min_side: int


@dataclass(frozen=True, slots=True)
class FormLimits:
    """Which forms are read: the number of parts, and the kilobytes of all fields without files."""

    max_parts: int
    max_field_kb: int


@dataclass(frozen=True, slots=True)
class GridDefaults:
    """The grid of a request that names none, as text and number of the settings."""

    grid_size: int
    wanted_cells: str
