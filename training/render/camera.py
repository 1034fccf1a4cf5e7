"""What lies between a plate and a file: distance, angle, light, lens, sensor and compression."""

from __future__ import annotations

import math
import random

import cv2
import numpy as np

from training.reader.shape import MARGIN
from training.render.plate import RenderedPlate

FILLING, AT_AN_EDGE = 0.15, 0.15  # of the crops: all of their picture, and cut by its edge
MIN_DETAIL = 3.5  # grey levels: the strokes' root mean square, for a crop to be legible
MIN_CORRELATION = 0.72  # correlation of the spoilt strokes with the clear ones


def noise_of(rng: random.Random) -> np.random.Generator:
    """A numpy generator that follows the given one."""
    return np.random.Generator(np.random.SFC64(rng.getrandbits(64)))


def to_grey(rng: random.Random, image: np.ndarray) -> np.ndarray:
    """RGB to grey as some sensor would.

    Daylight weights, or any, as under infrared or a colour cast.
    """
    weights: tuple[float, ...] = (0.299, 0.587, 0.114)
    if rng.random() < 0.4:
        raw = [rng.uniform(0.05, 1) for _ in range(3)]
        weights = tuple(part / sum(raw) for part in raw)
    grey = cv2.transform(image, np.array([weights], np.float32))
    # Some colours are alike to some sensors: then take daylight.
    return grey if grey.std() > 25 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)


def _surround(rng: random.Random, image: np.ndarray) -> np.ndarray:
    """The plate on a twice larger canvas of car.

    Flat, mottled or striped, perhaps with a holder around the plate.
    """
    height, width = image.shape[:2]
    canvas = np.full((height * 2, width * 2), rng.randint(0, 255), np.uint8)
    if rng.random() < 0.75:
        cells = (rng.randint(2, 9), rng.randint(2, 9))
        patch = noise_of(rng).integers(0, 255, cells, np.uint8, endpoint=True)
        how = rng.choice((cv2.INTER_LINEAR, cv2.INTER_NEAREST))
        patch = cv2.resize(patch, (width * 2, height * 2), interpolation=how)
        canvas = cv2.addWeighted(canvas, 0.5, patch, 0.5, 0)
    top, left = height // 2, width // 2
    if rng.random() < 0.35:
        edge = rng.randint(2, 9)
        corners = (left - edge, top - edge), (left + width + edge, top + height + edge)
        cv2.rectangle(canvas, *corners, rng.choice((rng.randint(0, 60), rng.randint(120, 255))), -1)
    canvas[top : top + height, left : left + width] = image
    return canvas


def _light(rng: random.Random, canvas: np.ndarray) -> np.ndarray:
    """Uneven light, a shadow's edge, or glare, on a grey canvas."""
    height, width = canvas.shape[:2]
    if rng.random() < 0.35:
        shape = (1, width) if rng.random() < 0.5 else (height, 1)
        ramp = np.linspace(
            rng.uniform(0.4, 1), rng.uniform(0.6, 1.35), max(shape), dtype=np.float32
        ).reshape(shape)
        canvas = np.clip(canvas * ramp, 0, 255).astype(np.uint8)
    if rng.random() < 0.15:
        points = np.array(
            [(rng.randint(0, width), rng.randint(0, height)) for _ in range(4)], np.int32
        )
        shadow = np.full(canvas.shape, 255, np.uint8)
        cv2.fillPoly(shadow, [cv2.convexHull(points)], rng.randint(90, 200))
        canvas = cv2.multiply(canvas, cv2.blur(shadow, (9, 9)), scale=1 / 255)
    if rng.random() < 0.06:
        glare = np.zeros(canvas.shape, np.uint8)
        spot = (rng.randint(width // 4, width * 3 // 4), rng.randint(height // 4, height * 3 // 4))
        cv2.circle(glare, spot, rng.randint(10, height // 3), rng.randint(60, 220), -1)
        canvas = cv2.add(canvas, cv2.blur(glare, (41, 41)))
    return canvas


def _pose(rng: random.Random, quad: np.ndarray) -> np.ndarray:
    """The plate's corners after the camera has moved.

    Turned, sheared, squeezed, and a little perspective.
    """
    spread = rng.random()
    degrees = rng.gauss(0, 4.5) if spread < 0.85 else rng.uniform(-25, 25)
    angle = math.radians(max(-27.0, min(27.0, degrees)))
    squeeze = math.exp(rng.gauss(0, 0.14))
    lean = rng.gauss(0, 0.10)
    # Seen from the side a plate is narrower and its lines slope, while its uprights stay upright.
    slope = rng.gauss(0, 0.05)
    if rng.random() < 0.15:
        slope, squeeze = rng.uniform(-0.3, 0.3), squeeze * rng.uniform(0.55, 0.95)
    across, along = math.sin(angle), math.cos(angle)
    turn = np.array([[along, -across + lean], [across + slope, along]])
    middle = quad.mean(0)
    moved = ((quad - middle) * (squeeze, 1)) @ turn.T
    size = np.ptp(quad, axis=0)
    return moved + noise_of(rng).standard_normal((4, 2)) * (size[0] * 0.012, size[1] * 0.03)


def margins(rng: random.Random, across: float, down: float) -> tuple[float, ...]:
    """What is left, above, right and below of a plate in a crop, as shares of its box.

    As an imperfect detector gives it, off by these standard deviations, and as much as the
    picture has: where its edge is at the plate's, there is no margin. A sliver of the plate may be
    missing, but none of its characters.
    """
    sides = zip(MARGIN * 2, (across, down) * 2, strict=True)
    given = [max(-0.04, margin + rng.gauss(0, spread)) for margin, spread in sides]
    kind = rng.random()
    if kind < FILLING:
        return tuple(min(margin, rng.uniform(-0.03, 0.03)) for margin in given)
    if kind < FILLING + AT_AN_EDGE:
        near = rng.sample(range(4), rng.choice((1, 1, 2)))
        return tuple(
            min(margin, rng.uniform(-0.03, 0.01)) if side in near else margin
            for side, margin in enumerate(given)
        )
    return tuple(given)


def _window(
    rng: random.Random, corners: np.ndarray, jitter: float
) -> tuple[float, float, float, float]:
    """The box around the corners with the usual margin, as an imperfect detector would give it."""
    (x1, y1), (x2, y2) = corners.min(0), corners.max(0)
    width, height = x2 - x1, y2 - y1
    if jitter and rng.random() < 0.15:
        jitter *= 2
    sides = margins(rng, 0.04 * jitter, 0.06 * jitter) if jitter else MARGIN * 2
    left, above, right, below = sides
    return x1 - width * left, y1 - height * above, x2 + width * right, y2 + height * below


def _letter_height(rng: random.Random) -> float:
    """Height of the characters in camera pixels: mostly of fair size, a third small."""
    low, high = (12, 45) if rng.random() < 0.67 else (7, 13)
    return math.exp(rng.uniform(math.log(low), math.log(high)))


def photograph(
    rng: random.Random, plate: RenderedPlate, height: float | None = None, jitter: float = 1.0
) -> np.ndarray:
    """A grey crop around the plate as photographed.

    Uint8 (rows, columns) in camera pixels, `height` being the height of the plate's upright box in
    them (if not given, such that a patient eye can read it).
    """
    grey = to_grey(rng, plate.image)
    canvas = _light(rng, _surround(rng, grey))
    source = plate.quad + np.array([grey.shape[1] // 2, grey.shape[0] // 2], np.float32)
    corners = _pose(rng, source)
    tall = float(np.ptp(corners[:, 1]))
    scale = height / tall if height else _letter_height(rng) / plate.letter
    letter = plate.letter * scale
    left, top, right, bottom = _window(rng, corners, jitter)
    columns, rows = max(10, round((right - left) * scale)), max(6, round((bottom - top) * scale))
    target = (corners - (left, top)) * (columns / (right - left), rows / (bottom - top))
    if scale < 0.65:
        # Much smaller than drawn: average areas first, as lens and sensor do, or it would alias.
        shrink = scale * 1.5
        canvas = cv2.resize(canvas, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
        canvas = cv2.GaussianBlur(canvas, (3, 3), 0.6)
        source = source * shrink
    matrix = cv2.getPerspectiveTransform(source.astype(np.float32), target.astype(np.float32))
    crop = cv2.warpPerspective(
        canvas, matrix, (columns, rows), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    for _ in range(3):
        spoilt = camera(rng, crop, letter)
        if _legible(crop, spoilt, letter):
            return spoilt
    return crop


def _legible(clear: np.ndarray, spoilt: np.ndarray, letter: float) -> bool:
    """Whether enough of the strokes is left: an illegible plate only teaches guessing."""
    size = 2 * int(letter / 2) + 1
    rows, columns = clear.shape
    middle = slice(rows // 5, rows - rows // 5), slice(columns // 6, columns - columns // 6)
    one, two = (image[middle].astype(np.float32) for image in (clear, spoilt))
    one, two = one - cv2.blur(one, (size, size)), two - cv2.blur(two, (size, size))
    power = math.sqrt(float((one * one).sum() * (two * two).sum())) + 1e-6
    kept = float((two * two).mean()) ** 0.5
    return kept > MIN_DETAIL and float((one * two).sum()) / power > MIN_CORRELATION


def _lens(rng: random.Random, image: np.ndarray, letter: float) -> np.ndarray:
    """Out of focus, shaken, sharpened, or enlarged from fewer pixels."""
    look = rng.random()
    if look < 0.3:
        most = 0.12 if letter > 11 else 0.07  # a small plate is soft already
        return cv2.GaussianBlur(image, (0, 0), max(0.3, rng.uniform(0.02, most) * letter))
    if look < 0.42 and letter > 9:
        size = 3 if letter < 16 else rng.choice((3, 5)) if letter < 28 else rng.choice((3, 5, 7))
        line = np.zeros((size, size), np.float32)
        line[size // 2] = 1 / size
        turn = cv2.getRotationMatrix2D((size / 2 - 0.5, size / 2 - 0.5), rng.uniform(0, 180), 1)
        return cv2.filter2D(image, -1, cv2.warpAffine(line, turn, (size, size)))
    if look < 0.55:
        soft = cv2.GaussianBlur(image, (0, 0), 1)
        return cv2.addWeighted(image, 1.9, soft, -0.9, 0)
    if look < 0.62 and letter > 10:
        small = cv2.resize(image, None, fx=0.7, fy=0.7, interpolation=cv2.INTER_AREA)
        how = rng.choice((cv2.INTER_LINEAR, cv2.INTER_CUBIC))
        return cv2.resize(small, image.shape[1::-1], interpolation=how)
    return image


def _sensor(rng: random.Random, image: np.ndarray) -> np.ndarray:
    """Exposure, contrast and noise; grey or RGB uint8 in and out."""
    values = image.astype(np.float32)
    mean = float(values.mean())
    contrast = rng.uniform(0.25, 0.6) if rng.random() < 0.1 else rng.uniform(0.55, 1.4)
    values = (values - mean) * contrast + mean * rng.uniform(0.6, 1.3) + rng.uniform(-20, 20)
    if rng.random() < 0.1:
        values *= rng.uniform(0.2, 0.5)
    if rng.random() < 0.5:
        strength = rng.uniform(1, 8) if rng.random() < 0.85 else rng.uniform(8, 16)
        values += noise_of(rng).standard_normal(values.shape, np.float32) * strength
    return np.clip(values, 0, 255).astype(np.uint8)


def camera(rng: random.Random, image: np.ndarray, letter: float | None = None) -> np.ndarray:
    """Lens, sensor and JPEG: spoils a grey or RGB uint8 image as cameras do, keeping its size.

    `letter` is the height of the characters in pixels, which bounds the blur; half the image's
    height if not given.
    """
    image = _sensor(rng, _lens(rng, image, letter or image.shape[0] * 0.5))
    if rng.random() < 0.6:
        coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, rng.randint(25, 92)])[1]
        image = np.asarray(cv2.imdecode(coded, cv2.IMREAD_UNCHANGED))
    return image
