"""Types of settings other than plain text and numbers."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

EVERY_ADDRESS = "*"
"""As ``host``: every address of the machine, of IPv4 and of IPv6."""

HOST_NAME = re.compile(r"\w(?:[\w.-]*\w)?\.?")
ACCEPTED_HOST = re.compile(rf"\.?{HOST_NAME.pattern}(?::\d+)?")
ORIGIN = re.compile(r"\*|null|[a-z][a-z0-9+.-]*://[^/\s]+", re.IGNORECASE)


class WholeNumber(click.IntRange):
    """A whole number of a range, which the refusal of anything else names."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"expected {self.words}, not {str(value)[:40]!r}.", param, ctx)

    @property
    def words(self) -> str:
        numbers = f"{self.min} or more" if self.max is None else f"{self.min} to {self.max}"
        return f"a whole number, {numbers}"


class TrueOrFalse(click.types.BoolParamType):
    """A truth value; the refusal of anything else names the usual two of its spellings."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> bool:
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"expected true or false, not {str(value)[:40]!r}.", param, ctx)


class FilePath(click.Path):
    """The path of a file, which may not exist yet; an empty text is none."""

    def __init__(self) -> None:
        super().__init__(dir_okay=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not str(value):
            self.fail("it is empty; expected the name of a file.", param, ctx)
        return super().convert(value, param, ctx)


class JsonObject(click.ParamType[Any]):
    """A JSON object, as text or already parsed."""

    name = "json"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> dict[str, Any]:
        try:
            parsed = json.loads(value) if isinstance(value, str) else value
        except (ValueError, RecursionError):
            parsed = None
        if not isinstance(parsed, dict):
            self.fail("it is not a JSON object.", param, ctx)
        return parsed


class Items(click.ParamType[str]):
    """Items with a separator between them; the value stays the text that was given.

    ``check`` raises ValueError for an invalid item. An empty text has no items, which is invalid
    where one ``is_needed``.
    """

    name = "list"

    def __init__(
        self, check: Callable[[str], object] = str, separator: str = ",", is_needed: bool = False
    ) -> None:
        self._check = check
        self.separator = separator
        self._is_needed = is_needed

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        items = listed(value, self.separator)
        if not items and (value or self._is_needed):
            self.fail(f"{value!r} names nothing.", param, ctx)
        try:
            for item in items:
                self._check(item)
        except ValueError as error:
            self.fail(f"{error}.", param, ctx)
        return str(value)

    def join(self, values: list[Any]) -> str:
        """The text of a JSON list. Raises TypeError if an item is no text, number or list."""
        return joined(values, self.separator)


def joined(values: list[Any], separator: str) -> str:
    """The text of a JSON list, with commas in lists inside it.

    Raises TypeError if an item is no text, number or list.
    """
    return separator.join(map(_item, values))


def _item(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float | list):
        raise TypeError(value)
    return joined(value, ",") if isinstance(value, list) else str(value)


def address(text: str) -> None:
    """Raises ValueError for what can be no address to listen on: ``*``, an IP address, a name."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        if text != EVERY_ADDRESS and not HOST_NAME.fullmatch(text):
            raise ValueError(f"{text!r} is neither an address nor a host name") from None


def accepted_host(text: str) -> None:
    """Raises ValueError for what can be no Host header: a name, with or without a port or a dot."""
    if not ACCEPTED_HOST.fullmatch(text):
        raise ValueError(f"{text!r} is neither a host name nor an IPv4 address")


def origin(text: str) -> None:
    """Raises ValueError for what no browser sends as an origin."""
    if not ORIGIN.fullmatch(text):
        raise ValueError(f"{text!r} is not an origin, e.g. http://cams.lan, without a path")


def networks(text: str) -> tuple[Network, ...]:
    """``192.168.1.0/24,fd00::/8`` as networks. Raises ValueError if one is invalid."""
    return tuple(map(ipaddress.ip_network, listed(text)))


def listed(text: str, separator: str = ",") -> tuple[str, ...]:
    """The items of a text, without blanks around them and without empty ones."""
    return tuple(filter(None, (item.strip() for item in text.split(separator))))
