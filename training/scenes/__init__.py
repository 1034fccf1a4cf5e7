"""Scenes for the detector: rendered plates pasted into photos, and text that is no plate."""

from __future__ import annotations

from training.scenes.distractors import distract
from training.scenes.paste import paste, replace
from training.scenes.pool import PlatePool

__all__ = ["PlatePool", "distract", "paste", "replace"]
