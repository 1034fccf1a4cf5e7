"""The program's commands: all take every setting, and turn errors into one line and an exit code.

==== ==========================================================================
   0 done
   1 the server could not listen, an image could not be read, or the output not be written
   2 a setting or an option is wrong
 130 ``read`` was interrupted
 141 the reader of the output is gone, e.g. ``head`` after its ten lines
==== ==========================================================================
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Sequence

import click

from alpr import __version__
from alpr.engines import check_settings, masked_json_config
from alpr.errors import SettingsError
from alpr.settings import loading

NAME = "alpr_api"
VERSION = click.version_option(__version__, prog_name=NAME)


class SettingsCommand(click.Command):
    """A command with an option for every setting besides ``params`` of its own.

    ``work`` is called with the settings and, by name, the values of its own parameters; it returns
    the exit code.
    """

    def __init__(
        self, name: str, work: Callable[..., int], help: str, params: Sequence[click.Parameter] = ()
    ) -> None:
        show = click.Option(
            ["--print-config"], is_flag=True, help="Print each setting and its source, and exit."
        )
        super().__init__(name, help=help, params=[*params, show, *loading.options()])
        VERSION(self)
        self._own_names = [param.name for param in params]
        self._work = work

    def invoke(self, ctx: click.Context) -> int:
        """The exit code. Raises :class:`SettingsError`."""
        loaded = loading.from_context(ctx)
        check_settings(loaded.settings)
        if ctx.params["print_config"]:
            click.echo("\n".join(loaded.lines(masked_json_config(loaded.settings))))
            return 0
        return self._work(loaded.settings, **{name: ctx.params[name] for name in self._own_names})

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Lists the settings below the command's own options."""
        sections: dict[str, list[tuple[str, str]]] = {"Options": [], "Settings": []}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record and isinstance(param, click.Option):
                section = "Settings" if param.name in loading.NAMES else "Options"
                sections[section].append(record)
        for title, records in sections.items():
            with formatter.section(title):
                formatter.write_dl(records)


class Program(click.Group):
    """The commands; the first one is meant where the first argument names none."""

    def __init__(self, commands: Sequence[click.Command], help: str) -> None:
        super().__init__(NAME, commands=commands, help=help, subcommand_metavar="[COMMAND] ...")
        VERSION(self)
        self._default = str(commands[0].name)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args[:1] in (["--help"], ["--version"]):
            args = args[:1]  # What follows would be another command's.
        elif not args or args[0] not in self.commands:
            args = [self._default, *args]
        return super().parse_args(ctx, args)


def run(program: Program, arguments: Sequence[str]) -> int:
    """Runs the command that the arguments name; the value is the exit code."""
    try:
        with program.make_context(NAME, list(arguments)) as context:
            return int(program.invoke(context))
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        return _failed(loading.one_line(error), 2)
    except SettingsError as error:
        return _failed(str(error), 2)
    except OSError as error:
        return _not_written(error)


def _failed(message: str, code: int) -> int:
    click.echo(f"{NAME}: {message}", err=True)
    return code


def _not_written(error: OSError) -> int:
    """The exit code where standard output, or the file in its place, takes no more."""
    if error.filename is not None:  # A file could not be opened, so nothing was written.
        raise error
    if sys.stdout:
        # Otherwise Python writes the rest of the buffer at its end, and reports that failure too.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if isinstance(error, BrokenPipeError):
        return 128 + signal.SIGPIPE
    return _failed(f"the output cannot be written: {error.strerror}", 1)
