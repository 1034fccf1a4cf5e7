"""The service's paths, by what they take and give."""

from __future__ import annotations

PLATE_ROUTES = ("/v1/vision/alpr", "/v1/image/alpr", "/v1/vision/custom/alpr")
BOX_ROUTES = ("/v1/vision/custom/license-plate", "/v1/vision/detection")
DEBUG_ROUTES = ("/v1/vision/alpr_grid_debug", "/v1/image/alpr_grid_debug")
IMAGE_ROUTES = (*PLATE_ROUTES, *BOX_ROUTES, *DEBUG_ROUTES, "/v1/plate-reader/")
STATUS_ROUTES = tuple(
    f"/v1/{folder}/{name}"
    for folder in ("status", "server/status")
    for name in ("ping", "version", "updateavailable")
)
GET_ROUTES = (
    *STATUS_ROUTES,
    "/v1/module/list/status",
    "/v1/status/analysis/list",
    "/livez",
    "/readyz",
    "/openapi.json",
)
PAGE_ROUTES = ("/recent.json", "/settings.json")
"""What only the page of the service itself may read."""
