"""The context: whether a box's surroundings are those of a plate, whatever the box itself shows."""
