"""Accuracy and speed, measured on folders of photos that are no part of the repository."""
