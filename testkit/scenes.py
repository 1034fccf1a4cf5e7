"""Drawn cars and plates, so that no test needs a photo.

Everything follows from a seed: the street, the cars, the plates of several countries, the camera's
tilt, blur and noise. Scenes are drawn at twice their size and reduced, as a lens would soften
them. The plates themselves are in :mod:`testkit.plate_art`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from alpr.plates import Box
from testkit.plate_art import (
    BLACK,
    STYLES,
    WHITE,
    Area,
    Colour,
    Style,
    inset,
    paste_text,
    plate_image,
    random_number,
    text_mask,
    without_separators,
)

Quad = list[tuple[float, float]]
"""Four corners from the upper left, clockwise."""

OVERSIZE = 2
"""Scenes are drawn at this multiple of their size, and then reduced."""

PAINTS = (
    (150, 30, 35),
    (40, 70, 120),
    (190, 192, 196),
    (46, 48, 52),
    (60, 95, 70),
    (225, 225, 222),
)
SIGNS = ("BAKERY", "Open daily", "COFFEE", "MAIN STREET", "EXIT", "Flowers", "NO PARKING")
SIGN_COLOURS = ((WHITE, BLACK), ((30, 90, 60), WHITE), ((170, 40, 40), WHITE))


class Scene(NamedTuple):
    """An RGB image with its ground truth: each plate's text, and its box in pixels."""

    image: Image.Image
    plates: list[tuple[str, Box]]


def street(
    seed: int,
    styles: Sequence[Style] = STYLES,
    *,
    cars: int = 1,
    size: tuple[int, int] = (1280, 720),
    plate_width: float = 0.16,
    blur: float = 0.5,
    noise: float = 5.0,
) -> Scene:
    """A street with ``cars`` cars side by side, each with a plate of one of the styles.

    ``plate_width`` is a long plate's part of the image's width (with several cars they share it),
    ``blur`` the radius and ``noise`` the standard deviation in grey levels of the delivered image.
    """
    random = np.random.default_rng(seed)
    width, height = size[0] * OVERSIZE, size[1] * OVERSIZE
    canvas = _backdrop(random, (width, height))
    plates = []
    for index in range(cars):
        style = styles[int(random.integers(len(styles)))]
        scale = plate_width * width / 520 / cars * random.uniform(0.9, 1.15)
        centre = width * (index + 0.5 + random.uniform(-0.12, 0.12)) / cars
        place = _Place(centre, height * random.uniform(0.86, 0.93), scale)
        plates.append(_car(canvas, random, style, place))
    return Scene(_photograph(canvas, random, size, blur, noise), plates)


def plate_free(seed: int, *, size: tuple[int, int] = (1280, 720)) -> Scene:
    """A street without a car, but with shop signs, a road name and a speed limit."""
    random = np.random.default_rng(seed)
    width, height = size[0] * OVERSIZE, size[1] * OVERSIZE
    canvas = _backdrop(random, (width, height))
    draw = ImageDraw.Draw(canvas)
    for index, word in enumerate(random.permutation(SIGNS)[:4]):
        x, y = width * (0.04 + 0.24 * index), height * random.uniform(0.25, 0.6)
        panel = (x, y, x + width * 0.17, y + height * 0.09)
        paper, ink = SIGN_COLOURS[int(random.integers(len(SIGN_COLOURS)))]
        draw.rectangle(panel, fill=paper, outline=ink, width=4)
        paste_text(canvas, text_mask(str(word), weight=0.01), inset(panel, 0.12, 0.2), ink)
    x, y, radius = width * 0.9, height * 0.55, height * 0.05
    ring = (x - radius, y - radius, x + radius, y + radius)
    draw.rectangle((x - 5, y, x + 5, height * 0.8), fill=(110, 110, 110))
    draw.ellipse(ring, fill=WHITE, outline=(200, 30, 30), width=int(radius * 0.22))
    limit = str(random.choice([30, 40, 50, 60]))
    paste_text(canvas, text_mask(limit, weight=0.05), inset(ring, 0.27, 0.3), BLACK)
    return Scene(_photograph(canvas, random, size, 0.5, 5.0), [])


class _Place(NamedTuple):
    """From a car's millimetres (right of its middle, above the ground) to canvas pixels."""

    centre: float
    ground: float
    scale: float

    def points(self, *millimetres: tuple[float, float]) -> Quad:
        return [
            (self.centre + x * self.scale, self.ground - y * self.scale) for x, y in millimetres
        ]

    def area(self, left: float, top: float, right: float, bottom: float) -> Area:
        (x_min, y_min), (x_max, y_max) = self.points((left, top), (right, bottom))
        return x_min, y_min, x_max, y_max


def _car(
    canvas: Image.Image, random: np.random.Generator, style: Style, place: _Place
) -> tuple[str, Box]:
    """Draws a car seen from behind; returns its number and the plate's box in the scene."""
    paint = PAINTS[int(random.integers(len(PAINTS)))]
    shade, glass, unit = _brighter(paint, 0.6), (52, 62, 72), place.scale
    shadow = Image.new("L", canvas.size)
    ImageDraw.Draw(shadow).ellipse(place.area(-900, 60, 900, -110), fill=150)
    shadow = shadow.resize((canvas.width // 8, canvas.height // 8))
    shadow = shadow.filter(ImageFilter.GaussianBlur(2 * unit)).resize(canvas.size)
    canvas.paste(Image.new("RGB", canvas.size, (20, 20, 22)), (0, 0), shadow)
    draw = ImageDraw.Draw(canvas)
    for left in (-780, 560):
        draw.rounded_rectangle(place.area(left, 300, left + 220, -20), 40 * unit, (22, 22, 24))
    for colour, corners in (
        (paint, ((-640, 1350), (640, 1350), (790, 900), (-790, 900))),
        (glass, ((-560, 1300), (560, 1300), (680, 920), (-680, 920))),
        (_brighter(glass, 1.5), ((-420, 1300), (-250, 1300), (-400, 920), (-570, 920))),
    ):
        draw.polygon(place.points(*corners), fill=colour)
    draw.rounded_rectangle(place.area(-840, 940, 840, 180), 90 * unit, paint)
    draw.rounded_rectangle(place.area(-840, 360, 840, 130), 60 * unit, shade)
    draw.line(place.points((-820, 880), (820, 880)), _brighter(paint, 1.35), round(14 * unit))
    for left in (-810, 600):
        draw.rounded_rectangle(place.area(left, 840, left + 210, 620), 30 * unit, (165, 24, 24))
        draw.rectangle(place.area(left + 20, 700, left + 190, 660), fill=(235, 150, 60))
    half = style.width / 2
    niche = place.area(-half - 40, 620, half + 40, 540 - style.height)
    draw.rounded_rectangle(niche, 20 * unit, shade)
    text = random_number(random, style.pattern)
    quad = _tilted(random, place.area(-half, 580, half, 580 - style.height))
    _paste_in_perspective(canvas, plate_image(style, text), quad)
    xs, ys = [x / OVERSIZE for x, _ in quad], [y / OVERSIZE for _, y in quad]
    width, height = canvas.width // OVERSIZE, canvas.height // OVERSIZE
    return without_separators(text), Box.clamp(
        min(xs), min(ys), max(xs), max(ys), width=width, height=height
    )


def _brighter(colour: Colour, factor: float) -> Colour:
    red, green, blue = (min(255, int(part * factor)) for part in colour)
    return red, green, blue


def _tilted(random: np.random.Generator, area: Area) -> Quad:
    """The area's corners, turned by up to 3 degrees and seen slightly from one side."""
    x_min, y_min, x_max, y_max = area
    width, height = x_max - x_min, y_max - y_min
    drop = width * np.tan(np.radians(random.uniform(-3, 3)))
    near, far = height * random.uniform(0.0, 0.05), height * random.uniform(0.0, 0.05)
    return [
        (x_min, y_min - drop / 2 - near),
        (x_max, y_min + drop / 2 - far),
        (x_max, y_max + drop / 2 + far),
        (x_min, y_max - drop / 2 + near),
    ]


def _paste_in_perspective(canvas: Image.Image, plate: Image.Image, quad: Quad) -> None:
    """Draws the plate onto the canvas so that its corners fall on ``quad``."""
    corners = np.array(quad)
    left, top = (int(value) for value in corners.min(axis=0))
    right, bottom = (int(value) + 1 for value in corners.max(axis=0))
    size = right - left, bottom - top
    # Reduced first: the transform samples few pixels and would alias a finer drawing.
    fine = min(1.0, 1.5 * size[0] / plate.width)
    width, height = round(plate.width * fine), round(plate.height * fine)
    plate = plate.resize((width, height), Image.Resampling.LANCZOS)
    rows, values = [], []
    for (x, y), (u, v) in zip(
        corners - (left, top), ((0, 0), (width, 0), (width, height), (0, height)), strict=True
    ):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    coefficients = np.linalg.solve(np.array(rows), np.array(values)).tolist()
    perspective = (Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BICUBIC)
    mask = Image.new("L", plate.size, 255).transform(size, *perspective)
    canvas.paste(plate.transform(size, *perspective), (left, top), mask)


def _backdrop(random: np.random.Generator, size: tuple[int, int]) -> Image.Image:
    """Sky, houses with windows, trees, pavement and a road with its marks."""
    width, height = size
    sky, haze = np.array([120, 160, 210]), np.array([215, 222, 230])
    light = random.uniform(0.75, 1.0)
    ramp = np.linspace(0, 1, height)[:, None, None]
    rows = ((sky * (1 - ramp) + haze * ramp) * light).astype(np.uint8)
    canvas = Image.fromarray(np.broadcast_to(rows, (height, 1, 3)).copy()).resize(size)
    draw = ImageDraw.Draw(canvas)
    street_y, x = height * random.uniform(0.56, 0.62), 0.0
    while x < width:
        across = width * random.uniform(0.12, 0.24)
        top = height * random.uniform(0.02, 0.3)
        tone = random.integers(90, 200)
        wall = (int(tone), int(tone * random.uniform(0.85, 1)), int(tone * random.uniform(0.75, 1)))
        draw.rectangle((x, top, x + across, street_y), fill=wall)
        for row in np.arange(top + height * 0.03, street_y - height * 0.08, height * 0.1):
            for column in np.arange(x + width * 0.012, x + across - width * 0.03, width * 0.04):
                pane = (column, row, column + width * 0.02, row + height * 0.055)
                draw.rectangle(pane, fill=(60, 70, int(random.integers(70, 130))))
        x += across
    for _ in range(4):
        middle, top = width * random.random(), height * random.uniform(0.2, 0.4)
        draw.rectangle((middle - 9, top, middle + 9, street_y), fill=(78, 60, 44))
        for _ in range(25):
            x, y = random.normal(middle, width * 0.025), random.normal(top, height * 0.05)
            radius, green = width * random.uniform(0.008, 0.02), int(random.integers(60, 130))
            leaf = (int(green * 0.6), green, int(green * 0.45))
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=leaf)
    draw.rectangle((0, street_y, width, height * 0.68), fill=(150, 148, 144))
    draw.rectangle((0, height * 0.68, width, height), fill=(84, 85, 88))
    for x in np.arange(width * random.uniform(-0.2, 0), width, width * 0.2):
        mark = [(x, height * 0.98), (x + width * 0.1, height * 0.98)]
        draw.line(mark, (205, 205, 198), width=round(height * 0.012))
    return canvas


def _photograph(
    canvas: Image.Image,
    random: np.random.Generator,
    size: tuple[int, int],
    blur: float,
    noise: float,
) -> Image.Image:
    """The canvas as a camera records it: reduced, unevenly lit, slightly blurred and noisy."""
    image = canvas.resize(size, Image.Resampling.LANCZOS).filter(ImageFilter.GaussianBlur(blur))
    values = np.asarray(image, dtype=np.float32)
    light = np.linspace(random.uniform(0.8, 1.1), random.uniform(0.8, 1.1), size[0])[:, None]
    # Grain in real photos is coarser than a pixel: one part of it is drawn at half size.
    fine = random.normal(0, noise * 0.7, (*values.shape[:2], 1))
    coarse = random.normal(0, noise * 0.7, (values.shape[0] // 2 + 1, values.shape[1] // 2 + 1, 3))
    grain = fine + coarse.repeat(2, 0).repeat(2, 1)[: values.shape[0], : values.shape[1]]
    return Image.fromarray(np.clip(values * light + grain, 0, 255).astype(np.uint8))
