"""What `/metrics` tells, what it costs, and that alerts and board ask for what there is."""

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import insert, text, update

from api.dev.stack import ROOT
from api.doctor import flows as doctor_flows
from api.kernel import clock
from api.kernel.principal import SYSTEM
from api.platform import attention, health, jobs, metrics
from api.platform.attention import AttentionKind
from api.platform.db import db, transaction
from api.platform.jobs import ScheduledJob
from api.tax.models import TaxRate
from tests.support.shop import Shop
from tests.support.sql import count_statements
from tests.support.stock import held

ALERTS = ROOT / "deploy/prometheus/alerts.yml"
BOARD = ROOT / "deploy/grafana/stockroom.json"
NAME = re.compile(r"stockroom_\w+")

Told = dict[tuple[str, str], float]


@pytest.fixture(autouse=True)
def fresh(app: Flask) -> Iterator[None]:
    """Each test scrapes for the first time."""
    metrics.collector().forget()
    yield
    metrics.collector().forget()


def scrape(app: Flask) -> tuple[Told, set[str]]:
    """Read the metrics: each value by name and label, and all names."""
    answer = app.test_client().get("/metrics")
    assert answer.status_code == 200
    told: Told = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            labels = [value for name, value in sample.labels.items() if name != "le"]
            told[sample.name, "/".join(labels)] = sample.value
    names = set(NAME.findall(answer.text))
    return told, names


def test_what_waits_and_what_stands_is_told(shop: Shop) -> None:
    shop.sells("MUG", 10)
    shop.an_order(MUG=1)
    held({shop.variants["MUG"]: 3})
    with transaction() as current:
        attention.raise_item(AttentionKind.DISPUTE, "1", "a dispute")
        current.execute(
            insert(ScheduledJob).values(
                name="sweep-refunds", next_run_at=clock.now(), failures=4,
                last_run_at=clock.now() - timedelta(minutes=5),
            )
        )  # fmt: skip
        current.execute(update(TaxRate).where(TaxRate.country == "AT").values(to_check=True))
    health.report_worker()
    jobs.queue().enqueue(jobs.run_periodic, "doctor")
    doctor_flows.run(SYSTEM)

    told, _ = scrape(shop.app)

    def value(name: str, label: str = "") -> float:
        return told[f"stockroom_{name}", label]

    assert value("attention_items", "dispute") == 1
    assert value("timetable_failures", "sweep-refunds") == 4
    assert 300 <= value("timetable_last_run_seconds", "sweep-refunds") < 360
    assert value("queue_jobs", "stockroom") == 1
    assert (value("worker_up"), value("reservations"), value("reserved_units")) == (1, 1, 3)
    assert (value("oversold_lines"), value("reservations_expired")) == (0, 0)
    assert value("deliveries_waiting") > 0
    assert 0 <= value("oldest_undelivered_seconds") < 300
    assert value("database_connections", "active") >= 1
    assert value("database_connections_limit") >= 20
    assert 1 <= value("database_pool_in_use") <= value("database_pool_limit") == 40
    assert value("doctor_differences") == 1  # a tax rule to check
    assert value("doctor_last_run_seconds") < 60
    assert {value("source_up", name) for name in ("queue", "machinery", "shop")} == {1}


def test_a_line_that_was_sold_and_is_not_there_is_counted(shop: Shop) -> None:
    shop.sells("MUG", 10)
    shop.an_order(MUG=2)
    shop.an_order(MUG=1, paid=False)
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE stock_allocations SET quantity = quantity - 1"))

    told, _ = scrape(shop.app)

    assert told["stockroom_oversold_lines", ""] == 2


def test_many_scrapes_read_once_and_each_reads_little(shop: Shop) -> None:
    with count_statements() as first:
        scrape(shop.app)
    with count_statements() as second:
        for _ in range(5):
            scrape(shop.app)

    assert first.count <= 12, first
    assert second.count == 0, second


def test_what_cannot_be_read_is_left_out_and_said(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow database delays no scrape for long, and takes nothing else away."""
    monkeypatch.setattr(metrics, "_TIMETABLE", text("SELECT pg_sleep(20)"))
    monkeypatch.setattr(metrics, "_PATIENCE", "500ms")

    told, names = scrape(shop.app)

    assert told["stockroom_source_up", "machinery"] == 0
    assert told["stockroom_source_up", "queue"] == 1
    assert told["stockroom_reservations", ""] == 0
    assert "stockroom_timetable_failures" not in names


def rules() -> list[dict[str, Any]]:
    """Read the alerts."""
    (group,) = yaml.safe_load(ALERTS.read_text())["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


def asked_for() -> dict[str, str]:
    """Return each expression of the alerts and the board, by where it stands."""
    found = {f"alert {rule['alert']}": rule["expr"] for rule in rules()}
    for panel in json.loads(BOARD.read_text())["panels"]:
        for target in panel["targets"]:
            found[f"panel {panel['title']} {target['refId']}"] = target["expr"]
    return found


def test_alerts_and_board_ask_only_for_metrics_that_there_are(shop: Shop) -> None:
    shop.sells("MUG", 10)
    doctor_flows.run(SYSTEM)
    health.report_worker()
    _, there = scrape(shop.app)

    missing = {
        f"{where}: {name}"
        for where, expression in asked_for().items()
        for name in NAME.findall(expression)
        if name not in there
    }

    assert missing == set()
    labels = {kind.value for kind in AttentionKind}
    for expression in asked_for().values():
        for named in re.findall(r'kind=~?"([^"]+)"', expression):
            assert set(named.split("|")) <= labels
    periodics = {job.name for job in jobs.registry().timetable}
    (watched,) = re.findall(r'periodic=~"([^"]+)"', ALERTS.read_text())
    assert set(watched.split("|")) <= periodics


def test_alerts_say_what_how_badly_and_for_whom() -> None:
    names = [rule["alert"] for rule in rules()]

    assert len(names) == len(set(names)) >= 15
    for rule in rules():
        assert rule["labels"]["severity"] in ("page", "ticket"), rule
        assert rule["annotations"]["summary"], rule
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}, rule


def test_the_board_is_one_that_grafana_takes() -> None:
    board = json.loads(BOARD.read_text())

    ids = [panel["id"] for panel in board["panels"]]
    assert len(ids) == len(set(ids)) > 10
    assert board["uid"] == "stockroom"
    assert board["templating"]["list"][0]["name"] == "datasource"
    for panel in board["panels"]:
        place = panel["gridPos"]
        assert 0 <= place["x"] < place["x"] + place["w"] <= 24, panel["title"]
        assert panel["targets"], panel["title"]


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_prometheus_itself_takes_the_rules_and_the_configuration() -> None:
    for command, file in (("rules", ALERTS), ("config", ALERTS.with_name("prometheus.yml"))):
        done = subprocess.run(
            ["promtool", "check", command, str(file)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_a_stopped_worker_and_waiting_facts_raise_their_alerts() -> None:
    with tempfile.TemporaryDirectory() as folder:
        cases = Path(folder) / "cases.yml"
        cases.write_text(yaml.safe_dump({
            "rule_files": [str(ALERTS)],
            "tests": [{
                "interval": "1m",
                "input_series": [
                    {"series": "stockroom_worker_up", "values": "1x5 0x30"},
                    {"series": "stockroom_oldest_undelivered_seconds", "values": "0+60x40"},
                ],
                "promql_expr_test": [
                    {"expr": 'ALERTS{alertname=~"NoWorker|FactsNotDelivered", alertstate="firing"}',
                     "eval_time": when, "exp_samples": [
                         {"labels": f'ALERTS{{alertname="{name}", alertstate="firing",'
                                    ' severity="page"}', "value": 1} for name in firing]}
                    for when, firing in (
                        ("5m", ()), ("10m", ("NoWorker",)),
                        ("25m", ("NoWorker", "FactsNotDelivered")))
                ],
            }],
        }))  # fmt: skip
        done = subprocess.run(
            ["promtool", "test", "rules", str(cases)], capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stdout + done.stderr
