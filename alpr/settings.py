"""Every setting, once: command line > environment > config.json > default.

The fields of :class:`Settings` are the whole list. The command-line options, the ``ALPR_…``
variables, the keys of ``config.json`` and the table in docs/configuration.md follow from them. A
value is written the same way in all three places, so one set of checks serves them all.
"""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from alpr import __version__, json_config
from alpr.errors import SettingsError
from alpr.option_types import JsonObject, Networks

PREFIX = "ALPR_"
FILE_NAME = "config.json"
HELP = """Serves licence plates over HTTP.

`alpr_api read FILE_OR_FOLDER...` reads images without a server; see `alpr_api read --help`."""
SOURCES = {
    ParameterSource.COMMANDLINE: "command line",
    ParameterSource.ENVIRONMENT: "environment",
    ParameterSource.DEFAULT_MAP: FILE_NAME,
}


def setting(default: Any, meaning: str, kind: click.ParamType[Any] | None = None) -> Any:
    """A field of :class:`Settings`: its help and, where its type says too little, its grammar."""
    return dataclasses.field(
        default_factory=lambda: default,
        metadata={"default": default, "help": meaning, "kind": kind},
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """What the program was told; see each field's help."""

    host: str = setting("0.0.0.0", "Address to listen on; 127.0.0.1 for this machine alone.")
    port: int = setting(5000, "Port to listen on.", click.IntRange(0, 65535))
    engine: str = setting(
        "auto",
        "Which engine reads; auto takes ultimateALPR where it is installed, else embedded.",
        click.Choice(["auto", "embedded", "ultimate", "fake"]),
    )
    log_level: str = setting(
        "info",
        "How much is logged, on standard error.",
        click.Choice(["debug", "info", "warning", "error"]),
    )
    log_format: str = setting("text", "How a log line is written.", click.Choice(["text", "json"]))
    log_plates: bool = setting(False, "The log spells the plates that were read.")
    api_key: str = setting("", "What requests must carry as X-Api-Key; empty for no key.")
    api_key_exempt_networks: str = setting(
        "", "Whose requests need no key, as 192.168.1.0/24,10.0.0.7.", Networks()
    )
    allowed_hosts: str = setting(
        "", "Hosts that requests may name, as alpr.lan,192.168.1.5; empty for any."
    )
    cors_origins: str = setting(
        "*", "Origins whose pages may read answers, as http://cams.lan; * for any, empty for none."
    )
    slots: int = setting(
        0, "Images read at once; 0 for what suits the engine and the cores.", click.IntRange(0, 64)
    )
    queue: int = setting(
        8, "Images that wait while all slots are busy; more are refused.", click.IntRange(0, 100)
    )
    grid_size: int = setting(
        4,
        "Grid of a request that names none: 2 to 10, or 0 for the whole image alone.",
        click.IntRange(0, 10),
    )
    wanted_cells: str = setting("", "Cells of a request that names none, as 1,2,3; empty for all.")
    max_body_mb: int = setting(20, "Largest request body, in megabytes.", click.IntRange(1, 1000))
    max_megapixels: int = setting(50, "Largest image, in megapixels.", click.IntRange(1, 1000))
    max_side: int = setting(16384, "Longest side of an image, in pixels.", click.IntRange(16))
    min_side: int = setting(16, "Shortest side of an image, in pixels.", click.IntRange(1))
    max_parts: int = setting(20, "Parts of a multipart form.", click.IntRange(1, 1000))
    max_field_kb: int = setting(
        64, "All form fields that are no files, in kilobytes.", click.IntRange(1, 10000)
    )
    json_config: Mapping[str, Any] = setting(
        {}, "ultimateALPR's own keys; JSON_CONFIG in config.json.", JsonObject()
    )
    restart_after_calls: int = setting(
        3000,
        "ultimateALPR is started anew after this many images and cells; 0 for never.",
        click.IntRange(0),
    )
    restart_after_seconds: int = setting(
        0, "ultimateALPR is started anew after this many seconds; 0 for never.", click.IntRange(0)
    )
    restart_on_refusal: bool = setting(
        True, "ultimateALPR is started anew when its trial refuses to go on."
    )
    standby: bool = setting(
        True,
        "The next ultimateALPR is warm before the last one goes; false where memory is too small"
        " for two.",
    )
    call_timeout_s: int = setting(
        30, "ultimateALPR is replaced when a read takes longer, in seconds.", click.IntRange(1)
    )
    start_timeout_s: int = setting(
        120, "ultimateALPR's start is given up after this long, in seconds.", click.IntRange(1)
    )


@dataclass(frozen=True, slots=True)
class Sourced:
    """Settings, and for each field's name where its value came from."""

    settings: Settings
    sources: Mapping[str, str]

    def lines(self) -> list[str]:
        """``name = value  (source)``, one a setting."""
        values = dataclasses.asdict(self.settings)
        values["json_config"] = json_config.masked(self.settings.json_config)
        values["api_key"] = json_config.MASK if self.settings.api_key else ""
        return [
            f"{name} = {json.dumps(value, ensure_ascii=False)}  ({self.sources[name]})"
            for name, value in values.items()
        ]


def program_folder() -> Path:
    """Where the program lies: the executable's folder when frozen, else the repository."""
    if getattr(sys, "frozen", False):
        return Path(sys.executable).resolve().parent
    return bundle_folder()


def bundle_folder() -> Path:
    """Where the program's own files lie: ``assets/``, ``templates/`` and ``static/``."""
    return Path(__file__).resolve().parent.parent


def file_key(name: str) -> str:
    """A setting's key in config.json: its name, but for the SDK's own section."""
    return "JSON_CONFIG" if name == "json_config" else name


def load(arguments: Sequence[str]) -> tuple[Sourced, bool]:
    """Reads all sources; the second value says whether ``--print-config`` was asked for.

    Raises as :func:`load_command` does.
    """
    sourced, others = load_command(click.Command("alpr_api", help=HELP), arguments)
    return sourced, bool(others["print_config"])


def load_command(
    command: click.Command, arguments: Sequence[str]
) -> tuple[Sourced, dict[str, Any]]:
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
    return Sourced(Settings(**values), sources), others


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
