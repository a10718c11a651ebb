"""The worker is killed in the middle of a product file."""

from tests.support.live import key
from tests.support.sheets import a_file, a_simple_row
from tests.support.town import Town
from tests.support.waiting import eventually

GOODS = 700
FIRST_BATCH = 500
ON_THE_WAY = 600
"""The row in which a product stands that is known already, and that somebody holds."""


def test_a_file_whose_reader_dies_is_read_on_from_its_last_batch(town: Town) -> None:
    town.owner.sells("ROPE-HELD", 1, title="Held Rope")
    stock = {"variant_inventory_tracker": "shopify", "variant_inventory_qty": "3"}
    rows = [
        a_simple_row(f"rope-{n:03d}", f"Rope {n}", variant_sku=f"ROPE-{n:03d}", **stock)
        for n in range(GOODS)
    ]
    rows.insert(ON_THE_WAY, a_simple_row("held-rope", "Other Rope", variant_sku="ROPE-HELD"))

    with town.shop.holding("SELECT 1 FROM products WHERE slug = 'held-rope' FOR UPDATE"):
        answer = town.owner.http.post(
            "/imports",
            headers={**town.owner.headers, "Idempotency-Key": key(), "Content-Type": "text/csv"},
            content=a_file(*rows),
        )
        path = f"/imports/{answer.json()['id']}"
        town.until_waiting_for_locks(1)
        town.shop.kill("worker")
    half = town.owner.gets(path)
    town.shop.sql("UPDATE imports SET heartbeat_at = now() - interval '2 minutes'")
    town.shop.start("worker")
    town.finds_worker_dead()
    job = eventually(
        lambda: (seen := town.owner.gets(path))["status"] == "completed" and seen,
        what="the rest of the file",
    )

    assert (half["status"], half["progress"]["rows_read"]) == ("running", FIRST_BATCH)
    assert job["progress"] == {"rows_read": GOODS + 1, "rows_total": GOODS + 1}
    assert job["result"]["products"] == {
        "created": GOODS, "changed": 1, "unchanged": 0, "failed": 0,
    }  # fmt: skip
    counted = town.shop.sql(
        "SELECT count(*), sum(on_hand) FROM stock_levels l JOIN variants v ON v.id = l.variant_id"
        " WHERE v.sku ~ '^ROPE-[0-9]+$'"
    )
    assert counted == [(GOODS, 3 * GOODS)]
