"""Refused sign-ins stand in a log of their own, for a week, and nowhere else with an address."""

import os
import re
import time
from concurrent.futures import ThreadPoolExecutor
from configparser import RawConfigParser
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from api.app import create_app
from api.dev.stack import ROOT
from api.platform import security_log
from api.platform.observability import shortened
from api.platform.settings import Settings
from tests.support.gateway import ScriptedGateway
from tests.support.mailer import RecordingMailer

DAY = 86_400


def lines_of(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "log" / "security.log"


@pytest.fixture
def noting(app: Flask, settings: Settings, file: Path) -> Flask:
    """A shop that keeps such a log."""
    return create_app(
        replace(settings, security_log=str(file), log_level="INFO"),
        mailer=RecordingMailer(),
        gateway=ScriptedGateway(),
    )


def is_refused(shop: Flask, address: str) -> None:
    answer = shop.test_client().post(
        "/api/v1/admin/auth/login",
        json={"email": "olivia@shop.test", "password": "wrong"},
        environ_base={"REMOTE_ADDR": address},
    )
    assert answer.status_code == 401


@pytest.mark.parametrize("address", ["198.51.100.7", "2001:db8::17"])
def test_fail2ban_finds_the_address_of_whoever_was_refused(
    noting: Flask, file: Path, capsys: pytest.CaptureFixture[str], address: str
) -> None:
    is_refused(noting, address)

    (line,) = lines_of(file)
    parser = RawConfigParser()
    parser.read(ROOT / "deploy/fail2ban.conf")
    # As fail2ban does: the date is taken out first, and <HOST> is an address.
    rule = parser["Definition"]["failregex"].replace("<HOST>", r"(?P<host>[\w.:]+)")
    stamp, rest = line[:20], line[20:]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", stamp)
    found = re.search(rule, rest)
    assert found is not None
    assert found["host"] == address
    assert "olivia" not in line
    said = capsys.readouterr().out
    assert address not in said
    assert shortened(address) in said


def test_without_a_name_there_is_no_such_file(app: Flask, file: Path) -> None:
    is_refused(app, "198.51.100.7")

    assert not file.exists()


def test_a_day_is_a_file_and_a_week_is_kept(noting: Flask, file: Path) -> None:
    is_refused(noting, "198.51.100.1")
    yesterday = time.time() - DAY

    os.utime(file, (yesterday, yesterday))
    for days in (3, 7, 8, 40):
        name = time.strftime("%Y-%m-%d", time.gmtime(time.time() - days * DAY))
        file.with_name(f"{file.name}.{name}").write_text("old\n")

    is_refused(noting, "198.51.100.2")

    assert ["198.51.100.2" in line for line in lines_of(file)] == [True]
    kept = sorted(each.name for each in file.parent.iterdir() if each != file)
    assert len(kept) == 3
    assert "198.51.100.1" in (file.parent / kept[-1]).read_text()


def test_many_at_once_lose_no_line(noting: Flask, file: Path) -> None:
    security_log._append(file, "before\n")

    os.utime(file, (time.time() - DAY,) * 2)

    with ThreadPoolExecutor(8) as at_once:
        list(at_once.map(lambda n: security_log._append(file, f"{n}\n"), range(100)))

    assert sorted(map(int, lines_of(file))) == list(range(100))


def test_a_file_that_cannot_be_written_costs_nobody_an_answer(
    app: Flask, settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    shop = create_app(
        replace(settings, security_log=str(tmp_path / "file" / "security.log")),
        mailer=RecordingMailer(),
        gateway=ScriptedGateway(),
    )
    is_refused(shop, "198.51.100.7")
