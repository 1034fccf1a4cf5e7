"""What runs in the worker, without a process around it; and the double's own faith."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from alpr.engines.ultimate import worker_main
from alpr.engines.ultimate.worker_main import MODULE, Sdk, SdkError
from tests.engines.ultimate.conftest import DOUBLES

if TYPE_CHECKING:
    from tests.engines.ultimate.conftest import Double


VENDOR_LIKE = """
import imp
from os.path import dirname
try:
    imp.find_module("_ultimate_extension", [dirname(__file__)])
except ImportError:
    import _ultimate_extension
extension = _ultimate_extension.NAME
"""


@pytest.fixture
def module(double: Double, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The double, imported as the worker does it, and forgotten again."""
    monkeypatch.delitem(sys.modules, MODULE, raising=False)
    yield importlib.import_module(MODULE)
    del sys.modules[MODULE]


@pytest.fixture
def sdk(module: Any) -> Sdk:
    started = Sdk()
    started.start({"charset": "latin"})
    return started


def test_it_starts_warms_up_reads_and_stops(sdk: Sdk, double: Double) -> None:
    answer = sdk.read(b"\x01" * 30, 5, 2)
    sdk.stop()
    assert answer["ok"] is True
    assert answer["code"] == 0
    assert '"plates"' in answer["json"]
    told = [entry["what"] for entry in double.log()]
    assert told == ["import", "init", "warmUp", "process", "deInit"]


def test_too_few_bytes_never_reach_native_code(sdk: Sdk, double: Double) -> None:
    with pytest.raises(SdkError, match="29 bytes are no RGB image of 5x2"):
        sdk.read(b"\x01" * 29, 5, 2)
    assert double.log("process") == []


def test_the_imp_that_python_3_12_dropped_is_stood_in_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / f"{MODULE}.py").write_text(VENDOR_LIKE)
    (tmp_path / "_ultimate_extension.py").write_text("NAME = 'found the plain way'")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "imp", raising=False)
    monkeypatch.setattr(sys, "version_info", (3, 12, 0, "final", 0))
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # The real imp of older Pythons would warn here.
        Sdk()
    assert sys.modules.pop(MODULE).extension == "found the plain way"
    assert "imp" not in sys.modules
    del sys.modules["_ultimate_extension"]


def test_a_module_that_cannot_be_imported_is_one_line(
    double: Double, monkeypatch: pytest.MonkeyPatch
) -> None:
    double.tell(FAULTS="import@start", IMPORT_ERROR="libx.so: no such file")
    monkeypatch.delitem(sys.modules, MODULE, raising=False)
    with pytest.raises(SdkError, match=r"^cannot be imported: libx\.so: no such file$"):
        Sdk()


@pytest.mark.parametrize("wrong", ["init", "warmUp"])
def test_a_start_that_is_refused_is_one_line(
    module: Any, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    refusal = module.UltAlprSdkResult(-9, "no")
    monkeypatch.setattr(module, f"UltAlprSdkEngine_{wrong}", lambda _: refusal)
    with pytest.raises(SdkError, match=rf"^{wrong}.* with -9: no$"):
        Sdk().start({})


@pytest.mark.parametrize(
    ("faults", "code", "said"),
    [
        ("", 0, "ultimateALPR is ready, charset korean\n"),
        ("not-ok@1", 1, "ultimateALPR a read failed with -5: something failed\n"),
        ("init@start", 1, "ultimateALPR init was refused with -3: init failed\n"),
    ],
)
def test_the_set_up_s_trial_says_whether_it_works(
    double: Double, tmp_path: Path, faults: str, code: int, said: str
) -> None:
    double.tell(FAULTS=faults)
    ended = subprocess.run(
        [sys.executable, worker_main.__file__, "--try", str(tmp_path), "korean"],
        env={**os.environ, "PYTHONPATH": str(DOUBLES)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == code, ended.stderr
    assert said in (ended.stderr if code else ended.stdout)
    (order,) = double.log("init")
    assert (order["config"]["assets_folder"], order["config"]["charset"]) == (
        str(tmp_path),
        "korean",
    )


class TestTheDouble:
    """It has to fail where the real module does, or it proves nothing."""

    def test_arguments_are_positional(self, module: Any) -> None:
        with pytest.raises(TypeError):
            module.UltAlprSdkEngine_init(config="{}")

    @pytest.mark.parametrize("size", [640.0, -1, True])
    def test_sizes_are_whole_numbers(self, module: Any, size: Any) -> None:
        module.UltAlprSdkEngine_init("{}")
        with pytest.raises(NotImplementedError):
            module.UltAlprSdkEngine_process(0, b"", size, 1)

    def test_the_configuration_is_a_text(self, module: Any) -> None:
        with pytest.raises(NotImplementedError):
            module.UltAlprSdkEngine_init({})

    @pytest.mark.parametrize("kind", [bytearray, memoryview])
    def test_pixels_that_are_not_bytes_are_a_null_pointer(self, module: Any, kind: Any) -> None:
        module.UltAlprSdkEngine_init("{}")
        assert not module.UltAlprSdkEngine_process(9, kind(b"1234"), 2, 2).isOK()

    def test_nothing_works_before_init(self, module: Any) -> None:
        assert not module.UltAlprSdkEngine_process(9, b"1234", 2, 2).isOK()
        assert not module.UltAlprSdkEngine_warmUp(0).isOK()

    def test_no_plate_is_no_key(self, module: Any) -> None:
        module.UltAlprSdkEngine_init("{}")
        result = module.UltAlprSdkEngine_process(9, bytes(4), 2, 2)
        assert "plates" not in result.json()
        assert result.numPlates() == 0

    def test_its_work_holds_the_gil(self, module: Any, double: Double) -> None:
        module.UltAlprSdkEngine_init("{}")
        double.tell(WORK_MS=200)
        ticks: list[float] = []
        stop = threading.Event()

        def tick() -> None:
            while not stop.wait(0.001):
                ticks.append(time.monotonic())

        ticking = threading.Thread(target=tick)
        ticking.start()
        double.until(lambda: ticks)
        began = time.monotonic()
        module.UltAlprSdkEngine_process(9, bytes(4), 2, 2)
        ended = time.monotonic()
        stop.set()
        ticking.join()
        assert ended - began >= 0.2
        assert not [t for t in ticks if began + 0.02 < t < ended - 0.02]
