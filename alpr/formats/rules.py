"""What is known of the plates before they are read: regions, a pattern, substitutions."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from alpr.errors import RequestError
from alpr.formats.catalogue import Region, select
from alpr.formats.notation import DIGITS, LETTERS, WILDCARD

CODE = re.compile(r"[^\s,;\"'\[\]]+")
"""A code in a list, however a client writes the list: ``br,us-ca``, ``["br", "us-ca"]``."""

MISFIT_PRIOR, VANITY_MISFIT_PRIOR = 0.05, 0.3
"""How likely a plate is of no format that is expected, e.g. foreign or special; and where many
plates are of none. Chosen on the labelled crops of training and validation."""

MAX_PATTERN_LENGTH = 12
"""Longest text that a pattern is matched with; no format of the regions has more than 11."""

MAX_MATCH_S, MAX_RUN = 0.01, 20
"""CPU seconds that a match may take, and the characters of one kind in the texts that a pattern is
tried with. A plain pattern takes microseconds, one that tries all ways to divide a run seconds."""

STRICT_IN_VAIN = (
    "regions_strict needs regions, because otherwise no format is known: say where plates are from,"
    " e.g. regions=br"
)
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
        if self.pattern is None or len(text) > MAX_PATTERN_LENGTH:
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
        if not strict:
            return rules
        rules = replace(rules, strict=_parse_strict(strict))
        if rules.strict and not rules.has_formats:
            raise RequestError(STRICT_IN_VAIN)
        return rules


def parse_regions(text: str) -> tuple[Region, ...]:
    """The regions of a list of codes. Raises :class:`RequestError` that names an unknown one."""
    return select(CODE.findall(text))


def parse_pattern(text: str) -> re.Pattern[str] | None:
    """A regular expression for whole texts, in letters of any case; None if empty.

    Raises :class:`RequestError` for what is none, and for one that was found to take long.
    """
    if not text:
        return None
    try:
        pattern = re.compile(text, re.IGNORECASE)
    except (re.error, RecursionError, OverflowError) as error:
        raise RequestError(f"plate_pattern is no regular expression: {error}") from error
    if slow := next((one for one in _tried_texts() if _is_slow(pattern, one)), ""):
        why = "repeat nothing that repeats itself, as ([A-Z]+)+ does"
        raise RequestError(f"plate_pattern takes too long to match e.g. {slow}; {why}")
    return pattern


def _tried_texts() -> Iterator[str]:
    """Runs of letters and of digits, after a few of the others, and before one.

    They grow by one character, so that the first one that takes long takes little longer than that.
    """
    for length in range(1, MAX_RUN + 1):
        for one, other in ("A0", "0A"):
            for before in range(4):
                yield other * before + one * length
                yield other * before + one * length + other


def _is_slow(pattern: re.Pattern[str], text: str) -> bool:
    """Whether the match takes long twice; once may be the machine's fault."""
    return all(_match_s(pattern, text) > MAX_MATCH_S for _ in range(2))


def _match_s(pattern: re.Pattern[str], text: str) -> float:
    started = time.thread_time()
    pattern.fullmatch(text)
    return time.thread_time() - started


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
