"""Claims that customers and guests open themselves, and goods named as they are scanned."""

from typing import Any

from tests.support.returned import lines_of, opened, shipped, sold
from tests.support.shop import Buyer, Shop, key


def claims(buyer: Buyer, order: dict[str, Any], units: dict[int, int], **more: Any) -> Any:
    """Have a customer claim units of an order."""
    return buyer.client.post(
        f"/api/v1/orders/{order['id']}/claims",
        json={"kind": "broken", "lines": lines_of(order, units), **more},
        headers={**buyer.headers, "Idempotency-Key": key()},
    )


def test_a_guest_claims_broken_units_with_a_photo(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, staff, buyer = sold(shop, MUG=2)

    made = claims(buyer, order, {0: 1}, note="in shards", links=["https://photos.test/1.jpg"])

    assert made.status_code == 201, made.json
    assert (made.json["status"], made.json["note"]) == ("open", "in shards")
    assert made.json["photos"][0]["url"] == "https://photos.test/1.jpg"
    assert "created_by" not in made.json
    (seen,) = staff.gets("/claims", status="open").json["data"]
    assert seen["id"] == made.json["id"]
    listed = buyer.client.get(f"/api/v1/orders/{order['id']}/claims", headers=buyer.headers).json
    assert listed["claims"] == [made.json]
    again = claims(buyer, order, {0: 2})
    assert (again.status_code, again.json["code"]) == (422, "quantity_exceeds_claimable")


def test_nobody_claims_for_somebody_else(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, _, _ = sold(shop, MUG=1)
    stranger = shop.guest()
    stranger.adds("MUG")

    assert claims(stranger, order, {0: 1}).json["code"] == "order_not_found"
    answer = stranger.client.get(f"/api/v1/orders/{order['id']}/claims", headers=stranger.headers)
    assert answer.json["code"] == "order_not_found"


def test_codes_of_gift_cards_are_sent_again_and_not_replaced(shop: Shop) -> None:
    shop.sells("GIFT", 10, price="25.00 EUR", tax_class="gift_card")
    order = shop.an_order(GIFT=1)
    shipped(shop.staff(), order)

    made = shop.staff().posts(
        f"/orders/{order['id']}/claims", {"kind": "lost", "lines": lines_of(order, {0: 1})}
    )

    assert (made.status_code, made.json["code"]) == (422, "quantity_exceeds_claimable")


def test_staff_name_claimed_goods_as_they_are_scanned(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, staff, _ = sold(shop, MUG=2)
    path = f"/orders/{order['id']}/claims"

    made = staff.posts(path, {"kind": "wrong", "goods": [{"sku": "mug", "quantity": 2}]})
    assert made.status_code == 201, made.json
    assert made.json["lines"][0]["quantity"] == 2
    more = staff.posts(path, {"kind": "wrong", "goods": [{"sku": "MUG"}]})
    assert (more.status_code, more.json["code"]) == (422, "goods_unknown")
    neither = staff.posts(path, {"kind": "wrong"})
    assert neither.status_code == 422


def test_an_exchange_names_its_goods_as_they_are_scanned(shop: Shop) -> None:
    shop.sells("MUG", 10)
    shop.sells("CUP", 5, price="12.99 EUR")
    order, staff, _ = sold(shop, MUG=1)
    back = opened(staff, order, {0: 1})
    line = {"sku": "mug", "for_sku": "cup"}

    quote = staff.posts(f"/returns/{back['id']}/exchange/quote", {"lines": [line]})
    assert quote.json["explanation"] == [
        "1 x MUG is worth 9.99 EUR; 1 x CUP costs 12.99 EUR.",
        "The customer owes 3.00 EUR before it leaves.",
    ]
    unknown = staff.posts(
        f"/returns/{back['id']}/exchange", {"lines": [{"sku": "MUG", "for_sku": "NONE"}]}
    )
    assert (unknown.status_code, unknown.json["code"]) == (422, "goods_unknown")
    done = staff.posts(f"/returns/{back['id']}/exchange", {"lines": [line]})
    assert done.json["lines"][0]["exchange"]["sku"] == "CUP"
