"""What is deployed by: read by its own linters, with settings and doors that there are."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from companion.settings import CompanionSettings

DEPLOY = Path(__file__).parent.parent / "deploy"
APPLIED = sorted((DEPLOY / "kubernetes").iterdir())
MANIFESTS = [*APPLIED, DEPLOY / "secret.example.yaml"]
PROGRAMS = Path(sys.executable).parent


def run(program, *arguments):
    done = subprocess.run(
        [str(PROGRAMS / program), *map(str, arguments)], cwd=DEPLOY, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def documents(file):
    return [one for one in yaml.safe_load_all(file.read_text("utf-8")) if one]


def containers():
    for file in MANIFESTS:
        for one in documents(file):
            spec = one.get("spec", {})
            spec = spec.get("jobTemplate", {}).get("spec", spec)
            yield from spec.get("template", {}).get("spec", {}).get("containers", [])


def test_every_file_is_sound_yaml():
    run("yamllint", "--strict", "-c", DEPLOY / ".yamllint.yaml", DEPLOY / "compose.yaml", *MANIFESTS)


def test_the_compose_file_is_what_its_schema_says():
    run("check-jsonschema", "--builtin-schema", "vendor.compose-spec", DEPLOY / "compose.yaml")


@pytest.mark.parametrize("file", MANIFESTS, ids=lambda file: file.name)
def test_manifests_are_what_kubernetes_takes(file):
    run("kubernetes-validate", "--strict", file)


def test_what_is_applied_as_a_folder_has_no_secret_that_would_replace_the_real_one():
    assert "Secret" not in {one["kind"] for file in APPLIED for one in documents(file)}


def test_the_image_is_built_as_its_linter_wants():
    run("hadolint", DEPLOY / "Containerfile")


def test_the_image_is_built_of_all_that_the_service_is():
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (DEPLOY / "Containerfile").read_text("utf-8"), re.MULTILINE)
    there = {source.split("/")[0] for line in copied for source in line.split()}
    wheel = tomllib.loads((DEPLOY.parent / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]["targets"][
        "wheel"
    ]
    assert set(wheel["only-include"]) <= there


def test_every_setting_named_is_one():
    known = {f"COMPANION_{name.upper()}" for name in CompanionSettings.model_fields}
    files = [DEPLOY / "compose.yaml", DEPLOY / "Containerfile", *MANIFESTS]
    named = {name for file in files for name in re.findall(r"\bCOMPANION_[A-Z0-9_]+[A-Z0-9]", file.read_text("utf-8"))}
    assert len(named) > 10
    assert named - {"COMPANION_OIDC"} <= known


def test_what_is_set_together_is_accepted_together(monkeypatch):
    service = documents(DEPLOY / "compose.yaml")[0]["services"]["companion"]
    assert service["env_file"] == ".env"  # by which all other settings come, as those of the identity provider
    compose = service["environment"]
    plain = {name: re.sub(r"\$\{\w+:?[-?]?([^}]*)\}", "x" * 40, value) for name, value in compose.items()}
    cluster = {}
    for file in MANIFESTS:
        for one in documents(file):
            cluster |= one.get("data", {}) | one.get("stringData", {})
    for told in (plain, cluster):
        for name, value in told.items():
            monkeypatch.setenv(name, value)
        settings = CompanionSettings()
        assert (settings.index_shared, settings.lexical) == (True, "postgresql")
        assert settings.redis_url


def test_probes_knock_at_doors_that_there_are(service):
    doors = set(service().openapi()["paths"])
    doors.add("/api/v2/heartbeat")  # Chroma's; tests/test_index_on_servers.py waits for it
    probes = [
        container[probe]["httpGet"]["path"]
        for container in containers()
        for probe in ("startupProbe", "livenessProbe", "readinessProbe")
        if probe in container
    ]
    assert len(probes) == 5
    assert set(probes) <= doors
    assert "/healthz" in json.dumps(documents(DEPLOY / "compose.yaml")[0]["services"]["companion"]["healthcheck"])


def test_turns_under_way_have_time_to_end():
    (deployment,) = [one for file in MANIFESTS for one in documents(file) if one["kind"] == "Deployment"]
    (config,) = [one for file in MANIFESTS for one in documents(file) if one["kind"] == "ConfigMap"]
    pod = deployment["spec"]["template"]["spec"]
    pause = int(pod["containers"][0]["lifecycle"]["preStop"]["exec"]["command"][1])
    # The service itself waits five seconds longer than turns may.
    assert pod["terminationGracePeriodSeconds"] > pause + int(config["data"]["COMPANION_DRAIN_SECONDS"]) + 5


@pytest.mark.parametrize("command", sorted({tuple(one["args"][:1]) for one in containers()}))
def test_commands_are_installed(command):
    assert (PROGRAMS / command[0]).exists()
