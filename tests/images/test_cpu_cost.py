"""The CPU time that an image may take follows the machine, the format, the pixels and the bytes."""

from __future__ import annotations

from itertools import count

import pytest

from alpr.images import cpu_cost


@pytest.mark.parametrize("times", [1, 8])
def test_a_slower_machine_gets_more_time(times: int) -> None:
    clock = count(0, times * cpu_cost.SAMPLE_S).__next__
    assert cpu_cost.slowness(clock) == pytest.approx(times)


def test_a_faster_machine_does_not_get_less() -> None:
    assert cpu_cost.slowness(lambda: 1.0) == 1
    assert 1 <= cpu_cost.slowness() < 1000


def test_more_costly_formats_and_larger_files_get_more_time() -> None:
    usual = cpu_cost.seconds("JPEG", 50_000_000, 1_000_000)
    assert usual < cpu_cost.seconds("AVIF", 50_000_000, 1_000_000)
    assert usual < cpu_cost.seconds("JPEG", 50_000_000, 20_000_000)
    assert cpu_cost.seconds("PNG", 1, 1) == pytest.approx(cpu_cost.OPENING_S, abs=0.01)
