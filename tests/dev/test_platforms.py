"""The files of hosting platforms: what they start, and the function as Vercel runs it."""

import importlib.metadata
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from api.dev.stack import ROOT
from api.platform.settings import Settings
from tests.support.shop import Shop

VERCEL: dict[str, Any] = json.loads((ROOT / "vercel.json").read_text())
MOST_BYTES = 250 * 1000 * 1000
"""What a function may weigh, its libraries included."""

# As Vercel's launcher does: the entry point by its file, `app` in it, one request after another.
RUNTIME = """
import importlib.util, io, json, sys
spec = importlib.util.spec_from_file_location("vc_entrypoint", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
told = []
for path, headers in json.loads(sys.stdin.read()):
    environ = {
        "REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": "", "SCRIPT_NAME": "",
        "SERVER_NAME": "shop.example", "SERVER_PORT": "443", "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "https", "wsgi.input": io.BytesIO(), "wsgi.errors": sys.stderr,
        "wsgi.version": (1, 0), "wsgi.multithread": False, "wsgi.multiprocess": False,
        "wsgi.run_once": False, "HTTP_X_FORWARDED_FOR": "203.0.113.7", **headers,
    }
    answer = []
    body = module.app(environ, lambda status, headers, exc=None: answer.append(status))
    told.append([answer[0], b"".join(body).decode()])
print(json.dumps(told))
"""


def commands() -> dict[str, list[str]]:
    """Return by platform what is run there."""
    render = yaml.safe_load((ROOT / "render.yaml").read_text())
    ocean = yaml.safe_load((ROOT / ".do/app.yaml").read_text())
    railway = [
        json.loads((ROOT / name).read_text())["deploy"]
        for name in ("railway.json", "deploy/railway-worker.json")
    ]
    return {
        "render": [
            one[name]
            for one in render["services"]
            for name in ("startCommand", "preDeployCommand")
            if name in one
        ],
        "ocean": [
            one["run_command"] for kind in ("services", "workers", "jobs") for one in ocean[kind]
        ],
        # Of an image, Railway runs the command without a shell that would fill in the port.
        "railway": [
            one["startCommand"].removeprefix('/bin/sh -c "exec ').rstrip('"') for one in railway
        ]
        + [command for one in railway for command in one.get("preDeployCommand", [])],
    }


@pytest.mark.parametrize("platform", ["render", "ocean", "railway"])
def test_each_platform_runs_the_three_programs_and_listens_to_its_port(platform: str) -> None:
    assert sorted(commands()[platform]) == [
        "gunicorn --config gunicorn.conf.py --bind 0.0.0.0:$PORT wsgi:app",
        "python -m api.migrate",
        "python -m api.worker",
    ]


def test_what_the_platforms_set_is_what_the_shop_reads() -> None:
    known = set(re.findall(r"^#([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    render = yaml.safe_load((ROOT / "render.yaml").read_text())
    ocean = yaml.safe_load((ROOT / ".do/app.yaml").read_text())
    set_there = {one["key"] for one in render["envVarGroups"][0]["envVars"]} | {
        one["key"] for one in ocean["envs"]
    }

    assert set_there - known == {"PYTHON_VERSION"}
    marked = re.findall(r"# \(!\).*\n(?:#.*\n)*?#([A-Z_]+)=", (ROOT / ".env.example").read_text())
    passwords = {"POSTGRES_PASSWORD", "POSTGRES_APP_PASSWORD"}
    needed = set(marked) - passwords - {"DATABASE_URL", "REDIS_URL"}
    assert needed <= set_there


def test_every_path_leads_to_the_one_function() -> None:
    (route,) = VERCEL["routes"]
    (build,) = VERCEL["builds"]

    for path in ("/", "/api/v1/products", "/cron/work", "/health/ready"):
        found = re.fullmatch(route["src"], path)
        assert found is not None
        assert route["dest"] == build["src"]
    assert [job["path"] for job in VERCEL["crons"]] == ["/cron/work"]


def test_the_function_weighs_less_than_a_function_may() -> None:
    locked = re.findall(
        r"^([a-z0-9_.-]+)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE
    )
    weight = 0
    for name in locked:
        try:
            files = importlib.metadata.files(name) or []
        except importlib.metadata.PackageNotFoundError:
            continue  # for another Python or another system
        weight += sum(
            Path(str(file.locate())).stat().st_size
            for file in files
            if Path(str(file.locate())).is_file() and file.suffix != ".pyc"
        )
    ignored = (ROOT / ".vercelignore").read_text().split()
    for folder in ("api", "migrations"):
        weight += sum(
            file.stat().st_size
            for file in (ROOT / folder).rglob("*.*")
            if file.is_file() and not str(file.relative_to(ROOT)).startswith("api/dev")
        )

    assert "api/dev" in ignored
    assert "tests" in ignored
    assert 50_000_000 < weight < MOST_BYTES * 0.8


def test_the_function_answers_and_works_when_its_cron_job_calls(
    shop: Shop, settings: Settings, tmp_path: Path
) -> None:
    shop.sells("MUG", 3)
    shop.an_order(MUG=1)  # its letters wait
    requests: list[tuple[str, dict[str, str]]] = [
        ("/health/live", {}),
        ("/api/v1/products", {}),
        ("/cron/work", {}),
        ("/cron/work", {"HTTP_AUTHORIZATION": "Bearer guessed"}),
        ("/cron/work", {"HTTP_AUTHORIZATION": "Bearer a-secret-of-the-cron-job-of-vercel"}),
    ]

    done = subprocess.run(
        [sys.executable, "-c", RUNTIME, str(ROOT / VERCEL["builds"][0]["src"])],
        cwd=ROOT,
        input=json.dumps(requests),
        capture_output=True,
        text=True,
        check=False,
        env={
            **{"PATH": os.environ["PATH"], "HOME": str(tmp_path), "VERCEL": "1"},
            **{"STOCKROOM_ENV": "development", "TRUSTED_PROXIES": "1", "LOG_LEVEL": "ERROR"},
            "CRON_SECRET": "a-secret-of-the-cron-job-of-vercel",
            "DATABASE_URL": settings.database_url.replace("+psycopg2", ""),
            "DATABASE_POOL_SIZE": "1",
            "REDIS_URL": settings.redis_url,
            "SMTP_URL": "smtp://127.0.0.1:1",
            "MEDIA_ROOT": str(tmp_path / "media"),
            "PYTHONPATH": str(ROOT),
        },
    )

    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout.splitlines()[-1])
    assert [status[:3] for status, _ in answers] == ["200", "200", "403", "403", "200"]
    worked = json.loads(answers[-1][1])
    assert worked["facts"] > 0
    assert worked["deliveries"] > 0
    assert worked["periodic"] > 5
    assert worked["is_finished"] is True


def test_the_commands_of_the_page_are_commands_and_name_files_that_are_there() -> None:
    page = (ROOT / "deploy/README.md").read_text()
    blocks = re.findall(r"```sh\n(.+?)```", page, re.DOTALL)
    assert len(blocks) >= 3
    for block in blocks:
        script = block.replace("<this repository>", "https://git.example/stockroom")
        parsed = subprocess.run(
            ["bash", "-n"], input=script, capture_output=True, text=True, check=False
        )
        assert parsed.returncode == 0, parsed.stderr
    units = {file.name for file in (ROOT / "deploy").glob("stockroom-*")}
    for named in re.findall(r"stockroom-[a-z-]+\.(?:service|socket|timer)", page):
        assert named in units, named
    for file in re.findall(r"/opt/stockroom/([A-Za-z.][\w./-]*\w)", page):
        if not file.startswith(".venv"):
            assert (ROOT / file).exists() or list(ROOT.glob(f"{file}*")), file
    for link in re.findall(r"\]\(([^)#:]+)\)", page):
        assert (ROOT / "deploy" / link).exists(), link
