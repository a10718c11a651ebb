"""A shift in waves: three pickers over real processes, with faults; every unit is where it should.

SHIFT_ORDERS scales it: 24 by default, because 300 take nine minutes on two busy cores.
"""

import os
import random
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import httpx
import pytest

from tests.support.live import ADDRESS, PASSWORD, StaffMember, key
from tests.support.town import Town, open_town

ORDERS = int(os.environ.get("SHIFT_ORDERS", "24"))
SKUS, BINS, STOCK = 12, 40, 1000
KILLS_AFTER = (1, 4)
"""Of those who cancel or hold an order: after which the web server is killed."""
PATIENCE = 60.0
"""A killed web server is slow to come back on a busy machine."""
PICKERS = ("pia", "ron", "sam")
TWICE = """
    SELECT p.order_line_id FROM pick_lines p
    JOIN order_lines o ON o.id = p.order_line_id
    GROUP BY p.order_line_id, o.quantity HAVING sum(p.picked - p.put_back) > o.quantity"""
IN_TOTES = """
    SELECT b.barcode, v.sku, s.quantity FROM bin_stock s
    JOIN bins b ON b.id = s.bin_id JOIN stock_levels l ON l.id = s.level_id
    JOIN variants v ON v.id = l.variant_id
    WHERE b.kind = 'tote' AND s.quantity > 0 AND b.location_id = :place"""
ON_SHELVES = """
    SELECT v.sku, sum(s.quantity) AS units FROM bin_stock s
    JOIN bins b ON b.id = s.bin_id JOIN stock_levels l ON l.id = s.level_id
    JOIN variants v ON v.id = l.variant_id
    WHERE b.kind = 'pick' AND b.location_id = :place GROUP BY v.sku"""
SHELVES = "SELECT code, id FROM bins WHERE location_id = :place AND kind = 'pick'"
IN_TWO = """
    SELECT order_id FROM pick_orders WHERE status IN ('picking', 'picked')
    GROUP BY order_id HAVING count(*) > 1"""


@dataclass
class Shift:
    """The goods, the orders, and what the pickers did with their hands."""

    town: Town
    place: str
    orders: list[dict[str, Any]] = field(default_factory=list)
    totes: Iterator[str] = field(default_factory=lambda: iter(()))
    lock: Lock = field(default_factory=Lock)
    held: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    """By tote and SKU: the units that were put into it."""
    owners: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """By tote: the orders whose units were put into it."""
    told: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """How often what happened."""

    def notes(self, what: str) -> None:
        with self.lock:
            self.told[what] += 1

    def puts(self, line: dict[str, Any], tote: str, units: int) -> None:
        with self.lock:
            here = self.held[tote]
            here[line["sku"]] = here.get(line["sku"], 0) + units
            self.owners[tote].add(line["order_number"])

    def next_tote(self) -> str:
        with self.lock:
            return next(self.totes)


class Picker:
    """Somebody with a scanner who takes batch after batch, and errs now and then."""

    def __init__(self, shift: Shift, name: str, seed: int) -> None:
        self.shift, self.name, self.dice = shift, name, random.Random(seed)
        self.staff = StaffMember(shift.town.shop.url, f"{name}@shop.test")
        self.staff.patience = PATIENCE
        self.path = "/picking/lines"

    def sends(self, path: str, body: dict[str, Any]) -> httpx.Response:
        """Send a command until there is an answer; now and then the first one is lost."""
        named = key()
        answer = self.staff.insists("POST", path, body, Idempotency_Key=named)
        if self.dice.random() < 0.05:
            self.shift.notes("lost answers")
            again = self.staff.insists("POST", path, body, Idempotency_Key=named)
            assert again.status_code == answer.status_code, (answer.text, again.text)
        return answer

    def works(self) -> None:
        """Take the next batch until none is left."""
        while True:
            begun = self.sends("/picking/batches/claim-next", {"location_id": self.shift.place})
            if begun.status_code == 409:
                assert begun.json()["code"] == "nothing_released", begun.text
                return
            assert begun.status_code == 200, begun.text
            batch = begun.json()
            if self.dice.random() < 0.1:
                batch = self._leaves_it_to_another(batch)
            self._walks(batch)

    def _leaves_it_to_another(self, batch: dict[str, Any]) -> dict[str, Any]:
        self.shift.notes("parked and resumed")
        path = f"/picking/batches/{batch['id']}"
        assert self.sends(f"{path}/park", {}).status_code == 200
        taken = self.sends(f"{path}/claim", {})
        assert taken.status_code == 200, taken.text
        return dict(taken.json())

    def _walks(self, batch: dict[str, Any]) -> None:
        path = f"/picking/batches/{batch['id']}"
        wanted = 1 if batch["kind"] == "single_item" else batch["order_count"]
        for _ in range(wanted):
            answer = self.sends(f"{path}/totes", {"tote": self.shift.next_tote()})
            if answer.status_code == 409:
                break  # an order was cancelled meanwhile
            assert answer.status_code == 200, answer.text
            batch = answer.json()
        while (line := self._next_line(batch)) is not None:
            batch = self._picks(batch, line)
        done = self.sends(f"{path}/finish", {})
        if done.status_code == 409 and done.json()["code"] == "lines_to_pick":
            self._walks_on(path)
            return
        assert done.status_code == 200, done.text

    def _walks_on(self, path: str) -> None:
        batch = self.staff.insists("GET", path).json()
        while (line := self._next_line(batch)) is not None:
            batch = self._picks(batch, line)
        assert self.sends(f"{path}/finish", {}).status_code == 200

    def _next_line(self, batch: dict[str, Any]) -> dict[str, Any] | None:
        return next((one for one in batch["lines"] if one["status"] == "todo"), None)

    def _tote_of(self, batch: dict[str, Any], line: dict[str, Any]) -> str:
        own = next(one for one in batch["orders"] if one["order_id"] == line["order_id"])
        return str((own["totes"] or batch["totes"])[-1]["barcode"])

    def _picks(self, batch: dict[str, Any], line: dict[str, Any]) -> dict[str, Any]:
        """Pick a line, or err first, or find too few; returns the batch as it is then."""
        path, chance = f"{self.path}/{line['id']}", self.dice.random()
        if chance < 0.04:
            self.shift.notes("short picks")
            found = self.sends(f"{path}/short", {"other_bin": True})
            if found.status_code == 409 and found.json()["code"] == "no_other_bin":
                found = self.sends(f"{path}/short", {})
            return self._after(batch, line, found)
        tote, units = self._tote_of(batch, line), line["quantity"] - line["picked"]
        right = {"bin": line["bin_barcode"], "item": line["sku"], "tote": tote}
        if chance < 0.12:
            self.shift.notes("wrong scans")
            wrong = self.dice.choice(
                [{"item": "SHIFT-NOTHING"}, {"bin": "L-SHIFT-NOWHERE"}, {"tote": "T-OTHER"},
                 {"quantity": units + 1}]
            )  # fmt: skip
            erred = self.sends(f"{path}/pick", {**right, "quantity": units, **wrong})
            assert erred.status_code != 200 or erred.json()["result"] != "ok", erred.text
        answer = self.sends(f"{path}/pick", {**right, "quantity": units})
        if answer.status_code == 200:
            assert answer.json()["result"] == "ok", answer.text
            self.shift.puts(line, tote, units)
            return dict(answer.json()["batch"])
        return self._after(batch, line, answer)

    def _after(
        self, batch: dict[str, Any], line: dict[str, Any], answer: httpx.Response
    ) -> dict[str, Any]:
        """Go on after a refusal: an order on hold is given back, a cancelled one is left out."""
        path = f"/picking/batches/{batch['id']}"
        if answer.status_code == 409 and answer.json()["code"] == "order_on_hold":
            self.shift.notes("given back")
            self.sends(f"{path}/give-back", {"order_id": line["order_id"]})
        elif answer.status_code != 200:
            self.shift.notes(f"refused: {answer.json()['code']}")
        now = self.staff.insists("GET", path).json()
        still = next(one for one in now["lines"] if one["id"] == line["id"])
        if still["status"] == "todo" and answer.status_code not in (200, 409):
            raise AssertionError(answer.text)
        return dict(now)


def opened(town: Town) -> Shift:
    """Fill the shelves of a place of its own, and let people order."""
    owner = town.owner
    place = owner.posts("/locations", {"code": "SHIFT", "name": "Shift"}, expected=201)["id"]
    bins: list[dict[str, Any]] = [
        {"code": f"SH-{number:02}", "zone": "AB"[number % 2], "pick_sequence": number}
        for number in range(BINS)
    ]
    totes = [f"T-SH{number:03}" for number in range(ORDERS + 20)]
    bins += [{"code": code, "kind": "tote"} for code in totes]
    with ThreadPoolExecutor(3) as threads:
        created = [
            threads.submit(owner.posts, "/bins", {**one, "location_id": place}, expected=201)
            for one in bins
        ]
        hired = [threads.submit(_hire, town, name) for name in PICKERS]
        for done in (*created, *hired):
            done.result()
    rows = town.shop.sql(SHELVES, place=place)
    shelves = {row.code: str(row.id) for row in rows}
    dice = random.Random(4)
    for number in range(SKUS):
        money = {"amount": 900 + number, "currency": "EUR"}
        variants = [{"sku": f"SHIFT-{number}", "prices": [{"price": money}]}]
        product = owner.posts("/products", {"title": f"Shift {number}", "variants": variants},
                              expected=201)  # fmt: skip
        owner.posts(f"/products/{product['id']}/publish")
        level = {"variant_id": product["variants"][0]["id"], "location_id": place}
        level = owner.posts("/stock", level, expected=201)
        owner.adjusts(level, change=STOCK, reason="received")
        for code in dice.sample(sorted(shelves), 2):
            move = {"quantity": STOCK // 2, "to_bin_id": shelves[code]}
            owner.commands(f"/stock/{level['id']}/moves", move, expected=200)
    shift = Shift(town, place)
    shift.totes = iter(totes)
    with ThreadPoolExecutor(3) as threads:
        shift.orders = list(threads.map(lambda n: _order(owner, n), range(ORDERS)))
    return shift


def _hire(town: Town, name: str) -> None:
    town.shop.flask(
        *("create-staff", f"{name}@shop.test", "--name", name.title(), "--role", "warehouse"),
        "--password-stdin",
        typed=PASSWORD,
    )


def _order(owner: StaffMember, number: int) -> dict[str, Any]:
    dice = random.Random(number)
    skus = dice.sample(range(SKUS), dice.choice((1, 1, 1, 2, 3)))
    units = dice.choice((1, 1, 2)) if len(skus) > 1 else dice.choice((1, 1, 1, 3))
    draft = owner.commands(
        "/draft-orders",
        {
            "email": f"shift-{number}@example.test",
            "lines": [{"sku": f"SHIFT-{one}", "quantity": units} for one in skus],
            "shipping_address": ADDRESS,
            "shipping_method": "standard",
        },
    )
    paid = owner.commands(f"/draft-orders/{draft['id']}/mark-paid", {"reference": "till"})
    return dict(paid)


def breaks_things(shift: Shift, working: list[Future[None]]) -> None:
    """Hold and cancel orders and kill the web server, as long as somebody picks.

    In the main thread: a program that another thread started ends with that thread.
    """
    dice, owner = random.Random(9), StaffMember(shift.town.shop.url)
    owner.patience = PATIENCE
    for number, order in enumerate(dice.sample(shift.orders, max(6, ORDERS // 10))):
        if not wait(working, timeout=0.4).not_done:
            break
        path, body = "cancel", {"reason": "customer"}
        if number % 2:
            path, body = "holds", {"reason": "address"}
        owner.insists("POST", f"/orders/{order['id']}/{path}", body, Idempotency_Key=key())
        shift.notes("held" if number % 2 else "cancelled")
        if number in KILLS_AFTER:
            shift.town.shop.kill("web")
            shift.town.shop.start("web")
            shift.notes("kill -9")
    owner.close()


@pytest.fixture
def town() -> Iterator[Town]:
    """A shop of its own: three people scan faster here than a shop lets anybody write."""
    with open_town(RATE_LIMITS="off") as town:
        yield town
        town.settles()
        assert town.differences() == []


@pytest.mark.serial
def test_a_shift_of_three_pickers_ends_with_every_unit_in_its_place(town: Town) -> None:
    shift = opened(town)
    owner, place = town.owner, shift.place
    at = {"location_id": place}
    seen = owner.gets("/picking/waves/preview", **at)
    assert seen["order_count"] == ORDERS
    waves = [
        owner.commands("/picking/waves", {**at, "kind": "single_item", "orders_per_batch": 20}),
        owner.commands("/picking/waves", {**at, "max_units": 2}),
        owner.commands("/picking/waves", at),
    ]
    assert sum(wave["order_count"] for wave in waves) == ORDERS

    pickers = [Picker(shift, name, seed) for seed, name in enumerate(PICKERS)]
    with ThreadPoolExecutor(3) as threads:
        working = [threads.submit(picker.works) for picker in pickers]
        breaks_things(shift, working)
        for done in working:
            done.result()
    town.settles()

    ended = [owner.gets(f"/picking/waves/{wave['id']}") for wave in waves]
    assert [wave["status"] for wave in ended] == ["done"] * 3
    of_one_order = {
        str(row.barcode)
        for row in town.shop.sql(
            "SELECT DISTINCT b.barcode FROM pick_totes t JOIN bins b ON b.id = t.bin_id"
            " WHERE t.pick_order_id IS NOT NULL AND b.location_id = :place",
            place=place,
        )
    }
    assert {tote: len(shift.owners[tote]) for tote in of_one_order if tote in shift.owners} == {
        tote: 1 for tote in of_one_order if tote in shift.owners
    }
    by_books: dict[str, dict[str, int]] = defaultdict(dict)
    for row in town.shop.sql(IN_TOTES, place=place):
        by_books[row.barcode][row.sku] = row.quantity
    assert by_books == shift.held, "each unit is where the journal says"
    taken = {f"SHIFT-{number}": 0 for number in range(SKUS)}
    for units in shift.held.values():
        for sku, number in units.items():
            taken[sku] += number
    on_shelves = {row.sku: int(row.units) for row in town.shop.sql(ON_SHELVES, place=place)}
    assert on_shelves == {sku: STOCK - number for sku, number in taken.items()}
    assert town.shop.sql(TWICE) == []
    assert town.shop.sql(IN_TWO) == []
    walked, alone = (
        int(town.shop.sql(
            f"SELECT coalesce(sum({name}), 0) FROM pick_batches WHERE location_id = :place",
            place=place,
        )[0][0])
        for name in ("walked", "walk_length_alone")
    )  # fmt: skip
    assert 0 < walked < alone
    happened = ", ".join(f"{number} {what}" for what, number in sorted(shift.told.items()))
    print(
        f"\n{ORDERS} orders in {sum(one['batch_count'] for one in ended)} batches,"
        f" {sum(taken.values())} units: walked {walked} bins, one by one {alone}"
        f" ({walked * 100 // alone} %). {happened}"
    )
    for picker in pickers:
        picker.staff.close()
