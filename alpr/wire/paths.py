"""The paths of the routes, in lower case and without a slash at the end."""

from __future__ import annotations

PLATES = ("/v1/vision/alpr", "/v1/image/alpr", "/v1/vision/custom/alpr")
PLATE_READER = ("/v1/plate-reader", "/alpr")
BOXES = ("/v1/vision/custom/license-plate", "/v1/vision/detection")
GRID_DEBUG = ("/v1/vision/alpr_grid_debug", "/v1/image/alpr_grid_debug")
REGIONS = "/v1/regions"
MODELS = "/v1/vision/custom/list"
_STATUS = ("/v1/status", "/v1/server/status")
VERSION = tuple(f"{folder}/{name}" for folder in _STATUS for name in ("ping", "version"))
UPDATE = tuple(f"{folder}/updateavailable" for folder in _STATUS)
MODULES = ("/v1/module/list/status", "/v1/status/analysis/list")
INFO = "/info"
STATISTICS = "/v1/statistics"
LIVE = "/livez"
READY = ("/readyz", "/health")
METRICS = "/metrics"
FAVICON = "/favicon.ico"
STATIC = "/static/"
STATIC_FILE = f"{STATIC}<path:name>"
RECENT = "/recent.json"
SETTINGS = "/settings.json"
PAGE = ("/", FAVICON, SETTINGS)
PROBES = (LIVE, *READY, METRICS, RECENT)
"""What is asked every few seconds, by programs that watch this one and by the page."""
