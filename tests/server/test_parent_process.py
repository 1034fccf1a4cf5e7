"""The service ends with the process that unpacked it, and only with that one."""

from __future__ import annotations

import subprocess
import sys

import psutil
import pytest

CHILD = """
import sys, time
sys.frozen = {frozen}
from alpr.server.parent_process import stop_with_parent
stop_with_parent()
print("set", flush=True)
time.sleep(60)
"""
PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", {child!r}], stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="Linux only")
@pytest.mark.parametrize("frozen", [True, False])
def test_a_frozen_program_ends_with_the_one_that_unpacked_it(frozen: bool) -> None:
    program = PARENT.format(child=CHILD.format(frozen=frozen))
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    try:
        child.wait(20 if frozen else 0.5)
        has_ended = True
    except psutil.TimeoutExpired:
        has_ended = False
        child.kill()
    assert has_ended is frozen
