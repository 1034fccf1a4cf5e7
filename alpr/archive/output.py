"""The output of ``alpr_api read``: lines on standard output, or in a file that can be resumed."""

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

from alpr.archive.files import FileResult
from alpr.errors import SettingsError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

BEST_PLATE = ("plate", "confidence", "x_min", "y_min", "x_max", "y_max")
COLUMNS = ("file", "count", *BEST_PLATE, "others", "error", "image_truncated")
"""Columns of the CSV: the number of plates, the best one, and the texts of the others. The last one
is empty where the image is whole; JSON then has no such key."""


@dataclass(frozen=True, slots=True)
class Format:
    """How a result is written to one line, and read back from it when a run is resumed."""

    header: str
    """The first line of a file, or empty."""
    line_prefix: bytes
    """The bytes that every other line starts with."""
    write: Callable[[FileResult], str]
    parse: Callable[[str], tuple[str, str]]
    """The file and the error of a line. Raises ValueError, KeyError or csv.Error."""
    escape_name: Callable[[str], str]
    """A file's name as :attr:`parse` returns it."""


def _json_line(result: FileResult) -> str:
    return json.dumps({"file": result.file, **result.body}) + "\n"


def _parse_json(line: str) -> tuple[str, str]:
    entry = json.loads(line)
    return entry["file"], entry.get("error", "")


def _csv_line(values: Iterable[object]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(values)
    return line.getvalue()


FORMULA_STARTS = ("=", "+", "-", "@", "\t")
"""What makes a spreadsheet run a cell's text; names of files and texts of plates are not ours."""


def _csv_row(result: FileResult) -> str:
    plates = result.body["predictions"]
    best = [plates[0][key] for key in BEST_PLATE] if plates else [""] * len(BEST_PLATE)
    others = " ".join(plate["plate"] for plate in plates[1:])
    truncated = "true" if result.body.get("image_truncated") else ""
    cells = [len(plates), *best, others, result.error, truncated]
    shown = [_escape_formula(cell) if isinstance(cell, str) else cell for cell in cells]
    return _csv_line([_escape_name(result.file), *shown])


def _parse_csv(line: str) -> tuple[str, str]:
    row = next(csv.reader([line], strict=True))
    if len(row) != len(COLUMNS):
        raise ValueError(line)
    return row[0], row[COLUMNS.index("error")]


def _escape_name(name: str) -> str:
    """A file's name in one line, from which no other name makes the same."""
    one_line = name.replace("\\", "\\\\").replace("\r", "\\r").replace("\n", "\\n")
    return f"'{one_line}" if one_line.startswith("'") else _escape_formula(one_line)


def _escape_formula(text: str) -> str:
    """An apostrophe before what a spreadsheet would run; it shows the rest."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


JSON = Format("", b'{"file": "', _json_line, _parse_json, str)
CSV = Format(_csv_line(COLUMNS), b"", _csv_row, _parse_csv, _escape_name)


class Output:
    """A file to resume, or standard output; a context manager that closes the file."""

    def __init__(self, line_format: Format, resumed: Path | None) -> None:
        """Raises :class:`SettingsError` for a file that this command did not write.

        Such a file stays as it is. Here and in :meth:`write`, :class:`OSError` says why nothing
        can be written.
        """
        self.refused_before = 0
        """Lines with an error in the resumed file."""
        self.is_file = resumed is not None
        self._format = line_format
        self._done: set[str] = set()
        self._stream = _open(resumed) if resumed else _standard_output()
        if resumed is not None:
            try:
                self._load_done()
            except SettingsError as error:
                self._stream.close()
                raise SettingsError(f"--resume {resumed}: {error}") from error
        if not resumed or not self._stream.tell():
            self._write(line_format.header)

    def __enter__(self) -> Output:
        return self

    def __exit__(self, *_: object) -> None:
        if self.is_file:
            self._stream.close()

    @property
    def done_before(self) -> int:
        """Files that have a line in the resumed file."""
        return len(self._done)

    def missing(self, files: Iterable[str]) -> Iterator[str]:
        """The files that have no line yet."""
        return (file for file in files if self._format.escape_name(file) not in self._done)

    def write(self, result: FileResult) -> None:
        self._write(self._format.write(result))

    def _write(self, line: str) -> None:
        self._stream.write(line.encode("utf-8", "surrogateescape"))
        self._stream.flush()

    def _load_done(self) -> None:
        """Reads which files have a line, and cuts off an incomplete last line."""
        complete_bytes = 0
        header = self._format.header.encode()
        for number, line in enumerate(self._stream, 1):
            is_header = number == 1 and bool(header)
            prefix = header if is_header else self._format.line_prefix
            if not line.startswith(prefix[: len(line)]):
                raise SettingsError(f"line {number} was not written by this version of the command")
            if not line.endswith(b"\n"):
                break
            if not is_header:
                self._load_line(line, number)
            complete_bytes += len(line)
        self._stream.seek(complete_bytes)
        self._stream.truncate()

    def _load_line(self, line: bytes, number: int) -> None:
        try:
            file, error = self._format.parse(line.decode("utf-8", "surrogateescape"))
        except (ValueError, KeyError, csv.Error) as cause:
            raise SettingsError(
                f"line {number} was not written by this version of the command"
            ) from cause
        self._done.add(file)
        self.refused_before += bool(error)


def _open(path: Path) -> IO[bytes]:
    """The file, locked until it is closed. Raises :class:`SettingsError`."""
    try:
        path.touch()
        stream = path.open("r+b")
    except OSError as error:
        raise SettingsError(f"--resume {path}: {error.strerror}") from error
    if fcntl is None:
        return stream
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        stream.close()
        raise SettingsError(f"--resume {path}: another run is writing to it") from error
    except OSError:
        pass  # A file system without locks; two runs at once are then the user's care.
    return stream


def _standard_output() -> IO[bytes]:
    if not sys.stdout:  # Python has none where the shell closed it.
        raise OSError(errno.EBADF, "standard output is closed")
    return sys.stdout.buffer
