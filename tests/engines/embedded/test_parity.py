"""The published models compute what was trained, on images that training.parity has written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from alpr.engines.embedded import positions
from alpr.engines.embedded.ctc import decode
from alpr.engines.embedded.engine import MODELS, EmbeddedEngine
from alpr.engines.embedded.letterbox import blocks
from alpr.engines.embedded.models import Model, open_models

FILE = Path(__file__).with_name("parity.npz")
FOLDED = str.maketrans("OIQ", "010")
CONFIDENCE, PIXELS, SCORE = 0.1, 0.8, 0.02
"""What 8 bits for the convolutions, and other kernels than torch's, may change at most."""
LIKELIHOOD = 0.001
"""What other kernels may change."""
PROBABILITY = 0.0002
"""What they may change on average. Single steps where a character begins or ends change more."""


@pytest.fixture(scope="module")
def expected() -> Mapping[str, NDArray[Any]]:
    with np.load(FILE) as file:
        return dict(file)


@pytest.fixture(scope="module")
def models() -> dict[str, Model]:
    return open_models(MODELS)


def test_the_reader_is_what_was_trained(
    expected: Mapping[str, NDArray[Any]], models: Mapping[str, Model]
) -> None:
    read = models["reader"].run(expected["crops"].astype(np.float32))
    wanted = expected["probabilities"].astype(np.float32)
    assert np.abs(read - wanted).mean() < PROBABILITY
    metadata = models["reader"].metadata
    for pair in zip(read, wanted, strict=True):
        ours, torch = (
            decode(one, metadata["steps_per_line"], metadata["alphabet"]) for one in pair
        )
        assert ours.text == torch.text
        assert abs(ours.confidence - torch.confidence) < CONFIDENCE


def test_the_detector_is_what_was_trained(
    expected: Mapping[str, NDArray[Any]], models: Mapping[str, Model]
) -> None:
    scene = expected["scene"].transpose(1, 2, 0)
    (raw,) = models["detector"].run(blocks(scene)[None])
    found = positions.decode(raw, scene.shape[0], scene.shape[1], 0.01)
    wanted = expected["rows"]
    assert len(wanted) >= len(expected["texts"])
    for row in wanted:
        # Other positions may have nearly the same box with another score.
        parts = np.abs(found - row) / (PIXELS, PIXELS, PIXELS, PIXELS, SCORE)
        assert parts.max(axis=1).min() < 1


def test_the_context_is_what_was_trained(
    expected: Mapping[str, NDArray[Any]], models: Mapping[str, Model]
) -> None:
    likelihoods = models["context"].run(expected["squares"])
    assert np.abs(likelihoods - expected["likelihoods"]).max() < LIKELIHOOD


def test_all_together_read_the_scene(expected: Mapping[str, NDArray[Any]]) -> None:
    engine = EmbeddedEngine()
    plates = engine.read(Image.fromarray(expected["scene"].transpose(1, 2, 0)))
    engine.close()
    read = {plate.text.translate(FOLDED) for plate in plates}
    texts = {str(text).translate(FOLDED) for text in expected["texts"]}
    assert texts <= read
