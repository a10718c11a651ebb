"""Everything about one order on one page."""

from typing import Any
from uuid import uuid4

from api.platform.addresses import labelled
from tests.support.shop import ADDRESS, Shop, Staff
from tests.support.sql import count_statements


def eur(amount: int) -> dict[str, Any]:
    """Write an amount as the wire does."""
    return {"amount": amount, "currency": "EUR"}


def read(staff: Staff, order: dict[str, Any]) -> Any:
    """Read a case file."""
    return staff.gets(f"/orders/{order['id']}")


def test_a_new_order_tells_what_was_agreed_and_what_is_open(shop: Shop) -> None:
    shop.sells("MUG", 10, title="Blue mug", barcodes=["4006381333931"])
    order, staff = shop.an_order(MUG=2), shop.staff()

    answer = read(staff, order)

    case = answer.json
    assert answer.headers["ETag"] == f'"{case["version"]}"'
    card = staff.gets("/orders").json["data"][0]
    # The list does not look for orders that could go together; the page and the queue do.
    assert {name: case[name] for name in card} == {**card, "ships_with": []}
    assert case["shipping_method"] == "Parcel"
    assert case["shipping_address"] == case["billing_address"] == labelled(ADDRESS)
    (line,) = case["lines"]
    assert (line["sku"], line["barcode"], line["title"]) == ("MUG", "4006381333931", "Blue mug")
    assert line["barcodes"] == [{"code": "4006381333931", "pack_quantity": 1}]
    assert (line["quantity"], line["open_quantity"], line["refundable_quantity"]) == (2, 2, 2)
    assert (line["unit_price"], line["total"]) == (eur(999), eur(1998))
    assert (case["subtotal"], case["shipping_total"], case["total"]) == (
        eur(1998),
        eur(490),
        eur(2488),
    )
    assert (case["captured"], case["refundable"]) == (eur(2488), eur(2488))
    assert case["refundable_shipping"] == eur(490)
    (payment,) = case["payments"]
    assert (payment["provider"], payment["status"]) == ("stripe", "captured")
    assert payment["captured"] == eur(2488)
    assert (case["refunds"], case["fulfilments"]) == ([], [])
    assert [entry["kind"] for entry in case["timeline"]] == ["placed", "paid"]


def test_parcels_and_refunds_stand_beside_their_lines(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, staff = shop.an_order(MUG=2), shop.staff()
    line_id = order["lines"][0]["id"]
    parcel = staff.posts(
        f"/orders/{order['id']}/ship",
        {"carrier": "UPS", "lines": [{"order_line_id": line_id, "quantity": 1}]},
    ).json
    refund = staff.refunds(order, lines={0: 1}, restock=True, shipping=True).json

    case = read(staff, order).json

    assert case["fulfilments"] == [parcel]
    assert case["refunds"] == [refund]
    assert (case["refunded"], case["refundable"]) == (eur(1489), eur(999))
    assert case["refundable_shipping"] == eur(0)
    (line,) = case["lines"]
    assert (line["shipped_quantity"], line["refunded_quantity"]) == (1, 1)


def test_sixty_lines_cost_as_many_statements_as_one(shop: Shop) -> None:
    for number in range(60):
        shop.sells(f"CARD-{number}", 3)
    staff, counts = shop.staff(), []
    for numbers in (range(1), range(60)):
        order = shop.an_order(**{f"CARD-{number}": 1 for number in numbers})
        for number in numbers[:5]:
            line = {"order_line_id": order["lines"][number]["id"], "quantity": 1}
            staff.posts(f"/orders/{order['id']}/ship", {"carrier": "UPS", "lines": [line]})
        staff.refunds(order, lines={0: 1})
        with count_statements() as statements:
            case = read(staff, order).json
        counts.append(statements)

    assert (len(case["lines"]), len(case["fulfilments"]), len(case["refunds"])) == (60, 5, 1)
    assert counts[0].count == counts[1].count == 20, counts[1]


def test_an_unknown_order_is_not_found(shop: Shop) -> None:
    answer = read(shop.staff(), {"id": uuid4()})

    assert (answer.status_code, answer.json["code"]) == (404, "order_not_found")


def test_only_staff_read_case_files(shop: Shop) -> None:
    shop.sells("MUG", 10)
    customer = shop.customer()
    order = shop.an_order(buyer=customer, MUG=1)
    path = f"/api/v1/admin/orders/{order['id']}"

    assert customer.client.get(path, headers=customer.headers).status_code == 403
    assert customer.client.get(path).status_code == 401
    assert read(shop.staff("support"), order).status_code == 200
