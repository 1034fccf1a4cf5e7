"""Settings from all their sources: command line > environment > config.json > default.

A value is written the same way in all of them, so one set of checks serves them all.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from alpr import __version__
from alpr.errors import SettingsError
from alpr.folders import program_folder
from alpr.settings.fields import Settings

PREFIX = "ALPR_"
FILE_NAME = "config.json"
MASK = "…"
HELP = """Serves licence plates over HTTP.

`alpr_api read FILE_OR_FOLDER...` reads images without a server; see `alpr_api read --help`."""
SOURCES = {
    ParameterSource.COMMANDLINE: "command line",
    ParameterSource.ENVIRONMENT: "environment",
    ParameterSource.DEFAULT_MAP: FILE_NAME,
}


@dataclass(frozen=True, slots=True)
class SettingsWithSources:
    """Settings, and for each field's name where its value came from."""

    settings: Settings
    sources: Mapping[str, str]

    def lines(self, json_config: Mapping[str, Any]) -> list[str]:
        """``name = value  (source)``, one a setting.

        ``json_config`` stands for the setting of that name; its secrets are hidden already.
        """
        values = {**dataclasses.asdict(self.settings), "json_config": json_config}
        values["api_key"] = MASK if self.settings.api_key else ""
        return [
            f"{name} = {json.dumps(value, ensure_ascii=False)}  ({self.sources[name]})"
            for name, value in values.items()
        ]


def file_key(name: str) -> str:
    """A setting's key in config.json: its name, but for the SDK's own section."""
    return "JSON_CONFIG" if name == "json_config" else name


def load(arguments: Sequence[str]) -> tuple[SettingsWithSources, bool]:
    """Reads all sources; the second value says whether ``--print-config`` was asked for.

    Raises as :func:`load_command` does.
    """
    sourced, others = load_command(click.Command("alpr_api", help=HELP), arguments)
    return sourced, bool(others["print_config"])


def load_command(
    command: click.Command, arguments: Sequence[str]
) -> tuple[SettingsWithSources, dict[str, Any]]:
    """The settings of a command which takes them all besides its own options, and the latter.

    Raises :class:`SettingsError` with one line that names the setting; ``--help`` and
    ``--version`` print and raise :class:`click.exceptions.Exit`.
    """
    command.params = [*command.params, *_parameters()]
    try:
        context = command.make_context(command.name, list(arguments))
    except click.ClickException as error:
        raise SettingsError(error.format_message().replace("\n", " ")) from error
    names = {field.name for field in dataclasses.fields(Settings)}
    values = {name: value for name, value in context.params.items() if name in names}
    others = {name: value for name, value in context.params.items() if name not in names}
    sources = {name: _source(context, name) for name in values}
    return SettingsWithSources(Settings(**values), sources), others


def unknown_variables() -> list[str]:
    """``ALPR_…`` variables that name no setting: most likely a slip, so worth a warning."""
    known = {PREFIX + field.name.upper() for field in dataclasses.fields(Settings)}
    known.add(PREFIX + "CONFIG")
    return sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)


def _parameters() -> list[click.Parameter]:
    config = click.Option(
        ["--config"],
        help=f"Settings file; {FILE_NAME} beside the program unless named.",
        type=click.Path(dir_okay=False, path_type=Path),
        envvar=PREFIX + "CONFIG",
        is_eager=True,
        expose_value=False,
        callback=_read_file,
    )
    show = click.Option(
        ["--print-config"], is_flag=True, help="Print each value and its source, and exit."
    )
    version = click.version_option(__version__, prog_name="alpr_api")
    command = version(click.Command("version"))
    return [*map(_option, dataclasses.fields(Settings)), config, show, *command.params]


def _option(field: dataclasses.Field[Any]) -> click.Option:
    return click.Option(
        [f"--{field.name.replace('_', '-')}"],
        default=field.metadata["default"],
        type=field.metadata["kind"],
        help=field.metadata["help"],
        envvar=PREFIX + field.name.upper(),
        show_envvar=True,
        show_default=True,
    )


def _source(context: click.Context, name: str) -> str:
    source = context.get_parameter_source(name)
    return SOURCES.get(source, "default") if source else "default"


def _read_file(context: click.Context, _: click.Parameter, path: Path | None) -> None:
    """Makes config.json's values the context's defaults, each checked under its own name."""
    given = path is not None
    path = path or program_folder() / FILE_NAME
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if given:
            raise click.ClickException(f"{path}: there is no such file") from None
        return
    except (OSError, ValueError) as error:
        raise click.ClickException(f"{path}: {error}") from error
    if not isinstance(content, dict):
        raise click.ClickException(f"{path}: not a JSON object")
    fields = {file_key(field.name): field for field in dataclasses.fields(Settings)}
    context.default_map = {}
    for key, value in content.items():
        if key not in fields:
            raise click.ClickException(f"{path}: unknown key {key!r}")
        try:
            text = _as_text(value, fields[key].name)
            _option(fields[key]).type_cast_value(context, text)
        except click.BadParameter as error:
            raise click.ClickException(f"{path}: {key}: {error.message}") from error
        context.default_map[fields[key].name] = text


def _as_text(value: Any, name: str) -> Any:
    """A value of the file as the command line would have it, so that both are checked alike."""
    if name == "json_config" or isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return str(value)
    raise click.BadParameter(f"{json.dumps(value)} is no text, number, true or false.")
