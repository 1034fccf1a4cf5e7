"""What the reader is given and what it gives, in numbers."""

from __future__ import annotations

from training.alphabet import ALPHABET

HEIGHT, WIDTH = 48, 144
"""Of the crop that a plate is stretched to, in pixels."""
MARGIN = (0.06, 0.10)
"""Room around a plate in its crop, left and right, above and below, as shares of its box."""
STEPS = WIDTH // 4
"""Positions over one line of a plate."""
BLANK = len(ALPHABET)
"""The class of a position that shows no character."""
CLASSES = BLANK + 1
MAX_LINE_LENGTH = 10
"""Characters of one line."""
