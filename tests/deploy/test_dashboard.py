"""The Grafana dashboard and Prometheus' rules: they query what /metrics exposes."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import socket
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from alpr.engines.fake import FakeEngine
from alpr.settings import Settings
from testkit.forms import upload
from testkit.programs import ROOT
from testkit.service import client_of, serving
from tests.contract.senders import python_requests

DEPLOY = Path(ROOT) / "deploy"
DASHBOARD = json.loads((DEPLOY / "grafana-dashboard.json").read_text(encoding="utf-8"))
PANELS = DASHBOARD["panels"]
RULES = yaml.safe_load((DEPLOY / "prometheus-rules.yaml").read_text(encoding="utf-8"))
ALERTS = RULES["groups"][0]["rules"]
EXPRESSIONS = [target["expr"] for panel in PANELS for target in panel["targets"]]
USED = EXPRESSIONS + [alert["expr"] for alert in ALERTS]
COLUMNS = 24
"""Grafana's grid."""

ADDED = {"instance", "job"}
"""Labels that Prometheus adds."""


@cache
def shown() -> tuple[set[str], set[str]]:
    """The names of the service's series, and of their labels."""
    client = client_of()
    assert client.post("/v1/vision/alpr", **upload()).status_code == 200
    assert client.get("/nowhere").status_code == 404
    page = client.get("/metrics").get_data(as_text=True)
    samples = [one for family in text_string_to_metric_families(page) for one in family.samples]
    return {one.name for one in samples}, {label for one in samples for label in one.labels}


@pytest.mark.parametrize("expression", USED)
def test_every_metric_and_label_is_the_services(expression: str) -> None:
    names, labels = shown()
    bare = re.sub(r'"[^"]*"', '""', expression)
    used = set(re.findall(r"\b(?:alpr|process)_\w+", bare))
    assert used <= names
    assert used or "up{" in bare
    used = set(re.findall(r"(\w+)=~?\"", bare))
    used |= {name for some in re.findall(r"by \(([^)]*)\)", bare) for name in some.split(", ")}
    assert used <= labels | ADDED


def test_every_metric_of_our_own_is_shown() -> None:
    names, _ = shown()
    ours = {re.sub("_(bucket|sum|count)$", "", name) for name in names if name.startswith("alpr_")}
    assert not [name for name in ours if not any(name in expression for expression in EXPRESSIONS)]


def test_grafana_can_tell_the_panels_apart() -> None:
    assert DASHBOARD["schemaVersion"] >= 36
    for name in ("id", "title"):
        assert len({panel[name] for panel in PANELS}) == len(PANELS)
    for panel in PANELS:
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        letters = [target["refId"] for target in panel["targets"]]
        assert len(set(letters)) == len(letters)
    variables = [variable["name"] for variable in DASHBOARD["templating"]["list"]]
    assert variables == ["datasource", "instance"]


def test_panels_do_not_overlap() -> None:
    areas = [panel["gridPos"] for panel in PANELS]
    assert all(area["x"] + area["w"] <= COLUMNS for area in areas)
    for one, other in combinations(areas, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        assert beside or one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]


class Prometheus:
    """Debian's Prometheus, scraping a service every second, with the rules that ship."""

    def __init__(self, folder: Path, target: int) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        job = {"job_name": "alpr_api", "static_configs": [{"targets": [f"127.0.0.1:{target}"]}]}
        config = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(DEPLOY / "prometheus-rules.yaml")],
            "scrape_configs": [job],
        }
        (folder / "prometheus.yml").write_text(json.dumps(config))
        self._log = (folder / "log").open("w")
        self._process = subprocess.Popen(
            [
                "prometheus",
                f"--config.file={folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{self._port}",
            ],
            stderr=self._log,
        )

    def query(self, path: str, **values: str) -> Any:
        query = urllib.parse.urlencode(values)
        url = f"http://127.0.0.1:{self._port}/api/v1/{path}?{query}"
        with urllib.request.urlopen(url, timeout=20) as answer:
            return json.load(answer)["data"]

    def value(self, expression: str) -> list[Any]:
        here = expression.replace("$__rate_interval", "10s").replace("$instance", ".*")
        return list(self.query("query", query=here)["result"])

    def wait_for(self, expression: str) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                if self.value(expression):
                    return
            time.sleep(0.5)
        raise AssertionError(expression)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(60)
        self._log.close()


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """Prometheus after it has seen the service read a plate, find none, and refuse a request."""
    if not shutil.which("prometheus"):
        pytest.skip("prometheus is not here; it is in the package prometheus")
    engine = FakeEngine()
    engine.warm_up()
    with serving(engine, Settings(host="127.0.0.1", port=0)) as server:
        running = Prometheus(tmp_path_factory.mktemp("prometheus"), server.port)
        try:
            running.wait_for("alpr_slots")
            server.exchange(python_requests("/v1/vision/alpr", "upload"))
            running.wait_for("rate(alpr_requests_total[10s]) > 0")
            yield running
        finally:
            running.stop()


def test_every_panel_shows_something(prometheus: Prometheus) -> None:
    silent = [one for one in EXPRESSIONS if not prometheus.value(one)]
    assert not silent


def test_the_first_bug_is_an_increase() -> None:
    page = client_of().get("/metrics").get_data(as_text=True)
    for reason in ("bug", "busy", "engine"):
        assert f'alpr_refusals_total{{reason="{reason}"}} 0.0' in page


def test_the_rules_are_valid_and_no_alert_fires(prometheus: Prometheus) -> None:
    (group,) = prometheus.query("rules")["groups"]
    assert [rule["name"] for rule in group["rules"]] == [alert["alert"] for alert in ALERTS]
    assert {rule.get("lastError", "") for rule in group["rules"]} == {""}
    assert {rule["state"] for rule in group["rules"]} == {"inactive"}
