"""Price lists of markets, lists in the order of a buyer's own prices, and prices without tax."""

from typing import Any

from tests.promotions.test_groups_and_price_lists import eur, patch, price_in, trader, wholesale
from tests.support.people import a_customer
from tests.support.shop import ADDRESS, Buyer, Shop
from tests.support.sql import count_statements
from tests.support.work import drain

MARKETS = {"alps": ["AT", "CH"], "home": ["DE"]}


def with_markets(shop: Shop) -> None:
    """Sell to Germany, and to Austria and Switzerland on other terms."""
    for code, countries in MARKETS.items():
        body = {"code": code, "name": code, "countries": countries, "currency": "EUR"}
        assert shop.staff().posts("/markets", body).status_code == 201


def a_list(shop: Shop, code: str, prices: dict[str, int], **more: Any) -> dict[str, Any]:
    """Create a price list with prices by SKU."""
    owner = shop.staff()
    made = owner.posts("/price-lists", {"code": code, "name": code, "currency": "EUR", **more})
    assert made.status_code == 201, made.json
    rows = [{"sku": sku, "price": eur(amount)} for sku, amount in prices.items()]
    assert (
        owner.posts(f"/price-lists/{made.json['id']}/prices", {"prices": rows}).status_code == 200
    )
    drain()
    return dict(made.json)


def shown(buyer: Buyer, query: str = "") -> Any:
    """Read the list of products."""
    answer = buyer.client.get(f"/api/v1/products?{query}", headers=buyer.headers)
    assert answer.status_code == 200, answer.json
    return answer.json


def slugs(buyer: Buyer, query: str) -> list[str]:
    """Read which products are listed, in order."""
    return [one["slug"] for one in shown(buyer, query)["data"]]


def test_a_list_of_a_market_holds_where_the_order_goes(shop: Shop) -> None:
    with_markets(shop)
    shop.sells("MUG", 100)
    a_list(shop, "alpine", {"MUG": 800}, markets=["alps"])
    guest = shop.guest()

    for country, expected in (("AT", 800), ("DE", 999), (None, 999), ("AT", 800)):
        query = f"?country={country}" if country else ""
        page = guest.client.get(f"/api/v1/products/mug{query}")
        assert price_in(page.json, "MUG") == eur(expected)
        assert page.headers["Cache-Control"].startswith("public")
        assert shown(guest, query[1:])["data"][0]["price"] == eur(expected)

    cart = guest.adds("MUG", 2)
    assert (cart["subtotal"], cart["country"]) == (eur(1998), None)
    headers = {**guest.headers, "If-Match": f'"{cart["version"]}"'}
    moved = guest.client.patch("/api/v1/cart", json={"country": "AT"}, headers=headers).json
    assert (moved["subtotal"], moved["country"]) == (eur(1600), "AT")
    assert moved["warnings"][0]["code"] == "price_changed"
    home = guest.client.post(
        "/api/v1/checkout/quote", json={"country": "DE"}, headers=guest.headers
    ).json
    assert home["subtotal"] == eur(1998)  # the address decides, whatever the cart was told
    order = guest.checks_out()
    assert (ADDRESS["country"], order["subtotal"]) == ("DE", eur(1998))


def test_staff_list_products_at_usual_prices(shop: Shop) -> None:
    shop.sells("MUG", 1)
    assert shop.staff().gets("/products").json["data"][0]["slug"] == "mug"
    assert shop.staff().gets("/products", country="DE").status_code == 422


def test_a_list_of_a_group_in_a_market_needs_both(shop: Shop) -> None:
    with_markets(shop)
    shop.sells("MUG", 100)
    person = a_customer()
    made = wholesale(shop, person)
    a_list(shop, "both", {"MUG": 700}, markets=["alps"], customer_group="wholesale")
    own, guest = trader(shop, person, made["group_id"]), shop.guest()

    prices = {
        (buyer is own, country): shown(buyer, f"country={country}")["data"][0]["price"]["amount"]
        for buyer in (own, guest)
        for country in ("AT", "DE")
    }
    assert prices == {(True, "AT"): 700, (True, "DE"): 999, (False, "AT"): 999, (False, "DE"): 999}


def test_a_list_is_for_somebody_and_its_markets_exist(shop: Shop) -> None:
    owner = shop.staff()
    body = {"code": "x", "name": "X", "currency": "EUR"}
    nobody = owner.posts("/price-lists", body)
    assert (nobody.status_code, nobody.json["errors"][0]["pointer"]) == (422, "/customer_group")
    unknown = owner.posts("/price-lists", {**body, "markets": ["moon"]})
    assert (unknown.status_code, unknown.json["errors"][0]["pointer"]) == (422, "/markets/0")


def test_lists_are_in_the_order_and_within_the_limits_of_own_prices(shop: Shop) -> None:
    for sku, price in (("ALE", "10.00 EUR"), ("BUN", "20.00 EUR"), ("CUP", "30.00 EUR")):
        shop.sells(sku, 100, price=price)
    person = a_customer()
    made = wholesale(shop, person, CUP=[{"price": eur(500)}, {"min_quantity": 9, "price": eur(1)}])
    own, guest = trader(shop, person, made["group_id"]), shop.guest()

    assert slugs(guest, "sort=price") == ["ale", "bun", "cup"]
    assert slugs(own, "sort=price") == ["cup", "ale", "bun"]
    assert slugs(own, "sort=-price") == ["bun", "ale", "cup"]
    assert slugs(own, "price_lte=600") == ["cup"]
    assert slugs(guest, "price_gte=2500") == ["cup"]
    assert slugs(own, "price_gte=2500") == []
    first = shown(own, "sort=price&limit=2&include=total,facets")
    assert (first["page"]["total"], first["facets"]["price"]["lowest"]) == (3, eur(500))
    second = shown(own, f"sort=price&limit=2&cursor={first['page']['next_cursor']}")
    assert [one["slug"] for one in second["data"]] == ["bun"]
    own_cursor = first["page"]["next_cursor"]
    path = f"/api/v1/products?sort=price&limit=2&cursor={own_cursor}"
    assert guest.client.get(path).status_code == 422  # it is a place in another order


def test_a_group_that_is_shown_net_prices_sees_them_everywhere(shop: Shop) -> None:
    shop.sells("MUG", 100, price="11.90 EUR")
    person = a_customer()
    made = wholesale(shop, person, MUG=[{"min_quantity": 10, "price": eur(595)}])
    own, guest = trader(shop, person, made["group_id"]), shop.guest()

    assert "net_price" not in shown(own)["data"][0]
    patched = patch(shop.staff(), f"/customer-groups/{made['group_id']}", {"shows_net": True}, 1)
    assert patched.status_code == 200
    drain()

    card = shown(own, "country=DE&expand=variants")["data"][0]
    page = own.client.get("/api/v1/products/mug?country=DE", headers=own.headers).json
    guessed = own.client.get("/api/v1/search/suggestions?q=mu&country=DE", headers=own.headers).json
    assert [one["net_price"] for one in (card, card["variants"][0], page["variants"][0])] == [
        eur(1000)
    ] * 3
    assert guessed["products"][0]["net_price"] == eur(1000)
    assert shown(own, "q=mug&country=DE")["data"][0]["net_price"] == eur(1000)
    assert page["variants"][0]["price_breaks"] == [
        {"min_quantity": 10, "price": eur(595), "net_price": eur(500)}
    ]
    assert "net_price" not in shown(guest)["data"][0]

    own.adds("MUG", 1)
    cart = own.adds("MUG", 1, country="DE")
    (item,) = cart["items"]
    assert (item["unit_price"], item["net_unit_price"]) == (eur(1190), eur(1000))
    assert (item["net_total"], cart["total"], cart["net_total"]) == (
        eur(2000), eur(2380), eur(2000),
    )  # fmt: skip
    assert "net_total" not in guest.adds("MUG", 1)
    # What they pay is the same, with its tax.
    assert own.checks_out()["subtotal"] == eur(2380)


def test_guests_without_a_country_pay_for_no_look_up(shop: Shop) -> None:
    with_markets(shop)
    shop.sells("MUG", 100)
    a_list(shop, "alpine", {"MUG": 800}, markets=["alps"])
    client = shop.app.test_client()

    def statements(query: str) -> int:
        with count_statements() as counted:
            client.get(f"/api/v1/products?sort=price&{query}")
        return counted.count

    assert statements("limit=7&country=AT") == statements("limit=7") + 1
    assert statements("limit=7&country=AT") == 0
