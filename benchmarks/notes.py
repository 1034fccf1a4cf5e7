"""What could not be measured is said in the report and stops nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from benchmarks.accuracy import BenchmarkError

Result = TypeVar("Result")


class PeerError(BenchmarkError):
    """A reader that cannot be measured, or no longer."""


class Notes(list[str]):
    """Each said once, and printed as it comes."""

    def tried(self, failing: str, work: Callable[[], Result]) -> Result | None:
        """The result, or None and a note that begins with ``failing``."""
        try:
            return work()
        except BenchmarkError as error:
            self.add(f"{failing}: {error}")
            return None

    def add(self, note: str) -> None:
        if note not in self:
            self.append(note)
            print(f"  {note}", flush=True)
