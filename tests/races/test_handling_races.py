"""Two people at one order: who holds it, who ships it, who releases it."""

from typing import Any

from tests.support.books import differences
from tests.support.shop import Shop, Staff
from tests.support.threads import at_once

ROUNDS = 6


def ships(staff: Staff, order: dict[str, Any], **more: Any) -> Any:
    return staff.posts(f"/orders/{order['id']}/ship", {"carrier": "DHL", **more})


def test_an_order_is_held_or_shipped_and_never_both_in_part(shop: Shop) -> None:
    """Without the lock of the order a parcel leaves after the hold was answered with 201."""
    shop.sells("MUG", 50)
    packer, support = shop.staff("warehouse"), shop.staff("support")
    for _ in range(ROUNDS):
        order = shop.an_order(MUG=1)
        outcomes = at_once(
            shop.app,
            [
                lambda order=order: ships(packer, order),
                lambda order=order: support.posts(
                    f"/orders/{order['id']}/holds", {"reason": "risk"}
                ),
            ],
        )

        assert outcomes.of_status(201) == 1, [one.json for one in outcomes.results]
        seen = shop.staff().opens(order)
        is_shipped = seen["fulfilment_status"] == "shipped"
        assert seen["on_hold"] is not is_shipped
    assert differences() == []


def test_of_two_who_release_a_hold_one_is_told_of_the_other(shop: Shop) -> None:
    """Without the lock both release it, and the history says so twice."""
    shop.sells("MUG", 50)
    first, second = shop.staff(), shop.staff("support")
    for _ in range(ROUNDS):
        order = shop.an_order(MUG=1)
        hold = first.posts(f"/orders/{order['id']}/holds", {"reason": "address"}).json
        outcomes = at_once(
            shop.app,
            [
                lambda who=who, hold=hold: who.posts(f"/order-holds/{hold['id']}/release")
                for who in (first, second)
            ],
        )

        assert (outcomes.of_status(200), outcomes.of_status(409)) == (1, 1)
        kinds = [one["kind"] for one in first.opens(order)["timeline"]]
        assert kinds.count("hold_released") == 1
        assert first.opens(order)["on_hold"] is False


def test_a_note_that_is_pinned_while_somebody_ships_is_read_or_too_late(shop: Shop) -> None:
    """Without the lock the order leaves after the pinned note was answered with 201."""
    shop.sells("MUG", 50)
    packer, support = shop.staff("warehouse"), shop.staff("support")
    body = {"text": "Wait for the card.", "is_pinned": True}
    for _ in range(ROUNDS):
        order = shop.an_order(MUG=1)
        at_once(
            shop.app,
            [
                lambda order=order: ships(packer, order),
                lambda order=order: support.posts(f"/orders/{order['id']}/notes", body),
            ],
        )

        timeline = [one["kind"] for one in shop.staff().opens(order)["timeline"]]
        if "shipped" in timeline:
            assert timeline.index("shipped") < timeline.index("note")
        else:
            assert ships(packer, order).json["code"] == "notes_unread"
    assert differences() == []


def test_two_bulk_actions_on_the_same_orders_do_not_deadlock(shop: Shop) -> None:
    """Without locking by id, two that name them in opposite orders end in a deadlock."""
    shop.sells("MUG", 50)
    people = shop.staff(), shop.staff("support")
    orders = [shop.an_order(MUG=1)["id"] for _ in range(6)]
    for number in range(3):
        outcomes = at_once(
            shop.app,
            [
                lambda who=who, ids=ids, tag=f"t{number}-{n}": who.posts(
                    "/orders/batch", {"order_ids": ids, "action": "tag", "tags": [tag]}
                )
                for n, (who, ids) in enumerate(
                    zip(people, (orders, list(reversed(orders))), strict=True)
                )
            ],
        )
        assert outcomes.of_status(200) == 2
        assert [one.json["done"] for one in outcomes.results] == [6, 6]
    tags = people[0].gets(f"/orders/{orders[0]}").json["tags"]
    assert len(tags) == 6
