"""What is known of the plates before they are read: regions, a pattern, substitutions."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from alpr.errors import RequestError
from alpr.formats.catalogue import Region, select
from alpr.formats.notation import DIGITS, LETTERS, WILDCARD

CODE = re.compile(r"[^\s,;\"'\[\]]+")
"""A code in a list, however a client writes the list: ``br,us-ca``, ``["br", "us-ca"]``."""

MISFIT_PRIOR, VANITY_MISFIT_PRIOR = 0.05, 0.3
"""How likely a plate is of no format that is expected, e.g. foreign or special; and where many
plates are of none. Chosen on the labelled crops of training and validation."""

BOOLEANS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


@dataclass(frozen=True, slots=True)
class FormatRules:
    """The formats of one request; by default none, and every text is as good as any.

    A text that is of no ``regions`` and does not match the ``pattern`` is left out where the rules
    are ``strict``. ``substitutions`` maps a character to the one that always replaces it.
    """

    regions: tuple[Region, ...] = ()
    strict: bool = False
    pattern: re.Pattern[str] | None = None
    substitutions: Mapping[str, str] = field(default_factory=dict)

    @property
    def misfit_prior(self) -> float:
        """How likely a plate's text is of no format that is expected."""
        has_vanity = any(region.has_vanity for region in self.regions)
        return VANITY_MISFIT_PRIOR if has_vanity else MISFIT_PRIOR

    @property
    def has_formats(self) -> bool:
        return bool(self.regions) or self.pattern is not None

    def fits(self, text: str) -> bool:
        """Whether a text of capitals, digits and wildcards is of a format that is expected."""
        return self._matches(text) or any(region.fits(text) for region in self.regions)

    def _matches(self, text: str) -> bool:
        if self.pattern is None:
            return False
        stand_ins = LETTERS + DIGITS if WILDCARD in text else WILDCARD
        return any(self.pattern.fullmatch(text.replace(WILDCARD, char)) for char in stand_ins)

    @classmethod
    def parse(cls, regions: str, strict: bool, pattern: str, substitutions: str) -> FormatRules:
        """From the texts of the settings. Raises :class:`RequestError` that names the wrong one."""
        replaced = parse_substitutions(substitutions)
        return cls(parse_regions(regions), strict, parse_pattern(pattern), replaced)

    def with_request(self, values: Mapping[str, str]) -> FormatRules:
        """The rules with a request's fields in place of the settings'; empty ones count as absent.

        The fields are ``regions``, ``regions_strict``, and Plate Recognizer's ``config``, of which
        ``region`` is read. Raises :class:`RequestError`.
        """
        regions, strict, config = (
            values.get(name, "").strip() for name in ("regions", "regions_strict", "config")
        )
        rules = replace(self, regions=parse_regions(regions)) if regions else self
        if _config_region(config) == "strict":
            rules = replace(rules, strict=True)
        return replace(rules, strict=_parse_strict(strict)) if strict else rules


def parse_regions(text: str) -> tuple[Region, ...]:
    """The regions of a list of codes. Raises :class:`RequestError` that names an unknown one."""
    return select(CODE.findall(text))


def parse_pattern(text: str) -> re.Pattern[str] | None:
    """A regular expression for whole texts; None if empty. Raises :class:`RequestError`."""
    if not text:
        return None
    try:
        return re.compile(text)
    except re.error as error:
        raise RequestError(f"plate_pattern is no regular expression: {error}") from error


def parse_substitutions(text: str) -> dict[str, str]:
    """``O=0,I=1`` as a mapping. Raises :class:`RequestError` that names the wrong item."""
    found = {}
    for item in filter(None, (item.strip() for item in text.split(","))):
        if not re.fullmatch("[A-Z0-9]=[A-Z0-9]", item):
            raise RequestError(f"substitutions must be like O=0,I=1; {item[:40]!r} is not")
        found[item[0]] = item[2]
    return found


def _parse_strict(text: str) -> bool:
    if (value := BOOLEANS.get(text.lower())) is None:
        raise RequestError(f"regions_strict must be true or false, not {text[:40]!r}")
    return value


def _config_region(text: str) -> str:
    """The key ``region`` of Plate Recognizer's ``config``, in lower case; empty if it has none."""
    if not text:
        return ""
    try:
        config = json.loads(text)
    except (ValueError, RecursionError):
        config = None
    if not isinstance(config, dict):
        raise RequestError("config is not a JSON object")
    region = config.get("region")
    return region.lower() if isinstance(region, str) else ""
