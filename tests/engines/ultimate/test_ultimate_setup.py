"""The set-up script, whole, over a tiny SDK of the real one's shape that is made here."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engines.ultimate.setup_site import (
    COUNTRY,
    FOLDERS,
    KOREAN,
    LIBS,
    MODELS,
    ROOT,
    Outcome,
    Site,
    make_tensorflow,
    make_zip,
    web_server,
    write,
)

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or os.uname().machine != "x86_64", reason="Linux x86_64 only"
)


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


def test_a_whole_run_from_downloads_to_a_first_start(first: tuple[Site, Outcome]) -> None:
    outcome = first[1]
    assert outcome.result.returncode == 0, outcome.result.stderr
    tensorflow = ["libtensorflow.so.1", "libtensorflow_framework.so.1"]
    assert outcome.names("libs") == sorted([*LIBS, *tensorflow, "plugins.xml", "README.md"])
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
    assert "Done: make run starts" in outcome.result.stdout
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


def _other_sdk_than_told(site: Site) -> list[str | Path]:
    return ["--sdk", make_zip(site.sdk), *site.given()[2:], "--sdk-sha256", "0" * 64]


def _other_tensorflow_than_told(site: Site) -> list[str | Path]:
    return [*site.given(), "--tensorflow-sha256", "0" * 64]


def _no_sum(site: Site) -> list[str | Path]:
    return [*site.given(), "--sdk-sha256", "sdk.zip"]


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
        (_other_sdk_than_told, f"not {'0' * 64}; it was changed or cut short, see --sdk-sha256"),
        (_other_tensorflow_than_told, f"not {'0' * 64}; it was changed or cut short"),
        (_no_sum, "--sdk-sha256 takes 64 hexadecimal digits, not 'sdk.zip'"),
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
        (
            {"PIP_FIND_LINKS": os.devnull},
            "cannot install setuptools, wheel (which needs packaging) and Cython",
        ),
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


def test_the_plugin_of_another_device_is_brought_when_requested(ready_site: Site) -> None:
    result = ready_site.run(*ready_site.given(), "--openvino-device", "GNA")
    assert result.returncode == 0, result.stderr
    assert (ready_site.prefix / "libs/libGNAPlugin.so").is_file()


@pytest.mark.parametrize(
    ("device", "reason"),
    [
        ("GPU", "the SDK lacks a whole libclDNNPlugin.so, which drives GPU"),
        ("FPGA", "the SDK's plugins.xml names no plugin for FPGA"),
    ],
)
def test_a_device_without_a_plugin_is_refused(ready_site: Site, device: str, reason: str) -> None:
    result = ready_site.run(*ready_site.given(), "--openvino-device", device)
    assert result.returncode == 1
    assert reason in result.stderr


def test_a_flat_archive_of_tensorflow_is_taken_as_well(ready_site: Site, tmp_path: Path) -> None:
    flat = make_tensorflow(tmp_path / "flat", "1.14.0", inside=".")
    result = ready_site.run("--sdk", ready_site.sdk, "--tensorflow-archive", flat)
    assert result.returncode == 0, result.stderr
    assert (ready_site.prefix / "libs/libtensorflow.so.1").read_text().endswith("1.14.0")
    assert (ready_site.prefix / "libs/libtensorflow_framework.so.1").is_file()


def test_the_offline_recipe_of_the_docs_works_with_the_wheels_that_it_names(
    ready_site: Site, tmp_path: Path
) -> None:
    docs = (ROOT / "docs" / "ultimatealpr.md").read_text(encoding="utf-8")
    [named] = re.findall(r"^python3 -m pip download --dest wheels (.+)$", docs, re.MULTILINE)
    [recipe] = re.findall(r"^PIP_NO_INDEX=1 (?:.+\\\n)*.+", docs, re.MULTILINE)
    offline = tmp_path / "offline"
    (offline / "wheels").mkdir(parents=True)
    for name in named.split():
        [wheel] = ready_site.tools.glob(f"{name}-*.whl")
        shutil.copy(wheel, offline / "wheels")
    shutil.copy(make_zip(ready_site.sdk), offline / "sdk.zip")
    shutil.copy(ready_site.cpu, offline / "libtensorflow-cpu-linux-x86_64-1.14.0.tar.gz")
    command = recipe.replace("./build_and_setup", f"{ROOT}/build_and_setup")
    environment = ready_site.environment()
    del environment["PIP_NO_INDEX"], environment["PIP_FIND_LINKS"]
    done = subprocess.run(
        ["bash", "-c", f"{command} --prefix {ready_site.prefix}"],
        cwd=offline,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len(ready_site.modules()) == 3


def test_a_failure_after_the_move_into_place_undoes_it(ready_site: Site) -> None:
    before = ready_site.everything()
    # The first start works, the one from the final place does not.
    write(
        ready_site.sdk / "python/ultimateAlprSdk.py",
        (ROOT / "testkit/doubles/ultimateAlprSdk.py").read_text()
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
