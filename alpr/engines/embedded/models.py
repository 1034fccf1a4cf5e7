"""The model files, opened only if they are the ones that the manifest names."""

from __future__ import annotations

import functools
import hashlib
import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as runtime

from alpr.engines.embedded.devices import CPU, Device
from alpr.engines.embedded.reads import Reads
from alpr.errors import EngineError

MANIFEST = "manifest.json"

FAILURES = (
    runtime.EPFail,
    runtime.Fail,
    runtime.InvalidArgument,
    runtime.InvalidGraph,
    runtime.InvalidProtobuf,
    runtime.NotImplemented,
    runtime.RuntimeException,
    MemoryError,
    RuntimeError,  # a provider that does not start
    ValueError,  # a provider's option
)
"""What ONNX Runtime raises when a model cannot be opened or run."""


class Model:
    """A network and its ``metadata`` from the manifest; may be shared between threads."""

    def __init__(
        self,
        path: Path,
        metadata: Mapping[str, Any],
        threads: int,
        device: Device,
        reads: Reads,
    ) -> None:
        """Raises :class:`EngineError` if the file is not the one that ``metadata`` describes.

        ``threads`` is how many threads one :meth:`run` computes with on the CPU, unless there are
        several ``reads`` at once: then it is one, because threads that wait for each other cost
        more than they gain where every core has work.
        """
        self.metadata = metadata
        self._reads = reads
        self._name = path.name
        try:
            content = path.read_bytes()
        except OSError as error:
            raise EngineError(f"the model {path.name} cannot be read: {error.strerror}") from error
        if hashlib.sha256(content).hexdigest() != metadata["sha256"]:
            raise EngineError(
                f"the model {path.name} is damaged: its SHA-256 is not the one in {MANIFEST}; "
                "install the program again"
            )
        try:
            self._session = self._one_thread = _open_session(content, threads, device)
            if device == CPU and threads > 1:
                self._one_thread = _open_session(content, 1, device)
        except FAILURES as error:
            on = "" if device == CPU else f" on {device.label}: {_first_line(error)}"
            raise EngineError(f"the model {path.name} cannot be opened{on}") from error
        if self._session.get_providers()[0] != device.provider:
            raise EngineError(
                f"{device.label} cannot be used: ONNX Runtime found no such device, or not all of "
                "the libraries and drivers that it needs"
            )
        self._input = self._session.get_inputs()[0]

    @property
    def input_shape(self) -> list[Any]:
        """Shape of the one input; a dimension that may vary is a name instead of a number."""
        return list(self._input.shape)

    def run(self, batch: NDArray[Any]) -> NDArray[np.float32]:
        """The one output for a batch; raises :class:`EngineError`."""
        session = self._one_thread if self._reads.are_several else self._session
        try:
            output: NDArray[np.float32] = session.run(None, {self._input.name: batch})[0]
        except FAILURES as error:
            raise EngineError(f"the model {self._name} failed: {type(error).__name__}") from error
        return output


def open_models(
    folder: Path, threads: int = 1, device: Device = CPU, reads: Reads | None = None
) -> dict[str, Model]:
    """Each model of a folder's ``manifest.json``, by name.

    The manifest is ``{"detector": {"file": …, "sha256": …, …}, "reader": {…}}``. Raises
    :class:`EngineError`, also where ``device`` cannot be used. ``threads`` is how many one pass
    computes with, while there are no other ``reads``.
    """
    reads = reads or Reads()
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EngineError(f"the models' {MANIFEST} cannot be read") from error
    try:
        return {
            name: Model(folder / entry["file"], entry, threads, device, reads)
            for name, entry in manifest.items()
        }
    except (AttributeError, LookupError, TypeError) as error:
        raise EngineError(f"the models' {MANIFEST} does not describe models") from error


def _open_session(content: bytes, threads: int, device: Device) -> onnxruntime.InferenceSession:
    """A session on a device; ONNX Runtime may choose the CPU instead without a word."""
    _share_memory()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # Of such a choice; the caller looks for it.
        return onnxruntime.InferenceSession(
            content,
            _options(threads),
            providers=[(device.provider, dict(device.options))],
            enable_fallback=0,
        )


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0]


def _options(threads: int) -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4
    # Memory patterns are for inputs of one shape; with ours, each shape would keep its own block.
    options.enable_mem_pattern = False
    # Threads that spin while they wait would take the core on which the next image is decoded.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.use_env_allocators", "1")
    return options


@functools.cache
def _share_memory() -> None:
    """Gives all networks one store of memory: each would keep that of its largest pass."""
    arena = onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR
    memory = onnxruntime.OrtMemoryInfo("Cpu", arena, 0, onnxruntime.OrtMemType.DEFAULT)
    onnxruntime.create_and_register_allocator(memory, None)
