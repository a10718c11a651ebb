"""Who has an order open: others see it, it ends by itself, and it refuses nobody anything."""

from datetime import timedelta
from typing import Any

from api.kernel import clock
from api.presence import jobs as presence_jobs
from api.presence.policy import CLAIM_LIFETIME
from tests.support.shop import Shop, Staff
from tests.support.threads import at_once


def claim(staff: Staff, order: dict[str, Any], **how: Any) -> Any:
    """Claim an order."""
    path = f"/api/v1/admin/orders/{order['id']}/claim"
    return staff.client.put(path, json=how, headers=staff.headers)


def release(staff: Staff, order: dict[str, Any]) -> Any:
    """Let go of an order."""
    path = f"/api/v1/admin/orders/{order['id']}/claim"
    return staff.client.delete(path, headers=staff.headers)


def seen_by(staff: Staff) -> list[dict[str, Any]]:
    """Return the claims that somebody hears of."""
    return list(staff.gets("/changes").get_json()["claims"])


def an_order(shop: Shop) -> dict[str, Any]:
    """Have one paid order."""
    shop.sells("MUG", 10)
    return shop.an_order(MUG=1)


def test_everybody_sees_who_has_an_order_open(shop: Shop) -> None:
    order, anna, jon = an_order(shop), shop.staff(), shop.staff("warehouse")

    answer = claim(anna, order)

    assert answer.status_code == 200
    (mine,), (theirs,) = seen_by(anna), seen_by(jon)
    assert (mine["order_id"], mine["is_mine"]) == (order["id"], True)
    assert (theirs["claimed_by"], theirs["is_mine"]) == (mine["claimed_by"], False)


def test_a_second_one_is_told_who_and_since_when(shop: Shop) -> None:
    order, anna, jon = an_order(shop), shop.staff(), shop.staff("warehouse")
    mine = claim(anna, order).get_json()

    answer = claim(jon, order)

    told = answer.get_json()
    assert answer.status_code == 409
    assert told["code"] == "order_claimed"
    assert told["claimed_by"] == mine["claimed_by"]
    assert told["claimed_at"] == mine["claimed_at"]
    assert mine["claimed_by"] in told["detail"]
    assert seen_by(jon)[0]["claimed_by"] == mine["claimed_by"]


def test_it_is_taken_over_when_that_is_asked_for(shop: Shop) -> None:
    order, anna, jon = an_order(shop), shop.staff(), shop.staff("warehouse")
    claim(anna, order)

    assert claim(jon, order, take_over=True).get_json()["is_mine"]
    assert [one["is_mine"] for one in seen_by(anna)] == [False]
    assert claim(anna, order).status_code == 409


def test_it_ends_by_itself_and_goes_on_with_work(shop: Shop) -> None:
    order, anna, jon = an_order(shop), shop.staff(), shop.staff("warehouse")
    now = clock.now()
    first = claim(anna, order).get_json()
    with clock.frozen(now + CLAIM_LIFETIME - timedelta(seconds=5)):
        second = claim(anna, order).get_json()
    with clock.frozen(now + CLAIM_LIFETIME + timedelta(seconds=5)):
        assert claim(jon, order).status_code == 409
    with clock.frozen(now + 2 * CLAIM_LIFETIME + timedelta(seconds=5)):
        assert seen_by(anna) == []
        assert claim(jon, order).status_code == 200

    assert second["claimed_at"] == first["claimed_at"]
    assert second["claimed_until"] > first["claimed_until"]


def test_letting_go_frees_it_and_frees_only_ones_own(shop: Shop) -> None:
    order, anna, jon = an_order(shop), shop.staff(), shop.staff("warehouse")
    claim(anna, order)

    assert release(jon, order).status_code == 204
    assert len(seen_by(jon)) == 1
    assert release(anna, order).status_code == 204
    assert release(anna, order).status_code == 204
    assert seen_by(jon) == []


def test_of_ten_who_claim_at_once_one_gets_it(shop: Shop) -> None:
    """Without the condition on the row that is there, the last of them would have it."""
    order = an_order(shop)
    people = [shop.staff("warehouse") for _ in range(10)]

    outcomes = at_once(shop.app, [lambda who=who: claim(who, order) for who in people])

    assert (outcomes.of_status(200), outcomes.of_status(409)) == (1, 9)


def test_a_claim_refuses_nobody_to_ship(shop: Shop) -> None:
    order, anna, jon = an_order(shop), shop.staff(), shop.staff("warehouse")
    claim(anna, order)

    answer = jon.posts(f"/orders/{order['id']}/ship", {"carrier": "DHL"})

    assert answer.status_code == 201


def test_an_order_that_is_none_is_not_claimed(shop: Shop) -> None:
    anna = shop.staff()

    assert claim(anna, {"id": "01890000-0000-7000-8000-000000000000"}).status_code == 404


def test_ended_claims_are_forgotten(shop: Shop) -> None:
    order, anna = an_order(shop), shop.staff()
    claim(anna, order)
    with clock.frozen(clock.now() + CLAIM_LIFETIME + timedelta(seconds=1)):
        presence_jobs.purge_old_changes()

    assert seen_by(anna) == []
