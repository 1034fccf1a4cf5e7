"""Light, colour, noise, blur and compression, at a few milliseconds an image on one core."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from training.detector.boxes import PLATE, Boxes
from training.detector.geometry import Rng
from training.images import Image

NOISE_SIDE = 1024


class Photometry:
    """Random changes of a BGR image's look; the noise is cut from one sheet, drawing it is dear."""

    def __init__(self, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self.noise = rng.normal(0, 1, (NOISE_SIDE, NOISE_SIDE)).astype(np.float32)

    def __call__(self, image: Image, boxes: Boxes, rng: Rng) -> Image:
        """The image as another camera, hour or encoder would have given it."""
        image = self.plates(image, boxes, rng)
        look = rng.random()
        if look < 0.1:
            image = infrared(image, boxes, rng)
        elif look < 0.25:
            image = grey(image)
        if rng.random() < 0.9:
            image = np.asarray(cv2.LUT(image, curve(rng)), np.uint8)
        if rng.random() < 0.2:
            image = uneven(image, rng)
        image = soften(image, rng)
        if rng.random() < 0.3:
            image = self.grain(image, rng)
        if rng.random() < 0.35:
            _, data = cv2.imencode(
                ".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(22, 90))]
            )
            image = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
        return image

    def plates(self, image: Image, boxes: Boxes, rng: Rng) -> Image:
        """Plates of other countries: some bright on dark, some tinted."""
        for x1, y1, x2, y2, kind in boxes:
            if kind != PLATE or rng.random() > 0.16:
                continue
            part = image[int(y1) : math.ceil(y2), int(x1) : math.ceil(x2)]
            if rng.random() < 0.6:
                part[:] = 255 - part
            if rng.random() < 0.6:
                part[:] = (part * rng.uniform(0.35, 1.0, 3)).astype(np.uint8)
        return image

    def grain(self, image: Image, rng: Rng) -> Image:
        """Sensor noise: of each channel, or of the light only."""
        height, width = image.shape[:2]
        y, x = rng.integers(0, NOISE_SIDE - height), rng.integers(0, NOISE_SIDE - width)
        noise: np.ndarray = self.noise[y : y + height, x : x + width] * np.float32(
            rng.uniform(2, 20)
        )
        if rng.random() < 0.3:
            noise = cv2.GaussianBlur(noise, (0, 0), 1.0) * 2
        return np.asarray(np.clip(image + noise[..., None], 0, 255), np.uint8)


def grey(image: Image) -> Image:
    return np.asarray(
        cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR), np.uint8
    )


def infrared(image: Image, boxes: Boxes, rng: Rng) -> Image:
    """An infrared or night view: no colour, dark, plates that throw the lamp's light back."""
    dark = grey(image).astype(np.float32) * rng.uniform(0.2, 0.7)
    for x1, y1, x2, y2, kind in boxes:
        if kind == PLATE:
            dark[int(y1) : math.ceil(y2), int(x1) : math.ceil(x2)] *= rng.uniform(1.0, 3.5)
    if rng.random() < 0.5:
        height, width = image.shape[:2]
        ys, xs = np.mgrid[0:height:8, 0:width:8].astype(np.float32)
        far = np.hypot(xs - rng.uniform(0, width), ys - rng.uniform(0, height)) / max(height, width)
        lamp = cv2.resize(np.exp(-far * rng.uniform(0.3, 2.0)), (width, height))
        dark *= lamp[..., None]
    return np.asarray(np.clip(dark, 0, 255), np.uint8)


def curve(rng: Rng) -> NDArray[np.uint8]:
    """A lookup table [1, 256, 3]: brightness, contrast, gamma and a colour cast at once."""
    x = np.arange(256, dtype=np.float32)[:, None] / 255
    if rng.random() < 0.4:
        x = x ** np.float32(math.exp(rng.uniform(-0.7, 0.8)))
    gain = rng.uniform(0.45, 1.5) * rng.normal(1, 0.08, 3)
    table = x * gain + rng.uniform(-0.12, 0.12)
    if rng.random() < 0.02:
        table = 1 - table
    return np.asarray(np.clip(table * 255, 0, 255), np.uint8)[None]


def uneven(image: Image, rng: Rng) -> Image:
    """Shadows and sun: a coarse random field multiplied in."""
    cells = int(rng.integers(2, 5)), int(rng.integers(2, 6))
    coarse = rng.uniform(0.35, 1.4, cells).astype(np.float32)
    field = cv2.resize(coarse, (image.shape[1], image.shape[0]), interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.clip(image * field[..., None], 0, 255), np.uint8)


def soften(image: Image, rng: Rng) -> Image:
    """Out of focus, moving, enlarged from fewer pixels, or sharpened by the camera."""
    kind = rng.random()
    if kind < 0.12:
        return np.asarray(cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.6)), np.uint8)
    if kind < 0.2:
        length = int(rng.choice([3, 5, 7, 9]))
        kernel: np.ndarray = np.zeros((length, length), np.float32)
        kernel[length // 2] = 1.0
        turned = cv2.getRotationMatrix2D(
            (length / 2 - 0.5, length / 2 - 0.5), rng.uniform(0, 180), 1.0
        )
        kernel = cv2.warpAffine(kernel, turned, (length, length))
        return np.asarray(cv2.filter2D(image, -1, kernel / kernel.sum()), np.uint8)
    if kind < 0.3:
        part = rng.uniform(0.45, 0.9)
        small = cv2.resize(image, None, fx=part, fy=part, interpolation=cv2.INTER_AREA)
        size = image.shape[1], image.shape[0]
        return np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_LINEAR), np.uint8)
    if kind < 0.4:
        blurred = cv2.GaussianBlur(image, (0, 0), 1.0)
        return np.asarray(
            cv2.addWeighted(image, 1 + (amount := rng.uniform(0.3, 1.5)), blurred, -amount, 0),
            np.uint8,
        )
    return image
