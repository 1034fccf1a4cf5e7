"""What the networks compute on: the setting ``device``, as execution providers of ONNX Runtime.

Each package of ONNX Runtime brings some providers: ``onnxruntime`` only the CPU's,
``onnxruntime-gpu`` CUDA's too, ``onnxruntime-openvino`` OpenVINO's. All are the same Python module,
so one of them is installed at a time.
"""

from __future__ import annotations

import contextlib
import io
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

import onnxruntime
from onnxruntime.capi import _pybind_state as build

from alpr.errors import EngineMissingError

CUDA_PROVIDER = "CUDAExecutionProvider"
OPENVINO_PROVIDER = "OpenVINOExecutionProvider"
OPENVINO_CPU = "OpenVINO CPU"

PACKAGES = {
    "cuda": (CUDA_PROVIDER, "onnxruntime-gpu"),
    "openvino": (OPENVINO_PROVIDER, "onnxruntime-openvino"),
}
"""Provider and package of each accelerator, the one that ``auto`` prefers first."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Device:
    """A provider with its options, and ``label``, what ``/readyz`` and answers call it."""

    label: str
    provider: str
    options: Mapping[str, str] = field(default_factory=dict)


CPU = Device("CPU", "CPUExecutionProvider")


def choose(name: str, threads: int) -> list[Device]:
    """The devices to try for a value of the setting, the best first.

    Only ``auto`` has several: the accelerators that are there, and the CPU last, which ONNX Runtime
    computes on as fast as OpenVINO does. ``threads`` is how many one pass computes with. Raises
    :class:`EngineMissingError` for an accelerator whose package is not installed.
    """
    if name == "cpu":
        return [CPU]
    there = onnxruntime.get_available_providers()
    if name == "auto":
        installed = [key for key, (provider, _) in PACKAGES.items() if provider in there]
        found = [_device(key, threads) for key in installed]
        return [*(one for one in found if one.label != OPENVINO_CPU), CPU]
    provider, package = PACKAGES[name]
    if provider not in there:
        raise EngineMissingError(
            f"device {name} needs the package {package} in place of onnxruntime; "
            "docs/engines.md says how to install it"
        )
    return [_device(name, threads)]


def _device(name: str, threads: int) -> Device:
    if name == "cuda":
        _load_cuda()
        return Device("CUDA", CUDA_PROVIDER)
    hardware = _openvino_hardware()
    options = {"device_type": hardware}
    if hardware == "CPU":
        options["num_of_threads"] = str(threads)
    return Device(f"OpenVINO {hardware}", OPENVINO_PROVIDER, options)


def _load_cuda() -> None:
    """Loads CUDA's libraries where pip installed them; the system's are found without."""
    if not hasattr(onnxruntime, "preload_dlls"):  # ONNX Runtime 1.20
        return
    with contextlib.redirect_stdout(io.StringIO()) as said:  # ``alpr_api read`` writes rows there.
        onnxruntime.preload_dlls()
    for line in filter(None, said.getvalue().splitlines()):
        log.debug("%s", line)


def _openvino_hardware() -> str:
    """OpenVINO's name of a graphics card, e.g. ``GPU`` or ``GPU.0``, where it has one, else CPU."""
    names = build.get_available_openvino_device_ids()
    return next((str(name) for name in names if name.startswith("GPU")), "CPU")
