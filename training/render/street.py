"""Text in the street that is no plate: burnt-in dates, camera and car names, the words of signs."""

from __future__ import annotations

import random

import cv2
import numpy as np

from training.render import fonts, ink
from training.render.plate import RenderedPlate, blank, ground


def listed(names: str) -> list[str]:
    """The names between the commas."""
    return names.split(", ")


CAMERAS = listed(
    "CAM 1, Camera 01, IPCAM, Front Door, CH02, GATE IN, Parking, Driveway, Reolink, HIKVISION, "
    "Entrance, Garage cam"
)
BADGES = listed(
    "HONDA, TOYOTA, FORD, MAZDA, VOLVO, SUZUKI, RENAULT, KIA, SKODA, Corolla, Civic, Golf, TDI, "
    "GTI, 4x4, 4WD, AWD, Turbo, Hybrid, V6, V8, 1.6, 2.0 T, XLE, Sport, LAND ROVER, JEEP, "
    "TRANSIT, Sprinter, DIESEL, EX-L, SE, LS 400, X5, A4, C220, 320d, ELANTRA, FIESTA"
)
SIGNS = listed(
    "OPEN, CLOSED, EXIT, NO PARKING, Pizza, Cafe, HOTEL, Bakery, SALE 50%, STOP, ONE WAY, TAXI, "
    "BUS STOP, Pharmacy, Bank, Market, Books, Restaurant, Welcome, Private, Keep clear, "
    "Deliveries, Push, Pull, Toilets, Fire door, Danger, 24 h, Tel. 555 0134, www.example.com, "
    "Flowers, Hair & Nails, FOR RENT, Apotheke, Farmacia, Mercado, Ausfahrt freihalten, Sortie, "
    "Bazar"
)

LIMITS = listed("5, 10, 20, 25, 30, 35, 40, 50, 60, 70, 80, 90, 100, 110, 120, 130")
RING, FACE = (200, 30, 40), (240, 240, 240)
HALF_HIDDEN = 0.3  # of the boards


def text_of(kind: str, rng: random.Random) -> str:
    """A date and hour, a camera's name, a car's name, or the words of a sign."""
    if kind == "stamp":
        year, month, day = rng.randint(2010, 2030), rng.randint(1, 12), rng.randint(1, 28)
        clock = f"{rng.randint(0, 23):02}:{rng.randint(0, 59):02}:{rng.randint(0, 59):02}"
        sign = rng.choice("-/.")
        date = (
            f"{year}{sign}{month:02}{sign}{day:02}"
            if rng.random() < 0.6
            else f"{day:02}{sign}{month:02}{sign}{year}"
        )
        return rng.choice(
            (f"{date} {clock}", date, clock, rng.choice(CAMERAS), f"{rng.choice(CAMERAS)} {clock}")
        )
    return rng.choice(BADGES if kind == "badge" else SIGNS)


def phrase(rng: random.Random) -> str:
    """A street text that is clearly no registration: with small letters, or a date."""
    while True:
        text = text_of(rng.choice(("stamp", "badge", "sign", "sign")), rng)
        if any(char.islower() or char in ":/%" for char in text):
            return text


def board(rng: random.Random) -> RenderedPlate:
    """One or two phrases on a board of their own, or words behind a sign: to be read as nothing."""
    if rng.random() < HALF_HIDDEN:
        return half_hidden(rng, lettered(rng, [text_of("sign", rng).upper()]))
    return lettered(rng, [phrase(rng) for _ in range(rng.choice((1, 1, 2)))])


def lettered(rng: random.Random, lines: list[str]) -> RenderedPlate:
    """A board with these lines."""
    masks = [fonts.words(fonts.choose(rng, 0.4), line, 40) for line in lines]
    width = max(mask.shape[1] for mask in masks) + rng.randint(8, 60)
    height = sum(mask.shape[0] + rng.randint(4, 14) for mask in masks) + rng.randint(8, 30)
    colour, letter = ground(rng, 0.4)
    image, top = blank(width, height, colour), rng.randint(4, 10)
    for mask in masks:
        middle = width / 2, top + mask.shape[0] / 2
        _write(image, mask, middle, letter)
        top += mask.shape[0] + rng.randint(3, 10)
    ink.frame(rng, image, letter, 0.3)
    quad = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    return RenderedPlate(image, (), "board", quad, float(np.mean([m.shape[0] for m in masks])))


def half_hidden(rng: random.Random, behind: RenderedPlate) -> RenderedPlate:
    """The board behind a speed limit on its post: a word's beginning and a number, yet no plate."""
    height, width = behind.image.shape[:2]
    radius, room = height * rng.uniform(0.35, 0.7), height
    wall = ink.colour(rng, 0)
    image = cv2.copyMakeBorder(behind.image, *(room,) * 4, cv2.BORDER_CONSTANT, value=wall)
    x, y = room + width * rng.uniform(0.5, 1), room + height * rng.uniform(0.2, 0.9)
    round_sign(rng, image, (x, y, radius), len(image))
    size = radius * rng.uniform(0.8, 1.2)
    _write(image, fonts.words(fonts.choose(rng), rng.choice(LIMITS), size), (x, y), (20, 20, 20))
    board = np.array([[room, room], [room + width, room + height]], np.float32)
    spot = np.array([x, y], np.float32)
    low, high = np.minimum(board[0], spot - radius), np.maximum(board[1], spot + radius)
    # A detector's box may be the board's, may hold all of the sign, or be anything between.
    (left, top), (right, bottom) = board + (np.stack((low, high)) - board) * rng.random()
    quad = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)
    return RenderedPlate(image, (), "board", quad, behind.letter)


def round_sign(
    rng: random.Random, image: np.ndarray, place: tuple[float, float, float], foot: float
) -> None:
    """A red ring around (x, y) of that radius, on a post down to a row, in place."""
    x, y, radius = (round(part) for part in place)
    half = max(1, round(radius * rng.uniform(0.05, 0.15)))
    cv2.rectangle(image, (x - half, y), (x + half, round(foot)), ink.shade(rng, 40, 200), -1)
    cv2.circle(image, (x, y), radius, RING, -1, cv2.LINE_AA)
    cv2.circle(image, (x, y), round(radius * rng.uniform(0.7, 0.85)), FACE, -1, cv2.LINE_AA)


def _write(
    image: np.ndarray, mask: np.ndarray, middle: tuple[float, float], colour: ink.Colour
) -> None:
    """Colour the mask into the image around a point, in place; what does not fit is left out."""
    x, y = max(0, int(middle[0] - mask.shape[1] / 2)), max(0, int(middle[1] - mask.shape[0] / 2))
    part = image[y : y + mask.shape[0], x : x + mask.shape[1]]
    weight = mask[: part.shape[0], : part.shape[1], None] / np.float32(255)
    np.copyto(part, (part * (1 - weight) + np.array(colour) * weight).astype(np.uint8))
