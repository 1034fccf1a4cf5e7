"""The embedded engine: our own models on the CPU over ONNX Runtime, ready at once."""

import os

# Unless told otherwise before their first import, ONNX Runtime's packages report their use to their
# maker over the network and keep a database of it in the home directory. This program contacts no
# one who did not ask it.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
