"""From a discount of staff to the order of a buyer, and back."""

import dataclasses
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from api.app import create_app
from api.checkout import flows as checkout_flows
from api.kernel import clock
from api.platform.db import session
from api.platform.rate_limits import limiter
from api.platform.settings import Settings
from api.promotions.models import DiscountRow, OrderDiscount
from tests.support.books import differences
from tests.support.people import a_customer
from tests.support.shop import ADDRESS, Buyer, Shop
from tests.support.sql import count_statements
from tests.support.stock import counters


def eur(amount: int) -> dict[str, Any]:
    """Write an amount of euros."""
    return {"amount": amount, "currency": "EUR"}


def discounts(shop: Shop, *, codes: tuple[str, ...] = (), **values: Any) -> dict[str, Any]:
    """Create a discount and its codes."""
    owner = shop.staff()
    body = {"name": "Spring", "kind": "percent", "is_automatic": not codes, **values}
    if body["kind"] == "percent":
        body.setdefault("basis_points", 1000)
    answer = owner.posts("/discounts", body)
    assert answer.status_code == 201, answer.json
    if codes:
        path = f"/discounts/{answer.json['id']}/codes"
        assert owner.posts(path, {"codes": list(codes)}).status_code == 201
    return dict(answer.json)


def enters(buyer: Buyer, code: str) -> Any:
    """Enter a code."""
    return buyer.client.post("/api/v1/cart/codes", json={"code": code}, headers=buyer.headers)


def cart_of(buyer: Buyer) -> dict[str, Any]:
    """Read the cart."""
    return dict(buyer.client.get("/api/v1/cart", headers=buyer.headers).json)


def quote_of(buyer: Buyer) -> dict[str, Any]:
    """Ask what the cart costs in Germany."""
    answer = buyer.client.post(
        "/api/v1/checkout/quote",
        json={"country": "DE", "shipping_method": "standard"},
        headers=buyer.headers,
    )
    assert answer.status_code == 200, answer.json
    return dict(answer.json)


def uses() -> int:
    """Return how often the one discount was used."""
    session.rollback()
    return int(session.scalar(select(DiscountRow.uses)) or 0)


def test_a_code_is_honoured_by_cart_quote_order_and_refund(shop: Shop) -> None:
    shop.sells("MUG", 10)
    shop.sells("JUG", 10, price="20.00 EUR")
    discounts(shop, codes=("SPRING",), target="order", kind="fixed", amount=eur(1000))
    buyer = shop.guest()
    buyer.adds("MUG", 2)
    buyer.adds("JUG", 1)

    entered = enters(buyer, " spring ")
    assert entered.status_code == 200, entered.json
    cart = entered.json
    assert (cart["codes"], cart["warnings"], cart["requirements"]) == (["SPRING"], [], [])
    assert [item["discount"]["amount"] for item in cart["items"]] == [500, 500]
    assert cart["items"][0]["discounts"] == [
        {"name": "Spring", "code": "SPRING", "amount": eur(500)}
    ]
    assert (cart["subtotal"], cart["total"]) == (eur(3998), eur(2998))
    quote = quote_of(buyer)
    assert (quote["total"], quote["discount_total"]) == (eur(3488), eur(1000))

    order = buyer.checks_out(expected_total=quote["total"])
    assert (order["total"], order["discount_total"]) == (eur(3488), eur(1000))
    assert [one["total"]["amount"] for one in order["lines"]] == [1498, 1500]
    assert uses() == 1
    (told,) = buyer.sees(order)["discounts"]
    assert (told["name"], told["code"], told["amount"]) == ("Spring", "SPRING", eur(1000))
    assert {one["amount"]["amount"] for one in told["lines"]} == {500}

    buyer.pays(order)
    owner = shop.staff()
    line = {"order_line_id": order["lines"][0]["id"], "quantity": 1}
    refunded = owner.posts(f"/orders/{order['id']}/refunds", {"lines": [line], "reason": "other"})
    assert refunded.status_code == 201, refunded.json
    assert refunded.json["amount"] == eur(749)  # half of what was paid for two mugs
    assert differences() == []


def test_free_shipping_follows_to_another_method_and_back_to_the_uses(shop: Shop) -> None:
    shop.sells("MUG", 10)
    discounts(shop, codes=("POST",), kind="free_shipping")
    buyer = shop.customer()
    buyer.adds("MUG", 1)
    assert enters(buyer, "POST").json["discounts"][0]["amount"] == eur(0)

    order = buyer.checks_out()
    assert (order["shipping_total"], order["shipping_discount"]) == (eur(0), eur(490))
    abroad = {**ADDRESS, "country": "AT", "postal_code": "1010"}
    changed = buyer.changes(order, shipping_address=abroad)
    assert (changed["shipping_total"], changed["discount_total"]) == (eur(0), eur(490))
    assert buyer.cancels(order).status_code == 200
    assert uses() == 0
    assert session.scalar(select(OrderDiscount.released_at)) is not None


def test_why_a_code_does_not_apply_is_told_and_it_is_not_used(shop: Shop) -> None:
    shop.sells("MUG", 10)
    discounts(shop, codes=("BIG",), min_amount=eur(2418))
    buyer = shop.guest()
    buyer.adds("MUG", 2)

    cart = enters(buyer, "B1G").json  # look-alikes are one code
    (told,) = cart["not_applied"]
    assert (told["condition"], told["missing_amount"]) == ("min_amount", eur(420))
    assert cart["warnings"][0]["code"] == "code_not_applied"
    assert cart["warnings"][0]["detail"] == "BIG: 4.20 EUR to go."
    assert buyer.checks_out()["discount_total"] == eur(0)
    assert uses() == 0


def test_codes_are_removed_limited_and_unknown_ones_refused(shop: Shop) -> None:
    shop.sells("MUG", 10)
    discounts(shop, codes=tuple(f"CODE-{n}" for n in range(2, 8)))
    buyer = shop.guest()
    buyer.adds("MUG", 1)

    unknown = enters(buyer, "NOPE")
    assert (unknown.status_code, unknown.json["code"]) == (422, "discount_code_unknown")
    for n in range(2, 7):
        assert enters(buyer, f"CODE-{n}").status_code == 200
    assert enters(buyer, "CODE-2").status_code == 200
    many = enters(buyer, "CODE-7")
    assert (many.status_code, many.json["code"]) == (422, "too_many_codes")
    seen = {**buyer.headers, "If-Match": many.headers.get("ETag", f'"{cart_of(buyer)["version"]}"')}
    left = buyer.client.delete("/api/v1/cart/codes/code-2", headers=seen).json
    assert left["codes"] == [f"CODE-{n}" for n in range(3, 7)]


def test_a_customer_uses_a_code_once_by_account_or_by_address(shop: Shop) -> None:
    shop.sells("MUG", 10)
    discounts(shop, codes=("ONCE",), max_uses_per_customer=1)
    customer = shop.customer(a_customer())
    customer.adds("MUG", 1)
    enters(customer, "ONCE")
    order = customer.checks_out()
    assert order["discount_total"] == eur(100)

    customer.adds("MUG", 1)
    again = enters(customer, "ONCE").json
    assert again["not_applied"][0]["condition"] == "used_by_you"
    guest = shop.guest()
    guest.email = order["email"]
    guest.adds("MUG", 1)
    assert enters(guest, "ONCE").json["not_applied"] == []
    refused = guest.tries_to_check_out(expected_total=eur(899 + 490))
    assert (refused.status_code, refused.json["code"]) == (409, "cart_changed")
    customer.cancels(order)
    assert guest.checks_out()["discount_total"] == eur(100)


def test_discounts_that_the_cart_decides_cost_no_statement(shop: Shop) -> None:
    shop.sells("MUG", 50)
    buyer = shop.guest()
    buyer.adds("MUG", 2)

    def statements() -> int:
        with count_statements() as counted:
            cart_of(buyer)
        return counted.count

    assert statements() == 2
    for n in range(10):
        discounts(shop, name=f"Offer {n}", priority=n, max_uses=1000)
    assert statements() == 3  # the discounts are read once, and then kept
    assert (statements(), statements()) == (2, 2)
    assert len(cart_of(buyer)["discounts"]) == 10
    before = counters(shop.variants["MUG"]).allocated
    assert buyer.checks_out()["discount_total"]["amount"] > 0
    assert counters(shop.variants["MUG"]).allocated == before + 2


def test_automatic_discounts_stop_at_their_last_use(shop: Shop) -> None:
    shop.sells("MUG", 10)
    discounts(shop, max_uses=1)
    first, second = shop.guest(), shop.guest()
    first.adds("MUG", 1)
    second.adds("MUG", 1)
    assert cart_of(second)["discount_total"] == eur(100)
    order = first.checks_out()
    assert order["discount_total"] == eur(100)
    assert cart_of(second)["discount_total"] == eur(0)
    assert shop.staff().posts(f"/orders/{order['id']}/cancel", {"reason": "customer"}).json
    assert cart_of(second)["discount_total"] == eur(100)
    assert second.checks_out()["discount_total"] == eur(100)
    third = shop.guest()
    third.adds("MUG", 1)
    assert third.checks_out()["discount_total"] == eur(0)


def test_a_switched_off_discount_no_longer_applies(shop: Shop) -> None:
    shop.sells("MUG", 10)
    made = discounts(shop)
    buyer = shop.guest()
    assert buyer.adds("MUG", 1)["discount_total"] == eur(100)
    owner = shop.staff()
    path = f"/api/v1/admin/discounts/{made['id']}"
    seen = {**owner.headers, "If-Match": '"1"'}
    owner.client.patch(path, json={"is_active": False}, headers=seen)
    assert cart_of(buyer)["discount_total"] == eur(0)
    assert session.scalar(text("SELECT token FROM discounts_state")) is None


@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({"kind": "percent"}, "/basis_points"),
        ({"kind": "percent", "basis_points": 0}, "/basis_points"),
        ({"kind": "fixed", "amount": eur(-5)}, "/amount/amount"),
        ({"kind": "fixed", "amount": eur(5), "basis_points": 500}, "/basis_points"),
        ({"kind": "free_shipping", "target": "lines"}, "/target"),
        ({"kind": "percent", "basis_points": 500, "ends_on": "2020-01-01"}, "/ends_on"),
        ({"kind": "percent", "basis_points": 500, "starts_on": "2030-02-01",
          "ends_on": "2030-01-01"}, "/ends_on"),
        ({"kind": "percent", "basis_points": 500, "products": ["no-such"]}, "/products/0"),
        ({"kind": "percent", "basis_points": 500, "max_uses": 1,
          "max_uses_per_customer": 2}, "/max_uses_per_customer"),
        ({"kind": "fixed", "amount": eur(5),
          "min_amount": {"amount": 5, "currency": "USD"}}, "/min_amount"),
        ({"kind": "tiered_by_quantity"}, "/tiers"),
        ({"kind": "tiered_by_quantity", "tiers": [
            {"quantity": 5, "basis_points": 500}, {"quantity": 5, "basis_points": 900}]},
         "/tiers/1"),
        ({"kind": "tiered_by_quantity", "tiers": [
            {"quantity": 5, "basis_points": 500}, {"quantity": 9, "basis_points": 400}]},
         "/tiers/1"),
        ({"kind": "tiered_by_quantity", "min_quantity": 10, "tiers": [
            {"quantity": 5, "basis_points": 500}, {"quantity": 9, "basis_points": 900}]},
         "/tiers/0"),
        ({"kind": "tiered_by_quantity", "tiers": [{"quantity": 5}]}, "/tiers/0"),
        ({"kind": "tiered_by_value", "tiers": [{"quantity": 5, "basis_points": 5}]}, "/tiers/0"),
        ({"kind": "buy_x_get_y", "buy_quantity": 2}, "/get_quantity"),
        ({"kind": "percent", "basis_points": 500, "min_quantity": 1000}, "/min_quantity"),
        ({"kind": "buy_x_get_y", "buy_quantity": 10**9, "get_quantity": 1}, "/buy_quantity"),
        ({"kind": "tiered_by_quantity", "tiers": [
            {"quantity": 5, "basis_points": 500}, {"quantity": 5000, "basis_points": 900}]},
         "/tiers/1/quantity"),
    ],
)  # fmt: skip
def test_a_discount_that_makes_no_sense_is_refused(
    shop: Shop, values: dict[str, Any], pointer: str
) -> None:
    shop.sells("MUG", 1)  # of one variant a cart holds at most 999
    answer = shop.staff().posts("/discounts", {"name": "Wrong", **values})

    assert answer.status_code == 422, answer.json
    assert pointer in [error["pointer"] for error in answer.json["errors"]]


def test_a_list_of_codes_is_taken_whole_or_refused_by_row(shop: Shop) -> None:
    owner = shop.staff()
    made = discounts(shop, codes=("SUMMER",))
    path = f"/discounts/{made['id']}/codes"

    refused = owner.posts(path, {"csv": "code\n\nNEW-O\nNEW-0\nnew-o\nSUMMER\nx\n"})
    assert (refused.status_code, refused.json["code"]) == (422, "codes_refused")
    assert [(one["pointer"], one["code"]) for one in refused.json["errors"]] == [
        ("/codes/3", "look_alike"), ("/codes/4", "duplicate"), ("/codes/5", "taken"),
        ("/codes/6", "badly_written"),
    ]  # fmt: skip
    # The rows are those of the file, with its heading and its empty lines.
    assert refused.json["errors"][0]["detail"].startswith("Row 4: NEW-0 looks like NEW-O in row 3")
    listed = owner.posts(path, {"codes": ["NEW-O", "NEW-0"]})
    assert listed.json["errors"][0]["detail"].startswith("Row 2: NEW-0 looks like NEW-O in row 1")
    assert owner.gets(path).json["data"][0]["code"] == "SUMMER"

    batch = owner.posts(f"{path}/batch", {"count": 10_000, "prefix": "vip-"})
    assert (batch.status_code, batch.json) == (201, {"added": 10_000})
    assert owner.gets(path, include="total").json["page"]["total"] == 10_000
    sheet = owner.gets(f"{path}/export").text.splitlines()
    assert (sheet[0], len(set(sheet))) == ("code,uses,max_uses", 10_002)
    short = owner.posts(f"{path}/batch", {"count": 100, "length": 4})
    assert (short.status_code, short.json["errors"][0]["pointer"]) == (422, "/length")


def test_staff_try_a_discount_before_it_runs(shop: Shop) -> None:
    shop.sells("MUG", 10)
    made = discounts(shop, codes=("LATER",), is_active=False, min_quantity=3)
    owner, path = shop.staff(), f"/discounts/{made['id']}/try"

    few = owner.posts(path, {"lines": [{"sku": "MUG", "quantity": 2}]}).json
    enough = owner.posts(path, {"lines": [{"sku": "MUG", "quantity": 3}]}).json
    unknown = owner.posts(path, {"lines": [{"sku": "NOPE"}]})

    assert few["not_applied"][0]["missing_quantity"] == 1
    assert (enough["subtotal"], enough["total"]) == (eur(2997), eur(2697))
    assert unknown.json["errors"][0]["pointer"] == "/lines/0/sku"


def test_a_discount_for_a_market_waits_for_the_country(shop: Shop) -> None:
    shop.sells("MUG", 10)
    owner = shop.staff()
    wrong = owner.posts(
        "/discounts", {"name": "N", "kind": "percent", "basis_points": 1, "markets": ["x"]}
    )
    assert wrong.json["errors"][0]["pointer"] == "/markets/0"
    for code, country in (("home", "DE"), ("south", "AT")):
        made = owner.posts(
            "/markets",
            {"code": code, "name": code, "countries": [country], "currency": "EUR",
             "language": "en", "prices_include_tax": True, "payment_methods": ["stripe"]},
        )  # fmt: skip
        assert made.status_code == 201, made.json
    discounts(shop, markets=["south"])
    buyer = shop.guest()
    assert buyer.adds("MUG", 1)["discount_total"] == eur(100)
    assert quote_of(buyer)["discount_total"] == eur(0)


def test_the_codes_of_a_guest_join_the_customers_at_sign_in(shop: Shop) -> None:
    shop.sells("MUG", 10)
    discounts(shop, codes=("ONE", "TWO"))
    guest, customer = shop.guest(), shop.customer()
    guest.adds("MUG", 1)
    customer.adds("MUG", 1)
    enters(guest, "ONE")
    enters(customer, "TWO")

    both = {**customer.headers, "X-Cart-Token": guest.headers["X-Cart-Token"]}
    assert customer.client.get("/api/v1/cart", headers=both).json["codes"] == ["TWO", "ONE"]


def test_guessing_codes_is_limited(shop: Shop, settings: Settings) -> None:
    shop.sells("MUG", 10)
    guest = shop.guest()
    guest.adds("MUG", 1)
    counting = create_app(dataclasses.replace(settings, rate_limits_enabled=True))
    buyer = Buyer(counting.test_client(), shop.gateway, guest.headers)
    try:
        answers = [enters(buyer, f"GUESS-{n}").status_code for n in range(12)]
    finally:
        limiter.enabled = False

    assert answers == [422] * 10 + [429] * 2


def test_an_order_that_expires_gives_its_code_back_to_the_next_buyer(shop: Shop) -> None:
    shop.sells("MUG", 10)
    discounts(shop, codes=("LAST",), max_uses=1)
    first, second = shop.guest(), shop.guest()
    for buyer in (first, second):
        buyer.adds("MUG", 1)
        enters(buyer, "LAST")
    assert first.checks_out()["discount_total"] == eur(100)
    assert cart_of(second)["not_applied"][0]["condition"] == "used_up"

    with clock.frozen(clock.now() + timedelta(hours=2)):
        assert checkout_flows.expire_unpaid_orders() == 1
    assert uses() == 0
    assert second.checks_out()["discount_total"] == eur(100)
    assert differences() == []


@pytest.mark.parametrize("target", ["lines", "order"])
def test_a_gift_card_is_sold_at_face_value(shop: Shop, target: str) -> None:
    shop.sells("CARD", 10, price="25.00 EUR", tax_class="gift_card")
    shop.sells("MUG", 10)
    made = discounts(shop, codes=("SPRING",), target=target, basis_points=5000)
    buyer = shop.guest()
    buyer.adds("CARD", 1)

    refused = enters(buyer, "SPRING")
    alone = cart_of(buyer)
    buyer.adds("MUG", 1)
    mixed = cart_of(buyer)
    tried = shop.staff().posts(
        f"/discounts/{made['id']}/try",
        {"lines": [{"sku": sku, "quantity": 1} for sku in ("CARD", "MUG")]},
    )

    assert (alone["discount_total"], alone["subtotal"]) == (eur(0), eur(2500)), refused.json
    assert {line["sku"]: line["discount"] for line in mixed["items"]} == {
        "CARD": eur(0),
        "MUG": eur(500),
    }
    assert (tried.json["subtotal"], tried.json["discount_total"]) == (eur(3499), eur(500))
    order = buyer.checks_out()
    assert {line["sku"]: line["total"] for line in order["lines"]} == {
        "CARD": eur(2500),
        "MUG": eur(499),
    }
