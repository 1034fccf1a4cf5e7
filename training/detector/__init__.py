"""The plate detector: an anchor-free one-class detector; its data, training and export.

In order, each a program with --help:

1. training.detector.train     photos and rendered plates to a checkpoint; --resume continues one
2. training.detector.mine      unlabelled plates and misleading photos, for --mined of the next run
3. training.detector.evaluate  recall, false boxes and tightness by set, input size and threshold
4. training.detector.export    checkpoint to ONNX, checked against torch, then in 8 bits

mined.json is what mining gave, looked through by eye: only regions that hold a plate are left.
"""
