"""The characters that plates are read as."""

from __future__ import annotations

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
DIGITS = "0123456789"
ALPHABET = DIGITS + LETTERS
FOLD = str.maketrans("OQI", "001")
"""Characters that many plates do not tell apart, folded before texts are compared."""
