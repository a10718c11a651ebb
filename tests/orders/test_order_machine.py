"""Whatever is done to an order, in whatever order: holds, notes, parcels, refunds, cancelling.

A machine of random commands runs against the real shop, beside a model in plain Python: which holds
stand, which notes are pinned and who has read them, how many units were shipped, refunded and
cancelled, and how much money was kept.
"""

from itertools import count
from typing import Any, ClassVar

from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from tests.support.books import differences
from tests.support.shop import Shop

STEPS = 18
PRICE = 1000
units = st.integers(1, 3)
reasons = st.sampled_from(["payment", "risk", "address", "stock", "customer_request", "other"])


class HandledOrder(RuleBasedStateMachine):
    """One paid order of two lines, and two people."""

    shop: ClassVar[Shop]
    numbers = count(1)

    @initialize(mugs=st.integers(1, 4), teas=st.integers(1, 4))
    def place(self, mugs: int, teas: int) -> None:
        number, shop = next(self.numbers), self.shop
        self.ordered = [mugs, teas]
        skus = {f"MUG-M{number}": mugs, f"TEA-M{number}": teas}
        for sku in skus:
            shop.sells(sku, 20, price="10.00 EUR")
        self.people = [shop.staff(), shop.staff()]
        self.order = shop.an_order(**skus)
        self.shipped, self.refunded, self.cancelled = [0, 0], [0, 0], [0, 0]
        self.holds: dict[str, bool] = {}
        self.notes: dict[str, tuple[bool, set[int]]] = {}
        self.tags: set[str] = set()
        self.is_cancelled = False
        self.kept = int(self.order["total"]["amount"])

    @property
    def open(self) -> list[int]:
        """Units of each line that are still to be shipped."""
        lines = zip(self.ordered, self.shipped, self.cancelled, strict=True)
        return [all_of_it - sent - gone for all_of_it, sent, gone in lines]

    @property
    def is_held(self) -> bool:
        """Whether a hold stands."""
        return any(self.holds.values())

    @property
    def status(self) -> str:
        """The status that follows."""
        if self.is_cancelled:
            return "cancelled"
        return "placed" if any(self.open) else "completed"

    def does(self, path: str, body: dict[str, Any] | None = None, who: int = 0) -> Any:
        return self.people[who].posts(path, body)

    @rule(reason=reasons)
    def hold(self, reason: str) -> None:
        answer = self.does(f"/orders/{self.order['id']}/holds", {"reason": reason})
        if self.status == "placed":
            assert answer.status_code == 201, answer.json
            self.holds[answer.json["id"]] = True
        else:
            assert answer.json["code"] == "invalid_state"

    @rule(which=st.integers(0, 5))
    def release(self, which: int) -> None:
        if self.holds:
            hold_id = sorted(self.holds)[which % len(self.holds)]
            answer = self.does(f"/order-holds/{hold_id}/release", {"note": "looked at"})
            assert answer.status_code == (200 if self.holds[hold_id] else 409), answer.json
            self.holds[hold_id] = False

    @rule(is_pinned=st.booleans())
    def note(self, is_pinned: bool) -> None:
        body = {"text": "Look at this.", "is_pinned": is_pinned}
        answer = self.does(f"/orders/{self.order['id']}/notes", body)
        assert answer.status_code == 201, answer.json
        self.notes[answer.json["id"]] = (is_pinned, set())

    @rule(which=st.integers(0, 5), who=st.integers(0, 1))
    def read(self, which: int, who: int) -> None:
        if self.notes:
            note_id = sorted(self.notes)[which % len(self.notes)]
            assert self.does(f"/order-notes/{note_id}/acknowledge", who=who).status_code == 200
            if self.notes[note_id][0]:
                self.notes[note_id][1].add(who)

    @rule(add=st.sampled_from("abc"), remove=st.sampled_from("abc"))
    def tag(self, add: str, remove: str) -> None:
        self.does(f"/orders/{self.order['id']}/tags", {"add": [add], "remove": [remove]})
        self.tags = (self.tags | {add}) - {remove}

    @rule(line=st.integers(0, 1), quantity=units, who=st.integers(0, 1), reads=st.booleans())
    def ship(self, line: int, quantity: int, who: int, reads: bool) -> None:
        pinned = {note for note, (is_pinned, _) in self.notes.items() if is_pinned}
        unread = {note for note in pinned if who not in self.notes[note][1]}
        body: dict[str, Any] = {
            "carrier": "DHL",
            "lines": [{"order_line_id": self.order["lines"][line]["id"], "quantity": quantity}],
        }
        if reads:
            body["acknowledged_notes"] = sorted(unread)
        answer = self.does(f"/orders/{self.order['id']}/ship", body, who)
        if self.status != "placed":
            assert answer.json["code"] == "invalid_state", answer.json
        elif self.is_held:
            assert answer.json["code"] == "order_on_hold", answer.json
            assert len(answer.json["holds"]) == sum(self.holds.values())
        elif self.kept == 0:
            assert answer.json["code"] == "invalid_state", answer.json
        elif unread and not reads:
            assert {one["id"] for one in answer.json["notes"]} == unread
        elif quantity > self.open[line]:
            assert answer.json["code"] == "quantity_exceeds_open", answer.json
        else:
            assert answer.status_code == 201, answer.json
            self.shipped[line] += quantity
            for note in unread:
                self.notes[note][1].add(who)

    @rule(line=st.integers(0, 1), quantity=units)
    def refund(self, line: int, quantity: int) -> None:
        answer = self.people[0].refunds(self.order, lines={line: quantity})
        left = self.ordered[line] - self.refunded[line]
        if quantity > left or self.is_cancelled:
            assert answer.status_code in (409, 422), answer.json
            return
        assert answer.status_code == 201, answer.json
        # Of units that were sent first; only those beyond them are cancelled, and need not leave.
        beyond = self.refunded[line] + quantity - self.shipped[line] - self.cancelled[line]
        self.cancelled[line] += max(0, min(beyond, self.open[line]))
        self.refunded[line] += quantity
        self.kept -= quantity * PRICE
        self.ended()

    @rule()
    def cancel(self) -> None:
        if any(self.shipped) or self.is_cancelled or self.status == "completed":
            return
        answer = self.people[0].cancels(self.order)
        assert answer.status_code == 200, answer.json
        self.cancelled = list(self.ordered)
        self.refunded, self.kept = list(self.ordered), 0
        self.is_cancelled = True
        self.ended()

    def ended(self) -> None:
        """An order of which nothing is left to ship loses its holds when it is cancelled."""
        if not any(self.open) and not any(self.shipped):
            self.is_cancelled = True
        if self.status == "cancelled":
            self.holds = dict.fromkeys(self.holds, False)

    @invariant()
    def the_shop_says_the_same(self) -> None:
        if not hasattr(self, "order"):
            return
        seen = self.people[0].opens(self.order)
        assert [line["open_quantity"] for line in seen["lines"]] == self.open
        assert [line["shipped_quantity"] for line in seen["lines"]] == self.shipped
        assert [line["refunded_quantity"] for line in seen["lines"]] == self.refunded
        stands = {one["id"] for one in seen["holds"] if one["released_at"] is None}
        assert stands == {hold for hold, is_open in self.holds.items() if is_open}
        assert seen["on_hold"] == self.is_held
        assert set(seen["tags"]) == self.tags
        read = {one["id"]: len(one["read_by"]) for one in seen["notes"]}
        assert read == {note: len(by) for note, (_, by) in self.notes.items()}
        assert (
            seen["total"]["amount"]
            == seen["subtotal"]["amount"] + (seen["shipping_total"]["amount"])
        )
        back = seen["refunded"]["amount"] + seen["refund_pending"]["amount"]
        assert seen["captured"]["amount"] == back + self.kept
        queue = self.people[0].gets("/orders", queue="to_ship").json["data"]
        waits = any(one["id"] == self.order["id"] for one in queue)
        assert waits == (
            self.status == "placed" and not self.is_held and any(self.open) and self.kept > 0
        )
        assert differences() == []


def test_an_order_is_what_was_done_to_it(app: Flask, shop: Shop) -> None:
    HandledOrder.shop = shop
    run_state_machine_as_test(
        HandledOrder,
        settings=settings(
            max_examples=4,
            stateful_step_count=STEPS,
            deadline=None,
            # A failure is told at once; to shrink one against real tables takes minutes.
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
