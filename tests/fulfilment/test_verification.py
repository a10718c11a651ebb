"""No unit leaves unseen: what was scanned is kept per line, and what was not is refused."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask

from api.fulfilment.carriers import carrier_of, must_verify
from api.platform.audit import AuditEntry
from api.platform.db import session
from api.platform.service_registry import get_service, register
from api.platform.settings import Settings
from tests.support.books import differences
from tests.support.shop import Shop, Staff
from tests.support.stock import counters

MUG, JUG = "4006381333931", "4006381333948"
Rule = Callable[[str], None]


@pytest.fixture
def rule(app: Flask) -> Any:
    """Have the shop want other units verified."""
    before = get_service(Settings)
    yield lambda value: register(app, Settings, replace(before, ship_verification=value))
    register(app, Settings, before)


def ship(staff: Staff, order: dict[str, Any], verified: dict[int, int], **more: Any) -> Any:
    """Hand everything over; `verified` are units by the position of their line."""
    lines = [
        {"order_line_id": order["lines"][at]["id"], "quantity": units}
        for at, units in verified.items()
    ]
    return staff.posts(
        f"/orders/{order['id']}/ship", {"carrier": "DHL", "verified_lines": lines, **more}
    )


def of_both(shop: Shop) -> dict[str, Any]:
    """An order of two mugs, which have a barcode, and one bowl, which has none."""
    shop.sells("MUG", 10, barcodes=[MUG])
    shop.sells("BOWL", 10)
    return shop.an_order(MUG=2, BOWL=1)


def test_units_with_a_barcode_that_nobody_scanned_do_not_leave(shop: Shop) -> None:
    order, staff = of_both(shop), shop.staff()
    line_id = order["lines"][0]["id"]

    blind = staff.posts(f"/orders/{order['id']}/ship", {"carrier": "DHL"})
    half = ship(staff, order, {0: 1, 1: 1})

    assert (blind.status_code, blind.json["code"]) == (422, "units_not_verified")
    assert [one["detail"] for one in blind.json["errors"]] == ["MUG: 0 of 2 verified."]
    assert half.status_code == 422
    assert half.json["lines"] == [
        {"order_line_id": line_id, "sku": "MUG", "quantity": 2, "verified": 1}
    ]
    assert staff.opens(order)["fulfilments"] == []
    assert counters(shop.variants["MUG"]).on_hand == 10


def test_verified_units_are_kept_with_each_line_of_the_parcel(shop: Shop) -> None:
    order, staff = of_both(shop), shop.staff("warehouse")

    sent = ship(staff, order, {0: 2})

    assert sent.status_code == 201
    assert [(one["quantity"], one["verified_quantity"]) for one in sent.json["lines"]] == [
        (2, 2),
        (1, 0),
    ]
    assert sent.json["override_reason"] is None
    assert differences() == []


def test_a_part_needs_only_its_own_units_verified(shop: Shop) -> None:
    order, staff = of_both(shop), shop.staff()
    one = {"order_line_id": order["lines"][0]["id"], "quantity": 1}

    assert ship(staff, order, {0: 1}, lines=[one]).status_code == 201


def test_a_parcel_that_was_opened_before_is_held_to_the_same(shop: Shop) -> None:
    order, staff = of_both(shop), shop.staff()
    parcel = staff.posts(f"/orders/{order['id']}/fulfilments").json
    verified = [{"order_line_id": order["lines"][0]["id"], "quantity": 2}]
    path = f"/fulfilments/{parcel['id']}/ship"

    blind = staff.posts(path, {"carrier": "DHL"})
    sent = staff.posts(path, {"carrier": "DHL", "verified_lines": verified})

    assert (blind.status_code, blind.json["code"]) == (422, "units_not_verified")
    assert sent.status_code == 200
    assert sent.json["lines"][0]["verified_quantity"] == 2


def test_an_override_takes_its_permission_and_a_reason_and_is_written_down(shop: Shop) -> None:
    order = of_both(shop)
    packer, manager = shop.staff("warehouse"), shop.staff("manager")
    why = {"override_reason": "label torn, compared by eye"}

    refused = ship(packer, order, {0: 1}, **why)
    empty = ship(manager, order, {0: 1}, override_reason="  ")
    sent = ship(manager, order, {0: 1}, **why)

    assert (refused.status_code, refused.json["code"]) == (403, "permission_missing")
    assert refused.json["permission"] == "fulfilment:override"
    assert (empty.status_code, empty.json["code"]) == (422, "units_not_verified")
    assert (sent.status_code, sent.json["override_reason"]) == (201, why["override_reason"])
    assert sent.json["lines"][0]["verified_quantity"] == 1
    text = manager.opens(order)["timeline"][-1]["text"]
    assert text.endswith("1 unit not verified: label torn, compared by eye.")
    entry = session.query(AuditEntry).filter_by(action="fulfilment.shipped").one()
    assert (entry.changes["unverified"], entry.changes["override"]) == (1, why["override_reason"])


def test_a_reason_that_was_not_needed_is_not_kept_and_needs_no_permission(shop: Shop) -> None:
    order = of_both(shop)

    sent = ship(shop.staff("warehouse"), order, {0: 2}, override_reason="in a hurry")

    assert (sent.status_code, sent.json["override_reason"]) == (201, None)


def test_more_than_is_in_the_parcel_or_on_no_line_of_it_is_refused(shop: Shop) -> None:
    order, staff = of_both(shop), shop.staff()
    stranger = [{"order_line_id": str(uuid4()), "quantity": 1}]

    too_many = ship(staff, order, {0: 3})
    unknown = ship(staff, order, {}, verified_lines=stranger)
    twice = ship(staff, order, {}, verified_lines=stranger * 2)

    assert (too_many.status_code, too_many.json["code"]) == (422, "verified_exceeds_quantity")
    assert too_many.json["errors"][0]["pointer"] == "/verified_lines/0/quantity"
    assert (unknown.status_code, unknown.json["code"]) == (422, "unknown_order_line")
    assert unknown.json["errors"][0]["pointer"] == "/verified_lines/0/order_line_id"
    assert twice.status_code == 422
    assert staff.opens(order)["fulfilments"] == []


def test_the_shop_may_ask_for_all_or_for_nothing(shop: Shop, rule: Rule) -> None:
    order, staff = of_both(shop), shop.staff()

    rule("all")
    strict = ship(staff, order, {0: 2})
    asked = [line["must_verify"] for line in staff.opens(order)["lines"]]
    rule("off")
    free = ship(staff, order, {})

    assert [one["sku"] for one in strict.json["lines"]] == ["BOWL"]
    assert asked == [True, True]
    assert free.status_code == 201


def test_an_order_tells_what_must_be_verified(shop: Shop) -> None:
    order = of_both(shop)

    assert [line["must_verify"] for line in shop.staff().opens(order)["lines"]] == [True, False]


@pytest.mark.parametrize(
    ("rule_set", "barcode", "wanted"),
    [("off", True, False), ("barcoded", True, True), ("barcoded", False, False),
     ("all", False, True)],
)  # fmt: skip
def test_the_rule(rule_set: str, barcode: bool, wanted: bool) -> None:
    assert must_verify(rule_set, has_barcode=barcode) is wanted


@pytest.mark.parametrize(
    ("method", "carrier"),
    [
        ({"code": "a", "name": "Parcel", "carrier": "dhl"}, "DHL"),
        ({"code": "a", "name": "Parcel", "carrier": "Radbote Nord"}, "Radbote Nord"),
        ({"code": "a", "name": "DHL Paket"}, "DHL"),
        ({"code": "a", "name": "Express (UPS)"}, "UPS"),
        ({"code": "a", "name": "Lettre La Poste"}, "La Poste"),
        ({"code": "a", "name": "Backups by hand"}, None),
        ({"code": "a", "name": "Parcel"}, None),
    ],
)
def test_who_brings_an_order_is_what_its_method_says(
    method: dict[str, str], carrier: str | None
) -> None:
    assert carrier_of(method) == carrier


def test_an_order_remembers_its_methods_carrier_and_its_customers_note(shop: Shop) -> None:
    staff = shop.staff()
    (method,) = staff.gets("/shipping-methods").json["data"]
    changed = shop.app.test_client().patch(
        f"/api/v1/admin/shipping-methods/{method['id']}",
        json={"carrier": "GLS"},
        headers={**staff.headers, "If-Match": f'"{method["version"]}"'},
    )
    shop.sells("MUG", 10)
    guest = shop.guest()
    guest.adds("MUG")
    order = guest.checks_out(customer_note="  Ring at the back door ")

    case = staff.opens(order)

    assert (changed.status_code, changed.json["carrier"]) == (200, "GLS")
    assert order["shipping_method"]["carrier"] == "GLS"
    assert (case["carrier"], case["customer_note"]) == ("GLS", "Ring at the back door")
    assert guest.sees(order)["customer_note"] == "Ring at the back door"
    assert guest.tries_to_check_out(customer_note="Something else").status_code == 409
