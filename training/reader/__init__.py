"""The plate reader.

A grey crop in, characters with their probabilities out. One line or two, one model.
"""
