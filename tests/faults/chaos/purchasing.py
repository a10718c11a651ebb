"""What staff do with goods that come: purchase orders, receipts and transfers."""

from collections.abc import Iterator
from typing import Any

import httpx

from tests.faults.chaos.plan import Step
from tests.faults.chaos.story import Chaos

SUPPLIER, ANNEX = "Chaos Potteries", "CHAOS-ANNEX"
COST = {"amount": 321, "currency": "EUR"}
_RECENT = 8


def opens_purchasing(chaos: Chaos) -> None:
    """Have somebody who sells the goods, and a second place to send them to."""
    owner = chaos.town.owner
    owner.sends("POST", "/suppliers", {"name": SUPPLIER, "currency": "EUR"})
    owner.sends("POST", "/locations", {"code": ANNEX, "name": "Annex", "priority": 200})
    found = owner.sends("GET", "/suppliers?limit=100").json()["data"]
    (supplier,) = (one for one in found if one["name"] == SUPPLIER)
    for sku in chaos.levels:
        item = {"code": sku, "unit_cost": COST}
        owner.sends("POST", f"/suppliers/{supplier['id']}/items", item)
    places = owner.sends("GET", "/locations?limit=100").json()["data"]
    chaos.place = next(one["code"] for one in places if one["code"] != ANNEX)


class Buyer:
    """Somebody who orders, receives and transfers; `lives` of the actor carries it out."""

    chaos: Chaos

    def order_goods(self, step: Step) -> None:
        lines = [{"code": self._sku(step), "quantity": step.size % 20 + 1}]
        body = {"supplier": SUPPLIER, "location": self.chaos.place, "lines": lines}
        for order in self._made(step, "draft_order", "/purchase-orders", body):
            self._moves(step, "place_order", f"/purchase-orders/{order['id']}/order")
            self._keeps("purchase orders", order)

    def receive_ordered(self, step: Step) -> None:
        """Receive some of what was ordered, now and then too many, or of a closed order."""
        for order in self._kept(step, "purchase orders"):
            lines = [{"code": self._sku(step), "quantity": step.size % 12 + 1,
                      "damaged": step.size % 2}]  # fmt: skip
            body = {"purchase_order_id": order["id"], "lines": lines}
            for receipt in self._made(step, "receive_ordered", "/receipts", body):
                self._keeps("receipts", receipt)

    def receive_loose(self, step: Step) -> None:
        lines = [{"code": self._sku(step), "quantity": step.size % 6 + 1, "unit_cost": COST}]
        body = {"location": self.chaos.place, "lines": lines}
        for receipt in self._made(step, "receive_loose", "/receipts", body):
            self._keeps("receipts", receipt)

    def undo_receipt(self, step: Step) -> None:
        for receipt in self._kept(step, "receipts"):
            self._moves(step, "undo_receipt", f"/receipts/{receipt['id']}/undo")

    def send_transfer(self, step: Step) -> None:
        way = [self.chaos.place, ANNEX][:: 1 if step.chance < 0.6 else -1]
        lines = [{"code": self._sku(step), "quantity": step.size % 4 + 1}]
        body = {"from_location": way[0], "to_location": way[1], "lines": lines}
        for transfer in self._made(step, "draft_transfer", "/transfers", body):
            self._moves(step, "ready_transfer", f"/transfers/{transfer['id']}/ready")
            sent = self._moves(step, "ship_transfer", f"/transfers/{transfer['id']}/ship")
            if sent is not None and sent.status_code == 200:
                self._keeps("transfers", transfer)

    def receive_transfer(self, step: Step) -> None:
        for transfer in self._kept(step, "transfers"):
            lines = [{"code": line["sku"], "quantity": 1} for line in transfer["lines"]]
            path = f"/transfers/{transfer['id']}/receive"
            self._moves(step, "receive_transfer", path, {"lines": lines})

    def end_transfer(self, step: Step) -> None:
        for transfer in self._kept(step, "transfers"):
            rest = "restock" if step.chance < 0.5 else "write_off"
            body = {"reason": "other", "rest": rest}
            self._moves(step, "end_transfer", f"/transfers/{transfer['id']}/cancel", body)

    def _made(self, step: Step, call: str, path: str, body: Any) -> Iterator[dict[str, Any]]:
        """Make something; yields it, or nothing where it was refused."""
        answer = self._moves(step, call, path, body)
        if answer is not None and answer.status_code == 201:
            yield answer.json()

    def _moves(self, step: Step, call: str, path: str, body: Any = None) -> httpx.Response | None:
        return self._staff(step, call, "POST", path, {} if body is None else body)

    def _keeps(self, kind: str, made: dict[str, Any]) -> None:
        with self.chaos.lock:
            self.chaos.after[kind].append(made)

    def _kept(self, step: Step, kind: str) -> Iterator[dict[str, Any]]:
        with self.chaos.lock:
            recent = self.chaos.after[kind][-_RECENT:]
        if recent:
            yield recent[int(step.pick * len(recent))]

    def _sku(self, step: Step) -> str:
        raise NotImplementedError

    def _staff(
        self,
        step: Step,
        call: str,
        method: str,
        path: str,
        body: Any = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response | None:
        raise NotImplementedError
