"""Every setting, once: the fields of :class:`Settings` are the whole list.

The command-line options, the ``ALPR_…`` variables, the keys of ``config.json`` and the table in
docs/configuration.md follow from them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import click

from alpr.settings.limits import FormLimits, GridDefaults, ImageLimits
from alpr.settings.option_types import JsonObject, Networks


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

    @property
    def image_limits(self) -> ImageLimits:
        return ImageLimits(self.max_megapixels, self.max_side, self.min_side)

    @property
    def form_limits(self) -> FormLimits:
        return FormLimits(self.max_parts, self.max_field_kb)

    @property
    def grid_defaults(self) -> GridDefaults:
        return GridDefaults(self.grid_size, self.wanted_cells)
