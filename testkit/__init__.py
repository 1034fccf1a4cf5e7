"""Drawn scenes and plates, programs to start, and the wire client."""
