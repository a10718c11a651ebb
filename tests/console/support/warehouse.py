"""A made-up shop in memory: orders by the hundred thousand, stock, and what staff do to them.

Orders are computed from their place in the list and kept only once somebody touches them, so a
hundred thousand cost nothing. The rules are those of the wire: refusals carry its codes.
"""

from __future__ import annotations

import itertools
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache

NAMES = (
    "Zoë Łukasz", "Ada Byron", "J. Tan", "María José Ñandú", "Oluwaseun Adé", "Bernd Grünwald",
    "Chiara D'Angelo", "Søren Kjær", "Anaïs Lefèvre", "Tom O'Neill", "Ingrid Åkesson", "Pál Kovács",
)  # fmt: skip
GOODS = (
    ("Mug", "MUG", ("blue 300 ml", "red 300 ml", "white 500 ml"), 999),
    ("Tea Assam", "TEA-AS", ("100 g", "250 g"), 640),
    ("Tea Darjeeling", "TEA-DA", ("100 g", "250 g"), 890),
    ("Honey", "HONEY", ("250 g", "500 g"), 750),
    ("Jug", "JUG", ("1 l",), 1900),
    ("Coaster", "COAST", (None,), 350),
    ("Teapot cast iron", "POT-CI", ("0.8 l black", "1.2 l black", "1.2 l green"), 4890),
    ("Linen napkin", "NAPKIN", ("natural", "indigo"), 1250),
)
CITIES = (("Łódź", "90-001", "PL"), ("Berlin", "10115", "DE"), ("Lyon", "69001", "FR"),
          ("Wien", "1010", "AT"))  # fmt: skip
PLACES = (("MAIN", "Main warehouse"), ("SHOP", "Shop floor"))
SPACING = timedelta(minutes=7)
NAMESPACE = uuid.UUID("5f0c2d1e-0000-4000-8000-000000000000")


class Refusal(Exception):
    """The shop says no."""

    def __init__(self, status: int, code: str, detail: str, **facts: object) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.facts = status, code, detail, facts


def eur(amount: int) -> dict[str, object]:
    """An amount on the wire."""
    return {"amount": amount, "currency": "EUR"}


def wire_time(moment: datetime) -> str:
    """A time on the wire."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def stable_id(kind: str, n: object) -> str:
    """The same id for the same thing in every run."""
    return str(uuid.uuid5(NAMESPACE, f"{kind}-{n}"))


@dataclass(frozen=True)
class Variant:
    """Something on the shelf."""

    id: str
    sku: str
    barcode: str
    title: str
    variant_title: str | None
    price: int

    @property
    def case_code(self) -> str:
        """What is printed on a case of six."""
        return f"CASE-{self.barcode}"


def _ean(n: int) -> str:
    body = f"50123456{n:04d}"
    total = sum(int(d) * (3 if at % 2 else 1) for at, d in enumerate(body))
    return body + str((10 - total % 10) % 10)


def _variants() -> tuple[Variant, ...]:
    found = []
    for title, code, options, price in GOODS:
        for option in options:
            n = len(found)
            found.append(
                Variant(stable_id("variant", n), f"{code}-{n:02d}", _ean(n), title, option, price)
            )
    return tuple(found)


VARIANTS = _variants()


@dataclass
class Level:
    """How much of a variant stands at a place."""

    id: str
    variant: Variant
    place: tuple[str, str]
    on_hand: int
    allocated: int
    threshold: int
    version: int = 1
    movements: list[dict[str, object]] = field(default_factory=list)

    def as_wire(self) -> dict[str, object]:
        """The level as the shop tells it."""
        return {
            "id": self.id, "variant_id": self.variant.id, "sku": self.variant.sku,
            "barcode": self.variant.barcode, "product_title": self.variant.title,
            "variant_title": self.variant.variant_title,
            "location": {"id": stable_id("place", self.place[0]), "code": self.place[0],
                         "name": self.place[1]},
            "on_hand": self.on_hand, "allocated": self.allocated, "reserved": 0,
            "available": self.on_hand - self.allocated, "low_stock_threshold": self.threshold,
            "version": self.version,
            "last_moved_at": self.movements[0]["at"] if self.movements else None,
        }  # fmt: skip

    def move(self, change: int, reason: str, note: str | None, actor: str, kind: str) -> None:
        """Write one movement."""
        if self.on_hand + change < 0:
            raise Refusal(409, "insufficient_stock", "There is not that much on the shelf.",
                          requested=-change, available=self.on_hand)  # fmt: skip
        self.on_hand += change
        self.version += 1
        self.movements.insert(0, {
            "id": str(uuid.uuid4()), "at": wire_time(datetime.now(UTC)), "kind": kind,
            "on_hand_change": change, "allocated_change": 0, "reserved_change": 0,
            "on_hand_after": self.on_hand, "reason": reason, "note": note, "actor": actor,
            "reference": None,
        })  # fmt: skip


class Warehouse:
    """Orders and levels, and everything that happens to them."""

    def __init__(self, orders: int = 1000, open_orders: int = 40) -> None:
        self.count = orders
        self.open_orders = min(open_orders, orders)
        self.newest = datetime.now(UTC) - timedelta(minutes=3)
        self.cases: dict[int, dict[str, object]] = {}
        self.levels = {level.id: level for level in self._levels()}
        self.effects: list[tuple[str, str, dict[str, object]]] = []
        self.attention = self._attention()
        self.doctor: dict[str, object] | None = None
        self.backups: dict[str, object] = {
            "state": "off", "last_backup_at": None, "last_proved_at": None,
        }  # fmt: skip
        self._picked = lru_cache(64)(self._pick)

    # -- orders

    def number(self, n: int) -> str:
        """The number that people read aloud."""
        return f"O-{1_000_000 + n}"

    def find_order(self, reference: str) -> int:
        """The place of an order by its id or its number."""
        digits = reference.upper().removeprefix("O-")
        if digits.isdigit():
            n = int(digits) - 1_000_000
            if 0 <= n < self.count:
                return n
        n = self._by_id().get(reference, -1)
        if n < 0:
            raise Refusal(404, "order_not_found", "There is no such order.")
        return n

    def card(self, n: int) -> dict[str, object]:
        """An order as a row of a list."""
        case = self.cases.get(n)
        if case is not None:
            return {name: case[name] for name in CARD} | {"open_unit_count": _open_units(case)}
        return self._card(n)

    def case(self, n: int) -> dict[str, object]:
        """Everything about an order; kept from now on."""
        if n not in self.cases:
            self.cases[n] = self._case(n)
        self.cases[n]["open_unit_count"] = _open_units(self.cases[n])
        return self.cases[n]

    def pick(self, wanted: dict[str, str], text: str) -> tuple[int, ...]:
        """Places of the orders that a filter takes, oldest first."""
        return self._picked(tuple(sorted(wanted.items())), text.casefold(), len(self.effects))

    def ship(self, n: int, body: dict[str, object], actor: str) -> dict[str, object]:
        """Hand units to a carrier."""
        case = self.case(n)
        if case["on_hold"]:
            raise Refusal(409, "order_on_hold", "The order is on hold.")
        if case["status"] == "cancelled" or case["payment_status"] not in {"paid", "authorized"}:
            raise Refusal(409, "invalid_state", f"Order {case['number']} cannot be shipped: it is "
                          f"{case['payment_status']}.", current=case["payment_status"],
                          allowed=["paid"])  # fmt: skip
        lines = {line["id"]: line for line in case["lines"]}
        wanted = body.get("lines") or [
            {"order_line_id": line["id"], "quantity": line["open_quantity"]}
            for line in lines.values() if line["open_quantity"]
        ]  # fmt: skip
        if not wanted:
            raise Refusal(422, "quantity_exceeds_open", "Nothing is left to ship.")
        for one in wanted:
            line = lines[one["order_line_id"]]
            if one["quantity"] > line["open_quantity"]:
                raise Refusal(422, "quantity_exceeds_open",
                              f"Only {line['open_quantity']} of {line['sku']} are open.",
                              order_line_id=line["id"], open=line["open_quantity"])  # fmt: skip
        verified = {one["order_line_id"]: one["quantity"] for one in body.get("verified_lines", ())}
        missing = [one for one in wanted if lines[one["order_line_id"]]["must_verify"]
                   and verified.get(one["order_line_id"], 0) < one["quantity"]]  # fmt: skip
        if missing and not body.get("override_reason"):
            raise Refusal(422, "units_not_verified", "Units were not verified.", lines=missing)
        for one in wanted:
            line = lines[one["order_line_id"]]
            line["open_quantity"] -= one["quantity"]
            line["shipped_quantity"] += one["quantity"]
        still_open = sum(line["open_quantity"] for line in lines.values())
        case["fulfilment_status"] = "partially_shipped" if still_open else "shipped"
        now = wire_time(datetime.now(UTC))
        fulfilment = {
            "id": str(uuid.uuid4()), "number": f"F-{n}-{len(case['fulfilments']) + 1}",
            "status": "shipped", "carrier": body["carrier"],
            "tracking_number": body.get("tracking_number"), "tracking_url": None,
            "packed_with": None,
            "shipped_at": now, "lines": wanted,
        }  # fmt: skip
        case["fulfilments"].append(fulfilment)
        self._happened(case, "shipped", f"Shipped by {body['carrier']}", actor)
        return fulfilment

    def parcel(self, fulfilment_id: str) -> tuple[dict[str, object], dict[str, object]]:
        """A parcel that is on its way, with its order."""
        for case in self.cases.values():
            for one in case["fulfilments"]:
                if one["id"] == fulfilment_id and one["status"] == "shipped":
                    return case, one
        raise Refusal(409, "invalid_state", "The fulfilment is not on its way.")

    def correct(self, fulfilment_id: str, body: dict[str, object], actor: str) -> dict[str, object]:
        """Another label."""
        case, parcel = self.parcel(fulfilment_id)
        parcel.update(carrier=body["carrier"], tracking_number=body.get("tracking_number"))
        self._happened(case, "shipment_corrected", f"{parcel['number']} corrected", actor)
        return parcel

    def void(self, fulfilment_id: str, body: dict[str, object], actor: str) -> dict[str, object]:
        """Take a shipment back."""
        case, parcel = self.parcel(fulfilment_id)
        parcel["status"] = "voided"
        lines = {line["id"]: line for line in case["lines"]}
        for one in parcel["lines"]:
            line = lines[one["order_line_id"]]
            line["open_quantity"] += one["quantity"]
            line["shipped_quantity"] -= one["quantity"]
        still_out = sum(line["shipped_quantity"] for line in lines.values())
        case["fulfilment_status"] = "partially_shipped" if still_out else "unfulfilled"
        case["status"] = "placed"
        self._happened(case, "shipment_voided", f"{parcel['number']} {body.get('reason')}", actor)
        return parcel

    def quote(self, n: int, body: dict[str, object]) -> dict[str, object]:
        """What a refund would come to."""
        case = self.case(n)
        lines = {line["id"]: line for line in case["lines"]}
        quoted, amount = [], 0
        for one in body["lines"]:
            line = lines[one["order_line_id"]]
            if one["quantity"] > line["refundable_quantity"]:
                raise Refusal(422, "quantity_exceeds_refundable", "More than was bought.")
            each = line["unit_price"]["amount"] * one["quantity"]
            amount += each
            quoted.append({**one, "amount": eur(each)})
        fee = case["refundable_shipping"]["amount"] if body.get("shipping") else 0
        price = amount + fee
        total = body["amount"]["amount"] if body.get("amount") else price
        if body.get("amount") and total > case["refundable"]["amount"]:
            raise Refusal(409, "refund_exceeds_captured", "More than was paid.")
        return {"lines": quoted, "shipping": eur(fee), "additional": eur(max(0, total - price)),
                "amount": eur(total), "refundable": case["refundable"],
                "overpaid": case["overpaid"]}  # fmt: skip

    def refund(self, n: int, body: dict[str, object], actor: str) -> dict[str, object]:
        """Give money back."""
        case = self.case(n)
        quote = self.quote(n, {"lines": [
            {"order_line_id": one["order_line_id"], "quantity": one["quantity"]}
            for one in body["lines"]], "shipping": body["shipping"],
            "amount": body.get("amount")})  # fmt: skip
        amount = quote["amount"]["amount"]
        expected = body.get("expected_amount")
        if amount > case["refundable"]["amount"]:
            raise Refusal(409, "refund_exceeds_captured", "More than was paid.")
        if expected and expected["amount"] != amount:
            raise Refusal(
                409, "amount_changed", "The amount is another by now.", amount=eur(amount)
            )
        lines = {line["id"]: line for line in case["lines"]}
        for one in body["lines"]:
            line = lines[one["order_line_id"]]
            line["refundable_quantity"] -= one["quantity"]
            line["refunded_quantity"] += one["quantity"]
        case["refundable"] = eur(case["refundable"]["amount"] - amount)
        case["refunded"] = eur(case["refunded"]["amount"] + amount)
        case["overpaid"] = eur(max(0, case["overpaid"]["amount"] - quote["additional"]["amount"]))
        if body["shipping"]:
            case["refundable_shipping"] = eur(0)
        whole = case["refundable"]["amount"] == 0
        case["payment_status"] = "refunded" if whole else "partially_refunded"
        transactions, left = [], amount
        for payment in reversed(case["payments"]):
            part = min(left, payment["captured"]["amount"] - payment["refunded"]["amount"])
            if part:
                payment["refunded"] = eur(payment["refunded"]["amount"] + part)
                transactions.append({"payment_id": payment["id"], "provider": payment["provider"],
                                     "amount": eur(part), "status": "succeeded",
                                     "to_store_credit": False})  # fmt: skip
                left -= part
        refund = {
            "id": str(uuid.uuid4()), "origin": "shop", "status": "succeeded",
            "provider_status": "succeeded", "amount": eur(amount),
            "reason": body["reason"], "note": body.get("note"),
            "lines": [{**one, "amount": eur(0)} for one in body["lines"]],
            "shipping": quote["shipping"], "additional": quote["additional"],
            "transactions": transactions, "created_at": wire_time(datetime.now(UTC)),
        }  # fmt: skip
        case["refunds"].append(refund)
        self._happened(case, "refunded", f"Refunded {amount / 100:.2f} €: {body['reason']}", actor)
        return refund

    def mark_paid(self, n: int, body: dict[str, object], actor: str) -> dict[str, object]:
        """Record money that came another way."""
        case = self.case(n)
        amount = body["amount"]["amount"]
        if amount > case["due"]["amount"] and not body["allow_overpayment"]:
            raise Refusal(422, "amount_exceeds_due", "That much is not due.")
        self.receive(n, amount, provider="manual", reference=body["reference"])
        self._happened(case, "paid", f"Marked as paid: {body['reference']}", actor)
        return case

    def receive(self, n: int, amount: int, *, provider: str, reference: str) -> None:
        """Let money come in, whatever the order costs."""
        case = self.case(n)
        case["payments"].append({
            "id": str(uuid.uuid4()), "provider": provider, "status": "captured",
            "amount": eur(amount), "captured": eur(amount),
            "refunded": eur(0), "charged_back": eur(0), "risk_level": None,
            "failed_checks": [],
            "reference": reference, "created_at": wire_time(datetime.now(UTC)),
        })  # fmt: skip
        captured = case["captured"]["amount"] + amount
        excess = captured - case["total"]["amount"]
        case["captured"] = eur(captured)
        case["refundable"] = eur(case["refundable"]["amount"] + amount)
        case["due"], case["overpaid"] = eur(max(0, -excess)), eur(max(0, excess))
        paid = "paid" if excess == 0 else "partially_paid"
        case["payment_status"] = "overpaid" if excess > 0 else paid

    def cancel(self, n: int, body: dict[str, object], actor: str) -> dict[str, object]:
        """End an order, and give all of its money back."""
        case = self.case(n)
        if case["status"] == "cancelled":
            raise Refusal(409, "invalid_state", "The order is cancelled: it cannot be cancelled.")
        for line in case["lines"]:
            line["cancelled_quantity"], line["open_quantity"] = line["open_quantity"], 0
        case["refunded"], case["refundable"], case["overpaid"] = case["captured"], eur(0), eur(0)
        case["due"] = eur(0)
        case["status"] = case["fulfilment_status"] = "cancelled"
        case["payment_status"] = "refunded" if case["captured"]["amount"] else "voided"
        self._happened(case, "cancelled", f"Cancelled: {body['reason']}", actor)
        return case

    def note(self, n: int, body: dict[str, object], actor: str) -> dict[str, object]:
        """Write into the timeline."""
        case = self.case(n)
        self._happened(case, "note", body["text"], actor)
        return case["timeline"][-1]

    def tag(self, n: int, body: dict[str, object], actor: str) -> dict[str, object]:
        """Add and remove tags."""
        case = self.case(n)
        case["tags"] = sorted({*case["tags"], *body["add"]} - {*body["remove"]})
        self._happened(case, "tagged", "Tags changed.", actor)
        return {"tags": case["tags"], "version": case["version"]}

    def bulk(self, body: dict[str, object], actor: str) -> dict[str, object]:
        """Do one thing to many orders."""
        results = []
        for order_id in body["order_ids"]:
            n = self.find_order(order_id)
            result = {"order_id": order_id, "number": self.number(n), "status": "done",
                      "problem": None}  # fmt: skip
            try:
                if body["action"] == "hold":
                    self.hold(n, body, actor)
                else:
                    self.tag(n, {"add": body.get("tags", []), "remove": []}, actor)
            except Refusal as refusal:
                problem = {"code": refusal.code, "detail": refusal.detail}
                result |= {"status": "refused", "problem": problem}
            results.append(result)
        ended = [one["status"] for one in results]
        return {"data": results, "done": ended.count("done"), "unchanged": 0,
                "refused": ended.count("refused")}  # fmt: skip

    def cancel_many(self, body: dict[str, object], actor: str) -> dict[str, object]:
        """Cancel many orders."""
        for order_id in body["order_ids"]:
            self.cancel(self.find_order(order_id), body, actor)
        results = [
            {"order_id": one, "number": self.number(self.find_order(one)), "status": "done",
             "problem": None} for one in body["order_ids"]
        ]  # fmt: skip
        return {"data": results, "done": len(results), "unchanged": 0, "waiting": 0, "refused": 0}

    def preview_cancellation(self, body: dict[str, object]) -> dict[str, object]:
        """What cancelling many orders would give back."""
        cases = [self.case(self.find_order(one)) for one in body["order_ids"]]
        rows = [
            {"order_id": case["id"], "number": case["number"], "units": _open_units(case),
             "refund": case["refundable"], "problem": None} for case in cases
        ]  # fmt: skip
        back = sum(case["refundable"]["amount"] for case in cases)
        return {"data": rows, "orders": len(rows), "refused": 0, "refunds": [eur(back)],
                "units": sum(_open_units(case) for case in cases)}  # fmt: skip

    # -- holds and attention

    def hold(self, n: int, body: dict[str, object], actor: str) -> dict[str, object]:
        """Keep an order from being shipped."""
        case = self.case(n)
        if case["status"] != "placed":
            raise Refusal(409, "invalid_state", f"The order is {case['status']}.")
        held = {
            "id": str(uuid.uuid4()), "order_id": case["id"], "reason": body["reason"],
            "note": body.get("note"), "created_by": actor,
            "created_at": wire_time(datetime.now(UTC)), "released_by": None, "released_at": None,
        }  # fmt: skip
        case["holds"].append(held)
        case["on_hold"] = True
        self._happened(case, "held", f"On hold: {body['reason']}.", actor)
        return held

    def release(self, hold_id: str, actor: str) -> dict[str, object]:
        """Release one hold."""
        for case in self.cases.values():
            for held in case["holds"]:
                if held["id"] == hold_id:
                    held["released_at"], held["released_by"] = wire_time(datetime.now(UTC)), actor
                    case["on_hold"] = any(one["released_at"] is None for one in case["holds"])
                    self._happened(case, "hold_released", "Hold released.", actor)
                    return held
        raise Refusal(404, "hold_not_found", "Hold not found.")

    def attention_items(self, state: str) -> list[dict[str, object]]:
        """What is open, oldest first, or what was resolved."""
        wanted = [one for one in self.attention if (one["resolution"] is None) == (state == "open")]
        return wanted if state == "open" else wanted[::-1]

    def resolve(
        self, item_id: str, command: str, body: dict[str, object], actor: str
    ) -> dict[str, object]:
        """End an item of the attention list."""
        item = next((one for one in self.attention if one["id"] == item_id), None)
        if item is None:
            raise Refusal(404, "attention_item_not_found", "There is no such item.")
        if item["resolution"] is not None:
            raise Refusal(409, "attention_item_resolved", "This was resolved already.")
        if command not in item["commands"]:
            raise Refusal(409, "attention_command_unfit", "That does not end it.")
        if command == "link":
            n = self.find_order(body["order_number"])
            item |= {"order_id": self.card(n)["id"], "order_number": self.number(n)}
        done = {"refund": "refunded", "link": "linked", "accept": "accepted", "retry": "retried",
                "discard": "discarded"}  # fmt: skip
        item |= {"resolution": done[command], "resolved_by": actor, "commands": [],
                 "note": body.get("note"),
                 "resolved_at": wire_time(datetime.now(UTC))}  # fmt: skip
        return item

    # -- stock

    def adjust(self, level_id: str, body: dict[str, object], actor: str) -> dict[str, object]:
        """Correct a level."""
        level = self.level(level_id)
        if "change" in body:
            change = body["change"]
        else:
            if body["expected_on_hand"] != level.on_hand:
                raise Refusal(409, "stale_quantity", "The level has moved since it was read.",
                              current_on_hand=level.on_hand)  # fmt: skip
            change = body["on_hand"] - level.on_hand
        level.move(change, body["reason"], body.get("note"), actor, "adjusted")
        return level.as_wire()

    def level(self, level_id: str) -> Level:
        """A level by its id."""
        if level_id not in self.levels:
            raise Refusal(404, "level_not_found", "There is no such level.")
        return self.levels[level_id]

    def scan(self, code: str) -> dict[str, object]:
        """What a code stands for."""
        folded = code.casefold()
        for variant in VARIANTS:
            if folded in {variant.sku.casefold(), variant.barcode, variant.case_code.casefold()}:
                levels = [one.as_wire() for one in self.levels.values() if one.variant is variant]
                name = " ".join(part for part in (variant.title, variant.variant_title) if part)
                return {"kind": "variant", "id": variant.id, "label": name, "variant": {
                    "id": variant.id, "sku": variant.sku, "barcode": variant.barcode,
                    "product_title": variant.title, "title": variant.variant_title,
                    "pack_quantity": 6 if folded == variant.case_code.casefold() else 1,
                    "levels": levels}}  # fmt: skip
        for n, case in self.cases.items():
            for one in case["fulfilments"]:
                if code in (one["number"], one["tracking_number"]):
                    label = f"Parcel {one['number']}"
                    return {"kind": "fulfilment", "id": one["id"], "label": label,
                            "order": self.card(n), "fulfilment": one}  # fmt: skip
        try:
            n = self.find_order(code)
        except Refusal:
            raise Refusal(404, "code_unknown", f"Nothing here is called {code}.") from None
        return {"kind": "order", "id": self.card(n)["id"], "label": self.number(n),
                "order": self.card(n)}  # fmt: skip

    def overview(self) -> dict[str, object]:
        """The day in figures."""
        to_ship = self.pick({"queue": "to_ship"}, "")
        low = sum(
            one.threshold is not None and one.on_hand - one.allocated <= one.threshold
            for one in self.levels.values()
        )
        return {
            "to_ship": len(to_ship), "unpaid": len(self.pick({"payment_status": "unpaid"}, "")),
            "low_stock": low, "shipped_today": 96, "currency": "EUR",
            "needs_attention": len(self.attention_items("open")),
            "backups": self.backups,
            "doctor": {
                "state": "differs" if self.doctor else "unknown",
                "differences": 3 if self.doctor else 0,
                "checked_at": "2026-03-05T02:10:00Z" if self.doctor else None,
            },
            "oldest_to_ship_at": self.card(to_ship[0])["placed_at"] if to_ship else None,
        }  # fmt: skip

    def doctor_run(self) -> dict[str, object]:
        """What the doctor found last; refused before it looked."""
        if self.doctor is None:
            raise Refusal(404, "doctor_run_not_found", "The doctor has not run yet.")
        return self.doctor

    # -- making it up

    def _levels(self) -> list[Level]:
        made = []
        for n, (variant, place) in enumerate(itertools.product(VARIANTS, PLACES)):
            on_hand = (n * 37) % 90
            level = Level(stable_id("level", n), variant, place, on_hand, min(on_hand, n % 8), 12)
            level.movements = _past_movements(level, n)
            made.append(level)
        return made

    def _attention(self) -> list[dict[str, object]]:
        """Money that came twice, and money of which nobody knows whose it is."""
        if not self.count:
            return []
        n = self.count - 1
        card = self._card(n)
        items = []
        for kind, reason, amount, about, commands in (
            ("overpaid", "more money came than the order costs", 2488,
             {"order_id": card["id"], "order_number": card["number"], "reference": card["id"]},
             ["refund", "accept"]),
            ("orphan_money", "pi_3QX was paid at the provider, but is no payment of an order here",
             1290, {"order_id": None, "order_number": None, "reference": "pi_3QX"},
             ["link", "accept"]),
        ):  # fmt: skip
            at = datetime.now(UTC) - timedelta(hours=30 - 20 * len(items))
            items.append({
                "id": stable_id("attention", kind), "kind": kind, "reason": reason,
                "amount": eur(amount), "due_at": None, "payment_id": None, "refund_id": None,
                "dispute_id": None, "created_at": wire_time(at), "age_seconds": 0,
                "commands": commands, "resolved_at": None, "resolved_by": None,
                "resolution": None, "note": None, **about,
            })  # fmt: skip
        return items

    @lru_cache(1)  # noqa: B019 - one warehouse lives as long as its test
    def _by_id(self) -> dict[str, int]:
        return {stable_id("order", n): n for n in range(self.count)}

    def _pick(self, wanted: tuple[tuple[str, str], ...], text: str, _: int) -> tuple[int, ...]:
        filters = dict(wanted)
        found = []
        for n in range(self.count):
            status, paid, sent = self._statuses(n)
            is_held = n in self.cases and bool(self.cases[n]["on_hold"])
            waits = _is_to_ship(status, paid, sent) and not is_held
            if {"to_ship": not waits, "on_hold": not is_held}.get(filters.get("queue", "")):
                continue
            if filters.get("status", status) != status:
                continue
            if filters.get("payment_status", paid) != paid:
                continue
            if filters.get("fulfilment_status", sent) != sent:
                continue
            if text and not self._mentions(n, text):
                continue
            found.append(n)
        return tuple(found)

    def _mentions(self, n: int, text: str) -> bool:
        return text in self.number(n).casefold() or text in NAMES[n % len(NAMES)].casefold()

    def _statuses(self, n: int) -> tuple[str, str, str]:
        case = self.cases.get(n)
        if case is not None:
            return case["status"], case["payment_status"], case["fulfilment_status"]
        if n % 101 == 7:
            return "cancelled", "voided", "cancelled"
        if n >= self.count - self.open_orders:
            if n % 17 == 3:
                return "placed", "unpaid", "unfulfilled"
            return "placed", "paid", "unfulfilled"
        if n % 53 == 11:
            return "placed", "paid", "partially_shipped"
        return "completed", "paid", "shipped"

    def _placed(self, n: int) -> datetime:
        return self.newest - SPACING * (self.count - 1 - n)

    def _bought(self, n: int) -> list[tuple[Variant, int]]:
        return [
            (VARIANTS[(n * 7 + k * 3) % len(VARIANTS)], 1 + (n + k) % 3) for k in range(1 + n % 4)
        ]

    def _card(self, n: int) -> dict[str, object]:
        status, paid, sent = self._statuses(n)
        bought = self._bought(n)
        name = NAMES[n % len(NAMES)]
        return {
            "id": stable_id("order", n), "number": self.number(n),
            "placed_at": wire_time(self._placed(n)), "status": status, "payment_status": paid,
            "fulfilment_status": sent, "customer_name": name,
            "email": f"customer{n}@example.org", "unit_count": sum(q for _, q in bought),
            "open_unit_count": (
                sum(q for _, q in bought) - (sent == "partially_shipped")
                if sent in {"unfulfilled", "partially_shipped"} else 0
            ),
            "total": eur(sum(v.price * q for v, q in bought) + 490),
            "ship_country": CITIES[n % 4][2], "on_hold": False, "version": 1, "tags": [],
            "ships_with": None,
        }  # fmt: skip

    def _case(self, n: int) -> dict[str, object]:
        card = self._card(n)
        status, paid, sent = self._statuses(n)
        city, postcode, country = CITIES[n % 4]
        address = {
            "name": card["customer_name"], "company": None, "line1": f"Piotrkowska {n % 200 + 1}",
            "line2": None, "city": city, "region": None, "postal_code": postcode,
            "country": country, "phone": "+48 600 700 800", "phone_e164": "+48600700800",
            "label_lines": [card["customer_name"], f"Piotrkowska {n % 200 + 1}",
                            f"{postcode} {city}", country],
        }  # fmt: skip
        lines = []
        for k, (variant, quantity) in enumerate(self._bought(n)):
            begun = 1 if sent == "partially_shipped" and k == 0 else 0
            shipped = quantity if sent == "shipped" else begun
            cancelled = quantity if status == "cancelled" else 0
            lines.append({
                "id": stable_id("line", f"{n}-{k}"), "sku": variant.sku, "title": variant.title,
                "variant_title": variant.variant_title, "barcode": variant.barcode,
                "quantity": quantity, "shipped_quantity": shipped, "cancelled_quantity": cancelled,
                "refunded_quantity": 0, "open_quantity": quantity - shipped - cancelled,
                "refundable_quantity": quantity if paid == "paid" else 0,
                "unit_price": eur(variant.price), "discount": eur(0),
                "total": eur(variant.price * quantity),
                "tax": eur(variant.price * quantity * 19 // 119),
                "must_verify": True, "note": None, "properties": {},
                "barcodes": [{"code": variant.barcode, "pack_quantity": 1},
                             {"code": variant.case_code, "pack_quantity": 6}],
            })  # fmt: skip
        total = card["total"]["amount"]
        captured = total if paid == "paid" else 0
        placed = self._placed(n)
        payments = [{
            "id": stable_id("payment", n), "provider": "stripe", "status": "captured",
            "amount": eur(total), "captured": eur(captured), "refunded": eur(0),
            "charged_back": eur(0), "risk_level": "normal", "failed_checks": [],
            "reference": f"card …{4242 + n % 50}", "created_at": wire_time(placed),
        }] if captured else []  # fmt: skip
        timeline = [{"at": wire_time(placed), "kind": "placed", "text": "Placed in the shop",
                     "actor": None}]  # fmt: skip
        if captured:
            timeline.append({
                "at": wire_time(placed + timedelta(seconds=40)), "kind": "paid",
                "text": f"Paid {total / 100:.2f} € by card", "actor": "stripe",
            })  # fmt: skip
        fulfilments = []
        if sent in {"shipped", "partially_shipped"}:
            fulfilments.append({
                "id": stable_id("fulfilment", n), "number": f"F-{n}-1", "status": "shipped",
                "carrier": "DHL", "tracking_number": f"0034043416109400{n % 10000:04d}",
                "tracking_url": None, "packed_with": None,
                "shipped_at": wire_time(placed + timedelta(hours=5)),
                "lines": [{"order_line_id": line["id"], "quantity": line["shipped_quantity"]}
                          for line in lines if line["shipped_quantity"]],
            })  # fmt: skip
            timeline.append({"at": wire_time(placed + timedelta(hours=5)), "kind": "shipped",
                             "text": "Shipped by DHL", "actor": "Jon"})  # fmt: skip
        return {
            **card, "shipping_address": address, "billing_address": address,
            "shipping_method": "DHL Paket", "carrier": "DHL",
            "customer_note": "Gift, no price please" if n % 8 == 5 else None, "gift": None,
            "lines": lines,
            "gift_message": None, "ip_country": None, "notes": [], "references": [],
            "language": None,
            "promised_ship_at": None, "promised_delivery_at": None,
            "vat_id": None, "customer_id": None, "store_credit": None,
            "subtotal": eur(total - 490), "shipping_total": eur(490),
            "discount_total": eur(0), "shipping_discount": eur(0), "discounts": [],
            "tax_total": eur(total * 19 // 119), "captured": eur(captured), "refunded": eur(0),
            "charged_back": eur(0), "holds": [], "disputes": [], "fraud_warnings": [],
            "attention": [],
            "refund_pending": eur(0), "refundable": eur(captured), "overpaid": eur(0),
            "due": eur(0 if captured or status == "cancelled" else total),
            "refundable_shipping": eur(490 if captured else 0), "payments": payments,
            "refunds": [], "shipping_savings": [], "fulfilments": fulfilments, "timeline": timeline,
        }  # fmt: skip

    def _happened(self, case: dict[str, object], kind: str, text: str, actor: str) -> None:
        case["version"] += 1
        case["timeline"].append(
            {"at": wire_time(datetime.now(UTC)), "kind": kind, "text": text, "actor": actor}
        )


CARD = (
    "id", "number", "placed_at", "status", "payment_status", "fulfilment_status", "customer_name",
    "email", "unit_count", "total", "ship_country", "on_hold", "version",
    "tags", "ships_with",
)  # fmt: skip


def _open_units(case: dict[str, object]) -> int:
    return sum(line["open_quantity"] for line in case["lines"])


def _is_to_ship(status: str, paid: str, sent: str) -> bool:
    return status == "placed" and paid == "paid" and sent in {"unfulfilled", "partially_shipped"}


def _past_movements(level: Level, n: int) -> list[dict[str, object]]:
    """A journal that ends at what stands there now: sold bit by bit, then filled up."""
    moves, after = [], level.on_hand
    for k in range(30):
        change = -(1 + (n + k) % 3) if k % 7 != 6 else min(after, 14 + n % 5)
        before = after - change
        moves.append({
            "id": stable_id("move", f"{n}-{k}"),
            "at": wire_time(datetime.now(UTC) - timedelta(hours=5 * k + 1)),
            "kind": "shipped" if change < 0 else "received",
            "on_hand_change": change, "allocated_change": 0, "reserved_change": 0,
            "on_hand_after": after, "reason": None if change < 0 else "received",
            "note": None, "actor": ("Mia Winter", "Jon Berg")[k % 2], "reference": None,
        })  # fmt: skip
        after = before
    return moves
