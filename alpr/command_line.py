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
import sys
from collections.abc import Callable, Sequence
from itertools import pairwise

import click

from alpr import __version__
from alpr.engines import check_device, check_settings, masked_json_config
from alpr.errors import SettingsError
from alpr.settings import Settings, loading

NAME = "alpr_api"
HELP = """Reads licence plates from images, over HTTP or from files.

Without a command it serves: `alpr_api --port 80` is `alpr_api serve --port 80`. For the settings
and options of a command, see `alpr_api serve --help` and `alpr_api read --help`."""
HELP_OPTIONS = {"help_option_names": ["-h", "--help"]}
READER_GONE = 128 + 13
"""As the shell counts a program that SIGPIPE ended, also on systems without that signal."""

VERSION = click.version_option(__version__, prog_name=NAME)


class SettingsCommand(click.Command):
    """A command with an option for every setting besides ``params`` of its own.

    ``work`` is called with the settings and, by name, the values of its own parameters; it returns
    the exit code. ``check`` raises :class:`SettingsError` for settings that ``work`` would refuse.
    """

    def __init__(
        self,
        name: str,
        work: Callable[..., int],
        help: str,
        *,
        check: Callable[[Settings], None],
        params: Sequence[click.Parameter] = (),
    ) -> None:
        super().__init__(
            name,
            help=help,
            params=[*params, *_only_settings(), *loading.options()],
            context_settings=HELP_OPTIONS,
        )
        VERSION(self)
        self._own_names = [param.name for param in params]
        self._work = work
        self._check = check

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Refuses an option as the value of another, whose own value was most likely forgotten."""
        options = [param for param in self.get_params(ctx) if isinstance(param, click.Option)]
        names = {name for option in options for name in option.opts}
        takes_value = {name for option in options if not option.is_flag for name in option.opts}
        before_paths = args[: args.index("--")] if "--" in args else args
        for name, value in pairwise(before_paths):
            if name in takes_value and value in names:
                raise click.UsageError(f"{name} needs a value before {value}")
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> int:
        """The exit code. Raises :class:`SettingsError`."""
        loaded = loading.from_context(ctx)
        check_settings(loaded.settings)
        if not (ctx.params["print_config"] or ctx.params["check"]):
            own = {name: ctx.params[name] for name in self._own_names}
            return self._work(loaded.settings, **own)
        self._check(loaded.settings)
        if ctx.params["check"]:
            check_device(loaded.settings)
        if ctx.params["print_config"]:
            click.echo("\n".join(loaded.lines(masked_json_config(loaded.settings))))
        return 0

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


def _only_settings() -> list[click.Parameter]:
    """The options with which a command looks at the settings and does nothing else."""
    shown = "Print each setting and its source, and exit; refuses what a start would refuse."
    checked = (
        "Print nothing, and exit with 2 and a reason for settings that a start would refuse, or a"
        " device that cannot be used."
    )
    return [
        click.Option(["--print-config"], is_flag=True, help=shown),
        click.Option(["--check"], is_flag=True, help=checked),
    ]


class Program(click.Group):
    """The commands; the first one is meant where the first argument names none."""

    def __init__(self, commands: Sequence[click.Command]) -> None:
        super().__init__(
            NAME,
            commands=commands,
            help=HELP,
            subcommand_metavar="[COMMAND] ...",
            context_settings=HELP_OPTIONS,
        )
        VERSION(self)
        self._default = str(commands[0].name)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args[:1] in (["-h"], ["--help"], ["--version"]):
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
        return READER_GONE
    return _failed(f"the output cannot be written: {error.strerror}", 1)
