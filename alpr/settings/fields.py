"""Every setting, in one place: the fields of :class:`Settings` are the whole list.

The command-line options, the ``ALPR_…`` variables, the keys of ``config.json`` and the table in
docs/configuration.md are made from them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import click

from alpr.errors import SettingsError
from alpr.formats.rules import FormatRules
from alpr.settings.limits import GRID_WHEN, FormLimits, GridDefaults, ImageLimits
from alpr.settings.option_types import (
    EVERY_ADDRESS,
    Items,
    JsonObject,
    WholeNumber,
    accepted_host,
    address,
    networks,
    origin,
)


def setting(default: Any, meaning: str, kind: click.ParamType[Any] | None = None) -> Any:
    """A field of :class:`Settings`; ``kind`` checks more than the field's type does."""
    return dataclasses.field(
        default_factory=lambda: default,
        metadata={"default": default, "help": meaning, "kind": kind},
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """The values of all settings; each field's help says what it means."""

    host: str = setting(
        EVERY_ADDRESS,
        "Addresses or names to listen on, e.g. 192.168.1.5,fd00::5; 127.0.0.1 for this machine"
        " only, 0.0.0.0 for all of IPv4, * for all of IPv4 and IPv6.",
        Items(address, is_needed=True),
    )
    port: int = setting(5000, "Port to listen on.", WholeNumber(0, 65535))
    engine: str = setting(
        "auto",
        "Engine that reads plates; auto takes ultimateALPR if it is installed, else embedded.",
        click.Choice(["auto", "embedded", "ultimate", "fake"]),
    )
    log_level: str = setting(
        "info",
        "Least severe messages that are logged, on standard error.",
        click.Choice(["debug", "info", "warning", "error"]),
    )
    log_format: str = setting("text", "Format of a log line.", click.Choice(["text", "json"]))
    log_plates: bool = setting(False, "Log the text of each plate; otherwise only their number.")
    log_clients: bool = setting(
        False, "Log the address that each request comes from, and list it on the page."
    )
    log_probes: bool = setting(
        True, "Log requests of /livez, /readyz, /health, /metrics and /recent.json that succeed."
    )
    api_key: str = setting(
        "", "Key that requests must send, e.g. in the header X-Api-Key; empty for none."
    )
    api_key_exempt_networks: str = setting(
        "", "Networks whose requests need no key, e.g. 192.168.1.0/24,10.0.0.7.", Items(networks)
    )
    allowed_hosts: str = setting(
        "",
        "Accepted Host headers, comma-separated (e.g. alpr.lan,192.168.1.5); empty accepts any.",
        Items(accepted_host),
    )
    cors_origins: str = setting(
        "*",
        "Origins whose pages may read answers (e.g. http://cams.lan); * for any, empty for none.",
        Items(origin),
    )
    allow_cross_site: bool = setting(
        False,
        "Let browsers send images from pages of sites outside the LAN; cors_origins names single"
        " ones.",
    )
    max_connections_per_address: int = setting(
        100,
        "Connections that one address may have open, of 200 in all; a proxy is one address.",
        WholeNumber(1, 200),
    )
    slots: int = setting(
        0, "Images read at once; 0 chooses by the engine and the cores.", WholeNumber(0, 64)
    )
    threads: int = setting(
        0,
        "Threads that the embedded engine computes one image with; 0 for one a core, at most 8.",
        WholeNumber(0, 64),
    )
    device: str = setting(
        "cpu",
        "What the embedded engine computes on; auto takes the best that is there.",
        click.Choice(["cpu", "cuda", "openvino", "auto"]),
    )
    queue: int = setting(
        8,
        "Images that may wait while all slots are busy; more are refused.",
        WholeNumber(0, 100),
    )
    grid_size: int = setting(
        4,
        "Grid of a request that names none: 2 to 10, or 0 for only the whole image.",
        WholeNumber(0, 10),
    )
    wanted_cells: str = setting(
        "", "Cells of a request that names none, e.g. 1,2,3; empty for all.", Items()
    )
    grid_when: str = setting(
        "empty",
        "When cells are read: where the whole image shows no plate, or always, for far plates"
        " beside near ones.",
        click.Choice(GRID_WHEN),
    )
    ignore_areas: str = setting(
        "",
        "Rectangles in which no plate is answered: left,top,right,bottom in fractions, e.g."
        " 0,0,1,0.08;0.7,0.9,1,1.",
        Items(separator=";"),
    )
    regions: str = setting(
        "",
        "Where plates are from, e.g. gb,ie or us-ca: texts of their formats are preferred."
        " GET /v1/regions lists the codes.",
        Items(),
    )
    regions_strict: bool = setting(
        False, "Leave out plates that are of no format of regions and do not match plate_pattern."
    )
    plate_pattern: str = setting(
        "",
        "Regular expression of whole plates without blanks, e.g. [A-Z]{2}[0-9]{4}: texts that match"
        " are preferred.",
    )
    substitutions: str = setting(
        "", "Characters that always replace others, e.g. O=0,I=1; empty for none.", Items()
    )
    honour_min_confidence: bool = setting(
        False,
        "Plates below a request's min_confidence are left out, as CodeProject.AI's YOLO11 module"
        " does; its ALPR module 3.4 ignores the field.",
    )
    box_label: str = setting(
        "license-plate",
        "Label of a box on the routes that find only boxes, e.g. license_plate for Frigate.",
    )
    max_body_mb: int = setting(20, "Largest request body, in megabytes.", WholeNumber(1, 1000))
    max_megapixels: int = setting(50, "Largest image, in megapixels.", WholeNumber(1, 1000))
    max_side: int = setting(
        16384, "Largest width or height of an image, in pixels.", WholeNumber(16)
    )
    min_side: int = setting(16, "Smallest width or height of an image, in pixels.", WholeNumber(1))
    max_parts: int = setting(
        20, "Largest number of parts in a multipart form.", WholeNumber(1, 1000)
    )
    max_field_kb: int = setting(
        64,
        "Largest total size of a form's fields without files, in kilobytes.",
        WholeNumber(1, 10000),
    )
    json_config: Mapping[str, Any] = setting(
        {}, "ultimateALPR's own keys, as a JSON object; JSON_CONFIG in config.json.", JsonObject()
    )
    restart_after_calls: int = setting(
        3000,
        "Restart ultimateALPR after this many images and cells; 0 for never.",
        WholeNumber(0),
    )
    restart_after_seconds: int = setting(
        0, "Restart ultimateALPR after this many seconds; 0 for never.", WholeNumber(0)
    )
    restart_on_refusal: bool = setting(
        True, "Restart ultimateALPR when its trial refuses to go on."
    )
    standby: bool = setting(
        True,
        "Load the next ultimateALPR before the old one stops; false if memory is short.",
    )
    call_timeout_s: int = setting(
        30, "Replace ultimateALPR when a read takes longer, in seconds.", WholeNumber(1)
    )
    start_timeout_s: int = setting(
        120, "Give up starting ultimateALPR after this time, in seconds.", WholeNumber(1)
    )

    def __post_init__(self) -> None:
        """Raises :class:`SettingsError` where values contradict each other."""
        if self.min_side > self.max_side:
            raise SettingsError(f"min_side {self.min_side} is above max_side {self.max_side}")

    @property
    def image_limits(self) -> ImageLimits:
        return ImageLimits(self.max_megapixels, self.max_side, self.min_side)

    @property
    def form_limits(self) -> FormLimits:
        return FormLimits(self.max_parts, self.max_field_kb)

    @property
    def format_rules(self) -> FormatRules:
        """Raises :class:`alpr.errors.RequestError` where a format is invalid."""
        return FormatRules.parse(
            self.regions, self.regions_strict, self.plate_pattern, self.substitutions
        )

    @property
    def grid_defaults(self) -> GridDefaults:
        return GridDefaults(self.grid_size, self.wanted_cells, self.grid_when, self.ignore_areas)
