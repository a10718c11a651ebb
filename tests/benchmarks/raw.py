"""What W4, W5 and W6 cost in SQL alone: prepared statements by psycopg2, in a process of its own.

Only what the promises need: the cart's row is locked, goods are taken by a guarded update, every
row that the shop writes for an order is written, each answer's rows are read. No checks of input,
no HTTP, no JSON. Run as `python -m tests.benchmarks.raw`; reads what to do from its input.

The rows of an order are written as the shop has written one of its own just before, with whatever
columns this version has. Its facts count as told, so that the worker has nothing to do.
"""

import json
import random
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg2

ROOT = Path(__file__).parents[2]
_WRITTEN = (
    "stock_allocations",
    "stock_movements",
    "orders",
    "order_lines",
    "order_entries",
    "facts",
)
_STATEMENTS = {
    "touch (text)": "UPDATE carts SET version = version + 1, updated_at = now()"
    " WHERE token_hash = $1 AND status = 'active'"
    " RETURNING id, version, currency, customer_id, status",
    "put (uuid, uuid, uuid)": "INSERT INTO cart_items (id, cart_id, variant_id, quantity)"
    " VALUES ($1, $2, $3, 1) ON CONFLICT (cart_id, variant_id)"
    " DO UPDATE SET quantity = least(cart_items.quantity + 1, 999)",
    "open_cart (text)": "SELECT id, version, currency FROM carts"
    " WHERE token_hash = $1 AND status = 'active'",
    "lines (uuid)": "SELECT i.id, i.variant_id, p.id, p.slug, v.sku, v.barcode, p.title, v.title,"
    " v.weight_grams, v.tax_class, i.quantity, vp.amount, p.status,"
    " (SELECT url FROM product_images g WHERE g.product_id = p.id ORDER BY position, id LIMIT 1),"
    " (SELECT sum(l.on_hand - l.allocated - l.reserved) FROM stock_levels l"
    "  JOIN locations o ON o.id = l.location_id AND o.is_active WHERE l.variant_id = v.id)"
    " FROM cart_items i JOIN variants v ON v.id = i.variant_id"
    " JOIN products p ON p.id = v.product_id"
    " LEFT JOIN variant_prices vp ON vp.variant_id = v.id AND vp.currency = 'EUR'"
    " WHERE i.cart_id = $1 ORDER BY i.id",
    "tax": "SELECT * FROM tax_rates WHERE country = 'DE'",
    "shipping": "SELECT * FROM shipping_methods",
    "lock_cart (text)": "SELECT id, version, status FROM carts WHERE token_hash = $1"
    " AND status = 'active' FOR UPDATE",
    "take (uuid[])": "UPDATE stock_levels SET allocated = allocated + 1, last_moved_at = now()"
    " WHERE id IN (SELECT id FROM stock_levels WHERE variant_id = ANY($1) ORDER BY id FOR UPDATE)"
    " AND allocated + reserved + 1 <= on_hand RETURNING id, variant_id, on_hand",
    "number": "UPDATE order_counters SET last = last + 1 WHERE name = 'order' RETURNING last",
    "ordered (uuid)": "UPDATE carts SET status = 'ordered', version = version + 1 WHERE id = $1",
    "order_of (uuid)": "SELECT * FROM orders WHERE id = $1",
    "lines_of (uuid)": "SELECT * FROM order_lines WHERE order_id = $1 ORDER BY position",
    "cards": "SELECT id, number, placed_at, status, payment_status, fulfilment_status,"
    " customer_name, email, unit_count, total, currency, ship_country, version"
    " FROM orders ORDER BY placed_at DESC, id DESC LIMIT 50",
}


def measure(spec: Mapping[str, Any]) -> dict[str, float]:
    """Run the SQL of a work in a process of its own; milliseconds of CPU per unit.

    The spec names `work`, `dsn`, `seconds`, `seed`, `tokens` (hashes of guests' tokens with the
    variants that lie in their carts), and `order`, an order of two lines that the shop has taken.
    """
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.raw"],
        input=json.dumps(spec),
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    if done.returncode != 0:
        raise RuntimeError(f"the raw SQL of {spec['work']} failed:\n{done.stderr}")
    found: dict[str, float] = json.loads(done.stdout)
    return found


class Raw:
    """One connection with its statements prepared."""

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self.spec = spec
        self.chance = random.Random(spec["seed"])
        self.connection = psycopg2.connect(spec["dsn"], application_name="bench")
        self.connection.autocommit = True
        self.cursor = self.connection.cursor()
        for name, text in _STATEMENTS.items():
            self.cursor.execute(f"PREPARE {name} AS {text}")
        self.units = 0
        self.inserts: dict[str, list[Any]] = {}
        if spec["work"] == "W5":
            self._read_order(spec["order"])

    def run(self) -> dict[str, float]:
        """Do units until the time is over; returns how many and what each cost."""
        do = {"W4": self.add, "W5": self.checkout, "W6": self.cards}[self.spec["work"]]
        for _ in range(5):
            do()
        backend = self.connection.get_backend_pid()
        began, own, theirs = time.monotonic(), time.process_time_ns(), _backend_ns(backend)
        count = 0
        while time.monotonic() - began < self.spec["seconds"]:
            do()
            count += 1
        own, theirs = time.process_time_ns() - own, _backend_ns(backend) - theirs
        return {"count": count, "client": own / count / 1e6, "postgres": theirs / count / 1e6}

    def ask(self, text: str, *values: Any) -> list[Any]:
        """Make one round trip; returns the rows of the last statement in it."""
        self.cursor.execute(text, values or None)
        return self.cursor.fetchall() if self.cursor.description else []

    def add(self) -> None:
        """W4: three statements in three round trips."""
        token, variants = self.chance.choice(self.spec["tokens"])
        self._put(token, self.chance.choice(variants))

    def cards(self) -> None:
        """W6: one statement."""
        assert len(self.ask("EXECUTE cards")) == min(50, self.spec["orders"])

    def checkout(self) -> None:
        """W5: six answers, with everything written that the shop writes for an order."""
        token, variants = (
            f"{uuid4().hex}{uuid4().hex}",
            self.chance.sample(self.spec["variants"], 2),
        )
        cart = self._new_cart(token, variants[0])
        self._put(token, variants[1])
        self.ask("EXECUTE open_cart (%s)", token)
        self.ask("EXECUTE lines (%s)", cart)
        self.ask("EXECUTE open_cart (%s)", token)
        self.ask("EXECUTE lines (%s)", cart)
        self.ask("EXECUTE tax")
        self.ask("EXECUTE shipping")
        order = self._place(token, cart, variants)
        assert len(self.ask("EXECUTE order_of (%s)", order)) == 1
        assert len(self.ask("EXECUTE lines_of (%s)", order)) == 2

    def _put(self, token: str, variant: str) -> None:
        ((cart, *_),) = self.ask("BEGIN; EXECUTE touch (%s)", token)
        put = "EXECUTE put (%s, %s, %s); EXECUTE lines (%s)"
        assert self.ask(put, str(_new_id()), cart, variant, cart)
        self.ask("COMMIT")

    def _new_cart(self, token: str, variant: str) -> str:
        cart = str(_new_id())
        text, values = self._insert("carts", {self.old_cart: cart, self.old_token: token})
        put = "; EXECUTE put (%s, %s, %s); EXECUTE lines (%s)"
        self.ask(f"BEGIN; {text}{put}", *values, str(_new_id()), cart, variant, cart)
        self.ask("COMMIT")
        return cart

    def _place(self, token: str, cart: str, variants: Sequence[str]) -> str:
        self.ask("BEGIN; EXECUTE lock_cart (%s)", token)
        self.ask("EXECUTE lines (%s)", cart)
        self.ask("EXECUTE tax; EXECUTE shipping")
        levels = self.ask("EXECUTE take (%s::uuid[])", list(variants))
        assert len(levels) == 2, "there are no goods left"
        ((number,),) = self.ask("EXECUTE number")
        new = {old: str(_new_id()) for old in self.old_ids}
        new |= {self.old_cart: cart, self.old_token: token, self.old_number: str(number)}
        # Searches of a later round must find it by its own number.
        new[self.old_search] = self.old_search.replace(f"'{self.old_number}'", f"'{number}'")
        new |= dict(zip(self.old_levels, (level for level, *_ in levels), strict=True))
        new |= dict(zip(self.old_variants, (variant for _, variant, _ in levels), strict=True))
        pieces = [self._insert(table, new) for table in (*_WRITTEN, "idempotency_keys")]
        text = "; ".join(["EXECUTE ordered (%s)", *(text for text, _ in pieces)])
        values = [value for _, found in pieces for value in found]
        self.ask(text, cart, *values)
        self.ask("COMMIT")
        return new[self.old_order]

    def _insert(self, table: str, new: Mapping[str, str]) -> tuple[str, list[Any]]:
        cells = self.inserts[table]
        marks = ", ".join(["%s"] * len(cells))
        return f"EXECUTE into_{table} ({marks})", [new.get(cell, cell) for cell in cells]

    def _read_order(self, order: str) -> None:
        """Prepare inserts of the rows that the shop wrote for one order."""
        where = {
            "orders": f"id = '{order}'",
            "carts": f"id = (SELECT cart_id FROM orders WHERE id = '{order}')",
            "facts": f"body->>'order_id' = '{order}'",
            "idempotency_keys": f"convert_from(body, 'UTF8') LIKE '%{order}%'",
        }
        self.old_order = order
        ((self.old_cart, self.old_number, self.old_search),) = self.ask(
            "SELECT cart_id::text, number, search::text FROM orders WHERE id = %s", order
        )
        ((self.old_token,),) = self.ask("SELECT token_hash FROM carts WHERE id = %s", self.old_cart)
        found = self.ask(
            "SELECT a.level_id::text, l.variant_id::text FROM stock_allocations a JOIN"
            " order_lines l ON l.id = a.order_line_id WHERE a.order_id = %s ORDER BY l.position",
            order,
        )
        self.old_levels, self.old_variants = zip(*found, strict=True)
        self.old_ids = {order}
        for table in ("carts", *_WRITTEN, "idempotency_keys"):
            columns = self.ask(
                "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE"
                " attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
                " AND attgenerated = '' ORDER BY attnum",
                table,
            )
            listed = ", ".join(f'"{name}"::text' for name, _ in columns)
            rows = self.ask(
                f"SELECT {listed} FROM {table} WHERE {where.get(table, 'order_id = %s')}",
                *([] if table in where else [order]),
            )
            assert rows, f"the order has no rows in {table}"
            if table == "facts":
                at = [name for name, _ in columns].index("relayed_at")
                assert all(row[at] for row in rows), "the facts of the order are not told yet"
            names = [name for name, _ in columns]
            named = [place for place, name in enumerate(names) if name in ("id", "key")]
            self.old_ids |= {row[place] for row in rows for place in named}
            self._prepare(table, columns, len(rows))
            # A cart that was ordered was an open one before.
            opened = {"ordered": "active"} if table == "carts" else {}
            self.inserts[table] = [opened.get(cell, cell) for row in rows for cell in row]

    def _prepare(self, table: str, columns: Sequence[tuple[str, str]], rows: int) -> None:
        kinds = ", ".join([kind for _, kind in columns] * rows)
        names = ", ".join(f'"{name}"' for name, _ in columns)
        width = len(columns)
        values = ", ".join(
            "(" + ", ".join(f"${row * width + place + 1}" for place in range(width)) + ")"
            for row in range(rows)
        )
        self.ask(f"PREPARE into_{table} ({kinds}) AS INSERT INTO {table} ({names}) VALUES {values}")


def _new_id() -> UUID:
    """Make a time-ordered id, as the shop does."""
    return UUID(int=(time.time_ns() // 1_000_000) << 80 | 7 << 76 | uuid4().int & ((1 << 76) - 1))


def _backend_ns(pid: int) -> int:
    return time.clock_gettime_ns((~pid << 3) | 2)


def main() -> None:
    """Do what the input says."""
    print(json.dumps(Raw(json.loads(sys.stdin.read())).run()))


if __name__ == "__main__":
    main()
