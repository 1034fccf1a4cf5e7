"""``alpr_api read FILE_OR_FOLDER…``: options, output, progress and exit code."""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import click

from alpr import images
from alpr.archive.cluster import read_on_cluster
from alpr.archive.files import FileReader, ReadFiles, find_files, map_in_order
from alpr.archive.output import CSV, JSON, Output
from alpr.archive.summary import Summary
from alpr.command_line import SettingsCommand
from alpr.engines import open_engine
from alpr.engines.base import Engine
from alpr.errors import EngineError, RequestError, SettingsError
from alpr.settings import Settings, loading
from alpr.settings.option_types import FilePath, WholeNumber

MAX_FAILURES_IN_A_ROW = 3
"""Engine failures after which the run ends; ``--resume`` then reads the rest."""

log = logging.getLogger(__name__)

INTERRUPTED = 128 + signal.SIGINT
HELP = """Reads image files, and all images in folders, without a server.

Writes the service's JSON, one line per image, in the order of their names. The exit code is 1 if an
image could not be read, with --resume also in an earlier run. Standard error has a line for each of
this run, and at the end the number of files and plates. Settings that only concern the server have
no effect."""


def read(  # noqa: PLR0913 - one for each option
    settings: Settings,
    paths: Sequence[str],
    *,
    csv: bool,
    jobs: int,
    resume: Path | None,
    cluster: str | None,
    send: bool,
) -> int:
    """Reads the files and folders; the value is the exit code. Raises :class:`SettingsError`."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    for doubt in loading.doubts(settings):
        log.warning("%s", doubt)
    if send and not cluster:
        raise SettingsError("--send needs --cluster")
    images.prepare(settings.image_limits)
    with Output(CSV if csv else JSON, resume) as output:
        try:
            with (
                _read_there(settings, cluster, send) if cluster else _read_here(settings, jobs)
            ) as read_files:
                return _read(read_files, paths, output)
        except EngineError as error:
            return _stop(str(error), 1)
        except KeyboardInterrupt:
            return _stop("interrupted; --resume goes on from here", INTERRUPTED)


PARAMETERS = [
    click.Argument(["paths"], nargs=-1, required=True, metavar="FILE_OR_FOLDER..."),
    click.Option(["--csv"], is_flag=True, help="Write CSV instead, one row per image."),
    click.Option(
        ["--jobs"],
        type=WholeNumber(1, 64),
        default=2,
        show_default=True,
        help="Images worked on at once.",
    ),
    click.Option(
        ["--resume"],
        type=FilePath(),
        metavar="OUT",
        help="Write to this file, and skip the images that it already has.",
    ),
    click.Option(
        ["--cluster"],
        metavar="ADDRESS",
        help="Read on the workers of this Dask scheduler instead, e.g. tcp://scheduler:8786.",
    ),
    click.Option(
        ["--send"],
        is_flag=True,
        help="Send the files to the cluster's workers, which otherwise open them by their paths.",
    ),
]


def check(settings: Settings) -> None:
    """Raises :class:`SettingsError` for settings that :func:`read` would refuse."""
    _reader(open_engine(settings), settings)


COMMAND = SettingsCommand("read", read, HELP, check=check, params=PARAMETERS)


def _reader(engine: Engine, settings: Settings) -> FileReader:
    try:
        return FileReader(engine, settings)
    except RequestError as error:  # The default grid or a format is invalid.
        raise SettingsError(str(error)) from error


@contextmanager
def _read_here(settings: Settings, jobs: int) -> Iterator[ReadFiles]:
    """Reads files in this process, ``jobs`` at once. Raises what the engine's start raises."""
    engine = open_engine(settings)
    try:
        reader = _reader(engine, settings)
        engine.warm_up()
        yield lambda files: map_in_order(reader.read, files, jobs)
    finally:
        engine.close()


def _read_there(settings: Settings, cluster: str, send: bool) -> AbstractContextManager[ReadFiles]:
    check(settings)
    return read_on_cluster(cluster, settings, send)


def _read(read_files: ReadFiles, paths: Sequence[str], output: Output) -> int:
    summary = Summary()
    before = output.done_before, output.refused_before
    failed, failures_in_a_row = bool(output.refused_before), 0
    with ExitStack() as stack:
        progress = _progress(stack, paths, output)
        files = output.missing(find_files(paths))
        for result in read_files(files):
            summary.add(result)
            if result.is_final:
                output.write(result)
            if result.error:
                failed = True
                _report(f"{result.file}: {result.error}")
            failures_in_a_row = 0 if result.is_final else failures_in_a_row + 1
            if failures_in_a_row == MAX_FAILURES_IN_A_ROW:
                raise EngineError("given up; --resume goes on from here")
            if progress:
                progress.update(1)
    _report(summary.line(*before))
    return int(failed)


def _progress(stack: ExitStack, paths: Sequence[str], output: Output) -> Any:
    """A progress bar, or None where standard error is no terminal or shows the results too."""
    if not sys.stderr.isatty() or (sys.stdout.isatty() and not output.is_file):
        return None
    count = sum(1 for _ in output.missing(find_files(paths)))
    return stack.enter_context(click.progressbar(length=count, show_pos=True, file=sys.stderr))


def _report(line: str) -> None:
    clear = "\r\x1b[K" if sys.stderr.isatty() else ""
    click.echo(f"{clear}alpr_api: {line}", err=True)


def _stop(reason: str, code: int) -> int:
    _report(reason)
    return code
