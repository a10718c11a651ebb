"""Two orders of a customer leave in one parcel, and stay two orders."""

from typing import Any

from sqlalchemy import text, update

from api.orders.models import Order
from api.platform.db import session, transaction
from tests.support.books import differences
from tests.support.people import a_customer
from tests.support.plans import copied, plans_of, tables_read_whole
from tests.support.shop import ADDRESS, Shop, Staff
from tests.support.sql import count_statements
from tests.support.stock import counters
from tests.support.threads import at_once
from tests.support.work import drain

SHIPPING = {"amount": 490, "currency": "EUR"}


def two_orders(shop: Shop) -> tuple[dict[str, Any], dict[str, Any]]:
    """Have a guest order twice, to one address."""
    shop.sells("MUG", 9, price="10.00 EUR")
    shop.sells("TEA", 9, price="5.00 EUR")
    return shop.an_order(MUG=2), shop.an_order(TEA=1)


def packs(staff: Staff, one: dict[str, Any], other: dict[str, Any]) -> Any:
    """Pack two orders in one parcel."""
    return staff.posts(f"/orders/{one['id']}/pack-together", {"order_id": other["id"]})


def test_two_orders_leave_with_one_label_and_the_second_shipping_is_refunded(shop: Shop) -> None:
    one, other = two_orders(shop)
    staff = shop.staff()
    assert staff.opens(one)["ships_with"] == [other["number"]]
    listed = staff.gets(f"/orders/{one['id']}/ships-with", include="total").json
    assert [entry["number"] for entry in listed["data"]] == [other["number"]]
    queue = staff.gets("/orders", queue="to_ship").json["data"]
    assert {row["number"]: row["ships_with"] for row in queue} == {
        one["number"]: [other["number"]],
        other["number"]: [one["number"]],
    }

    packed = packs(staff, one, other)
    assert packed.status_code == 201, packed.json
    parcel = packed.json
    beside = parcel["packed_with"]
    assert (beside["order_number"], beside["has_box"]) == (other["number"], False)
    assert parcel["shipping_saving"]["amount"] == SHIPPING
    early = staff.posts(f"/fulfilments/{beside['id']}/refund-shipping")
    assert early.json["code"] == "parcel_not_shipped"

    label = {"carrier": "DHL", "tracking_number": "00340434161094042557"}
    sent = staff.posts(f"/fulfilments/{parcel['id']}/ship", label)
    assert sent.status_code == 200, sent.json
    pages = [staff.opens(one), staff.opens(other)]
    assert [page["fulfilment_status"] for page in pages] == ["shipped", "shipped"]
    tracked = {parcel["tracking_number"] for page in pages for parcel in page["fulfilments"]}
    assert tracked == {"00340434161094042557"}
    assert [page["shipping_savings"][0]["can_refund"] for page in pages] == [True, True]
    assert counters(shop.variants["MUG"]).on_hand == 7

    refunded = staff.posts(f"/fulfilments/{beside['id']}/refund-shipping")
    assert refunded.status_code == 200, refunded.json
    pages = [staff.opens(one), staff.opens(other)]
    assert [page["refunded"]["amount"] for page in pages] == [0, 490]
    assert pages[1]["refundable_shipping"]["amount"] == 0
    again = staff.posts(f"/fulfilments/{beside['id']}/refund-shipping")
    assert again.json["code"] == "saving_decided"
    assert staff.posts(f"/fulfilments/{beside['id']}/deliver").status_code == 200
    assert staff.opens(one)["fulfilment_status"] == "delivered"
    assert differences() == []


def test_a_void_a_correction_and_unpacking_concern_both_orders(shop: Shop) -> None:
    one, other = two_orders(shop)
    staff = shop.staff()
    first = packs(staff, one, other).json
    assert staff.posts(f"/fulfilments/{first['packed_with']['id']}/cancel").status_code == 200
    assert [staff.opens(order)["fulfilments"][0]["status"] for order in (one, other)] == [
        "cancelled", "cancelled",
    ]  # fmt: skip

    parcel = packs(staff, other, one).json
    staff.posts(f"/fulfilments/{parcel['id']}/ship", {"carrier": "DHL"})
    staff.posts(f"/fulfilments/{parcel['packed_with']['id']}/correct",
                {"carrier": "UPS", "tracking_number": "1Z999"})  # fmt: skip
    assert [staff.opens(order)["fulfilments"][1]["carrier"] for order in (one, other)] == [
        "UPS", "UPS",
    ]  # fmt: skip
    voided = staff.posts(f"/fulfilments/{parcel['packed_with']['id']}/void")
    assert voided.status_code == 200, voided.json
    for order in (one, other):
        page = staff.opens(order)
        assert (page["fulfilment_status"], page["open_unit_count"]) == (
            "unfulfilled", page["unit_count"],
        )  # fmt: skip
    late = staff.posts(f"/fulfilments/{parcel['packed_with']['id']}/refund-shipping")
    assert late.json["code"] == "parcel_not_shipped"
    assert counters(shop.variants["MUG"]).on_hand == 9
    assert differences() == []


def test_a_cancelled_order_leaves_the_box_and_the_other_ships_alone(shop: Shop) -> None:
    one, other = two_orders(shop)
    staff = shop.staff()
    parcel = packs(staff, one, other).json
    assert staff.cancels(other).status_code == 200
    refused = staff.posts(f"/fulfilments/{parcel['id']}/ship", {"carrier": "DHL"})
    assert refused.status_code == 409
    drain()
    assert staff.opens(one)["fulfilments"][0]["packed_with"] is None
    sent = staff.posts(f"/fulfilments/{parcel['id']}/ship", {"carrier": "DHL"})
    assert sent.status_code == 200, sent.json
    assert differences() == []


def test_other_customers_addresses_and_markets_are_refused_in_words(shop: Shop) -> None:
    one, other = two_orders(shop)
    staff = shop.staff()
    shop.sells("CUP", 9, price="5.00 EUR")
    stranger = shop.an_order(buyer=shop.customer(a_customer()), CUP=1)
    assert "two customers" in packs(staff, one, stranger).json["detail"]
    guest = shop.guest()
    guest.adds("CUP", 1)
    elsewhere = guest.pays(guest.checks_out(shipping_address={**ADDRESS, "line1": "Markt 4"}))
    assert "two addresses" in packs(staff, one, elsewhere).json["detail"]
    assert staff.opens(elsewhere)["ships_with"] == []
    assert packs(staff, one, one).json["code"] == "orders_not_together"
    with transaction():
        session.execute(update(Order).where(Order.id == other["id"]).values(currency="CHF"))
    refused = packs(staff, one, other)
    assert refused.json["code"] == "orders_of_two_markets"
    assert "DE (EUR)" in refused.json["detail"]
    assert "DE (CHF)" in refused.json["detail"]


def test_the_shipping_may_be_kept_and_a_limit_asks_a_second_person(shop: Shop) -> None:
    one, other = two_orders(shop)
    staff = shop.staff()
    parcel = packs(staff, one, other).json
    staff.posts(f"/fulfilments/{parcel['id']}/ship", {"carrier": "DHL"})
    beside = parcel["packed_with"]["id"]
    kept = staff.posts(f"/fulfilments/{beside}/keep-shipping")
    assert kept.json["shipping_saving"]["decision"] == "kept"
    assert staff.posts(f"/fulfilments/{beside}/refund-shipping").json["code"] == "saving_decided"
    assert staff.opens(other)["refunded"]["amount"] == 0


def test_whoever_ships_and_voids_two_shared_parcels_at_once_the_books_are_right(shop: Shop) -> None:
    """Both lock the orders by id. In another order they would deadlock, and one be tried again."""
    one, other = two_orders(shop)
    people = [shop.staff(), shop.staff()]
    parcel = packs(people[0], one, other).json
    ids = (parcel["id"], parcel["packed_with"]["id"])
    outcomes = at_once(
        shop.app,
        [
            lambda at=at: (
                people[at].posts(f"/fulfilments/{ids[at]}/ship", {"carrier": "DHL"}).status_code
            )
            for at in range(2)
        ],
    )
    assert outcomes.errors == []
    assert sorted(outcomes.results) == [200, 409]
    outcomes = at_once(
        shop.app,
        [lambda at=at: people[at].posts(f"/fulfilments/{ids[at]}/void").status_code
         for at in range(2)],
    )  # fmt: skip
    assert sorted(outcomes.results) == [200, 409]
    assert counters(shop.variants["MUG"]).on_hand == 9
    assert differences() == []


def test_of_two_who_refund_the_saved_shipping_at_once_one_does(shop: Shop) -> None:
    """Without the lock on the proposal: the shipping goes back twice, or fails at the provider."""
    one, other = two_orders(shop)
    people = [shop.staff(), shop.staff()]
    parcel = packs(people[0], one, other).json
    people[0].posts(f"/fulfilments/{parcel['id']}/ship", {"carrier": "DHL"})
    beside = parcel["packed_with"]["id"]
    outcomes = at_once(
        shop.app,
        [lambda who=who: who.posts(f"/fulfilments/{beside}/refund-shipping").status_code
         for who in people],
    )  # fmt: skip
    assert outcomes.errors == []
    assert sorted(outcomes.results) == [200, 409]
    assert people[0].opens(other)["refunded"]["amount"] == 490


def test_the_queue_names_companions_in_one_statement_by_an_index(shop: Shop) -> None:
    one, _ = two_orders(shop)
    staff = shop.staff()
    with count_statements() as few:
        staff.gets("/orders", queue="to_ship")
    for _ in range(3):
        shop.an_order(TEA=1)
    with count_statements() as more:
        staff.gets("/orders", queue="to_ship")
    assert len(more) == len(few)
    copied("orders", one["id"], 3000, number="'X' || n", cart_id="NULL")
    with transaction():
        session.execute(text("UPDATE orders SET email = id || '@x.test' WHERE number LIKE 'X%'"))
    plans = plans_of(lambda: staff.gets(f"/orders/{one['id']}/ships-with"))
    assert "ix_orders_to_ship_buyer" in plans
    assert "orders" not in tables_read_whole(plans)
