"""What the program's process is given before it does anything."""

from __future__ import annotations

from alpr.server import memory, parent_process, unpacked_folder


def prepare() -> None:
    """An end with the process that unpacked it, a folder that no other removes, a frugal malloc."""
    parent_process.stop_with_parent()
    unpacked_folder.claim_and_sweep()
    memory.tune_malloc()
