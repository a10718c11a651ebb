"""Prices of drafts above a limit wait for a second person; discount codes count as in a cart."""

from typing import Any

from sqlalchemy import update

from api.accounts.models import StaffRole
from api.platform.db import transaction
from tests.draft_orders.test_drafts_and_links import (
    DRAFTS,
    a_draft,
    as_buyer,
    eur,
    form,
    opens,
    sends,
    token_of,
)
from tests.promotions.test_buying_with_discounts import discounts
from tests.support.books import differences
from tests.support.shop import Shop, Staff
from tests.support.threads import at_once


def may_take_off(role: str, most: int) -> None:
    """Set how much a role may take off alone."""
    with transaction() as current:
        current.execute(
            update(StaffRole).where(StaffRole.name == role).values(limits={"discount_max": most})
        )


def priced(staff: Staff, amount: int) -> dict[str, Any]:
    """Have staff put two mugs on a draft at a price of their own."""
    lines = [{"sku": "MUG", "quantity": 2, "unit_price": eur(amount)}]
    return a_draft(staff, lines=lines, reason="Agreed by phone")


def test_a_price_above_the_limit_waits_and_stands_once_a_second_person_agrees(shop: Shop) -> None:
    shop.sells("MUG", 9, price="10.00 EUR")
    may_take_off("manager", 300)
    manager, owner = shop.staff("manager"), shop.staff()
    small = priced(manager, 900)
    assert small["price_command_id"] is None
    assert sends(manager, small).status_code == 200

    large = priced(manager, 500)
    assert large["price_command_id"] is not None
    assert "wait for a second person" in large["incomplete"]
    for path, body in (("pay-link", None), ("mark-paid", {"reference": "cash"})):
        refused = manager.posts(f"{DRAFTS}/{large['id']}/{path}", body)
        assert refused.json["code"] == "prices_not_approved", refused.json
    (waiting,) = owner.gets("/approvals").json["data"]
    assert waiting["kind"] == "draft_price"
    assert "10.00 EUR off: Agreed by phone" in waiting["summary"]
    own = manager.posts(f"/approvals/{waiting['id']}/approve")
    assert own.status_code == 403
    assert owner.posts(f"/approvals/{waiting['id']}/approve").status_code == 200
    assert sends(manager, large).status_code == 200
    order = as_buyer(shop, opens(shop, token_of(shop)).json).sees(
        {"id": manager.gets(f"{DRAFTS}/{large['id']}").json["order_id"]}
    )
    assert order["total"] == eur(1490)
    assert differences() == []


def test_a_price_that_was_rejected_or_changed_is_not_approved(shop: Shop) -> None:
    shop.sells("MUG", 9, price="10.00 EUR")
    may_take_off("manager", 300)
    manager, owner = shop.staff("manager"), shop.staff()
    draft = priced(manager, 500)
    owner.posts(f"/approvals/{draft['price_command_id']}/reject", {"note": "Too low"})
    assert "not approved (rejected)" in sends(manager, draft).json["detail"]
    again = manager.posts(
        f"{DRAFTS}/{draft['id']}/prices",
        {"sku": "MUG", "unit_price": eur(400), "reason": "Wholesale"},
    ).json
    higher = manager.posts(
        f"{DRAFTS}/{draft['id']}/prices",
        {"sku": "MUG", "unit_price": eur(950), "reason": "Wholesale"},
    ).json
    assert again["price_command_id"] is not None
    assert higher["price_command_id"] is None
    late = owner.posts(f"/approvals/{again['price_command_id']}/approve")
    assert late.json["code"] == "draft_price_changed"
    assert sends(manager, draft).status_code == 200


def test_who_sends_a_draft_while_its_price_is_lowered_never_sends_the_unapproved_one(
    shop: Shop,
) -> None:
    """Without the draft's lock: a link over a price that nobody agreed to is mailed."""
    shop.sells("MUG", 30, price="10.00 EUR")
    may_take_off("manager", 300)
    one, two = shop.staff("manager"), shop.staff("manager")
    for _ in range(4):
        draft = priced(one, 900)
        outcomes = at_once(
            shop.app,
            [
                lambda draft=draft: sends(one, draft).status_code,
                lambda draft=draft: (
                    two.posts(
                        f"{DRAFTS}/{draft['id']}/prices",
                        {"sku": "MUG", "unit_price": eur(100), "reason": "Cheaper"},
                    ).status_code
                ),
            ],
        )
        assert outcomes.errors == []
        now = one.gets(f"{DRAFTS}/{draft['id']}").json
        assert (now["status"], now["quoted_total"]) == ("open", None)


def test_a_draft_takes_discount_codes_and_automatic_discounts_as_a_cart_does(shop: Shop) -> None:
    shop.sells("MUG", 9, price="10.00 EUR")
    shop.sells("TEA", 9, price="5.00 EUR")
    staff = shop.staff()
    discounts(shop, codes=("SPRING",), basis_points=1000, max_uses=1)
    lines = [
        {"sku": "MUG", "quantity": 2},
        {"sku": "TEA", "quantity": 1, "unit_price": eur(400)},
    ]
    draft = a_draft(
        staff, lines=lines, reason="Agreed", discount_codes=["spring", "nothing"]
    )  # the tea has a price of its own already
    costs = draft["costs"]
    assert (costs["discount_total"], costs["total"]) == (eur(200), eur(2690))
    assert [one["code"] for one in costs["discounts"]] == ["SPRING"]
    assert [one["code"] for one in costs["not_applied"]] == ["nothing"]

    paid = staff.posts(f"{DRAFTS}/{draft['id']}/mark-paid", {"reference": "cash"})
    assert paid.status_code == 201, paid.json
    order = staff.opens(paid.json)
    assert (order["discount_total"], order["total"]) == (eur(200), eur(2690))
    assert [one["code"] for one in order["discounts"]] == ["SPRING"]
    other = staff.posts(DRAFTS, form(discount_codes=["SPRING"])).json
    assert other["costs"]["discounts"] == []
    assert differences() == []
