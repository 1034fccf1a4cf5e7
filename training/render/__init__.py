"""Plates as a camera sees them, for training and for tests.

`render_plate` draws one flat, `photograph` crops a tilted, blurred, badly lit image of it,
`camera` spoils any image.
"""

from __future__ import annotations

from training.render.camera import camera, photograph
from training.render.layouts import LAYOUTS, render_plate
from training.render.plate import RenderedPlate
from training.render.street import board

__all__ = ["LAYOUTS", "RenderedPlate", "board", "camera", "photograph", "render_plate"]
