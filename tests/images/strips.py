"""Images that are rendered as large ones are."""

from __future__ import annotations

import pytest
from PIL import Image, ImageFile

from alpr.images import decoding, rendering
from alpr.settings import Settings


def in_strips(data: bytes, monkeypatch: pytest.MonkeyPatch) -> Image.Image:
    """The image that a file makes if it counts as large; the last strip has fewer rows."""
    monkeypatch.setattr(rendering, "LARGE_PIXELS", 1000)
    monkeypatch.setattr(rendering, "STRIP_PIXELS", 2000)

    def render(image: ImageFile.ImageFile) -> Image.Image:
        return rendering.render_in_strips(image, lambda size: Image.new("RGB", size))

    return decoding.decode(data, Settings().image_limits, render).image
