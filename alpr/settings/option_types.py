"""What settings take besides plain texts and numbers, each checked where it is given."""

from __future__ import annotations

import ipaddress
import json
from typing import Any

import click

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class JsonObject(click.ParamType[Any]):
    """A JSON object, written out as text or already read."""

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
    """Networks or single addresses with commas between them; the text stays as it was given."""

    name = "networks"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            networks(value)
        except ValueError as error:
            self.fail(f"{error}.", param, ctx)
        return str(value)


def networks(text: str) -> tuple[Network, ...]:
    """``192.168.1.0/24,fd00::/8`` as networks. Raises ValueError for what is none."""
    return tuple(map(ipaddress.ip_network, listed(text)))


def listed(text: str) -> tuple[str, ...]:
    """The items of a text with commas between them."""
    return tuple(filter(None, (item.strip() for item in text.split(","))))
