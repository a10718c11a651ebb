"""The embedded services one by one, and what replaces them."""

import os
import smtplib
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg2
import pytest

from api.dev import mailbox, postgres, processes, stack, unix_user
from api.dev.errors import DevError
from api.dev.pidfiles import PidFile
from api.dev.ports import Ports
from api.dev.processes import LOOPBACK, Service
from api.dev.supervisor import Supervisor
from api.dev.unix_user import UnixUser
from api.platform.setting_aliases import own_names
from api.platform.settings import Settings
from tests.dev.conftest import eventually
from tests.support.stack import Postgres, running_service, start_postgres

EVERYTHING = {
    "DATABASE_URL": "postgresql://elsewhere/shop",
    "REDIS_URL": "redis://elsewhere/0",
    "STRIPE_SECRET_KEY": "sk_test_of_a_person",
    "SMTP_URL": "smtp://elsewhere:25",
}
PARTS = {
    "DATABASE_URL": "postgres",
    "REDIS_URL": "redis",
    "STRIPE_SECRET_KEY": "stripe",
    "SMTP_URL": "mailbox",
}


@pytest.mark.parametrize("variable", PARTS)
def test_a_variable_replaces_its_part_and_only_that(variable: str, open_folder: Path) -> None:
    given = {name: value for name, value in EVERYTHING.items() if name != variable}

    parts = stack.embedded(given, open_folder, web_port=8000, durable=False)

    assert [service.name for service in parts.services] == [PARTS[variable]]
    assert {name: parts.environment[name] for name in given} == given
    assert parts.environment[variable]


def test_an_empty_variable_replaces_nothing(tmp_path: Path) -> None:
    given = EVERYTHING | {"SMTP_URL": ""}

    parts = stack.embedded(given, tmp_path, web_port=8000, durable=False)

    assert [service.name for service in parts.services] == ["mailbox"]


def test_the_names_of_other_guides_are_joined_with_what_the_demo_adds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The programs see the shell's variables too, and may not find two that differ."""
    shell = {
        **{name: value for name, value in EVERYTHING.items() if name != "SMTP_URL"},
        "BACKEND_CORS_ORIGINS": '["http://localhost:3000"]',
        "SMTP_HOST": "elsewhere",
        "ENVIRONMENT": "development",
    }
    for name, value in shell.items():
        monkeypatch.setenv(name, value)
    named, problems = own_names(shell)

    parts = stack.embedded(named, tmp_path, web_port=8000, durable=False)
    stack.storefront(parts, 8001)

    assert (parts.services, problems) == ([], [])
    seen = Settings.from_env(stack.web(parts.environment).full_environment())
    assert seen.cors_origins == ("http://localhost:3000", "http://127.0.0.1:8001")
    assert seen.smtp_url == "smtp+starttls://elsewhere:587"


def test_origins_that_are_no_list_are_refused(tmp_path: Path) -> None:
    given = EVERYTHING | {"CORS_ORIGINS": '["http://localhost:3000"'}
    parts = stack.embedded(given, tmp_path, web_port=8000, durable=False)

    with pytest.raises(DevError, match="CORS_ORIGINS must be a list"):
        stack.storefront(parts, 8001)


def test_secrets_are_made_once_and_kept_from_others(tmp_path: Path) -> None:
    first = stack.embedded(EVERYTHING, tmp_path, web_port=8000, durable=False).environment
    second = stack.embedded(EVERYTHING, tmp_path, web_port=8000, durable=False).environment

    names = ("SECRET_KEY", "JWT_SECRET_KEY")
    assert {first[name] for name in names} == {second[name] for name in names}
    assert len({first[name] for name in names}) == len(names)
    assert (tmp_path / "secrets.json").stat().st_mode & 0o077 == 0


def test_a_port_that_is_no_number_is_refused() -> None:
    with pytest.raises(DevError, match="PORT must be a number from 1 to 65535, not 'eighty'"):
        stack.choose_web_port({"PORT": "eighty"}, Ports(None))


def test_a_letter_becomes_a_file(tmp_path: Path) -> None:
    port = processes.free_port()
    box = tmp_path / "mailbox"
    with running_service(mailbox.service(box, port=port), tmp_path):
        with smtplib.SMTP(LOOPBACK, port) as post:
            post.sendmail(
                "shop@a.test", ["clara@b.test"], "Subject: Tschüß\n\nOn its way.".encode()
            )

        (letter,) = (box / "new").iterdir()
        assert b"On its way." in letter.read_bytes()
        assert b"clara@b.test" in letter.read_bytes()


def test_a_copied_database_is_a_world_of_its_own(postgres: Postgres) -> None:
    template = postgres.create_database("a_template")
    with psycopg2.connect(template) as original, original.cursor() as cursor:
        cursor.execute("CREATE TABLE mug (id int); INSERT INTO mug VALUES (1)")
    original.close()

    first, second = (postgres.fresh_database("a_template") for _ in range(2))

    for address in (first, second):
        with psycopg2.connect(address) as copy, copy.cursor() as cursor:
            cursor.execute("UPDATE mug SET id = id + 1 RETURNING id")
            assert cursor.fetchone() == (2,)
        copy.close()
        postgres.drop_database(address)
    postgres.drop_database(template)


def test_a_killed_postgres_starts_again_with_its_data() -> None:
    """Its lock now names a zombie, or a stranger who inherited the pid."""
    server = start_postgres()
    server.create_database("kept")
    lock = server.cluster.home / "data/postmaster.pid"

    server.kill()
    lines = lock.read_text().splitlines()
    lock.write_text("\n".join([str(os.getpid()), *lines[1:]]))
    postgres.prepare(server.folder / "postgres", port=processes.free_port(), durable=False)
    server.start()

    psycopg2.connect(server.url("kept")).close()
    server.stop()


def test_databases_of_another_version_are_not_touched() -> None:
    server = start_postgres()
    try:
        version = server.cluster.home / "data/PG_VERSION"
        ours = version.read_text()
        version.write_text("14\n")
        with pytest.raises(
            DevError, match=f"made by PostgreSQL 14 and the installed one is {ours}".strip()
        ):
            postgres.prepare(server.folder / "postgres", port=1, durable=False)
        version.write_text(ours)
    finally:
        server.stop()


def test_an_account_that_cannot_reach_the_checkout_gets_a_folder_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "var-lib"
    monkeypatch.setattr(unix_user, "_ROOT_ONLY_HOME", elsewhere)
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    somebody = UnixUser("somebody", os.getuid(), os.getgid())

    home = unix_user.private_home(closed / "postgres", somebody)

    assert home.parent == elsewhere
    assert home.stat().st_mode & 0o777 == 0o700
    assert unix_user.other_homes(closed / "postgres") == [home]
    assert unix_user.private_home(closed / "postgres", None) == closed / "postgres"


def test_a_part_that_keeps_failing_ends_the_stack_with_one_sentence(tmp_path: Path) -> None:
    supervisor = Supervisor(
        logs=tmp_path / "log",
        register=PidFile(tmp_path / "children.json"),
        terminal=sys.stdout,
        first_pause=0.001,
    )
    steady = Service(name="steady", command=("/bin/sleep", "60"), is_ready=lambda: True)
    failing = Service(
        name="failing",
        command=("/bin/sh", "-c", "echo no mugs left; exit 3"),
        is_ready=lambda: True,
    )
    supervisor.start(steady)
    supervisor.start(failing)

    with pytest.raises(DevError) as hopeless:
        supervisor.watch()
    supervisor.stop_all()

    log = tmp_path / "log/failing.log"
    assert str(hopeless.value) == (
        f'failing ended 6 times in a row (exit 3): "no mugs left"; see {log}.'
    )
    assert not (tmp_path / "children.json").exists()


def test_a_part_that_ends_while_starting_says_its_last_words(tmp_path: Path) -> None:
    broken = Service(
        name="broken",
        command=("/bin/sh", "-c", "echo no such shelf; exit 1"),
        is_ready=lambda: False,
    )

    with pytest.raises(DevError, match=r'broken ended while starting; .*"no such shelf"'):
        processes.start(broken, tmp_path / "broken.log")


def test_a_part_dies_with_the_one_that_started_it(tmp_path: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("only Linux ties a program to its parent")
    starter = (
        "import sys, time; from pathlib import Path; from api.dev.processes import Service, start;"
        "service = Service(name='s', command=('/bin/sleep', '60'), is_ready=lambda: True);"
        "print(start(service, Path(sys.argv[1])).pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", starter, str(tmp_path / "log")],
        cwd=stack.ROOT,
        stdout=subprocess.PIPE,
    ) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        eventually(lambda: child.name() == "sleep")

        parent.kill()

        eventually(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)
