"""The embedded engine: our own models, ready at once, on the CPU, over ONNX Runtime."""

import os

# ONNX Runtime's packages report their use to their maker over the network, and keep a database of
# it in the home directory, unless told otherwise before their first import. This program talks to
# nobody who did not ask it.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
