"""From cart to order, as a storefront sees it."""

from datetime import timedelta
from uuid import uuid4

from api.catalog.service import variants as variant_service
from api.catalog.service.inputs import PriceInput
from api.checkout import flows as checkout_flows
from api.kernel import clock
from api.kernel.money import Money
from api.kernel.principal import SYSTEM
from api.platform.db import transaction
from tests.support.shop import ADDRESS, Shop, key
from tests.support.sql import count_statements
from tests.support.stock import counters, journal
from tests.support.work import drain


def test_a_guest_buys_two_mugs_and_pays_by_card(shop: Shop) -> None:
    mug = shop.sells("MUG", 10)
    guest = shop.guest()
    guest.adds("MUG", 2)

    order = guest.checks_out()

    assert order["number"] == "1001"
    assert (order["status"], order["payment_status"]) == ("placed", "unpaid")
    assert order["subtotal"] == {"amount": 1998, "currency": "EUR"}
    assert order["shipping_total"] == {"amount": 490, "currency": "EUR"}
    assert order["total"] == {"amount": 2488, "currency": "EUR"}
    assert order["tax_total"] == {"amount": 319 + 78, "currency": "EUR"}
    assert counters(mug).allocated == 2

    paid = guest.pays(order)

    assert paid["payment_status"] == "paid"
    assert guest.sees(order)["paid_at"] is not None


def test_the_guest_cart_joins_the_customers_at_sign_in(shop: Shop) -> None:
    shop.sells("MUG", 10)
    shop.sells("JUG", 10)
    guest, customer = shop.guest(), shop.customer()
    guest.adds("MUG", 2)
    customer.adds("MUG", 1)
    customer.adds("JUG", 1)

    both = {**customer.headers, "X-Cart-Token": guest.headers["X-Cart-Token"]}
    cart = customer.client.get("/api/v1/cart", headers=both).json

    assert cart["joined_guest_cart"] is True
    assert {item["sku"]: item["quantity"] for item in cart["items"]} == {"MUG": 3, "JUG": 1}
    assert guest.client.get("/api/v1/cart", headers=guest.headers).json["items"] == []


def test_what_is_not_for_sale_or_not_there_is_refused_and_the_cart_stays(shop: Shop) -> None:
    shop.sells("MUG", 2)
    guest = shop.guest()
    guest.adds("MUG", 2)

    more = guest.client.post(
        "/api/v1/cart/items", json={"sku": "MUG", "quantity": 1}, headers=guest.headers
    )
    unknown = guest.client.post(
        "/api/v1/cart/items", json={"sku": "NO-SUCH"}, headers=guest.headers
    )

    assert (more.status_code, more.json["code"]) == (409, "insufficient_stock")
    assert (more.json["requested"], more.json["available"]) == (3, 2)
    assert (unknown.status_code, unknown.json["code"]) == (422, "not_for_sale")
    assert unknown.json["errors"][0]["pointer"] == "/sku"
    nowhere = guest.client.post(
        "/api/v1/cart/items", json={"variant_id": str(uuid4())}, headers=guest.headers
    )
    assert (nowhere.status_code, nowhere.json["code"]) == (422, "not_for_sale")
    assert nowhere.json["errors"][0]["pointer"] == "/variant_id"
    cart = guest.client.get("/api/v1/cart", headers=guest.headers).json
    assert [item["quantity"] for item in cart["items"]] == [2]


def test_two_tabs_on_one_cart_the_second_change_is_stale(shop: Shop) -> None:
    shop.sells("MUG", 10)
    guest = shop.guest()
    cart = guest.adds("MUG", 1)
    item = f"/api/v1/cart/items/{cart['items'][0]['id']}"
    seen = {**guest.headers, "If-Match": f'"{cart["version"]}"'}

    first = guest.client.patch(item, json={"quantity": 3}, headers=seen)
    second = guest.client.patch(item, json={"quantity": 5}, headers=seen)
    without = guest.client.delete(item, headers=guest.headers)

    assert first.status_code == 200
    assert (second.status_code, second.json["code"]) == (412, "stale_version")
    assert without.status_code == 428
    assert guest.client.get("/api/v1/cart", headers=guest.headers).json["unit_count"] == 3


def test_the_same_checkout_sent_twice_is_one_order(shop: Shop) -> None:
    mug = shop.sells("MUG", 10)
    guest = shop.guest()
    guest.adds("MUG", 1)
    once = key()

    first = guest.tries_to_check_out(idempotency_key=once)
    replay = guest.tries_to_check_out(idempotency_key=once)
    other_key = guest.tries_to_check_out()
    other_form = guest.tries_to_check_out(email="corrected@example.test")
    other_body = guest.tries_to_check_out(idempotency_key=once, payment_method="manual")

    assert replay.headers["Idempotent-Replayed"] == "true"
    assert replay.data == first.data
    assert other_key.json["id"] == first.json["id"]
    assert (other_form.status_code, other_form.json["code"]) == (409, "cart_already_ordered")
    assert other_form.json["order_id"] == first.json["id"]
    assert other_form.json["order_number"] == first.json["number"]
    assert (other_body.status_code, other_body.json["code"]) == (422, "idempotency_key_reused")
    assert counters(mug).allocated == 1


def test_a_price_that_changed_is_told_before_anything_is_agreed(shop: Shop) -> None:
    mug = shop.sells("MUG", 10)
    guest = shop.guest()
    guest.adds("MUG", 1)
    with transaction():
        variant_service.replace_prices(
            mug, [PriceInput(Money(1099, "EUR"))], expected_version=1, by=SYSTEM
        )

    cart = guest.client.get("/api/v1/cart", headers=guest.headers).json
    answer = guest.tries_to_check_out(expected_total={"amount": 1489, "currency": "EUR"})

    assert [warning["code"] for warning in cart["warnings"]] == ["price_changed"]
    assert (answer.status_code, answer.json["code"]) == (409, "cart_changed")
    assert answer.json["quote"]["total"] == {"amount": 1589, "currency": "EUR"}
    assert counters(mug).allocated == 0


def test_an_address_that_we_do_not_ship_to_is_refused(shop: Shop) -> None:
    shop.sells("MUG", 10)
    guest = shop.guest()
    guest.adds("MUG", 1)
    abroad = {**ADDRESS, "country": "JP", "postal_code": "100-0001"}

    answer = guest.tries_to_check_out(shipping_address=abroad)

    assert answer.status_code == 422
    assert answer.json["code"] == "shipping_not_available"


def test_a_quote_lists_ways_of_shipping_and_free_shipping_above_a_limit(shop: Shop) -> None:
    shop.sells("CHAIR", 10, price="120.00 EUR")
    guest = shop.guest()
    guest.adds("CHAIR", 1)

    quote = guest.client.post(
        "/api/v1/checkout/quote",
        json={"country": "DE", "shipping_method": "standard"},
        headers=guest.headers,
    ).json

    assert quote["shipping_total"]["amount"] == 0
    assert quote["total"]["amount"] == 12_000
    assert [option["code"] for option in quote["shipping_methods"]] == ["standard"]


def test_held_goods_are_kept_from_others_and_go_into_the_order(shop: Shop) -> None:
    mug = shop.sells("MUG", 2)
    first, second = shop.guest(), shop.guest()
    first.adds("MUG", 2)
    second.adds("MUG", 1)

    held = first.client.post("/api/v1/checkout/hold", headers=first.headers)
    refused = second.tries_to_check_out()
    order = first.checks_out()

    assert held.status_code == 200
    assert (refused.status_code, refused.json["code"]) == (409, "insufficient_stock")
    assert order["status"] == "placed"
    assert (counters(mug).allocated, counters(mug).reserved) == (2, 0)


def test_an_order_that_nobody_pays_expires_and_gives_its_goods_back(shop: Shop) -> None:
    mug = shop.sells("MUG", 3)
    guest = shop.guest()
    guest.adds("MUG", 2)
    order = guest.checks_out()
    intent = guest.asks_to_pay(order)

    with clock.frozen(clock.now() + timedelta(hours=2)):
        assert checkout_flows.expire_unpaid_orders() == 1
        assert checkout_flows.expire_unpaid_orders() == 0

    seen = guest.sees(order)
    assert (seen["status"], seen["payment_status"]) == ("cancelled", "voided")
    assert counters(mug).allocated == 0
    assert [row[0] for row in journal(mug)][-2:] == ["allocated", "released"]
    assert shop.gateway.intents[intent["payment_intent_id"]].status == "canceled"


def test_an_order_paid_in_the_last_moment_does_not_expire(shop: Shop) -> None:
    mug = shop.sells("MUG", 3)
    guest = shop.guest()
    guest.adds("MUG", 2)
    order = guest.checks_out()
    intent = guest.asks_to_pay(order)
    shop.gateway.pay(intent["payment_intent_id"])

    with clock.frozen(clock.now() + timedelta(hours=2)):
        assert checkout_flows.expire_unpaid_orders() == 1  # it was looked at

    assert guest.sees(order)["payment_status"] == "paid"
    assert counters(mug).allocated == 2


def test_while_the_provider_is_away_nothing_expires(shop: Shop) -> None:
    shop.sells("MUG", 3)
    guest = shop.guest()
    guest.adds("MUG", 2)
    order = guest.checks_out()
    guest.asks_to_pay(order)

    with shop.gateway.down(), clock.frozen(clock.now() + timedelta(hours=2)):
        assert checkout_flows.expire_unpaid_orders() == 0

    assert guest.sees(order)["status"] == "placed"


def test_knowing_an_orders_id_opens_nothing(shop: Shop) -> None:
    shop.sells("MUG", 3)
    order = shop.an_order(MUG=1, paid=False)
    stranger, customer = shop.guest(), shop.customer()
    stranger.headers = {"X-Cart-Token": "a-token-that-nobody-was-given-out-to"}

    for who in (shop.guest(), stranger, customer):
        answer = who.client.get(f"/api/v1/orders/{order['id']}", headers=who.headers)
        assert (answer.status_code, answer.json["code"]) == (404, "order_not_found")
        assert who.confirms(order).status_code == 404


def test_a_guest_keeps_the_token_from_order_to_order(shop: Shop) -> None:
    shop.sells("MUG", 9)
    guest = shop.guest()
    first = shop.an_order(MUG=1, buyer=guest)
    token = guest.headers["X-Cart-Token"]
    second = shop.an_order(MUG=1, buyer=guest)

    assert guest.headers["X-Cart-Token"] == token
    assert guest.sees(first)["number"] == "1001"
    assert guest.sees(second)["number"] == "1002"


def test_a_checkout_costs_few_statements_whatever_its_size(shop: Shop) -> None:
    skus = [f"SKU-{i}" for i in range(12)]
    for sku in skus:
        shop.sells(sku, 5)
    small, large = shop.guest(), shop.guest()
    small.adds(skus[0])
    for sku in skus:
        large.adds(sku)

    with count_statements() as few:
        small.checks_out()
    with count_statements() as many:
        large.checks_out()

    assert many.count == few.count


def test_a_customer_lists_orders_newest_first(shop: Shop) -> None:
    shop.sells("MUG", 9)
    customer = shop.customer()
    for _ in range(3):
        shop.an_order(MUG=1, paid=False, buyer=customer)

    page = customer.client.get("/api/v1/orders?limit=2", headers=customer.headers).json
    rest = customer.client.get(
        f"/api/v1/orders?limit=2&cursor={page['page']['next_cursor']}", headers=customer.headers
    ).json

    assert [order["number"] for order in page["data"] + rest["data"]] == ["1003", "1002", "1001"]
    assert rest["page"]["has_more"] is False
    drain()


def test_an_e_mail_address_that_is_too_long_is_refused_with_its_place(shop: Shop) -> None:
    shop.sells("MUG", 2)
    buyer = shop.guest()
    buyer.adds("MUG", 1)
    refused = buyer.tries_to_check_out(email="a" * 250 + "@example.test")
    assert refused.status_code == 422
    assert [one["pointer"] for one in refused.json["errors"]] == ["/email"]
