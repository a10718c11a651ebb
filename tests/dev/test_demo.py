"""The demo: goods with pictures, people, and a past in which everything happened once."""

import itertools
import os
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import psycopg2
import pytest
from flask import Flask
from sqlalchemy import func, select

from api.dev import demo_data, demo_edge_cases, demo_orders, demo_users, environment
from api.dev.ports import Ports
from api.dev.processes import LOOPBACK
from api.dev.stack import ROOT
from api.inventory.models import StockLevel
from api.orders.models import Order, OrderLine
from api.platform.db import session
from api.platform.outbox import OutboxEvent
from tests.dev.conftest import Copy, eventually
from tests.support.emptying import empty_everything
from tests.support.live import Caller

KINDS = {
    "dispute",
    "foreign_refund",
    "failed_refund",
    "fraud_warning",
    "overpaid",
}


def sold(count: int, seed: int) -> list[tuple[Any, ...]]:
    """Fill an empty shop and return what was sold, as far as a person can tell orders apart."""
    empty_everything()
    demo_data.open_shop()
    demo_data.sell(count, seed)
    rows = session.execute(
        select(
            Order.number,
            Order.status,
            Order.payment_status,
            Order.fulfilment_status,
            Order.email,
            Order.total,
            func.count(OrderLine.id),
        )
        .join(OrderLine)
        .group_by(Order.id)
        .order_by(Order.number)
    ).all()
    session.rollback()
    return [tuple(row) for row in rows]


@pytest.fixture(autouse=True)
def without_pictures(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the drawing: the running shop below shows it."""
    if "app" in request.fixturenames:
        monkeypatch.setattr(demo_data, "_pictures", lambda _: ())


@pytest.mark.slow
def test_the_same_seed_makes_the_same_orders(app: Flask) -> None:
    first, again, other = sold(18, 7), sold(18, 7), sold(18, 8)

    assert len(first) == 18
    assert first == again
    assert first != other
    states = {(payment, fulfilment) for _, _, payment, fulfilment, *_ in first}
    assert {("paid", "unfulfilled"), ("paid", "delivered"), ("unpaid", "unfulfilled")} <= states


def test_numbers_and_times_rise_together_and_nobody_is_told_of_the_past(app: Flask) -> None:
    sold(20, 7)

    placed = session.scalars(select(Order.placed_at).order_by(Order.number)).all()
    untold = session.scalars(select(OutboxEvent.name).where(OutboxEvent.relayed_at.is_(None))).all()
    session.rollback()

    assert all(before < after for before, after in itertools.pairwise(placed))
    assert untold == []


@pytest.mark.slow
def test_goods_do_not_run_out_however_many_orders_there_are(app: Flask) -> None:
    demo_data.open_shop()
    shop = demo_orders.find_shop(["Glass teapot", "Proofing basket", "Travel tumbler"])
    assert shop is not None
    of_these = StockLevel.variant_id.in_(shop.variants)
    opening = session.scalar(select(func.sum(StockLevel.on_hand)).where(of_these))
    session.rollback()

    demo_orders.sell(shop, count=50, seed=1, advanced=lambda _: None)

    sold_units = session.scalar(select(func.sum(OrderLine.quantity)))
    session.rollback()
    assert sold_units > opening


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that keeps ports."""
    return tmp_path / "ports.json"


def test_a_port_is_chosen_once_and_kept(folder: Path) -> None:
    chosen = Ports(folder).of("storefront")

    assert Ports(folder).of("storefront") == chosen
    again = Ports(folder)
    assert again.of("storefront") == chosen
    assert again.moved == []


def test_a_kept_port_that_is_taken_is_replaced_with_a_word(
    folder: Path,
) -> None:
    chosen = Ports(folder).of("storefront")

    with socket.create_server((LOOPBACK, chosen)):
        moved = Ports(folder)
        replaced = moved.of("storefront")

    assert replaced != chosen
    assert moved.moved == [
        f"Port {chosen} of storefront is taken now; it has {replaced} from here on."
    ]
    assert Ports(folder).of("storefront") == replaced


def signs_in(caller: Caller, email: str, whose: str = "") -> None:
    """Sign one of the demo's people in."""
    pair = caller.posts(f"{whose}/auth/login", {"email": email, "password": demo_users.PASSWORD})
    caller.headers["Authorization"] = f"Bearer {pair['access_token']}"


def test_the_demo_shop_shows_pictures_claras_orders_and_what_went_wrong(copy: Copy) -> None:
    url = f"http://{LOOPBACK}:{copy.ensure_running().port}"
    owner, clara = Caller(url), Caller(url)
    signs_in(owner, demo_users.STAFF[0].email, "/admin")
    signs_in(clara, demo_users.CUSTOMER.email)

    goods = clara.gets("/products", limit=30)["data"]
    assert all(each["image"] for each in goods)
    assert httpx.get(goods[0]["image"]["url"]).headers["Content-Type"] == "image/jpeg"
    hers = clara.gets("/orders", limit=20)["data"]
    assert len(hers) == demo_orders.OF_CLARA

    with closing(psycopg2.connect(environment.read(copy.folder)["DATABASE_URL"])) as shelf:

        def listed() -> set[str]:
            with shelf, shelf.cursor() as cursor:
                cursor.execute("SELECT kind FROM attention_items WHERE resolved_at IS NULL")
                return {kind for (kind,) in cursor.fetchall()}

        eventually(lambda: listed() >= KINDS)
    newest = owner.gets("/admin/orders", limit=30)["data"]
    notes = "\n".join(str(owner.gets(f"/admin/orders/{each['id']}")) for each in newest)
    for words in demo_edge_cases.CASES:
        assert f"Demo: {words}" in notes
    for caller in (owner, clara):
        caller.http.close()


@pytest.mark.slow
def test_flask_demo_lets_more_of_the_past_have_happened(copy: Copy) -> None:
    there = environment.read(copy.ensure_running().folder)
    variables = {**os.environ, **there, "FLASK_APP": "api.dev.app"}

    def flask_demo(**changes: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "flask", "demo", "--orders", "20", "--seed", "7",
             "--processes", "2"],
            cwd=ROOT, capture_output=True, text=True, check=False, env={**variables, **changes},
        )  # fmt: skip

    done = flask_demo()
    refused = flask_demo(STOCKROOM_ENV="test")

    assert done.returncode == 0, done.stderr
    assert "each awkward case once" in done.stdout
    assert refused.returncode == 1
    assert "for development only" in refused.stderr
