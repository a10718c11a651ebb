"""Returns, exchanges and claims in any order, against small models of order, stock and money."""

from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest

from api.pricing.totals import refund_share
from tests.support.books import differences
from tests.support.returned import inspects, lines_of, receives, refunds, sold
from tests.support.shop import Shop
from tests.support.stock import counters

STEPS = 14
BOUGHT, PRICE, DEARER = 5, 999, 1299


@dataclass
class Model:
    """What should be: units by where they are, and money by where it went."""

    on_hand: int
    allocated: int = 0
    damaged: int = 0
    returned: int = 0
    refunded_units: int = 0
    refunded: int = 0
    claimed: int = 0
    reserved: int = 0
    due: int = 0
    added: int = 0
    """What exchanges and claims added to the total."""
    replaced: int = 0
    """What claimed units paid of those that replace them."""
    exchanged: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Units and what they paid of the other goods, by return."""
    expected: dict[str, int] = field(default_factory=dict)
    """Units that are still to come, by return."""
    waiting: dict[str, int] = field(default_factory=dict)
    """Units that came and have no disposition, by return."""
    to_refund: dict[str, int] = field(default_factory=dict)
    """Units that came and were not refunded, by return."""


class Walk:
    """One walk through the shop, step by step, with the model beside it."""

    def __init__(self, shop: Shop, seed: int) -> None:
        self.dice = Random(seed)
        self.mug = shop.sells("MUG", 20)
        self.cup = shop.sells("CUP", 20, price="12.99 EUR")
        self.order, self.staff, _ = sold(shop, MUG=BOUGHT)
        self.model = Model(on_hand=15)
        self.returns: dict[str, dict[str, Any]] = {}

    def open_return(self) -> None:
        """Announce units; more than are out is refused."""
        units = self.dice.randint(1, 3)
        body = {"lines": lines_of(self.order, {0: units}, reason="other")}
        answer = self.staff.posts(f"/orders/{self.order['id']}/returns", body)
        if units > BOUGHT - self.model.returned:
            assert answer.json["code"] == "quantity_exceeds_returnable"
            return
        assert answer.status_code == 201, answer.json
        self.returns[answer.json["id"]] = answer.json
        self.model.expected[answer.json["id"]] = units
        self.model.waiting[answer.json["id"]] = self.model.to_refund[answer.json["id"]] = 0
        self.model.returned += units

    def receive(self) -> None:
        """Some of what is expected comes."""
        back = self._some(self.model.expected)
        if back is None:
            return
        units = self.dice.randint(1, self.model.expected[back["id"]])
        answer = receives(self.staff, back, {self.mug: units})
        assert answer.status_code == 200, answer.json
        self.model.expected[back["id"]] -= units
        self.model.waiting[back["id"]] += units
        if back["id"] not in self.model.exchanged:
            self.model.to_refund[back["id"]] += units

    def inspect(self) -> None:
        """Units get a disposition."""
        back = self._some(self.model.waiting)
        if back is None:
            return
        units = self.dice.randint(1, self.model.waiting[back["id"]])
        disposition = self.dice.choice(["restock", "damaged", "discard"])
        answer = inspects(self.staff, back, disposition, units)
        assert answer.status_code == 200, answer.json
        self.model.waiting[back["id"]] -= units
        self.model.on_hand += 0 if disposition == "discard" else units
        self.model.damaged += units if disposition == "damaged" else 0
        self._forget_closed(answer.json)

    def refund(self) -> None:
        """What came is refunded: the shares of all refunds add up to the line."""
        back = self._some(self.model.to_refund)
        if back is None:
            return
        left = BOUGHT - self.model.refunded_units
        units = min(self.model.to_refund[back["id"]], left)
        answer = refunds(self.staff, back)
        if not units:
            assert answer.json["code"] == "nothing_returned"
            return
        share = refund_share(BOUGHT * PRICE, BOUGHT, self.model.refunded_units, units)
        assert answer.json["amount"]["amount"] == share, answer.json
        self.model.refunded_units += units
        self.model.refunded += share
        self.model.to_refund[back["id"]] -= units
        self._forget_closed(self.staff.gets(f"/returns/{back['id']}").json)

    def cancel(self) -> None:
        """A return of which nothing came is called off."""
        back = self._some(self.model.expected)
        if back is None:
            return
        status = self.staff.gets(f"/returns/{back['id']}").json["status"]
        answer = self.staff.posts(f"/returns/{back['id']}/cancel")
        if status != "approved":
            assert answer.json["code"] == "invalid_state"
            return
        assert answer.status_code == 200, answer.json
        self._undone(back["id"])
        self.model.returned -= self.model.expected.pop(back["id"])
        self._drop(back["id"])

    def exchange(self) -> None:
        """Units of a return are exchanged for dearer ones; the difference is due."""
        back = self._some(self.model.expected)
        if back is None:
            return
        line = {"line_id": back["lines"][0]["id"], "variant_id": str(self.cup)}
        answer = self.staff.posts(f"/returns/{back['id']}/exchange", {"lines": [line]})
        units = back["lines"][0]["quantity"]
        left = BOUGHT - self.model.refunded_units
        now = self.staff.gets(f"/returns/{back['id']}").json
        if answer.status_code != 200:
            was_done = back["id"] in self.model.exchanged or now["lines"][0]["refunded_quantity"]
            assert answer.json["code"] == "exchange_impossible"
            assert was_done or units > left
            return
        share = refund_share(BOUGHT * PRICE, BOUGHT, self.model.refunded_units, units)
        self.model.exchanged[back["id"]] = (units, share)
        self.model.refunded_units += units
        self.model.to_refund[back["id"]] = 0
        self.model.reserved += units
        self.model.added += DEARER * units
        self.model.due += DEARER * units - share

    def call_off(self) -> None:
        """An exchange is called off: possible as long as nothing came."""
        back = self._some({one: units for one, (units, _) in self.model.exchanged.items()})
        if back is None:
            return
        came = self.staff.gets(f"/returns/{back['id']}").json["received_units"]
        answer = self.staff.posts(f"/returns/{back['id']}/exchange/cancel")
        if came:
            assert answer.json["code"] == "exchange_impossible"
            return
        assert answer.status_code == 200, answer.json
        self._undone(back["id"])

    def claim(self) -> None:
        """A unit is claimed as broken and replaced, unless its money went elsewhere."""
        body = {"kind": "broken", "lines": lines_of(self.order, {0: 1})}
        made = self.staff.posts(f"/orders/{self.order['id']}/claims", body)
        if BOUGHT in (self.model.claimed, self.model.refunded_units):
            assert made.json["code"] == "quantity_exceeds_claimable"
            return
        self.model.claimed += 1
        self.staff.posts(f"/claims/{made.json['id']}/approve")
        done = self.staff.posts(f"/claims/{made.json['id']}/resolve", {"replace": True})
        assert done.status_code == 200, done.json
        self.model.allocated += 1
        self.model.refunded_units += 1
        self.model.added += PRICE
        self.model.replaced += PRICE

    def agrees(self) -> None:
        """The shop is as the models say."""
        level = counters(self.mug)
        assert (level.on_hand, level.allocated) == (self.model.on_hand, self.model.allocated)
        seen = self.staff.opens(self.order)
        assert seen["lines"][0]["refundable_quantity"] == BOUGHT - self.model.refunded_units
        assert seen["refunded"]["amount"] == self.model.refunded
        assert seen["total"]["amount"] == self.order["total"]["amount"] + self.model.added
        assert seen["due"]["amount"] == self.model.due
        paid = sum(paid for _, paid in self.model.exchanged.values()) + self.model.replaced
        assert seen["exchanged"]["amount"] == paid
        assert counters(self.cup).allocated == self.model.reserved
        (line, *_) = self.staff.gets(f"/orders/{self.order['id']}/returnable").json["lines"]
        assert line["quantity"] == BOUGHT - self.model.returned

    def _undone(self, return_id: str) -> None:
        units, paid = self.model.exchanged.pop(return_id, (0, 0))
        self.model.refunded_units -= units
        self.model.reserved -= units
        self.model.added -= DEARER * units
        self.model.due -= DEARER * units - paid

    def _some(self, units: dict[str, int]) -> dict[str, Any] | None:
        found = sorted(one for one, count in units.items() if count)
        return self.returns[self.dice.choice(found)] if found else None

    def _drop(self, return_id: str) -> None:
        for units in (self.model.expected, self.model.waiting, self.model.to_refund):
            units.pop(return_id, None)

    def _forget_closed(self, back: dict[str, Any]) -> None:
        if back["status"] == "closed":
            self._drop(back["id"])


@pytest.mark.parametrize("seed", range(6))
def test_any_walk_agrees_with_the_models(shop: Shop, seed: int) -> None:
    walk = Walk(shop, seed)
    steps = (
        *(walk.open_return, walk.receive, walk.inspect, walk.refund, walk.cancel, walk.claim),
        *(walk.exchange, walk.call_off),
    )
    weights = (4, 5, 5, 4, 1, 1, 3, 1)

    for _ in range(STEPS):
        (step,) = walk.dice.choices(steps, weights)
        step()
        walk.agrees()

    assert differences() == []
