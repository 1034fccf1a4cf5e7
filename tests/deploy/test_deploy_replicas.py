"""The files in deploy/ for several processes: what can be checked without Docker or a cluster."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from alpr.server.draining import DRAIN_S
from alpr.settings import Settings

DEPLOY = Path(__file__).parents[2] / "deploy"
NGINX = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load((DEPLOY / "compose-replicas.yaml").read_text(encoding="utf-8"))
OBJECTS = list(yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text(encoding="utf-8")))
POD = OBJECTS[0]["spec"]["template"]
CONTAINER = POD["spec"]["containers"][0]


def seconds(directive: str) -> int:
    found = re.search(rf"^\s*{directive} (\d+)s;", NGINX, re.MULTILINE)
    assert found is not None
    return int(found.group(1))


def test_nginx_accepts_as_large_a_body_as_the_service() -> None:
    assert f"client_max_body_size {Settings().max_body_mb * 1_000_000};" in NGINX


def test_nginx_waits_for_the_slowest_read_and_does_not_repeat_it() -> None:
    assert seconds("proxy_read_timeout") > Settings().call_timeout_s + DRAIN_S
    assert DRAIN_S < seconds("proxy_next_upstream_timeout") < seconds("proxy_read_timeout")


@pytest.mark.parametrize("item", OBJECTS, ids=lambda item: str(item["kind"]))
def test_kubernetes_knows_every_key(item: Mapping[str, Any]) -> None:
    kubernetes_validate.validate(item, kubernetes_validate.latest_version(), strict=True)


def test_each_object_exists_and_selects_the_same_pods() -> None:
    deployment, service, scaler, budget = OBJECTS
    kinds = [item["kind"] for item in OBJECTS]
    assert kinds == ["Deployment", "Service", "HorizontalPodAutoscaler", "PodDisruptionBudget"]
    labels = POD["metadata"]["labels"]
    assert deployment["spec"]["selector"]["matchLabels"] == labels
    assert service["spec"]["selector"] == labels
    assert budget["spec"]["selector"]["matchLabels"] == labels
    target = scaler["spec"]["scaleTargetRef"]
    assert (target["kind"], target["name"]) == ("Deployment", deployment["metadata"]["name"])
    assert "replicas" not in deployment["spec"], "it would undo what the autoscaler chose"


def test_a_disruption_leaves_a_replica() -> None:
    _, _, scaler, budget = OBJECTS
    assert scaler["spec"]["minReplicas"] > budget["spec"]["maxUnavailable"]
    assert OBJECTS[0]["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0


def test_the_pod_is_given_time_to_drain() -> None:
    pause = int(CONTAINER["lifecycle"]["preStop"]["exec"]["command"][1])
    assert POD["spec"]["terminationGracePeriodSeconds"] > pause + DRAIN_S


def test_each_probe_has_its_path() -> None:
    probes = {
        name: CONTAINER[f"{name}Probe"]["httpGet"]["path"] for name in ("readiness", "liveness")
    }
    assert probes == {"readiness": "/readyz", "liveness": "/livez"}
    start = CONTAINER["startupProbe"]
    assert start["periodSeconds"] * start["failureThreshold"] > Settings().start_timeout_s


def test_the_pod_is_unprivileged_and_cannot_write() -> None:
    assert POD["spec"]["securityContext"]["runAsNonRoot"] is True
    assert POD["spec"]["automountServiceAccountToken"] is False
    assert CONTAINER["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def test_ports_are_the_services_own() -> None:
    port = Settings().port
    assert CONTAINER["ports"][0]["containerPort"] == port
    assert POD["metadata"]["annotations"]["prometheus.io/port"] == str(port)
    assert f"server alpr_api:{port} " in COMPOSE["configs"]["replicas"]["content"]
    assert f"listen {port};" in NGINX


def test_every_container_of_the_compose_file_drains_and_cannot_write() -> None:
    for name, service in COMPOSE["services"].items():
        assert int(service["stop_grace_period"].rstrip("s")) > DRAIN_S, name
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name


def test_the_compose_file_mounts_what_nginx_includes() -> None:
    nginx = COMPOSE["services"]["nginx"]
    assert nginx["volumes"] == ["./nginx.conf:/etc/nginx/conf.d/alpr_api.conf:ro"]
    included = re.findall(r"include (\S+);", NGINX)
    assert [config["target"] for config in nginx["configs"]] == [f"/etc/nginx/{included[0]}"]
    for line in ("max_fails=0", "resolver "):
        assert line in COMPOSE["configs"]["replicas"]["content"]


def test_nginx_includes_the_file_that_is_here() -> None:
    (included,) = re.findall(r"include (\S+);", NGINX)
    assert (DEPLOY / included).exists()
    assert f"{included} to /etc/nginx" in NGINX


def test_an_image_that_was_loaded_into_the_nodes_is_taken() -> None:
    assert CONTAINER["imagePullPolicy"] == "IfNotPresent"


def test_settings_in_the_environment_are_settings() -> None:
    names = [entry["name"] for entry in CONTAINER["env"]]
    names += COMPOSE["services"]["alpr_api"]["environment"]
    known = {f"ALPR_{name.upper()}" for name in Settings.__dataclass_fields__}
    assert set(names) <= known
