"""A wholesaler sees their price in every list, page, search and cart; nobody else does."""

from datetime import timedelta
from typing import Any

import pytest

from api.kernel import clock
from tests.support.people import Person, a_customer, bearer
from tests.support.shop import Buyer, Shop, Staff
from tests.support.sql import count_statements
from tests.support.work import drain


def eur(amount: int) -> dict[str, Any]:
    """Write an amount of euros."""
    return {"amount": amount, "currency": "EUR"}


def wholesale(shop: Shop, person: Person, **prices: Any) -> dict[str, Any]:
    """Create a group with a price list, put a customer into it; returns the list."""
    owner = shop.staff()
    group = owner.posts("/customer-groups", {"code": "wholesale", "name": "Wholesale"}).json
    members = f"/customer-groups/{group['id']}/members"
    assert owner.posts(members, {"emails": [person.email.upper()]}).json == {"changed": 1}
    made = owner.posts(
        "/price-lists",
        {"code": "ws", "name": "Trade", "currency": "EUR", "customer_group": "wholesale"},
    )
    assert made.status_code == 201, made.json
    rows = [{"sku": sku, **row} for sku, listed in prices.items() for row in listed]
    if rows:
        taken = owner.posts(f"/price-lists/{made.json['id']}/prices", {"prices": rows})
        assert taken.status_code == 200, taken.json
    drain()
    return {**made.json, "group_id": group["id"]}


def trader(shop: Shop, person: Person, group_id: str) -> Buyer:
    """Sign the customer in as their next token has it: with the group."""
    headers = bearer(person.id, "customer", groups=[group_id])  # type: ignore[arg-type]
    return Buyer(shop.app.test_client(), shop.gateway, headers, email=None)


def price_in(answer: dict[str, Any], sku: str) -> Any:
    """Find a variant's price in a product's page."""
    return next(v for v in answer["variants"] if v["sku"] == sku)["price"]


def test_the_price_of_a_group_is_shown_everywhere_and_kept_apart(shop: Shop) -> None:
    shop.sells("MUG", 100, compare_at="12.99 EUR")
    shop.sells("JUG", 100, price="20.00 EUR")
    person = a_customer()
    made = wholesale(
        shop, person,
        MUG=[{"price": eur(700)}, {"min_quantity": 10, "price": eur(500)}],
    )  # fmt: skip
    own, public = trader(shop, person, made["group_id"]), shop.guest()

    for buyer, expected in ((public, 999), (own, 700), (public, 999), (own, 700)):
        page = buyer.client.get("/api/v1/products/mug", headers=buyer.headers)
        listed = buyer.client.get("/api/v1/products?expand=variants", headers=buyer.headers)
        found = buyer.client.get("/api/v1/products?q=mug", headers=buyer.headers)
        guessed = buyer.client.get("/api/v1/search/suggestions?q=mu", headers=buyer.headers)
        assert price_in(page.json, "MUG") == eur(expected)
        card = next(one for one in listed.json["data"] if one["slug"] == "mug")
        assert (card["price"], card["variants"][0]["price"]) == (eur(expected), eur(expected))
        assert found.json["data"][0]["price"] == eur(expected)
        assert guessed.json["products"][0]["price"] == eur(expected)
        scope = "private" if buyer is own else "public"
        assert page.headers["Cache-Control"].startswith(scope)
    shown = own.client.get("/api/v1/products/mug", headers=own.headers).json["variants"][0]
    assert (shown["compare_at"], shown["prior_price"]) == (None, None)
    assert shown["price_breaks"] == [{"min_quantity": 10, "price": eur(500)}]

    assert own.adds("MUG", 2)["subtotal"] == eur(1400)
    cart = own.adds("MUG", 8)
    assert (cart["subtotal"], cart["warnings"]) == (eur(5000), [])
    order = own.checks_out()
    assert order["lines"][0]["unit_price"] == eur(500)
    assert public.adds("MUG", 10)["subtotal"] == eur(9990)


def test_a_price_list_counts_from_its_first_to_its_last_day(shop: Shop) -> None:
    shop.sells("MUG", 100)
    person = a_customer()
    made = wholesale(shop, person, MUG=[{"price": eur(700)}])
    own, owner = trader(shop, person, made["group_id"]), shop.staff()
    today = clock.now().date()

    def shown(version: int, **days: str | None) -> int:
        path = f"/api/v1/admin/price-lists/{made['id']}"
        headers = {**owner.headers, "If-Match": f'"{version}"'}
        assert owner.client.patch(path, json=days, headers=headers).status_code == 200
        drain()
        page = own.client.get("/api/v1/products/mug", headers=own.headers).json
        cart = own.client.get("/api/v1/cart", headers=own.headers).json
        price = int(price_in(page, "MUG")["amount"])
        assert cart["items"][0]["unit_price"] == eur(price)
        return price

    own.adds("MUG", 1)
    yesterday, tomorrow = (str(today + timedelta(days=n)) for n in (-1, 1))
    assert shown(1, starts_on=tomorrow) == 999
    assert shown(2, starts_on=str(today), ends_on=str(today)) == 700
    assert shown(3, starts_on=None, ends_on=yesterday) == 999


def test_signing_in_carries_the_groups_and_leaving_one_counts_at_once_in_the_cart(
    shop: Shop,
) -> None:
    shop.sells("MUG", 100)
    person = a_customer()
    made = wholesale(shop, person, MUG=[{"price": eur(700)}])
    client, owner = shop.app.test_client(), shop.staff()
    signed_in = client.post(
        "/api/v1/auth/login", json={"email": person.email, "password": person.password}
    ).json
    assert [one["code"] for one in signed_in["user"]["groups"]] == ["wholesale"]
    headers = {"Authorization": f"Bearer {signed_in['access_token']}"}
    page = client.get("/api/v1/products/mug", headers=headers).json
    assert price_in(page, "MUG") == eur(700)

    own = Buyer(client, shop.gateway, headers, email=None)
    assert own.adds("MUG", 1)["total"] == eur(700)
    path = f"/customer-groups/{made['group_id']}/members/remove"
    assert owner.posts(path, {"emails": [person.email]}).json == {"changed": 1}
    cart = client.get("/api/v1/cart", headers=headers).json
    assert (cart["total"], cart["warnings"][0]["code"]) == (eur(999), "price_changed")


def test_a_discount_for_a_group_is_for_its_members(shop: Shop) -> None:
    shop.sells("MUG", 100)
    person = a_customer()
    wholesale(shop, person)
    body = {"name": "Trade", "kind": "percent", "basis_points": 1000, "is_automatic": True,
            "groups": ["wholesale"]}  # fmt: skip
    assert shop.staff().posts("/discounts", body).status_code == 201
    assert shop.guest().adds("MUG", 1)["discount_total"] == eur(0)
    assert shop.customer(person).adds("MUG", 1)["discount_total"] == eur(100)


def test_the_catalogue_asks_nothing_more_without_a_group(shop: Shop) -> None:
    shop.sells("MUG", 100)
    person = a_customer()
    made = wholesale(shop, person, MUG=[{"price": eur(700)}])
    client = shop.app.test_client()

    def statements(headers: dict[str, str], query: str) -> int:
        with count_statements() as counted:
            client.get(f"/api/v1/products?limit={query}", headers=headers)
        return counted.count

    plain = statements({}, "7")
    own = dict(trader(shop, person, made["group_id"]).headers)
    assert statements(dict(person.headers), "7") == 0  # kept for everybody without a group
    assert statements(own, "7") == plain + 1
    assert statements(own, "7") == 0


def patch(owner: Staff, path: str, body: dict[str, Any], version: int) -> Any:
    """Change something from a version."""
    headers = {**owner.headers, "If-Match": f'"{version}"'}
    return owner.client.patch(f"/api/v1/admin{path}", json=body, headers=headers)


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([{"sku": "NOPE", "price": eur(5)}], "Row 1: There is no SKU NOPE"),
        ([{"sku": "MUG", "price": eur(5)}, {"sku": "MUG", "price": eur(6)}], "Row 2: MUG from 1"),
        ([{"sku": "MUG", "price": {"amount": 5, "currency": "USD"}}], "Row 1: This list is in"),
        ([{"sku": "MUG", "price": eur(-5)}], "Row 1: A price is not below zero"),
        ("sku,min_quantity,price\nMUG,0,1.00\n", "Row 1: use sku, min_quantity from 1"),
        ("sku,min_quantity,price\nMUG,1,1.999\n", "Row 1: use sku"),
        ("sku,min_quantity,price\nMUG,1,9,90\n", "Row 1: use sku"),
        ("sku,min_quantity,price\n", "It has no rows"),
    ],
)
def test_prices_that_cannot_be_are_refused_by_row(shop: Shop, rows: Any, told: str) -> None:
    shop.sells("MUG", 1)
    made = wholesale(shop, a_customer())
    body = {"csv": rows} if isinstance(rows, str) else {"prices": rows}

    refused = shop.staff().posts(f"/price-lists/{made['id']}/prices", body)

    assert (refused.status_code, refused.json["code"]) == (422, "listed_prices_refused")
    assert refused.json["errors"][0]["detail"].startswith(told)


def test_prices_come_and_go_as_csv(shop: Shop) -> None:
    shop.sells("MUG", 1)
    made = wholesale(shop, a_customer(), MUG=[{"price": eur(700)}])
    owner, path = shop.staff(), f"/price-lists/{made['id']}/prices"

    sheet = "sku,min_quantity,price\nMUG,1,\nMUG,5,6.50\n"
    assert owner.posts(path, {"csv": sheet}).json == {"rows": 2}
    assert owner.gets(f"{path}/export").text.split() == ["sku,min_quantity,price", "MUG,5,6.50"]
    assert owner.gets(path).json["data"][0]["price"] == eur(650)
    assert owner.gets("/price-lists").json["data"][0]["prices"] == 1


def test_a_group_keeps_its_lists_and_a_condition_outlives_its_group(shop: Shop) -> None:
    person = a_customer()
    made = wholesale(shop, person)
    owner = shop.staff()
    discount = owner.posts(
        "/discounts",
        {"name": "T", "kind": "percent", "basis_points": 10, "is_automatic": True,
         "groups": ["wholesale"]},
    ).json  # fmt: skip
    delete = owner.client.delete
    path = f"/api/v1/admin/customer-groups/{made['group_id']}"
    seen = {**owner.headers, "If-Match": '"1"'}
    used = delete(path, headers=seen)
    assert (used.status_code, used.json["code"]) == (409, "group_in_use")
    assert delete(f"/api/v1/admin/price-lists/{made['id']}", headers=seen).status_code == 204
    assert delete(path, headers=seen).status_code == 204

    assert patch(owner, f"/discounts/{discount['id']}", {"name": "T2"}, 1).status_code == 200
    shop.sells("MUG", 5)
    assert shop.guest().adds("MUG", 2)["discount_total"] == eur(0)


def test_groups_and_lists_with_wrong_values_are_refused(shop: Shop) -> None:
    owner, person = shop.staff(), a_customer()
    made = wholesale(shop, person)
    again = owner.posts("/customer-groups", {"code": "wholesale", "name": "Again"})
    assert (again.status_code, again.json["code"]) == (409, "group_code_taken")
    members = f"/customer-groups/{made['group_id']}/members"
    nobody = owner.posts(members, {"emails": [person.email, "nobody@example.test"]})
    assert nobody.json["errors"][0]["detail"].startswith("Row 2: nobody@example.test")
    assert owner.gets(members).json["data"][0]["email"] == person.email
    wrong = {"code": "ws", "name": "Trade", "currency": "EUR", "customer_group": "wholesale"}
    taken = owner.posts("/price-lists", wrong)
    assert (taken.status_code, taken.json["errors"][0]["pointer"]) == (422, "/code")
    unknown = owner.posts("/price-lists", {**wrong, "customer_group": "no-such"})
    assert unknown.json["errors"][0]["pointer"] == "/customer_group"
    days = {"starts_on": "2030-02-01", "ends_on": "2030-01-01"}
    ends = patch(owner, f"/price-lists/{made['id']}", days, 1)
    assert (ends.status_code, ends.json["errors"][0]["pointer"]) == (422, "/ends_on")
    renamed = patch(owner, f"/customer-groups/{made['group_id']}", {"shows_net": True}, 1)
    assert renamed.json["shows_net"] is True
