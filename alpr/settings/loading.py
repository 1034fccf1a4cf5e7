"""Settings from all their sources: command line > environment > config.json > default.

A value is written in the same way in all of them, so one set of checks serves them all.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from alpr.errors import SettingsError
from alpr.folders import program_folder
from alpr.settings.fields import Settings
from alpr.settings.option_types import FilePath, Items, TrueOrFalse

PREFIX = "ALPR_"
FILE_NAME = "config.json"
MASK = "…"
SOURCES = {
    ParameterSource.COMMANDLINE: "command line",
    ParameterSource.ENVIRONMENT: "environment",
    ParameterSource.DEFAULT_MAP: FILE_NAME,
}
NAMES = tuple(field.name for field in dataclasses.fields(Settings))


@dataclass(frozen=True, slots=True)
class SettingsWithSources:
    """Settings, and for each field's name the source of its value."""

    settings: Settings
    sources: Mapping[str, str]

    def lines(self, json_config: Mapping[str, Any]) -> list[str]:
        """One line a setting: ``name = value  (source)``, with the API key masked.

        ``json_config`` is printed as the setting of that name; its secrets must be masked already.
        """
        return [
            f"{name} = {_printable(json.dumps(value, ensure_ascii=False))}  ({self.sources[name]})"
            for name, value in masked(self.settings, json_config).items()
        ]


def _printable(text: str) -> str:
    """The text with an escape for what UTF-8 cannot say, e.g. a stray byte of a variable."""
    return text.encode("utf-8", "backslashreplace").decode()


def masked(settings: Settings, json_config: Mapping[str, Any]) -> dict[str, Any]:
    """Every value by its name, with the API key masked; ``json_config`` must be masked already."""
    key = MASK if settings.api_key else ""
    return {**dataclasses.asdict(settings), "json_config": dict(json_config), "api_key": key}


def file_key(name: str) -> str:
    """A setting's key in config.json: its name, except for the SDK's own section."""
    return "JSON_CONFIG" if name == "json_config" else name


def load(arguments: Sequence[str]) -> SettingsWithSources:
    """The settings from these command-line options and all other sources.

    Raises :class:`SettingsError` with one line that names the setting.
    """
    command = click.Command("settings", params=options())
    try:
        return from_context(command.make_context(None, list(arguments)))
    except click.ClickException as error:
        raise SettingsError(one_line(error)) from error


def options() -> list[click.Parameter]:
    """An option for each setting, and ``--config`` for the file that may hold them."""
    config = click.Option(
        ["--config"],
        help=f"Settings file, instead of the {FILE_NAME} that is found by default.",
        type=FilePath(),
        envvar=PREFIX + "CONFIG",
        is_eager=True,
        expose_value=False,
        callback=_read_file,
    )
    return [*map(_option, dataclasses.fields(Settings)), config]


def from_context(context: click.Context) -> SettingsWithSources:
    """The settings that a command with these :func:`options` was given."""
    values = {name: context.params[name] for name in NAMES}
    sources = {name: _source(context, name) for name in NAMES}
    return SettingsWithSources(Settings(**values), sources)


def one_line(error: click.ClickException) -> str:
    return error.format_message().replace("\n", " ")


def doubts(settings: Settings) -> list[str]:
    """What is most likely a mistake, although it is valid; each is worth a warning."""
    found = [f"the environment has {name}, which is no setting" for name in unknown_variables()]
    if settings.regions_strict and not (settings.regions or settings.plate_pattern):
        found.append("regions_strict has no effect where neither regions nor plate_pattern is set")
    return found


def unknown_variables() -> list[str]:
    """``ALPR_…`` variables that name no setting; most likely a typing error, so worth a warning."""
    known = {PREFIX + name.upper() for name in NAMES} | {PREFIX + "CONFIG"}
    return sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)


def _option(field: dataclasses.Field[Any]) -> click.Option:
    default = field.metadata["default"]
    return click.Option(
        [f"--{field.name.replace('_', '-')}"],
        default=default,
        type=TrueOrFalse() if isinstance(default, bool) else field.metadata["kind"],
        help=field.metadata["help"],
        envvar=PREFIX + field.name.upper(),
        show_envvar=True,
        show_default=True,
    )


def _source(context: click.Context, name: str) -> str:
    source = context.get_parameter_source(name)
    return SOURCES.get(source, "default") if source else "default"


def _read_file(context: click.Context, _: click.Parameter, path: Path | None) -> None:
    """Makes config.json's values the context's defaults, after a check of each under its name."""
    is_named = path is not None
    path = path or program_folder() / FILE_NAME
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        if is_named:
            raise click.ClickException(f"{path}: there is no such file") from None
        return
    except (OSError, ValueError, RecursionError) as error:
        raise click.ClickException(f"{path}: {error}") from error
    if not isinstance(content, dict):
        raise click.ClickException(f"{path}: not a JSON object")
    fields = {file_key(field.name): field for field in dataclasses.fields(Settings)}
    context.default_map = {}
    for key, value in content.items():
        if key not in fields:
            raise click.ClickException(f"{path}: unknown key {key!r}")
        try:
            text = _as_text(value, fields[key])
            _option(fields[key]).type_cast_value(context, text)
        except click.BadParameter as error:
            raise click.ClickException(f"{path}: {key}: {error.message}") from error
        except RecursionError as error:
            raise click.ClickException(f"{path}: {key}: it is nested too deeply") from error
        context.default_map[fields[key].name] = text


def _as_text(value: Any, field: dataclasses.Field[Any]) -> Any:
    """A value of the file as the command line would have it, so that the same checks apply."""
    kind = field.metadata["kind"]
    if field.name == "json_config" or isinstance(value, str):
        return value
    if isinstance(value, list) and isinstance(kind, Items):
        with suppress(TypeError):
            return kind.join(value)
    if isinstance(value, bool | int | float):
        return str(value)
    raise click.BadParameter(f"{json.dumps(value)} is no text, number, true or false.")
