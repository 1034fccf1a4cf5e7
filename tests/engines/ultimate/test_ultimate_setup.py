"""The set-up script, whole, over a tiny SDK of the real one's shape that is made here."""

from __future__ import annotations

import contextlib
import functools
import http.server
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SCRIPT = ROOT / "build_and_setup_ultimatealvr.sh"
TAG = f"cp{sys.version_info.major}{sys.version_info.minor}"

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or os.uname().machine != "x86_64", reason="Linux x86_64 only"
)

MODELS = [
    "charset_anpr_latin_size=37.txt",
    "ultimateALPR-SDK_detect_main.desktop.model.doubango",
    "ultimateALPR-SDK_detect_pysearch.desktop.model.doubango",
    "ultimateALPR-SDK_recogn2x150_latin.desktop.model.doubango",
    "ultimateALPR-SDK_tensorflow_fp.txt.doubango",
]
KOREAN = [
    "charset_anpr_korean_size=78.txt",
    "ultimateALPR-SDK_recogn2x150_korean.desktop.model.doubango",
]
COUNTRY = [
    "ultimateALPR-SDK_klass_labels_lpci.txt.doubango",
    "ultimateALPR-SDK_klass_lpci.desktop.model.doubango",
]
UNNEEDED_MODELS = [
    "ultimateALPR-SDK_detecti_main.mobile.model.doubango",
    "ultimateALPR-SDK_recogn1x100_latin.desktop.model.doubango",
]
FOLDERS = ["detect_main", "detect_pysearch", "klass_lpci"]
LIBS = [
    "libMKLDNNPlugin.so",
    "libinference_engine.so",
    "libinference_engine_legacy.so",
    "libinference_engine_lp_transformations.so",
    "libinference_engine_transformations.so",
    "libngraph.so",
    "libtbb.so.2",
    "libultimatePluginOpenVINO.so",
    "libultimate_alpr-sdk.so",
]
UNNEEDED_LIBS = ["libGNAPlugin.so", "libultimatePluginTensorRT.so"]

FAKE_SETUP = f"""
import os, sys, time, zipfile
import setuptools
if os.environ.get("FAKE_BUILD") == "fails":
    sys.exit("error: command 'g++' failed: Python.h: No such file or directory")
if os.environ.get("FAKE_BUILD") == "hangs":
    print("hanging", flush=True)
    time.sleep(60)
assert os.getcwd().endswith("binaries/linux/x86_64")
assert os.path.exists("libultimate_alpr-sdk.so")
assert os.path.exists("../../../c++/ultimateALPR-SDK-API-PUBLIC.h")
assert sys.argv[1:3] == ["bdist_wheel", "--dist-dir"]
info = "ultimateAlprSdk-3.0.0.dist-info/"
tag = "{TAG}-{TAG}-linux_x86_64"
os.makedirs(sys.argv[3])
with zipfile.ZipFile(sys.argv[3] + "/ultimateAlprSdk-3.0.0-" + tag + ".whl", "w") as wheel:
    wheel.write("ultimateAlprSdk.py")
    wheel.writestr("_ultimateAlprSdk.so", "compiled")
    named = "Metadata-Version: 2.1\\nName: ultimateAlprSdk\\nVersion: 3.0.0"
    wheel.writestr(info + "METADATA", named)
    wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: false\\nTag: " + tag)
    wheel.writestr(info + "RECORD", "ultimateAlprSdk.py,,\\n_ultimateAlprSdk.so,,")
"""


def write(path: Path, content: str = "\x7fELF of its kind") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)


def make_sdk(folder: Path) -> Path:
    """A folder like the SDK's repository."""
    write(folder / "python/setup.py", FAKE_SETUP)
    shutil.copy(ROOT / "tests/doubles/ultimateAlprSdk.py", folder / "python")
    write(folder / "c++/ultimateALPR-SDK-API-PUBLIC.h")
    for name in [*LIBS, *UNNEEDED_LIBS]:
        write(folder / "binaries/linux/x86_64" / name, f"\x7fELF {name}")
    write(folder / "binaries/linux/x86_64/libtbb.so", "INPUT(libtbb.so.2)")
    write(folder / "binaries/linux/x86_64/plugins.xml", "<ie/>")
    for name in [*MODELS, *KOREAN, *COUNTRY, *UNNEEDED_MODELS]:
        write(folder / "assets/models" / name, name)
    for name in FOLDERS:
        inner = f"ultimateALPR-SDK_{name}.desktop.openvino.doubango/{name}.xml"
        write(folder / "assets/models.openvino" / inner, "<net/>")
    write(folder / "assets/images/car.jpg", "a picture")
    return folder


def make_zip(folder: Path) -> Path:
    archive = folder.parent / "sdk.zip"
    with zipfile.ZipFile(archive, "w") as target:
        for path in folder.rglob("*"):
            target.write(path, Path("ultimateALPR-SDK-febe992") / path.relative_to(folder))
    return archive


def make_tensorflow(folder: Path, version: str) -> Path:
    """TensorFlow's C library in an archive of its kind: a file, and links with shorter names."""
    for name in ("libtensorflow", "libtensorflow_framework"):
        lib = folder / "lib"
        write(lib / f"{name}.so.{version}", f"\x7fELF {name} {version}")
        (lib / f"{name}.so.{version[0]}").symlink_to(f"{name}.so.{version}")
        (lib / f"{name}.so").symlink_to(f"{name}.so.{version[0]}")
    archive = folder.parent / f"tensorflow-{version}.tar.gz"
    with tarfile.open(archive, "w:gz") as target:
        target.add(folder / "lib", "./lib")
    return archive


def make_build_tools(folder: Path) -> Path:
    """setuptools, wheel and Cython by name alone, so that no network is needed."""
    folder.mkdir()
    for name in ("setuptools", "wheel", "Cython"):
        info = f"{name}-99.0.dist-info/"
        with zipfile.ZipFile(folder / f"{name}-99.0-py3-none-any.whl", "w") as wheel:
            wheel.writestr(f"{name}/__init__.py", "")
            metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 99.0\n"
            wheel.writestr(info + "METADATA", metadata)
            wheel.writestr(
                info + "WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
            )
            wheel.writestr(info + "RECORD", "")
    return folder


class Site:
    """A user's machine: a prefix with things of his in it, and what the script needs."""

    def __init__(self, folder: Path) -> None:
        self.prefix = folder / "prefix"
        self.sdk = make_sdk(folder / "sdk")
        self.cpu = make_tensorflow(folder / "cpu", "1.14.0")
        self.gpu = make_tensorflow(folder / "gpu", "2.6.0")
        self._tools = make_build_tools(folder / "tools")
        write(self.prefix / "assets/models/of_mine.onnx", "mine")
        write(self.prefix / "libs/libof_old.so", "old")

    def environment(self, **more: str) -> dict[str, str]:
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("DOUBLE_", "PYTHON"))}
        pip = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self._tools)}
        return {**clean, **pip, "PIP_CONFIG_FILE": os.devnull, **more}

    def command(self, *options: str | Path) -> list[str]:
        return [str(word) for word in (SCRIPT, "--prefix", self.prefix, *options)]

    def run(self, *options: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*options),
            env=self.environment(**more),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def given(self) -> list[str | Path]:
        return ["--sdk", self.sdk, "--tensorflow-archive", self.cpu]

    def everything(self) -> dict[str, str]:
        """Each file under the prefix but Python's, with its content."""
        return {
            str(path.relative_to(self.prefix)): path.read_text() if path.is_file() else "folder"
            for path in self.prefix.rglob("*")
            if ".venv" not in path.parts[len(self.prefix.parts) :]
        }

    def packages(self) -> Path:
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        return self.prefix / ".venv/lib" / version / "site-packages"

    def modules(self) -> list[str]:
        return sorted(path.name for path in self.packages().glob("*ltimateAlprSdk*"))


@dataclass(frozen=True)
class Outcome:
    """What a run said, and what lay there after it."""

    result: subprocess.CompletedProcess[str]
    files: dict[str, str]
    modules: list[str]

    def names(self, folder: str) -> list[str]:
        return sorted(path.name for path in map(Path, self.files) if str(path.parent) == folder)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Site, Outcome]:
    """A run that downloads everything and makes .venv, which takes longest of all."""
    site = Site(tmp_path_factory.mktemp("first"))
    with web_server(make_zip(site.sdk).parent) as address:
        result = site.run(
            "--python",
            sys.executable,
            ULTIMATEALPR_SDK_URL=f"{address}/sdk.zip",
            ULTIMATEALPR_TENSORFLOW_URL=f"{address}/{site.cpu.name}",
        )
    return site, Outcome(result, site.everything(), site.modules())


@pytest.fixture
def ready_site(site: Site, first: tuple[Site, Outcome]) -> Site:
    """A machine that has its .venv, and nothing of the SDK in it."""
    (site.prefix / ".venv").symlink_to(first[0].prefix / ".venv")
    for name in site.modules():
        path = site.packages() / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    return site


@contextlib.contextmanager
def web_server(folder: Path) -> Iterator[str]:
    """A web server over a folder; its address."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_whole_run_from_downloads_to_a_first_start(first: tuple[Site, Outcome]) -> None:
    outcome = first[1]
    assert outcome.result.returncode == 0, outcome.result.stderr
    tensorflow = ["libtensorflow.so.1", "libtensorflow_framework.so.1"]
    assert outcome.names("libs") == sorted([*LIBS, *tensorflow, "plugins.xml"])
    assert outcome.names("assets/models") == sorted([*MODELS, "of_mine.onnx"])
    openvino = [f"ultimateALPR-SDK_{name}.desktop.openvino.doubango" for name in FOLDERS[:2]]
    assert outcome.names("assets/models.openvino") == openvino
    assert outcome.names("assets") == ["models", "models.openvino"]
    assert outcome.modules == [
        "_ultimateAlprSdk.so",
        "ultimateAlprSdk-3.0.0.dist-info",
        "ultimateAlprSdk.py",
    ]
    assert outcome.result.stdout.count("ultimateALPR is ready, charset latin") == 2
    assert outcome.names(".") == ["assets", "libs"]


def test_a_second_run_replaces_libraries_and_adds_models(ready_site: Site) -> None:
    files: list[str | Path] = [
        "--sdk",
        make_zip(ready_site.sdk),
        "--tensorflow-archive",
        ready_site.gpu,
    ]
    options: list[str | Path] = [
        *files,
        "--tensorflow",
        "gpu",
        "--charset",
        "korean",
        "--klass",
        "lpci",
    ]
    for _ in range(2):
        result = ready_site.run(*options)
        assert result.returncode == 0, result.stderr
    after = Outcome(result, ready_site.everything(), ready_site.modules())
    assert after.names("assets/models") == sorted([*MODELS, *KOREAN, *COUNTRY, "of_mine.onnx"])
    assert len(after.names("assets/models.openvino")) == 3
    assert after.files["libs/libtensorflow.so.1"] == "\x7fELF libtensorflow 2.6.0"
    assert not (ready_site.prefix / "libs/libtensorflow.so.1").is_symlink()
    assert "libs/libtensorflow_framework.so.2" in after.files
    assert "libs/libof_old.so" not in after.files
    assert after.result.stdout.count("ultimateALPR is ready, charset korean") == 2
    assert len(after.modules) == 3


def _broken_archive(site: Site) -> list[str | Path]:
    archive = make_zip(site.sdk)
    archive.write_bytes(archive.read_bytes()[:-2000])
    return ["--sdk", archive, *site.given()[2:]]


def _other_archive(site: Site) -> list[str | Path]:
    return ["--sdk", site.cpu, *site.given()[2:]]


def _broken_tensorflow(site: Site) -> list[str | Path]:
    site.cpu.write_bytes(site.cpu.read_bytes()[:-100])
    return site.given()


def _missing_model(site: Site) -> list[str | Path]:
    (site.sdk / "assets/models" / MODELS[3]).unlink()
    return site.given()


def _missing_network(site: Site) -> list[str | Path]:
    shutil.rmtree(next((site.sdk / "assets/models.openvino").glob("*pysearch*")))
    return site.given()


def _placeholder(site: Site) -> list[str | Path]:
    write(site.sdk / "binaries/linux/x86_64/libngraph.so", "version https://git-lfs.example/spec")
    return site.given()


def _wrong_option(site: Site) -> list[str | Path]:
    return [*site.given(), "--charset", "greek"]


@pytest.mark.parametrize(
    ("prepare", "reason"),
    [
        (_broken_archive, "sdk.zip is no whole zip archive"),
        (_other_archive, "is not the ultimateALPR SDK"),
        (_broken_tensorflow, "is no whole tar archive"),
        (_missing_model, f"the SDK lacks the model assets/models/{MODELS[3]}"),
        (_missing_network, "the SDK lacks the model assets/models.openvino/"),
        (_placeholder, "the SDK lacks a whole libngraph.so"),
        (_wrong_option, "--charset takes one of: latin korean chinese; not 'greek'"),
    ],
)
def test_what_fails_says_why_and_changes_nothing(
    ready_site: Site, prepare: Callable[[Site], list[str | Path]], reason: str
) -> None:
    before = ready_site.everything()
    options = prepare(ready_site)
    result = ready_site.run(*options)
    assert result.returncode == 1
    assert reason in result.stderr
    assert ready_site.everything() == before
    assert ready_site.modules() == []


@pytest.mark.parametrize(
    ("environment_of", "reason"),
    [
        ({"ULTIMATEALPR_SDK_URL": "http://127.0.0.1:9/sdk.zip"}, "cannot download http://127"),
        ({"PIP_FIND_LINKS": os.devnull}, "cannot install setuptools, wheel and Cython"),
        ({"DOUBLE_FAULTS": "abort@start"}, "does not start with the latin charset"),
    ],
)
def test_what_its_surroundings_deny_is_named_and_changes_nothing(
    ready_site: Site, environment_of: dict[str, str], reason: str
) -> None:
    before = ready_site.everything()
    options = ready_site.given()
    if "ULTIMATEALPR_SDK_URL" in environment_of:
        options = options[2:]
    result = ready_site.run(*options, **environment_of)
    assert result.returncode == 1
    assert reason in result.stderr
    assert ready_site.everything() == before
    assert ready_site.modules() == []


def test_a_failure_after_the_move_into_place_undoes_it(ready_site: Site) -> None:
    before = ready_site.everything()
    # The first start works, the one from the final place does not.
    write(
        ready_site.sdk / "python/ultimateAlprSdk.py",
        (ROOT / "tests/doubles/ultimateAlprSdk.py").read_text()
        + "\nif 'stage' not in __file__: raise ImportError('not from here')\n",
    )
    result = ready_site.run(*ready_site.given())
    assert result.returncode == 1
    assert "A start from there" in result.stdout
    assert "not from here" in result.stderr
    assert ready_site.everything() == before
    assert ready_site.modules() == []


def test_an_interrupted_run_leaves_what_was_there(ready_site: Site) -> None:
    before = ready_site.everything()
    process = subprocess.Popen(
        ready_site.command(*ready_site.given()),
        env=ready_site.environment(FAKE_BUILD="hangs"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    end = time.monotonic() + 60
    while not any(log.read_text() for log in ready_site.prefix.glob(".ultimate*/build.log")):
        assert process.poll() is None and time.monotonic() < end
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(30) == 130
    assert ready_site.everything() == before
    assert ready_site.modules() == []


def test_a_failing_build_is_named_and_its_work_folder_kept_if_asked_for(ready_site: Site) -> None:
    result = ready_site.run(*ready_site.given(), "--keep-build", FAKE_BUILD="fails")
    assert result.returncode == 1
    assert "setup.py failed, see above; it needs a C++ compiler" in result.stderr
    [work] = ready_site.prefix.glob(".ultimatealpr-setup.*")
    assert "Python.h" in (work / "build.log").read_text()
    assert str(work) in result.stdout


def test_its_help_names_every_option() -> None:
    shown = subprocess.run([SCRIPT, "--help"], capture_output=True, text=True, check=True).stdout
    script = SCRIPT.read_text()
    taken = set(re.findall(r"^ +(--[a-z-]+)\)", script, re.MULTILINE))
    assert len(taken) == 9
    assert {option for option in taken if option not in shown} == set()


@pytest.mark.parametrize(
    ("options", "answer", "asked", "said"),
    [
        ([], "tpu", True, "--tensorflow takes one of: cpu gpu; not 'tpu'"),
        ([], "gpu", True, "there is no such file"),
        (["--tensorflow", "gpu"], "", False, "there is no such file"),
    ],
    ids=["wrong", "right", "told"],
)
def test_it_asks_on_a_terminal_unless_told(
    options: list[str], answer: str, asked: bool, said: str
) -> None:
    parent, terminal = os.openpty()
    command = [str(SCRIPT), "--sdk", "missing", *options]
    process = subprocess.Popen(
        command, stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True
    )
    os.close(terminal)
    os.write(parent, f"{answer}\n".encode())
    code, shown = process.wait(timeout=60), os.read(parent, 10_000).decode()
    os.close(parent)
    assert code == 1
    assert ("cpu/gpu" in shown) == asked
    assert said in shown


@pytest.mark.skipif(not shutil.which("shellcheck"), reason="shellcheck is not here")
def test_shellcheck_finds_nothing() -> None:
    result = subprocess.run(["shellcheck", SCRIPT], capture_output=True, text=True, check=False)
    assert result.stdout == ""
