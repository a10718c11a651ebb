"""Customers, staff and banks who carry out their plan, whatever is broken at the moment."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx

from tests.faults.chaos.plan import Step
from tests.faults.chaos.purchasing import Buyer
from tests.faults.chaos.story import Chaos, Told
from tests.support.live import ADDRESS, Caller, StaffMember, Visitor, key
from tests.support.sheets import a_file

SKUS = ("CHAOS-DICE", "CHAOS-CARD", "CHAOS-RARE")
RECENT = 12
"""Somebody does something with one of so many orders that came last."""
BARCODED = "CHAOS-CARD"
"""Units of this are shipped only when somebody says that they were scanned."""


class Actor(Buyer):
    """One thread: a customer with a storefront and somebody at the counter, in one person."""

    def __init__(self, chaos: Chaos, number: int, plan: Iterator[Step]) -> None:
        self.chaos, self.town, self.number, self.plan = chaos, chaos.town, number, plan
        self.own: list[tuple[Visitor, dict[str, Any]]] = []
        self.visitor = self._comes_by()
        self.staff = StaffMember(self.town.shop.url)

    def lives(self) -> None:
        """Carry out the plan until the time is over."""
        for step in self.plan:
            if time.monotonic() > self.chaos.ends_at:
                break
            operation: Callable[[Step], None] = getattr(self, step.name)
            operation(step)
        for visitor in {self.visitor, *(visitor for visitor, _ in self.own)}:
            visitor.close()
        self.staff.close()

    # What customers do.

    def browse(self, step: Step) -> None:
        paths = ("/products", "/products/chaos-dice", "/products?q=dice", "/cart", "/categories",
                 "/shipping-methods?country=DE&currency=EUR")  # fmt: skip
        path = paths[int(step.pick * len(paths))]
        self._hears(step, "browse", self.visitor, "GET", path)

    def cart(self, step: Step) -> None:
        item = {"sku": self._sku(step), "quantity": 1 + step.size % 3}
        answer = self._hears(step, "cart", self.visitor, "POST", "/cart/items", item)
        if answer is not None and "token" in (told := answer.json()):
            self.visitor.headers["X-Cart-Token"] = told["token"]

    def checkout(self, step: Step) -> None:
        self.cart(step)
        method = "manual" if step.chance < 0.3 else "stripe"
        form, named = self.visitor.form(payment_method=method), {"Idempotency-Key": key()}
        for _ in range(4):
            answer = self._hears(
                step, "checkout", self.visitor, "POST", "/checkout", form, headers=named
            )
            if answer is not None and answer.status_code == 201:
                order = answer.json()
                self.own.append((self.visitor, order))
                with self.chaos.lock:
                    self.chaos.orders.append(order)
                self.visitor = self._comes_by()
                return
            if answer is not None and answer.status_code < 500:
                return
            time.sleep(0.2)

    def intent(self, step: Step) -> None:
        for visitor, order in self._mine(step):
            path, wanted = "/payments/create-payment-intent", {"order_id": order["id"]}
            answer = self._hears(step, "intent", visitor, "POST", path, wanted)
            if answer is not None and answer.status_code == 200:
                order["intent"] = answer.json()

    def pay(self, step: Step) -> None:
        self._pays(step, "pm_card_visa")

    def decline(self, step: Step) -> None:
        self._pays(step, "pm_card_chargeDeclined")

    def confirm(self, step: Step) -> None:
        for visitor, order in self._mine(step):
            path = f"/payments/confirm-payment/{order['id']}"
            self._hears(step, "confirm", visitor, "POST", path)

    def cancel_own(self, step: Step) -> None:
        for visitor, order in self._mine(step):
            self._hears(step, "cancel_own", visitor, "POST", f"/orders/{order['id']}/cancel")

    def amend(self, step: Step) -> None:
        for visitor, order in self._mine(step):
            path = f"/orders/{order['id']}"
            seen = self._hears(step, "see", visitor, "GET", path)
            if seen is None or seen.status_code != 200:
                continue
            moved = {**ADDRESS, "line1": f"Marktplatz {step.size}"}
            change = {"shipping_address": moved} if step.chance < 0.7 else {"email": "a@b.test"}
            match = {"If-Match": f'"{seen.json()["version"]}"'}
            self._hears(step, "amend", visitor, "PATCH", path, change, headers=match)

    # What staff do.

    def mark_paid(self, step: Step) -> None:
        self._commands(step, "mark-paid", {"reference": "bank"})

    def mark_part(self, step: Step) -> None:
        part = {"amount": step.size, "currency": "EUR"}
        self._commands(step, "mark-paid", {"reference": "part", "amount": part})

    def ship(self, step: Step) -> None:
        body = {"carrier": "DHL", "tracking_number": f"JD{step.size:012}"}
        for order in self._any(step):
            seen = self._staff(step, "see_order", "GET", f"/orders/{order['id']}")
            if seen is None or seen.status_code != 200:
                continue
            scanned = [
                {"order_line_id": line["id"], "quantity": line["open_quantity"]}
                for line in seen.json()["lines"]
                if line["open_quantity"]
            ]
            self._commands(step, "ship", {**body, "verified_lines": scanned}, order)

    def ship_part(self, step: Step) -> None:
        for order in self._any(step):
            line = {"order_line_id": order["lines"][0]["id"], "quantity": 1}
            scanned = {"verified_lines": [line]} if step.chance < 0.9 else {}
            self._commands(step, "ship", {"carrier": "DHL", "lines": [line], **scanned}, order)

    def deliver(self, step: Step) -> None:
        self._with_parcel(step, "deliver")

    def void_parcel(self, step: Step) -> None:
        self._with_parcel(step, "void", {"reason": "wrong_goods"})

    def correct_parcel(self, step: Step) -> None:
        self._with_parcel(step, "correct", {"carrier": "DPD", "tracking_number": f"{step.size}9"})

    def refund_line(self, step: Step) -> None:
        for order in self._any(step):
            line = {"order_line_id": order["lines"][0]["id"], "quantity": 1,
                    "restock": step.chance < 0.5}  # fmt: skip
            body = {"lines": [line], "shipping": step.chance < 0.2, "reason": "damaged"}
            self._commands(step, "refunds", body, order)

    def refund_amount(self, step: Step) -> None:
        amount = {"amount": step.size, "currency": "EUR"}
        self._commands(step, "refunds", {"amount": amount, "reason": "goodwill"})

    def cancel(self, step: Step) -> None:
        self._commands(step, "cancel", {"reason": "customer"})

    def hold(self, step: Step) -> None:
        self._commands(step, "holds", {"reason": "address", "note": "ask"})

    def release(self, step: Step) -> None:
        for order in self._any(step):
            seen = self._staff(step, "see_order", "GET", f"/orders/{order['id']}")
            if seen is None or seen.status_code != 200:
                continue
            for held in seen.json()["holds"]:
                if held["released_at"] is None:
                    self._staff(step, "release", "POST", f"/order-holds/{held['id']}/release", {})

    def adjust(self, step: Step) -> None:
        level = self.chaos.levels[self._sku(step)]
        change = {"change": step.size % 9 - 3 or 1, "reason": "correction"}
        self._staff(step, "adjust", "POST", f"/stock/{level['id']}/adjust", change)

    def move_units(self, step: Step) -> None:
        level = self.chaos.levels[self._sku(step)]
        bins = self.chaos.bins
        source, target = bins[step.size % len(bins)], bins[(step.size // 7) % len(bins)]
        body = {"quantity": step.size % 5 + 1, "from_bin_id": source, "to_bin_id": target}
        if source != target:
            self._staff(step, "move_units", "POST", f"/stock/{level['id']}/moves", body)

    def change_state(self, step: Step) -> None:
        level = self.chaos.levels[self._sku(step)]
        states = ("available", "damaged", "available", "quarantine", "available")
        at = step.size % 4
        body = {"quantity": 1, "from": states[at], "to": states[at + 1], "reason": "other"}
        self._staff(step, "change_state", "POST", f"/stock/{level['id']}/state", body)

    def count_bin(self, step: Step) -> None:
        bin_id = self.chaos.bins[step.size % (len(self.chaos.bins) - 1)]
        started = self._staff(step, "start_count", "POST", "/counts", {"bin_id": bin_id})
        if started is None or started.status_code != 201:
            return
        count = started.json()
        for line in count["lines"]:
            body = {"level_id": line["level_id"], "bin_id": bin_id, "counted": step.size % 7}
            self._staff(step, "count_bin", "POST", f"/counts/{count['id']}/entries", body)

    def import_file(self, step: Step) -> None:
        name = f"chaos-import-{step.size % 5}"
        sheet = a_file(
            {"Handle": name, "Title": name.title(), "Variant SKU": name.upper(),
             "Variant Price": f"{step.size}.50", "Variant Inventory Qty": str(step.size % 50),
             "Status": "active"},
        )  # fmt: skip
        content = sheet if isinstance(sheet, bytes) else sheet.encode()
        named = {"Idempotency-Key": key(), "Content-Type": "text/csv"}
        self._hears(
            step, "import", self.staff, "POST", "/imports", content=content, headers=named,
            params={"on_conflict": "overwrite"},
        )  # fmt: skip

    # What banks and dashboards do.

    def webhook_again(self, step: Step) -> None:
        till = self.town.till
        events = httpx.get(
            f"{till.url}/v1/events", params={"limit": 50}, auth=(till.secret_key, ""), timeout=30
        ).json()["data"]
        if events:
            event = events[int(step.pick * len(events))]
            self._simulates(step, "resend", event["id"])

    def refund_elsewhere(self, step: Step) -> None:
        for order in self._any(step):
            self._simulates(step, "refund", order["id"], amount=str(step.size))

    def fail_refund(self, step: Step) -> None:
        for order in self._after(step, "refunds"):
            self._simulates(step, "fail-refund", order["id"])

    def dispute(self, step: Step) -> None:
        opened = "needs_response"
        ways = (
            (opened,),
            (opened, "won"),
            (opened, "under_review", "lost"),
            (f"warning_{opened}",),
        )
        for order in self._any(step):
            for status in ways[int(step.chance * len(ways))]:
                self._simulates(step, "dispute", order["id"], status=status)

    def fraud_warning(self, step: Step) -> None:
        for order in self._any(step):
            self._simulates(step, "fraud-warning", order["id"])

    # Inside

    def _comes_by(self) -> Visitor:
        return Visitor(self.town.shop.url, f"chaos-{self.number}-{key()[:8]}@example.test")

    def _sku(self, step: Step) -> str:
        return SKUS[int(step.pick * len(SKUS))]

    def _mine(self, step: Step) -> Iterator[tuple[Visitor, dict[str, Any]]]:
        """One of this actor's own recent orders, with the browser it was placed in; or none."""
        recent = self.own[-RECENT:]
        if recent:
            yield recent[int(step.pick * len(recent))]

    def _any(self, step: Step) -> Iterator[dict[str, Any]]:
        """One of the recent orders, of this actor mostly, and of anybody sometimes."""
        with self.chaos.lock:
            others = self.chaos.orders[-RECENT:]
        recent = others if step.chance < 0.4 else [order for _, order in self.own[-RECENT:]]
        if recent:
            yield recent[int(step.pick * len(recent))]

    def _after(self, step: Step, command: str) -> Iterator[dict[str, Any]]:
        """One of the orders of which a command was carried out lately."""
        with self.chaos.lock:
            recent = self.chaos.after[command][-RECENT:]
        if recent:
            yield recent[int(step.pick * len(recent))]

    def _pays(self, step: Step, card: str) -> None:
        for _, order in self._mine(step):
            if "intent" in order:
                done = self.town.till.pay(order["intent"], card=card)
                assert done.status_code < 500, done.text
                if done.status_code == (402 if step.name == "decline" else 200):
                    self.chaos.note_success(step)

    def _commands(
        self, step: Step, name: str, body: dict[str, Any], order: dict[str, Any] | None = None
    ) -> None:
        """Command something of an order, and repeat it now and then as a console does."""
        for chosen in [order] if order else self._any(step):
            named = {"Idempotency-Key": key()}
            for _ in range(2 if step.is_repeated else 1):
                path = f"/orders/{chosen['id']}/{name}"
                answer = self._staff(step, name, "POST", path, body, named)
                if answer is not None and answer.status_code < 300:
                    with self.chaos.lock:
                        self.chaos.after[name].append(chosen)

    def _with_parcel(self, step: Step, name: str, body: dict[str, Any] | None = None) -> None:
        for order in self._after(step, "ship"):
            path = f"/orders/{order['id']}/fulfilments"
            seen = self._staff(step, "parcels", "GET", path)
            if seen is None or seen.status_code != 200:
                continue
            parcels = seen.json()["data"]
            on_its_way = [one for one in parcels if one["status"] == "shipped"]
            for parcel in (on_its_way or parcels)[:1]:
                headers = {"If-Match": f'"{parcel["version"]}"'}
                self._staff(
                    step, name, "POST", f"/fulfilments/{parcel['id']}/{name}", body or {}, headers
                )

    def _staff(
        self,
        step: Step,
        call: str,
        method: str,
        path: str,
        body: Any = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response | None:
        named = {"Idempotency-Key": key(), **(headers or {})} if method != "GET" else {}
        answer = self._hears(step, call, self.staff, method, path, body, headers=named)
        if answer is not None and answer.status_code == 401:
            self._signs_in_again()
        return answer

    def _signs_in_again(self) -> None:
        """Access tokens last for minutes."""
        try:
            staff = StaffMember(self.town.shop.url)
        except (httpx.TransportError, AssertionError):
            return  # the shop is away: the next command tries
        self.staff.close()
        self.staff = staff

    def _hears(
        self,
        step: Step,
        call: str,
        who: Caller,
        method: str,
        path: str,
        body: Any = None,
        **options: Any,
    ) -> httpx.Response | None:
        """Ask for something; None when the line was cut."""
        began = time.monotonic()
        try:
            answer = who.sends(method, path, body, **options)
        except httpx.TransportError as cut:
            name = type(cut).__name__
            self.chaos.note(Told(step, call, 0, name, began, time.monotonic()))
            time.sleep(0.1)
            return None
        code = ""
        if answer.status_code >= 400:
            code = answer.json().get("code", "")
        self.chaos.note(Told(step, call, answer.status_code, code, began, time.monotonic()))
        return answer

    def _simulates(self, step: Step, what: str, target: str, **wanted: str) -> None:
        """Let something happen at the provider; it refuses what cannot happen there."""
        lost = {"lost": "true"} if what != "resend" and step.is_repeated else {}
        till = self.town.till
        done = httpx.post(
            f"{till.url}/simulate/{what}",
            data={"target": target, **wanted, **lost},
            auth=(till.secret_key, ""),
            timeout=30,
        )
        assert done.status_code < 500, done.text
        if done.status_code < 400:
            self.chaos.note_success(step)
