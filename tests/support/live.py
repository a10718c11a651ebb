"""People at a running shop, over real HTTP: `visitor.adds("MUG", 2)`, `owner.ships(order)`."""

from typing import Any
from uuid import uuid4

import httpx

from tests.support.stack import RunningShop
from tests.support.waiting import PATIENCE_SECONDS, eventually

PASSWORD = "a kettle for the office 7"
OWNER_EMAIL = "olivia@shop.test"
ADDRESS = {
    "name": "Carla Customer",
    "line1": "Marktplatz 3",
    "city": "Bremen",
    "postal_code": "28195",
    "country": "DE",
}


def key() -> str:
    """Make an idempotency key."""
    return str(uuid4())


class Caller:
    """Somebody with an HTTP client; `headers` say who they are."""

    def __init__(self, url: str, **headers: str) -> None:
        self.patience = PATIENCE_SECONDS
        self.http = httpx.Client(base_url=f"{url}/api/v1", timeout=60)
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    def sends(self, method: str, path: str, body: Any = None, **options: Any) -> httpx.Response:
        """Make a request and return its answer, whatever it is."""
        headers = {**self.headers, **options.pop("headers", {})}
        return self.http.request(method, path, json=body, headers=headers, **options)

    def gets(self, path: str, **query: Any) -> Any:
        """Read something."""
        return self._expected(200, self.sends("GET", path, params=query))

    def posts(self, path: str, body: Any = None, *, expected: int = 200, **headers: str) -> Any:
        """Send something and get the answer with the status that is expected."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._expected(expected, self.sends("POST", path, body, headers=named))

    def commands(
        self, path: str, body: Any = None, *, expected: int = 201, idempotency_key: str = ""
    ) -> Any:
        """Send a command with a key."""
        named = idempotency_key or key()
        return self.posts(path, body or {}, expected=expected, Idempotency_Key=named)

    def insists(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """Repeat a request until the shop is back and has an answer, as a client has to.

        Gives up neither when the connection breaks, nor when the shop asks to come again.
        """
        named = {name.replace("_", "-"): value for name, value in headers.items()}

        def answer() -> httpx.Response | None:
            try:
                got = self.sends(method, path, body, headers=named)
            except httpx.TransportError:
                return None
            in_progress = got.status_code == 409 and got.json()["code"].endswith("in_progress")
            return None if got.status_code == 503 or in_progress else got

        return eventually(answer, within=self.patience, what=f"an answer to {method} {path}")

    def close(self) -> None:
        """Hang up."""
        self.http.close()

    @staticmethod
    def _expected(status: int, answer: httpx.Response) -> Any:
        assert answer.status_code == status, f"{answer.status_code}: {answer.text}"
        return answer.json() if answer.content else None


class Visitor(Caller):
    """A guest with a storefront, until they sign in."""

    def __init__(self, url: str, email: str = "guest@example.test") -> None:
        super().__init__(url)
        self.email = email

    def registers(self, full_name: str = "Carla Customer") -> None:
        """Open an account."""
        form = {"email": self.email, "password": PASSWORD, "full_name": full_name}
        self.posts("/auth/register", form, expected=202)

    def signs_in(self) -> dict[str, Any]:
        """Sign in; the cart of the guest is remembered until the next look at the cart."""
        pair: dict[str, Any] = self.posts(
            "/auth/login", {"email": self.email, "password": PASSWORD}
        )
        self.headers["Authorization"] = f"Bearer {pair['access_token']}"
        return pair

    def adds(self, sku: str, quantity: int = 1) -> dict[str, Any]:
        """Put units into the cart."""
        cart: dict[str, Any] = self.posts("/cart/items", {"sku": sku, "quantity": quantity})
        if "token" in cart:
            self.headers["X-Cart-Token"] = cart["token"]
        return cart

    def form(self, **changes: Any) -> dict[str, Any]:
        """Fill in the checkout."""
        return {
            "email": self.email,
            "shipping_address": ADDRESS,
            "shipping_method": "standard",
            **changes,
        }

    def checks_out(self, *, idempotency_key: str = "", **changes: Any) -> dict[str, Any]:
        """Turn the cart into an order."""
        placed: dict[str, Any] = self.commands(
            "/checkout", self.form(**changes), idempotency_key=idempotency_key
        )
        return placed

    def orders(self, sku: str, quantity: int = 1, **changes: Any) -> dict[str, Any]:
        """Put units into the cart and check out."""
        self.adds(sku, quantity)
        return self.checks_out(**changes)

    def asks_to_pay(self, order: dict[str, Any]) -> dict[str, Any]:
        """Get a PaymentIntent."""
        intent: dict[str, Any] = self.posts(
            "/payments/create-payment-intent", {"order_id": order["id"]}
        )
        return intent

    def confirms(self, order: dict[str, Any]) -> dict[str, Any]:
        """Ask the shop to look at the payment; returns the order."""
        settled: dict[str, Any] = self.posts(f"/payments/confirm-payment/{order['id']}")
        return settled

    def sees(self, order: dict[str, Any]) -> dict[str, Any]:
        """Read the order."""
        seen: dict[str, Any] = self.gets(f"/orders/{order['id']}")
        return seen

    def waits_until(self, order: dict[str, Any], **fields: str) -> dict[str, Any]:
        """Look at the order until it reads so: `waits_until(order, payment_status="paid")`."""

        def reads_so() -> dict[str, Any] | None:
            seen = self.sees(order)
            return seen if all(seen[name] == value for name, value in fields.items()) else None

        return eventually(reads_so, what=f"order {order['number']} to be {fields}")


class StaffMember(Caller):
    """Somebody at the counter. Paths begin below /api/v1/admin."""

    def __init__(self, url: str, email: str = OWNER_EMAIL) -> None:
        super().__init__(url)
        self.http.base_url = f"{url}/api/v1/admin"
        pair = self.posts("/auth/login", {"email": email, "password": PASSWORD})
        self.headers["Authorization"] = f"Bearer {pair['access_token']}"

    def sells(
        self,
        sku: str,
        quantity: int,
        *,
        price: int = 999,
        threshold: int | None = None,
        title: str | None = None,
        barcode: str | None = None,
    ) -> dict[str, Any]:
        """Put a product on sale with so many units on the shelf; returns its stock level."""
        money = {"amount": price, "currency": "EUR"}
        product = self.posts(
            "/products",
            {"title": title or sku.replace("-", " ").title(),
             "variants": [{"sku": sku, "barcode": barcode, "prices": [{"price": money}]}]},
            expected=201,
        )  # fmt: skip
        self.posts(f"/products/{product['id']}/publish")
        level = self.posts("/stock", {"variant_id": product["variants"][0]["id"]}, expected=201)
        level = self.adjusts(level, change=quantity, reason="received")
        return level if threshold is None else self.watches(level, threshold)

    def watches(self, level: dict[str, Any], threshold: int) -> dict[str, Any]:
        """Set the number at which a level counts as low."""
        answer = self.sends(
            "PATCH",
            f"/stock/{level['id']}",
            {"low_stock_threshold": threshold},
            headers={"If-Match": f'"{level["version"]}"'},
        )
        watched: dict[str, Any] = self._expected(200, answer)
        return watched

    def adjusts(self, level: dict[str, Any], **change: Any) -> dict[str, Any]:
        """Change what lies on a shelf."""
        adjusted: dict[str, Any] = self.commands(
            f"/stock/{level['id']}/adjust", change, expected=200
        )
        return adjusted

    def opens(self, order: dict[str, Any]) -> dict[str, Any]:
        """Open the case file of an order."""
        case: dict[str, Any] = self.gets(f"/orders/{order['id']}")
        return case

    def ships(self, order: dict[str, Any], **form: Any) -> dict[str, Any]:
        """Hand an order, or part of it, to a carrier."""
        parcel: dict[str, Any] = self.commands(
            f"/orders/{order['id']}/ship", {"carrier": "DHL", **form}
        )
        return parcel

    def level(self, sku: str) -> dict[str, Any]:
        """Look a stock level up by its SKU."""
        (found,) = [level for level in self.gets("/stock", q=sku)["data"] if level["sku"] == sku]
        return dict(found)


def open_shop(shop: RunningShop) -> StaffMember:
    """Hire the owner from the shell, and let her set up taxes, shipping and a shelf."""
    shop.flask(
        *("create-staff", OWNER_EMAIL, "--name", "Olivia Owner", "--role", "owner"),
        "--password-stdin",
        typed=PASSWORD,
    )
    owner = StaffMember(shop.url)
    owner.posts("/locations", {"code": "MAIN", "name": "Main shelf"}, expected=201)
    rate = {"country": "DE", "tax_class": "standard", "basis_points": 1900, "name": "VAT"}
    owner.posts("/tax-rates", rate, expected=201)
    parcel = {
        "code": "standard",
        "name": "Parcel",
        "countries": ["DE"],
        "price": {"amount": 490, "currency": "EUR"},
        "free_above": {"amount": 10_000, "currency": "EUR"},
        "carrier": "DHL",
    }
    owner.posts("/shipping-methods", parcel, expected=201)
    return owner
