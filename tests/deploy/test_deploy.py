"""The files in deploy/: what can be checked while neither systemd nor Docker runs."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from alpr.engines.fake import FakeEngine
from alpr.server.draining import DRAIN_S
from alpr.settings import Settings
from testkit.service import serving

ROOT = Path(__file__).parents[2]
UNIT = (ROOT / "deploy" / "alpr_api.service").read_text(encoding="utf-8")
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = (ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8")
MAX_EXPOSURE = 1.5
"""systemd's exposure level, 0 to 10; a unit without any hardening has 9.6."""


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit with a program that exists."""
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not here; it is in the package systemd")
    copy = tmp_path / "alpr_api.service"
    copy.write_text(UNIT.replace("/opt/alpr_api/alpr_api", "/bin/true"))
    return copy


def analyzed(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = ["systemd-analyze", "--no-pager", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_systemd_understands_every_line(unit: Path) -> None:
    done = analyzed("verify", "--man=no", unit)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_service_is_hardened(unit: Path) -> None:
    done = analyzed("security", "--offline=true", unit)
    if "unrecognized option" in done.stderr:
        pytest.skip("this systemd is older than 250")
    level = re.search(r"Overall exposure level.*: ([\d.]+)", done.stdout)
    assert level is not None, done.stderr
    assert float(level.group(1)) <= MAX_EXPOSURE


def seconds(name: str) -> int:
    found = re.search(rf"^{name}=(\d+)$", UNIT, re.MULTILINE)
    assert found is not None
    return int(found.group(1))


def test_systemd_waits_longer_than_the_program_drains() -> None:
    assert seconds("TimeoutStopSec") > DRAIN_S
    assert seconds("WatchdogSec") > DRAIN_S * 1.5
    assert seconds("TimeoutStartSec") > Settings().start_timeout_s


def test_the_container_is_given_time_to_drain() -> None:
    grace = re.search(r"stop_grace_period: (\d+)s", COMPOSE)
    assert grace is not None
    assert int(grace.group(1)) > DRAIN_S


def test_the_container_is_unprivileged_and_cannot_write() -> None:
    user = re.findall(r"^USER (\d+)", DOCKERFILE, re.MULTILINE)
    assert user
    assert int(user[-1]) > 0
    for line in ("read_only: true", "cap_drop: [ALL]", "no-new-privileges:true"):
        assert line in COMPOSE


def test_the_build_context_has_all_that_the_build_needs() -> None:
    """.dockerignore lets through what the build script and the spec name, where it is here."""
    let_through = re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    script, spec = (ROOT / "build_alpr_api.sh").read_text(), (ROOT / "alpr_api.spec").read_text()
    named = set(re.findall(r"requirements[\w-]*\.lock|\w+\.spec", script))
    named |= set(re.findall(r'folder\("(\w+)"', spec)) | {"alpr", "alpr_api.py"}
    assert named - {"libs"} <= set(let_through)


def health_check() -> list[str]:
    """The image's own."""
    command = re.search(r"^HEALTHCHECK.*?CMD (\[.*?\])$", DOCKERFILE, re.MULTILINE | re.DOTALL)
    assert command is not None
    words: list[str] = json.loads(command.group(1))
    return words


def healthy(port: int) -> bool:
    env = {**os.environ, "ALPR_PORT": str(port)}
    done = subprocess.run(health_check(), env=env, capture_output=True, timeout=60, check=False)
    return done.returncode == 0


def test_the_health_check_tells_whether_plates_can_be_read() -> None:
    with serving(FakeEngine()) as server:
        assert not healthy(server.port)
        engine = FakeEngine()
        engine.warm_up()
    with serving(engine) as server:
        assert healthy(server.port)
        port = server.port
    assert not healthy(port)


@pytest.mark.parametrize("file", ["compose.yaml", "compose-replicas.yaml"])
def test_a_compose_file_has_the_images_health_check_and_rotates_the_log(file: str) -> None:
    services = yaml.safe_load((ROOT / "deploy" / file).read_text(encoding="utf-8"))["services"]
    kind, *words = services["alpr_api"]["healthcheck"]["test"]
    assert kind == "CMD"
    # Compose writes a dollar sign twice where it is to be one.
    assert [word.replace("$$", "$") for word in words] == health_check()
    assert not re.search(r"(?<!\$)\$(\$\$)*(?!\$)", words[-1])
    for service in services.values():
        assert service["logging"]["options"] == {"max-size": "10m", "max-file": "3"}


def test_the_key_is_in_a_file_that_need_not_be_there() -> None:
    (name,) = re.findall(r"^EnvironmentFile=-(.+)$", UNIT, re.MULTILINE)
    page = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    assert f"sudo install -m 600 /dev/null {name}\n" in page


def test_the_unit_can_be_a_template_named_after_ports(unit: Path) -> None:
    """As docs/operation.md makes it."""
    page = (ROOT / "docs" / "operation.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"^printf '(\[Service\].*)' \|$", page, re.MULTILINE)
    template = unit.with_name("alpr_api@.service")
    unit.rename(template)
    folder = template.with_name("alpr_api@.service.d")
    folder.mkdir()
    (folder / "port.conf").write_text(shown.replace("%%", "%").replace("\\n", "\n"))
    instance = template.with_name("alpr_api@5001.service")
    done = analyzed("verify", "--man=no", instance)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
