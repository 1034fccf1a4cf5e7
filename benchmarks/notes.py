"""Notes: what could not be measured is noted in the report and stops nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from benchmarks.scoring import BenchmarkError

Result = TypeVar("Result")


class PeerError(BenchmarkError):
    """A reader that cannot be measured, or stopped working."""


class Notes(list[str]):
    """Distinct notes, printed as they come."""

    def attempt(self, failure: str, work: Callable[[], Result]) -> Result | None:
        """The result; or None, with a note that starts with ``failure``."""
        try:
            return work()
        except BenchmarkError as error:
            self.add(f"{failure}: {error}")
            return None

    def add(self, note: str) -> None:
        if note not in self:
            self.append(note)
            print(f"  {note}", flush=True)
