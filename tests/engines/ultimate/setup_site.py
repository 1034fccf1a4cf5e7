"""A tiny SDK of the real one's shape, and a machine on which the set-up script installs it."""

from __future__ import annotations

import contextlib
import functools
import http.server
import os
import shutil
import subprocess
import sys
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]
SCRIPT = ROOT / "build_and_setup_ultimatealvr.sh"
TAG = f"cp{sys.version_info.major}{sys.version_info.minor}"

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
PLUGINS = """<ie><plugins>
    <plugin name="GNA" location="libGNAPlugin.so"></plugin>
    <plugin name="GPU" location="libclDNNPlugin.so"><properties/></plugin>
    <plugin name="CPU" location="libMKLDNNPlugin.so"/>
</plugins></ie>
"""

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
    shutil.copy(ROOT / "testkit/doubles/ultimateAlprSdk.py", folder / "python")
    write(folder / "c++/ultimateALPR-SDK-API-PUBLIC.h")
    for name in [*LIBS, *UNNEEDED_LIBS]:
        write(folder / "binaries/linux/x86_64" / name, f"\x7fELF {name}")
    write(folder / "binaries/linux/x86_64/libtbb.so", "INPUT(libtbb.so.2)")
    write(folder / "binaries/linux/x86_64/plugins.xml", PLUGINS)
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


def make_tensorflow(folder: Path, version: str, inside: str = "./lib") -> Path:
    """TensorFlow's C library in an archive: a file, and links with shorter names.

    Its publisher has them ``inside`` a folder, the SDK's vendor at the top.
    """
    for name in ("libtensorflow", "libtensorflow_framework"):
        lib = folder / "lib"
        write(lib / f"{name}.so.{version}", f"\x7fELF {name} {version}")
        (lib / f"{name}.so.{version[0]}").symlink_to(f"{name}.so.{version}")
        (lib / f"{name}.so").symlink_to(f"{name}.so.{version[0]}")
    archive = folder.parent / f"tensorflow-{version}.tar.gz"
    with tarfile.open(archive, "w:gz") as target:
        target.add(folder / "lib", inside)
    return archive


def make_build_tools(folder: Path) -> Path:
    """Wheels with the right names and needs, so that no network is needed."""
    folder.mkdir()
    for name in ("setuptools", "wheel", "packaging", "Cython"):
        info = f"{name}-99.0.dist-info/"
        with zipfile.ZipFile(folder / f"{name}-99.0-py3-none-any.whl", "w") as wheel:
            wheel.writestr(f"{name}/__init__.py", "")
            metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 99.0\n"
            if name == "wheel":
                metadata += "Requires-Dist: packaging\n"
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
        self.tools = make_build_tools(folder / "tools")
        write(self.prefix / "assets/models/of_mine.onnx", "mine")
        write(self.prefix / "libs/libof_old.so", "old")
        write(self.prefix / "libs/README.md", "what belongs here")

    def environment(self, **more: str) -> dict[str, str]:
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("DOUBLE_", "PYTHON"))}
        pip = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.tools)}
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
