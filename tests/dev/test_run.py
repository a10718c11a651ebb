"""`make run` as a person meets it: started, stopped, killed, started twice."""

import json
import os
import pty
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg2
import pytest
import redis

from api.dev import environment
from api.dev.processes import LOOPBACK, free_port
from api.dev.stack import ROOT
from tests.dev.conftest import REPLACEABLE, Copy, eventually

IN_THIS_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
    "os.execvp(sys.argv[1], sys.argv[1:])"
)
PARTS = ["mailbox", "postgres", "redis", "storefront", "stripe", "web", "worker"]


def address_of(copy: Copy, part: str) -> str:
    """Return the address of a part, read where its own process got it from.

    A worker that has just ended, and waits to be started again, has no environment left.
    """
    name = {"postgres": "DATABASE_URL", "redis": "REDIS_URL"}[part]
    found: dict[str, str] = {}

    def is_readable() -> bool:
        with suppress(KeyError, psutil.NoSuchProcess):
            found[name] = copy.children()["worker"].environ()[name]
        return name in found

    eventually(is_readable)
    return found[name]


def test_the_summary_says_where_everything_is(copy: Copy) -> None:
    said = copy.ensure_running().said()

    assert f"http://{LOOPBACK}:{copy.port}/api/v1" in said
    assert f"http://{LOOPBACK}:{copy.port}/docs" in said
    assert "warehouse@stockroom.test" in said
    assert "make console" in said
    assert sorted(copy.children()) == PARTS
    assert copy.is_healthy()


def test_everything_listens_to_this_machine_only(copy: Copy) -> None:
    children = copy.ensure_running().children()

    listening = {
        name: {connection.laddr.ip for connection in child.net_connections()
               if connection.status == psutil.CONN_LISTEN}
        for name, child in children.items()
    }  # fmt: skip

    assert listening.pop("worker") == set()
    assert all(addresses == {LOOPBACK} for addresses in listening.values()), listening


def test_who_serves_people_changes_no_table_and_no_history(copy: Copy) -> None:
    children = copy.ensure_running().children()

    for part in ("web", "worker"):
        assert children[part].environ()["DATABASE_OWNER_URL"] == "", part
    connection = psycopg2.connect(address_of(copy, "postgres"))
    for statement in ("CREATE TABLE mine (id int)", "DROP TABLE orders", "DELETE FROM audit_log"):
        with (
            pytest.raises(psycopg2.errors.InsufficientPrivilege),
            connection,
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
    connection.close()


def test_the_databases_ask_for_a_password(copy: Copy) -> None:
    copy.ensure_running()
    postgres, queue = address_of(copy, "postgres"), address_of(copy, "redis")

    user, _, rest = postgres.partition("@")
    wrong = f"{user.rpartition(':')[0]}:wrong@{rest}"
    with pytest.raises(psycopg2.OperationalError, match="password"):
        psycopg2.connect(wrong)
    with (
        redis.Redis.from_url(f"redis://{queue.partition('@')[2]}") as stranger,
        pytest.raises(redis.AuthenticationError),
    ):
        stranger.ping()


def test_a_second_copy_is_refused_in_one_sentence(copy: Copy) -> None:
    copy.ensure_running()

    said = copy.refusal("run", port=free_port())

    assert said.startswith(
        f"stockroom: Stockroom is already running at http://{LOOPBACK}:{copy.port}"
    )
    assert copy.is_healthy()


def test_a_running_shop_is_not_cleaned_away(copy: Copy) -> None:
    copy.ensure_running()

    said = copy.refusal("clean")

    assert said == "stockroom: Stockroom is running in this folder: stop it first with make stop."
    assert copy.is_healthy()


@pytest.mark.parametrize("part", PARTS)
def test_a_killed_part_comes_back(copy: Copy, part: str) -> None:
    before = copy.ensure_running().children()[part]
    forked = before.children()

    before.kill()

    def is_back() -> bool:
        now = copy.children().get(part)
        return now is not None and now.pid != before.pid and copy.is_ready()

    eventually(is_back)
    eventually(lambda: not any(process.is_running() for process in forked))
    assert f"{part} ended (killed by SIGKILL); starting it again" in copy.said()


@pytest.mark.slow
def test_make_stop_keeps_everything_for_the_next_start(copy: Copy) -> None:
    copy.ensure_running()
    children = copy.children().values()
    owner = environment.read(copy.folder)["DATABASE_OWNER_URL"]
    with psycopg2.connect(owner) as shelf, shelf.cursor() as cursor:
        cursor.execute("CREATE TABLE kept (word text); INSERT INTO kept VALUES ('mug')")
    shelf.close()
    with redis.Redis.from_url(address_of(copy, "redis")) as queue:
        queue.set("kept", "kettle")

    stopped = subprocess.run(
        [sys.executable, "-m", "api.dev", "stop", str(copy.folder)],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert stopped.stdout == "Stopped.\n"
    assert copy.ended() == 0
    assert "Stopped. Everything is kept" in copy.said()
    assert not any(child.is_running() for child in children)
    copy.ensure_running()
    with psycopg2.connect(owner) as shelf, shelf.cursor() as cursor:
        cursor.execute("SELECT word FROM kept")
        assert cursor.fetchone() == ("mug",)
        cursor.execute("DROP TABLE kept")
    shelf.close()
    with redis.Redis.from_url(address_of(copy, "redis")) as queue:
        assert queue.get("kept") == b"kettle"


@pytest.mark.slow
def test_a_killed_supervisor_leaves_nothing_that_stands_in_the_way(copy: Copy) -> None:
    children = copy.ensure_running().children()

    copy.kill()

    copy.ensure_running()
    assert copy.is_healthy()
    assert not {child.pid for child in children.values() if child.is_running()} & {
        child.pid for child in copy.children().values()
    }
    eventually(lambda: not any(child.is_running() for child in children.values()))


def test_everything_killed_at_once_recovers_and_strangers_are_spared(copy: Copy) -> None:
    """A power cut: PostgreSQL finds the lock of a server that is gone, and pids are used again."""
    children = copy.ensure_running().children().values()
    everyone = [*children, *(worker for child in children for worker in child.children())]
    register = copy.folder / "children.json"
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        began = psutil.Process(stranger.pid).create_time()

        copy.kill()
        for process in everyone:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(everyone, 30)  # until then they hold the ports
        recorded = json.loads(register.read_text())
        recorded["a part of yesterday"] = [stranger.pid, began - 86_400]
        register.write_text(json.dumps(recorded))

        assert copy.ensure_running().is_healthy()
        assert stranger.poll() is None
        stranger.communicate(b"\n")


def test_a_taken_port_is_named_with_the_variable_to_change(copy: Copy, open_folder: Path) -> None:
    with socket.create_server((LOOPBACK, 0)) as someone:
        port = someone.getsockname()[1]

        said = copy.refusal("run", port=port, folder=open_folder)

    assert said.startswith(f"stockroom: Port {port} on {LOOPBACK} is taken")
    assert "PORT=" in said


def test_a_folder_that_cannot_be_written_to_is_named(copy: Copy) -> None:
    said = copy.refusal("run", folder=Path("/dev/null/var"))

    assert "keeps its data in /dev/null/var, which cannot be written to" in said


@pytest.mark.slow
def test_a_closed_terminal_stops_the_shop_in_order(copy: Copy) -> None:
    children = copy.ensure_running().children().values()

    assert copy.interrupt(signal.SIGHUP) == 0

    assert not any(child.is_running() for child in children)


@pytest.mark.slow
def test_ctrl_c_in_a_terminal_ends_make_without_an_error(copy: Copy, tmp_path: Path) -> None:
    copy.discard()
    recipe = f"run:\n\t@exec {sys.executable} -m api.dev run {copy.folder}\n"
    (tmp_path / "Makefile").write_text(recipe)
    environment = {k: v for k, v in os.environ.items() if k not in REPLACEABLE}
    screen, terminal = pty.openpty()
    make = subprocess.Popen(
        [sys.executable, "-c", IN_THIS_TERMINAL, "make", "-f", str(tmp_path / "Makefile"), "run"],
        cwd=ROOT,
        env={**environment, "PORT": str(copy.port)},
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
    )
    os.close(terminal)
    shown = b""
    while b"To stop:" not in shown:
        shown += os.read(screen, 4096)

    os.write(screen, b"\x03")

    try:
        while chunk := os.read(screen, 4096):
            shown += chunk
    except OSError:
        pass  # the terminal is gone, as it should be
    os.close(screen)
    assert make.wait(90) == 0
    assert b"Stopped. Everything is kept" in shown
    assert b"***" not in shown
