"""Notes: for colleagues, pinned until whoever ships has read them, or for the customer."""

from typing import Any

from sqlalchemy import select

from api.orders.models import OrderEvent
from api.platform.db import session
from tests.support.shop import Shop, Staff


def notes(staff: Staff, order: dict[str, Any], text: str, **more: Any) -> Any:
    return staff.posts(f"/orders/{order['id']}/notes", {"text": text, **more})


def ships(staff: Staff, order: dict[str, Any], **more: Any) -> Any:
    return staff.posts(f"/orders/{order['id']}/ship", {"carrier": "DHL", **more})


def events(order: dict[str, Any], kind: str) -> list[str]:
    asked = select(OrderEvent.actor).where(
        OrderEvent.order_id == order["id"], OrderEvent.kind == kind
    )
    return list(session.scalars(asked.order_by(OrderEvent.id)))


def test_a_pinned_note_interrupts_shipping_until_whoever_ships_has_read_it(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, owner, packer = shop.an_order(MUG=3), shop.staff(), shop.staff("warehouse")
    note = notes(owner, order, "Wrap each mug twice.", is_pinned=True).json

    refused = ships(packer, order)

    assert (refused.status_code, refused.json["code"]) == (409, "notes_unread")
    assert [one["text"] for one in refused.json["notes"]] == ["Wrap each mug twice."]
    line = order["lines"][0]["id"]
    one_mug = {"lines": [{"order_line_id": line, "quantity": 1}]}
    read = ships(packer, order, acknowledged_notes=[note["id"]], **one_mug)
    assert read.status_code == 201, read.json
    assert ships(packer, order, **one_mug).status_code == 201  # each person reads it once
    assert ships(owner, order).json["code"] == "notes_unread"  # and each person does
    assert len(events(order, "note_read")) == 1
    shown = owner.opens(order)["notes"]
    assert [(one["is_pinned"], len(one["read_by"])) for one in shown] == [(True, 1)]


def test_an_acknowledged_note_lets_every_way_to_ship_pass(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, owner = shop.an_order(MUG=1), shop.staff()
    note = notes(owner, order, "Fragile.", is_pinned=True).json
    parcel = owner.posts(f"/orders/{order['id']}/fulfilments", {}).json

    refused = owner.posts(f"/fulfilments/{parcel['id']}/ship", {"carrier": "DHL"})
    assert refused.json["code"] == "notes_unread"
    assert owner.posts(f"/order-notes/{note['id']}/acknowledge").json["read_by"]
    again = owner.posts(f"/order-notes/{note['id']}/acknowledge").json
    assert len(again["read_by"]) == 1

    assert owner.posts(f"/fulfilments/{parcel['id']}/ship", {"carrier": "DHL"}).status_code == 200


def test_a_note_that_is_unpinned_interrupts_nobody(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, owner = shop.an_order(MUG=1), shop.staff()
    note = notes(owner, order, "Ask Ben first.", is_pinned=True).json
    path = f"/api/v1/admin/order-notes/{note['id']}"

    def pin(is_pinned: bool, version: int) -> Any:
        return owner.client.patch(
            path, json={"is_pinned": is_pinned},
            headers={**owner.headers, "If-Match": f'"{version}"'},
        )  # fmt: skip

    assert pin(False, note["version"]).json["is_pinned"] is False
    assert pin(True, note["version"]).status_code == 412
    assert ships(owner, order).status_code == 201


def test_a_customer_sees_their_notes_and_nothing_of_the_others(shop: Shop) -> None:
    shop.sells("MUG", 10)
    buyer = shop.guest()
    order, owner = shop.an_order(MUG=1, buyer=buyer), shop.staff()
    notes(owner, order, "Pays late, be careful.")
    assert buyer.sees(order)["notes"] == []

    notes(owner, order, "We put a sticker into your parcel.", for_customer=True)

    assert [one["text"] for one in buyer.sees(order)["notes"]] == [
        "We put a sticker into your parcel."
    ]
    assert "careful" not in str(buyer.sees(order))
    pinned = notes(owner, order, "Both.", for_customer=True, is_pinned=True)
    assert (pinned.status_code, pinned.json["code"]) == (422, "note_pinned_for_customer")


def test_notes_are_bounded_and_need_words(shop: Shop) -> None:
    shop.sells("MUG", 10)
    order, owner = shop.an_order(MUG=1), shop.staff()

    assert notes(owner, order, "   ").status_code == 422
    assert notes(owner, order, "x" * 2001).status_code == 422
    assert notes(shop.staff("warehouse"), order, "me too").status_code == 403
    assert owner.opens(order)["notes"] == []
