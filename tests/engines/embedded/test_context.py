"""The context classifier sees what surrounds a plate, never the plate itself."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageOps

from alpr.engines.embedded.context import PADDING, SIDE, ContextClassifier, surroundings
from alpr.engines.embedded.engine import MODELS
from alpr.engines.embedded.models import open_models
from alpr.plates import Box
from testkit.scenes import plate_free

RED, BLUE = (255, 0, 0), (0, 0, 255)


def plate_on_red(box: Box, size: tuple[int, int] = (400, 300)) -> Image.Image:
    image = Image.new("RGB", size, RED)
    image.paste(BLUE, box.corners)
    return image


def test_the_box_itself_is_covered() -> None:
    box = Box(160, 130, 240, 150)
    square = surroundings(plate_on_red(box), box)
    assert square.shape == (3, SIDE, SIDE)
    assert square.dtype == np.uint8
    colours = {tuple(pixel) for pixel in square.reshape(3, -1).T.tolist()}
    assert colours == {RED, PADDING}


def test_surroundings_reach_equally_far_on_each_side() -> None:
    box = Box(160, 130, 240, 150)
    image = plate_on_red(box)
    for edge in ((0, 0, 104, 300), (296, 0, 400, 300)):
        image.paste(BLUE, edge)
    square = surroundings(image, box).transpose(1, 2, 0)
    assert (square[:, [0, -1]] == BLUE).all()
    assert (square[0, 2:-2] == RED).all()


@pytest.mark.parametrize("box", [Box(0, 0, 40, 10), Box(360, 290, 400, 300), Box(0, 0, 400, 300)])
def test_everything_outside_the_image_is_grey(box: Box) -> None:
    square = surroundings(plate_on_red(box), box)
    grey = (square.transpose(1, 2, 0) == PADDING).all(axis=2)
    assert grey[0 if box.y_min == 0 else -1].all()


def test_a_mirrored_image_has_the_same_likelihood() -> None:
    context, box = ContextClassifier(open_models(MODELS)["context"]), Box(160, 130, 240, 150)
    image = plate_free(1, size=(400, 300)).image
    mirrored = ImageOps.mirror(image)
    assert image.tobytes() != mirrored.tobytes()
    assert context.likelihood(image, box) == pytest.approx(
        context.likelihood(mirrored, box), rel=0.01
    )


@pytest.mark.parametrize("size", [(1, 1), (8000, 2), (2, 8000)])
def test_any_box_has_a_likelihood(size: tuple[int, int]) -> None:
    context = ContextClassifier(open_models(MODELS)["context"])
    likelihood = context.likelihood(Image.new("RGB", size), Box(0, 0, *size))
    assert 0 <= likelihood <= 1
