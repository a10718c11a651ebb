"""A small shop in Germany and the people in it, told over HTTP: `buyer.adds("MUG", 2)`."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from flask import Flask
from flask.testing import FlaskClient

from api.inventory import service as inventory_service
from api.kernel.money import Money
from api.kernel.principal import SYSTEM
from api.platform.db import transaction
from api.shipping import service as shipping_service
from api.shipping.service import ShippingMethodInput
from api.tax import service as tax_service
from tests.support.catalogue import a_product
from tests.support.gateway import ScriptedGateway
from tests.support.mailer import RecordingMailer
from tests.support.people import Person, a_customer, a_staff_member
from tests.support.stock import stocked

ADDRESS = {
    "name": "Carla Customer",
    "company": None,
    "line1": "Marktplatz 3",
    "line2": None,
    "city": "Bremen",
    "region": None,
    "postal_code": "28195",
    "country": "DE",
    "phone": None,
}


def key() -> str:
    """Make an idempotency key."""
    return str(uuid4())


@dataclass
class Buyer:
    """A customer or guest with a browser."""

    client: FlaskClient
    gateway: ScriptedGateway
    headers: dict[str, str] = field(default_factory=dict)
    email: str | None = "guest@example.test"

    def adds(self, sku: str, quantity: int = 1, **more: Any) -> dict[str, Any]:
        """Put units into the cart; remembers the token of a new guest's cart."""
        answer = self.client.post(
            "/api/v1/cart/items",
            json={"sku": sku, "quantity": quantity, **more},
            headers=self.headers,
        )
        assert answer.status_code == 200, answer.json
        if "token" in answer.json:
            self.headers = {**self.headers, "X-Cart-Token": answer.json["token"]}
        return dict(answer.json)

    def tries_to_check_out(self, *, idempotency_key: str | None = None, **form: Any) -> Any:
        """Send the checkout and return the answer, whatever it is."""
        body = {
            "email": self.email,
            "shipping_address": ADDRESS,
            "shipping_method": "standard",
            **form,
        }
        return self.client.post(
            "/api/v1/checkout",
            json=body,
            headers={**self.headers, "Idempotency-Key": idempotency_key or key()},
        )

    def checks_out(self, **form: Any) -> dict[str, Any]:
        """Turn the cart into an order."""
        answer = self.tries_to_check_out(**form)
        assert answer.status_code == 201, answer.json
        return dict(answer.json)

    def asks_to_pay(self, order: dict[str, Any]) -> dict[str, Any]:
        """Get a PaymentIntent."""
        answer = self.client.post(
            "/api/v1/payments/create-payment-intent",
            json={"order_id": order["id"]},
            headers=self.headers,
        )
        assert answer.status_code == 200, answer.json
        return dict(answer.json)

    def pays(self, order: dict[str, Any]) -> dict[str, Any]:
        """Pay by card and confirm; returns the order."""
        intent = self.asks_to_pay(order)
        self.gateway.pay(intent["payment_intent_id"])
        answer = self.confirms(order)
        assert answer.status_code == 200, answer.json
        return dict(answer.json)

    def confirms(self, order: dict[str, Any]) -> Any:
        """Ask the shop to look at the payment."""
        return self.client.post(
            f"/api/v1/payments/confirm-payment/{order['id']}", headers=self.headers
        )

    def tries_to_change(
        self, order: dict[str, Any], *, version: int | None = None, **form: Any
    ) -> Any:
        """Change an unpaid order, as it stands or from a version that was seen before."""
        seen = self.sees(order)["version"] if version is None else version
        return self.client.patch(
            f"/api/v1/orders/{order['id']}",
            json=form,
            headers={**self.headers, "If-Match": f'"{seen}"'},
        )

    def changes(self, order: dict[str, Any], **form: Any) -> dict[str, Any]:
        """Change an unpaid order and return it."""
        answer = self.tries_to_change(order, **form)
        assert answer.status_code == 200, answer.json
        return dict(answer.json)

    def cancels(self, order: dict[str, Any]) -> Any:
        """Cancel an unpaid order and return the answer, whatever it is."""
        return self.client.post(f"/api/v1/orders/{order['id']}/cancel", headers=self.headers)

    def sees(self, order: dict[str, Any]) -> dict[str, Any]:
        """Read the order."""
        answer = self.client.get(f"/api/v1/orders/{order['id']}", headers=self.headers)
        assert answer.status_code == 200, answer.json
        return dict(answer.json)


@dataclass
class Shop:
    """The shop, its provider and its letters."""

    app: Flask
    gateway: ScriptedGateway
    mailer: RecordingMailer
    variants: dict[str, UUID] = field(default_factory=dict)

    def opens(self) -> "Shop":
        """Set tax, shipping and a location up."""
        with transaction():
            tax_service.set_tax_rate("DE", "standard", 1900, name="VAT", by=SYSTEM)
            tax_service.set_tax_rate("AT", "standard", 2000, name="VAT", by=SYSTEM)
            tax_service.set_tax_rate("DE", "reduced", 700, name="reduced VAT", by=SYSTEM)
            shipping_service.create_shipping_method(
                ShippingMethodInput(
                    code="standard",
                    name="Parcel",
                    countries=["DE", "AT"],
                    price=Money(490, "EUR"),
                    free_above=Money(10_000, "EUR"),
                ),
                by=SYSTEM,
            )
            inventory_service.create_location("MAIN", "Main shelf", by=SYSTEM)
        return self

    def sells(self, sku: str, quantity: int, *, price: str = "9.99 EUR", threshold: int = 0,
              **product: Any) -> UUID:  # fmt: skip
        """Put a product on sale with so many units on the shelf."""
        (variant_id,) = a_product(sku, price=price, **product)
        stocked(variant_id, quantity, threshold=threshold)
        self.variants[sku] = variant_id
        return variant_id

    def guest(self) -> Buyer:
        """Have a guest come by."""
        return Buyer(self.app.test_client(), self.gateway)

    def customer(self, person: Person | None = None) -> Buyer:
        """Have a signed-in customer come by."""
        who = person or a_customer()
        return Buyer(self.app.test_client(), self.gateway, dict(who.headers), email=None)

    def staff(self, role: str = "owner") -> "Staff":
        """Have someone at the counter."""
        return Staff(self.app.test_client(), dict(a_staff_member(role).headers))

    def an_order(self, *, paid: bool = True, buyer: Buyer | None = None, **skus: int
                 ) -> dict[str, Any]:  # fmt: skip
        """Have an order of so many units by SKU (`MUG=2`), paid unless told otherwise."""
        who = buyer or self.guest()
        for sku, quantity in skus.items():
            who.adds(sku, quantity)
        order = who.checks_out()
        return who.pays(order) if paid else order


@dataclass
class Staff:
    """Someone at the counter, with the keys of their role."""

    client: FlaskClient
    headers: dict[str, str]

    def gets(self, path: str, **query: Any) -> Any:
        """Read something below /api/v1/admin."""
        return self.client.get(f"/api/v1/admin{path}", query_string=query, headers=self.headers)

    def posts(self, path: str, body: Any = None, *, idempotency_key: str | None = None) -> Any:
        """Command something below /api/v1/admin."""
        headers = {**self.headers, "Idempotency-Key": idempotency_key or key()}
        return self.client.post(f"/api/v1/admin{path}", json=body or {}, headers=headers)

    def marks_paid(self, order: dict[str, Any], amount: int | None = None, **more: Any) -> Any:
        """Record a bank transfer, by default of all that is due; in minor units of EUR."""
        body: dict[str, Any] = {"reference": "bank statement of today", **more}
        if amount is not None:
            body["amount"] = {"amount": amount, "currency": "EUR"}
        return self.posts(f"/orders/{order['id']}/mark-paid", body)

    def cancels(self, order: dict[str, Any], **more: Any) -> Any:
        """Cancel an order."""
        return self.posts(f"/orders/{order['id']}/cancel", {"reason": "customer"}, **more)

    def opens(self, order: dict[str, Any]) -> dict[str, Any]:
        """Read everything about an order."""
        answer = self.gets(f"/orders/{order['id']}")
        assert answer.status_code == 200, answer.json
        return dict(answer.json)

    def edits(self, order: dict[str, Any], *, version: int | None = None,
              idempotency_key: str | None = None, **form: Any) -> Any:  # fmt: skip
        """Edit an order as it stands, or from a version that was seen before."""
        seen = self.opens(order)["version"] if version is None else version
        headers = {**self.headers, "Idempotency-Key": idempotency_key or key()}
        headers["If-Match"] = f'"{seen}"'
        url = f"/api/v1/admin/orders/{order['id']}/edits"
        return self.client.post(url, json=form, headers=headers)

    def refunds(self, order: dict[str, Any], *, lines: dict[int, int] | None = None,
                shipping: bool = False, restock: bool = False, amount: int | None = None,
                reason: str = "damaged", to_store_credit: bool = False,
                **more: Any) -> Any:  # fmt: skip
        """Refund units by the position of their line, counted from 0; or an amount in cents."""
        wanted = [
            {"order_line_id": order["lines"][at]["id"], "quantity": units, "restock": restock}
            for at, units in (lines or {}).items()
        ]
        body: dict[str, Any] = {"lines": wanted, "shipping": shipping, "reason": reason}
        if amount is not None:
            body["amount"] = {"amount": amount, "currency": "EUR"}
        if to_store_credit:
            body["to_store_credit"] = True
        return self.posts(f"/orders/{order['id']}/refunds", body, **more)
