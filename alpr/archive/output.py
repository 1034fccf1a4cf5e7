"""Where the lines of ``alpr_api read`` go: standard output, or a file that a killed run left."""

from __future__ import annotations

import csv
import errno
import io
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from alpr.archive.files import Reading
from alpr.errors import SettingsError

BEST = ("plate", "confidence", "x_min", "y_min", "x_max", "y_max")
COLUMNS = ("file", "count", *BEST, "others", "error")
"""Of a CSV row: ``count`` of plates, the best one, and the texts of the others."""


@dataclass(frozen=True, slots=True)
class Form:
    """How a reading is written on one line, and a line's file and error are found again."""

    head: str
    """What a file begins with, before the first line."""
    start: bytes
    """What every line begins with."""
    write: Callable[[Reading], str]
    parse: Callable[[str], tuple[str, str]]
    name: Callable[[str], str]
    """A file's name as :attr:`parse` gives it back."""


def _json_line(reading: Reading) -> str:
    return json.dumps({"file": reading.file, **reading.body}) + "\n"


def _parsed_json(line: str) -> tuple[str, str]:
    entry = json.loads(line)
    return entry["file"], entry.get("error", "")


def _csv_line(values: Iterable[object]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(values)
    return line.getvalue()


def _csv_row(reading: Reading) -> str:
    plates = reading.body["predictions"]
    best = [plates[0][key] for key in BEST] if plates else [""] * len(BEST)
    others = " ".join(plate["plate"] for plate in plates[1:])
    return _csv_line([_one_line(reading.file), len(plates), *best, others, reading.error])


def _parsed_csv(line: str) -> tuple[str, str]:
    row = next(csv.reader([line], strict=True))
    if len(row) != len(COLUMNS):
        raise ValueError(line)
    return row[0], row[-1]


def _one_line(name: str) -> str:
    return name.replace("\r", "\\r").replace("\n", "\\n")


JSON = Form("", b'{"file": "', _json_line, _parsed_json, str)
CSV = Form(_csv_line(COLUMNS), b"", _csv_row, _parsed_csv, _one_line)


class Output:
    """Standard output or, where ``resumed`` names one, a file; closed on leaving a ``with``."""

    def __init__(self, form: Form, resumed: Path | None) -> None:
        """Raises :class:`SettingsError` for a file that is not ours; it is left as it is.

        Here and in :meth:`write`, :class:`OSError` says why nothing can be written.
        """
        self.has_failures = False
        """Whether the file tells of an image that could not be read."""
        self.is_file = resumed is not None
        self._form = form
        self._done: set[str] = set()
        self._stream = _opened(resumed) if resumed else _standard_output()
        if resumed is not None:
            try:
                self._take_up()
            except SettingsError as error:
                self._stream.close()
                raise SettingsError(f"--resume {resumed}: {error}") from error
        if not resumed or not self._stream.tell():
            self._write(form.head)

    def __enter__(self) -> Output:
        return self

    def __exit__(self, *_: object) -> None:
        if self.is_file:
            self._stream.close()

    def missing(self, files: Iterable[str]) -> Iterator[str]:
        """Those of the files which have no line yet."""
        return (file for file in files if self._form.name(file) not in self._done)

    def write(self, reading: Reading) -> None:
        self._write(self._form.write(reading))

    def _write(self, line: str) -> None:
        self._stream.write(line.encode("utf-8", "surrogateescape"))
        self._stream.flush()

    def _take_up(self) -> None:
        """Notes what the file has, and cuts off a last line that is not whole."""
        whole = 0
        head = self._form.head.encode()
        for number, line in enumerate(self._stream, 1):
            is_head = number == 1 and bool(head)
            start = head if is_head else self._form.start
            if not line.startswith(start[: len(line)]):
                raise SettingsError(f"line {number} was not written by this command")
            if not line.endswith(b"\n"):
                break
            if not is_head:
                self._note(line, number)
            whole += len(line)
        self._stream.seek(whole)
        self._stream.truncate()

    def _note(self, line: bytes, number: int) -> None:
        try:
            file, error = self._form.parse(line.decode("utf-8", "surrogateescape"))
        except (ValueError, KeyError, csv.Error) as cause:
            raise SettingsError(f"line {number} was not written by this command") from cause
        self._done.add(file)
        self.has_failures |= bool(error)


def _opened(path: Path) -> IO[bytes]:
    try:
        path.touch()
        return path.open("r+b")
    except OSError as error:
        raise SettingsError(f"--resume {path}: {error.strerror}") from error


def _standard_output() -> IO[bytes]:
    if not sys.stdout:  # Python has none where the shell closed it.
        raise OSError(errno.EBADF, "standard output is closed")
    return sys.stdout.buffer
