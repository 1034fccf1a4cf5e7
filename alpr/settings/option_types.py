"""Types of settings other than plain text and numbers."""

from __future__ import annotations

import ipaddress
import json
from typing import Any

import click

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class JsonObject(click.ParamType[Any]):
    """A JSON object, as text or already parsed."""

    name = "json"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> dict[str, Any]:
        try:
            parsed = json.loads(value) if isinstance(value, str) else value
        except ValueError:
            parsed = None
        if not isinstance(parsed, dict):
            self.fail("it is not a JSON object.", param, ctx)
        return parsed


class Networks(click.ParamType[str]):
    """Comma-separated networks or single addresses; the value stays the text that was given."""

    name = "networks"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            networks(value)
        except ValueError as error:
            self.fail(f"{error}.", param, ctx)
        return str(value)


def networks(text: str) -> tuple[Network, ...]:
    """``192.168.1.0/24,fd00::/8`` as networks. Raises ValueError if one is invalid."""
    return tuple(map(ipaddress.ip_network, listed(text)))


def listed(text: str) -> tuple[str, ...]:
    """The items of a comma-separated text, without empty ones."""
    return tuple(filter(None, (item.strip() for item in text.split(","))))
