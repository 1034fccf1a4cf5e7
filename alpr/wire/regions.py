"""The answer of ``/v1/regions``: the codes that ``regions`` takes, and the plates of each."""

from __future__ import annotations

from alpr.formats.catalogue import Region, all_regions
from alpr.wire.codeproject import Body


def region_list() -> Body:
    """All regions; a country whose subdivisions have the formats stands for all of them."""
    return {"success": True, "regions": [_entry(one) for one in all_regions().values()]}


def _entry(region: Region) -> Body:
    formats = [{"format": one.notation.text, "example": one.example} for one in region.formats]
    return {"code": region.code, "name": region.name, "formats": formats}
