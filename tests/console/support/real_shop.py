"""The shop itself, as real processes with as many orders as wanted, and consoles at it."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.live import OWNER_EMAIL, PASSWORD, StaffMember, Visitor, open_shop
from tests.support.stack import RunningShop, running_shop

COPIED = ("orders", "order_lines", "order_entries", "payments")
"""What the console reads of an order; stock is not moved by copies, which are only looked at."""

WAITING = 1_284
"""Orders that wait to be shipped, however many there are in all."""

COLUMNS = """
    SELECT column_name FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name = :table AND is_generated = 'NEVER'
    ORDER BY ordinal_position"""
ID = "md5(t.{column}::text || g)::uuid"
"""The id of a copy follows from that of the original, so that copies of rows fit together."""


@dataclass
class RealShop:
    """A running shop, its owner, and a house for each console."""

    shop: RunningShop
    owner: StaffMember
    first_number: str = ""
    """The oldest order that waits to be shipped."""

    def sign_in(self, home: Path, email: str = OWNER_EMAIL) -> None:
        """Make this folder one of a console at which somebody is signed in."""
        body = json.dumps({"email": email, "password": PASSWORD}).encode()
        request = urllib.request.Request(
            f"{self.shop.url}/api/v1/admin/auth/login", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            tokens = json.loads(answer.read())
        home.mkdir(parents=True, exist_ok=True)
        kept = {
            "url": self.shop.url, "person": tokens["user"],
            "access_token": tokens["access_token"], "refresh_token": tokens["refresh_token"],
            "access_ends": time.time() + tokens["expires_in"],
        }  # fmt: skip
        (home / "sign-in.json").write_text(json.dumps(kept), encoding="utf-8")

    def hires(self, name: str, email: str, role: str) -> None:
        """Have somebody else at the counter."""
        self.shop.flask(
            *("create-staff", email, "--name", name, "--role", role, "--password-stdin"),
            typed=PASSWORD,
        )

    def a_paid_order(self, sku: str, quantity: int = 1) -> dict[str, Any]:
        """Have somebody order and pay by transfer."""
        visitor = Visitor(self.shop.url)
        order = visitor.orders(sku, quantity, payment_method="manual")
        visitor.close()
        path = f"/orders/{order['id']}/mark-paid"
        self.owner.commands(path, {"reference": "bank statement"}, expected=200)
        return order

    def copies(self, order: dict[str, Any], count: int) -> None:
        """Have so many more orders like one, an hour and more before it, minute by minute."""
        with self.shop.database() as connection:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
            for table in COPIED:
                found = connection.exec_driver_sql(
                    COLUMNS.replace(":table", f"'{table}'")
                ).scalars()
                values = {name: _copied(table, name) for name in found}
                key = "id" if table == "orders" else "order_id"
                names, made = ", ".join(values), ", ".join(values.values())
                connection.exec_driver_sql(
                    f"INSERT INTO {table} ({names}) SELECT {made} FROM {table} t,"
                    f" generate_series(1, {count}) g WHERE t.{key} = '{order['id']}'"
                )
        self.shop.sql("ANALYZE orders")


def _copied(table: str, name: str) -> str:
    if name == "id" or name == "order_id":
        return ID.format(column=name)
    if table == "orders" and name == "number":
        return "(100000 + g)::text"
    if table == "orders" and name == "to_ship":
        return f"(g <= {WAITING})"
    if table == "orders" and name == "fulfilment_status":
        return f"CASE WHEN g <= {WAITING} THEN t.{name} ELSE 'shipped' END"
    if table == "orders" and name in ("cart_id", "checkout_fingerprint", "guest_key"):
        return "NULL"
    if table == "orders" and name in ("placed_at", "created_at", "paid_at"):
        return f"t.{name} - make_interval(mins => 60 + g)"
    if table == "payments" and name in ("provider_reference", "reference", "intent_id"):
        return f"t.{name} || '-' || g"
    return f't."{name}"'


@contextmanager
def real_shop(orders: int) -> Iterator[RealShop]:
    """Run the whole shop with so many orders that wait to be shipped."""
    with running_shop(
        environment={"MANUAL_PAYMENT": "everybody", "MANUAL_PAYMENT_MAX_ORDERS": "0",
                     "MANUAL_PAYMENT_MAX_UNITS": "0", "MANUAL_PAYMENT_MAX_ORDERS_PER_IP": "0",
                     "MANUAL_PAYMENT_MAX_UNITS_PER_IP": "0"}
    ) as shop:  # fmt: skip
        real = RealShop(shop, open_shop(shop))
        real.owner.sells("MUG", 500, title="Harbour Mug")
        order = real.a_paid_order("MUG")
        real.copies(order, orders - 1)
        (oldest,) = real.shop.sql(
            "SELECT number FROM orders WHERE to_ship ORDER BY placed_at, id LIMIT 1"
        )
        real.first_number = oldest.number
        yield real
        real.owner.close()
