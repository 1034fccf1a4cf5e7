"""Makes the images of the README and of docs/ with the program itself: ``make pictures``."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from alpr import overlay
from alpr.engines import open_engine
from alpr.grid import Grid
from alpr.recognition import recognise
from alpr.settings import Settings
from testkit import scenes

FOLDER = Path(__file__).parents[1] / "docs" / "images"
SHOWN_SIZE = (960, 540)
ACCENT = (255, 196, 0)


def main() -> None:
    """Writes the sample image, that image with its plate, and the drawings of the grid."""
    FOLDER.mkdir(exist_ok=True)
    scenes.street(7, noise=2).image.save(FOLDER / "sample.jpg", quality=85)
    _save(_with_plates(Image.open(FOLDER / "sample.jpg")), "found")
    far = scenes.street(4, cars=3, plate_width=0.06).image.resize(SHOWN_SIZE)
    _save(_with_grid(far, Grid.parse("4", "")), "grid-4")
    _save(_with_grid(far, Grid.parse("3", "5,6,8,9")), "grid-3-chosen")


def _with_plates(image: Image.Image) -> Image.Image:
    """The image with the plates that the embedded engine reads on it."""
    engine = open_engine(Settings(engine="embedded"))
    result = recognise(engine, image, Grid.parse("4", ""))
    drawn = image.copy()
    pen = ImageDraw.Draw(drawn)
    for plate in result.plates:
        left, top, right, bottom = plate.box.corners
        pen.rectangle((left - 4, top - 4, right + 4, bottom + 4), outline=ACCENT, width=4)
        caption = f"{plate.text}  {int(1000 * plate.confidence) / 10} %"
        pen.text(
            ((left + right) / 2, bottom + 14),
            caption,
            fill=ACCENT,
            stroke_fill="black",
            stroke_width=3,
            anchor="mt",
            font=ImageFont.load_default(36),
        )
    engine.close()
    return drawn.resize(SHOWN_SIZE, Image.Resampling.LANCZOS)


def _with_grid(image: Image.Image, grid: Grid) -> Image.Image:
    drawn = image.copy()
    overlay.draw(drawn, grid)
    return drawn


def _save(image: Image.Image, name: str) -> None:
    image.save(FOLDER / f"{name}.webp", quality=80, method=6)


if __name__ == "__main__":
    main()
