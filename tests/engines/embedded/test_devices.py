"""The setting ``device``: what is asked for by name is used or refused, never replaced."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import onnxruntime
import pytest
from onnxruntime.capi import _pybind_state

import alpr_api
from alpr.engines.embedded.engine import EmbeddedEngine
from alpr.errors import EngineError
from testkit.forms import upload
from testkit.plate_art import STYLES
from testkit.scenes import street
from testkit.service import client_of

CPU, CUDA, OPENVINO = (f"{name}ExecutionProvider" for name in ("CPU", "CUDA", "OpenVINO"))

Fake = Callable[..., list[str]]


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Fake:
    """Replaces the runtime by one that names other providers, and computes on the CPU all the same.

    It says ``works`` of those that do; the others it replaces by the CPU, as the real one does. The
    answer is the list of providers that were asked for.
    """
    real = onnxruntime.InferenceSession
    asked: list[str] = []

    def session(content: bytes, options: Any, providers: Sequence[Any], **_: Any) -> Any:
        name, given = providers[0]
        asked.append(" ".join([name, *given.values()]))
        opened = real(content, options, providers=[CPU])
        used = name if name in works else CPU
        opened.get_providers = lambda: [used, CPU]
        return opened

    works: list[str] = [CPU]

    def install(there: Sequence[str], working: Sequence[str] = (), hardware: str = "") -> Any:
        works.extend(working)
        monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [*there, CPU])
        monkeypatch.setattr(onnxruntime, "InferenceSession", session)
        monkeypatch.setattr(onnxruntime, "preload_dlls", lambda: print("loaded"), raising=False)
        monkeypatch.setattr(
            _pybind_state,
            "get_available_openvino_device_ids",
            lambda: ["NPU", *hardware.split(), "CPU"],
            raising=False,
        )
        return asked

    return install


def used_by(engine: EmbeddedEngine) -> str:
    """What ``/readyz`` and an answer say, after a read."""
    client = client_of(engine)
    answer = client.post("/v1/vision/alpr", **upload()).get_json()
    ready = client.get("/readyz").get_json()
    assert ready["ready"]
    assert ready["device"] == answer["inferenceDevice"]
    return str(ready["device"])


def refusal_of(engine: EmbeddedEngine) -> str:
    """Why it is not ready, as ``/readyz`` says it."""
    with pytest.raises(EngineError) as raised:
        engine.warm_up()
    ready = client_of(engine).get("/readyz")
    assert ready.status_code == 503
    assert ready.get_json()["device"] == ""
    assert ready.get_json()["lastError"] == str(raised.value)
    return str(raised.value)


def test_the_default_is_the_cpu_whatever_is_there(fake: Fake) -> None:
    asked = fake([CUDA, OPENVINO], [CUDA, OPENVINO])
    assert used_by(EmbeddedEngine()) == "CPU"
    assert set(asked) == {CPU}


@pytest.mark.parametrize(("device", "package"), [("cuda", "gpu"), ("openvino", "openvino")])
def test_a_missing_package_is_named(fake: Fake, device: str, package: str) -> None:
    asked = fake([])
    assert f"onnxruntime-{package} " in refusal_of(EmbeddedEngine(device=device))
    assert asked == []


@pytest.mark.parametrize("command", [[], ["read", "photos"]], ids=["serve", "read"])
def test_a_check_says_that_a_device_cannot_be_used(
    fake: Fake, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    check = [*command, "--check", "--engine", "embedded", "--device"]
    fake([])
    assert alpr_api.main([*check, "cuda"]) == 2
    assert "onnxruntime-gpu " in capsys.readouterr().err
    assert alpr_api.main([*check, "auto"]) == 0
    assert alpr_api.main(["--check", "--engine", "fake", "--device", "cuda"]) == 0
    fake([CUDA, OPENVINO], [OPENVINO])
    assert alpr_api.main([*check, "cuda"]) == 2
    assert "CUDA cannot be used" in capsys.readouterr().err
    assert alpr_api.main([*check, "openvino"]) == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(("device", "label"), [("cuda", "CUDA"), ("openvino", "OpenVINO CPU")])
def test_a_device_asked_for_by_name_is_not_replaced(fake: Fake, device: str, label: str) -> None:
    fake([CUDA, OPENVINO])
    assert refusal_of(EmbeddedEngine(device=device)).startswith(f"{label} cannot be used")


def test_a_runtime_that_refuses_a_device_is_the_reason(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake([CUDA])

    def refuse(*_: Any, **__: Any) -> None:
        raise RuntimeError("CUDA failure 35\nand more")

    monkeypatch.setattr(onnxruntime, "InferenceSession", refuse)
    assert refusal_of(EmbeddedEngine(device="cuda")).endswith(" on CUDA: CUDA failure 35")


@pytest.mark.parametrize(
    ("there", "works", "hardware", "label"),
    [
        ([], [], "", "CPU"),
        ([CUDA, OPENVINO], [CUDA, OPENVINO], "GPU", "CUDA"),
        ([OPENVINO], [OPENVINO], "GPU", "OpenVINO GPU"),
        ([CUDA, OPENVINO], [OPENVINO], "GPU", "OpenVINO GPU"),
        ([CUDA], [], "", "CPU"),
        ([OPENVINO], [OPENVINO], "", "CPU"),
    ],
)
def test_auto_takes_what_works_and_says_so(
    fake: Fake,
    there: list[str],
    works: list[str],
    hardware: str,
    label: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    fake(there, works, hardware)
    assert used_by(EmbeddedEngine(device="auto")) == label
    assert f"runs on {label}" in caplog.text
    assert ("CUDA cannot be used" in caplog.text) == (CUDA in there and CUDA not in works)


def test_openvino_takes_a_graphics_card_where_there_is_one(fake: Fake) -> None:
    asked = fake([OPENVINO], [OPENVINO], "GPU.0 GPU.1")
    assert used_by(EmbeddedEngine(device="openvino")) == "OpenVINO GPU.0"
    assert set(asked) == {f"{OPENVINO} GPU.0"}


def test_openvino_has_the_threads_of_the_setting(fake: Fake) -> None:
    asked = fake([OPENVINO], [OPENVINO])
    assert used_by(EmbeddedEngine(3, "openvino")) == "OpenVINO CPU"
    assert set(asked) == {f"{OPENVINO} CPU 3"}


def test_loading_cuda_prints_nothing(fake: Fake, capsys: pytest.CaptureFixture[str]) -> None:
    """``alpr_api read`` writes its rows to standard output."""
    fake([CUDA], [CUDA])
    assert used_by(EmbeddedEngine(device="cuda")) == "CUDA"
    assert capsys.readouterr().out == ""


@functools.cache
def texts(device: str) -> list[list[str]]:
    engine = EmbeddedEngine(device=device)
    scenes = [street(1, [style], size=(960, 540), plate_width=0.2) for style in STYLES]
    return [[plate.text for plate in engine.read(scene.image)] for scene in scenes]


@pytest.mark.parametrize(("device", "provider"), [("cuda", CUDA), ("openvino", OPENVINO)])
def test_a_real_accelerator_reads_what_the_cpu_reads(device: str, provider: str) -> None:
    if provider not in onnxruntime.get_available_providers():
        pytest.skip(f"this ONNX Runtime has no {provider}; docs/engines.md names its package")
    assert texts(device) == texts("cpu")
