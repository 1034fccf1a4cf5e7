"""Draws a grid's cells and their numbers on an image, and encodes the image for an answer."""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

from alpr.grid import Grid
from alpr.ignore_areas import IgnoreAreas

MAX_WEBP_PIXELS = 16_000_000
"""Larger images are sent as JPEG: WebP's encoder takes more memory than the image itself."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A grid drawn on an image of ``width`` x ``height`` pixels, encoded as ``mime_type``."""

    mime_type: str
    data: bytes
    width: int
    height: int
    grid: Grid


def render(image: Image.Image, grid: Grid, ignore: IgnoreAreas) -> Drawing:
    """Draws the grid and the ignored areas on the image itself and encodes it."""
    draw_areas(image, ignore)
    draw(image, grid)
    return Drawing(*encode(image), *image.size, grid)


def draw(image: Image.Image, grid: Grid) -> None:
    """Draws outline and number of each wanted cell, for choosing cells. Changes the image."""
    pen = ImageDraw.Draw(image)
    for cell in grid.cells:
        row, column = divmod(cell - 1, grid.size)
        width, height = image.width / grid.size, image.height / grid.size
        _draw_cell(pen, (column * width, row * height, width, height), str(cell))


def draw_areas(image: Image.Image, ignore: IgnoreAreas) -> None:
    """Crosses out each ignored area. Changes the image."""
    pen = ImageDraw.Draw(image)
    right, bottom = image.width - 1, image.height - 1
    line = max(2, round(min(image.size) / 240))
    for area in ignore.areas:
        edges = (area.left * right, area.top * bottom, area.right * right, area.bottom * bottom)
        left, top, *_ = edges
        for width, colour in ((line * 3, "black"), (line, "white")):
            pen.rectangle(edges, outline=colour, width=width)
            pen.line((left, top, edges[2], edges[3]), colour, width)
            pen.line((left, edges[3], edges[2], top), colour, width)


def _draw_cell(
    pen: ImageDraw.ImageDraw, area: tuple[float, float, float, float], text: str
) -> None:
    """Draws one cell (left, top, width, height) in black and white, to stand out on any colour.

    The number is in the corner, where it hides the least of the cell.
    """
    left, top, width, height = area
    right, bottom = left + max(width - 1, 0), top + max(height - 1, 0)
    line = max(1, round(min(width, height) / 120))
    size = max(10, min(width * 0.3, height * 0.35))
    font = ImageFont.load_default(size)
    pen.rectangle((left, top, right, bottom), outline="black", width=line * 3)
    if min(right - left, bottom - top) >= 2 * line:
        pen.rectangle(
            (left + line, top + line, right - line, bottom - line), outline="white", width=line
        )
    start, margin = (left + line * 3, top + line * 3), size * 0.15
    anchor = (start[0] + margin, start[1] + margin)
    _, _, text_right, text_bottom = pen.textbbox(anchor, text, font=font, anchor="lt")
    pen.rectangle((*start, text_right + margin, text_bottom + margin), fill="black")
    pen.text(anchor, text, fill="white", anchor="lt", font=font)


def encode(image: Image.Image) -> tuple[str, bytes]:
    """MIME type and bytes: WebP, or JPEG where the image is too large for WebP."""
    output = io.BytesIO()
    if image.width * image.height <= MAX_WEBP_PIXELS:
        try:
            image.save(output, "WEBP", quality=80, method=0)
        except ValueError:  # A side above 16,383 pixels, or too much detail for its first part.
            output = io.BytesIO()
        else:
            return "image/webp", output.getvalue()
    image.save(output, "JPEG", quality=85)
    return "image/jpeg", output.getvalue()
