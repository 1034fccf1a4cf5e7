"""The README's pictures, made by the program itself: ``make pictures``."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from alpr import grid, overlay
from alpr.engines import open_engine
from alpr.grid import Grid
from alpr.settings import Settings
from testkit import scenes

FOLDER = Path(__file__).parents[1] / "docs" / "images"
SHOWN = (960, 540)
ACCENT = (255, 196, 0)


def main() -> None:
    """Writes every picture anew."""
    _save(_found(scenes.street(3).image), "found")
    far = scenes.street(4, cars=3, plate_width=0.06).image.resize(SHOWN)
    _save(_with_grid(far, Grid.parse("4", "")), "grid-4")
    _save(_with_grid(far, Grid.parse("3", "5,6,8,9")), "grid-3-chosen")


def _found(image: Image.Image) -> Image.Image:
    """The picture with what the embedded engine read on it."""
    engine = open_engine(Settings(engine="embedded"))
    found = grid.search(engine, image, Grid.parse("4", ""))
    drawn = image.copy()
    pen = ImageDraw.Draw(drawn)
    for plate in found.plates:
        left, top, right, bottom = plate.box.corners
        pen.rectangle((left - 4, top - 4, right + 4, bottom + 4), outline=ACCENT, width=4)
        words = f"{plate.text}  {plate.confidence:.0%}"
        pen.text(
            ((left + right) / 2, bottom + 14),
            words,
            fill=ACCENT,
            stroke_fill="black",
            stroke_width=3,
            anchor="mt",
            font=ImageFont.load_default(36),
        )
    engine.close()
    return drawn.resize(SHOWN, Image.Resampling.LANCZOS)


def _with_grid(image: Image.Image, chosen: Grid) -> Image.Image:
    drawn = image.copy()
    overlay.draw(drawn, chosen)
    return drawn


def _save(picture: Image.Image, name: str) -> None:
    FOLDER.mkdir(exist_ok=True)
    picture.save(FOLDER / f"{name}.webp", quality=80, method=6)


if __name__ == "__main__":
    main()
