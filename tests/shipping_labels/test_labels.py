"""A label is bought once per parcel, however often it is asked for and whatever breaks."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import text, update
from sqlalchemy.exc import IntegrityError

from api.fulfilment import service as fulfilment_service
from api.kernel import clock
from api.kernel.principal import SYSTEM
from api.platform import service_registry
from api.platform.db import session, transaction
from api.platform.storage import Storage, StorageUnavailable
from api.shipping_labels import flows, jobs, service
from api.shipping_labels.errors import LabelInProgress
from api.shipping_labels.models import ShippingLabel
from tests.support.carriers import CREDENTIALS, LABEL, ScriptedCarriers, at_carriers
from tests.support.shop import ADDRESS, Shop, Staff
from tests.support.sql import count_statements
from tests.support.threads import at_once
from tests.support.work import drain

SENDER = {**ADDRESS, "name": "Wanda Warehouse", "company": "Stockroom", "line1": "Lindenstr. 9"}


@pytest.fixture
def carriers(app: Flask) -> Iterator[ScriptedCarriers]:
    """The carriers of the shop, on this machine."""
    with at_carriers(app) as server:
        yield server


def an_account(staff: Staff, carrier: str = "gls", **more: Any) -> dict[str, Any]:
    """Add a carrier account."""
    body = {
        "code": carrier, "name": carrier.upper(), "carrier": carrier,
        "credentials": CREDENTIALS[carrier], **more,
    }  # fmt: skip
    answer = staff.posts("/carrier-accounts", body)
    assert answer.status_code == 201, answer.json
    return dict(answer.json)


def changes(staff: Staff, path: str, body: dict[str, Any]) -> Any:
    """Read something, then change it."""
    etag = staff.gets(path).headers["ETag"]
    return staff.client.patch(
        f"/api/v1/admin{path}", json=body, headers={**staff.headers, "If-Match": etag}
    )


def prepare(shop: Shop, carrier: str = "gls", service: str = "PARCEL") -> Staff:
    """Give the shop an account, its location an address, and its method both."""
    anna = shop.staff()
    account = an_account(anna, carrier)
    location = anna.gets("/locations").json["data"][0]
    assert changes(anna, f"/locations/{location['id']}", {"address": SENDER}).status_code == 200
    method = anna.gets("/shipping-methods").json["data"][0]
    answer = changes(
        anna,
        f"/shipping-methods/{method['id']}",
        {"carrier_account_id": account["id"], "carrier_service": service},
    )
    assert answer.status_code == 200, answer.json
    return anna


def a_parcel(shop: Shop, staff: Staff, **units: int) -> dict[str, Any]:
    """Open a parcel of a new paid order."""
    order = shop.an_order(**(units or {"MUG": 2}))
    answer = staff.posts(f"/orders/{order['id']}/fulfilments", {})
    assert answer.status_code == 201, answer.json
    return dict(answer.json)


def buys(staff: Staff, parcel: dict[str, Any], **wish: Any) -> Any:
    """Ask for the label of a parcel."""
    return staff.posts(f"/fulfilments/{parcel['id']}/label", {"weight_grams": 1250, **wish})


def labels(staff: Staff, parcel: dict[str, Any]) -> list[dict[str, Any]]:
    """List the labels of a parcel."""
    return list(staff.gets(f"/fulfilments/{parcel['id']}/labels").json["data"])


def test_a_label_is_bought_once_however_often_it_is_asked_for(
    shop: Shop, carriers: ScriptedCarriers
) -> None:
    shop.sells("MUG", 10)
    anna = prepare(shop)
    parcel = a_parcel(shop, anna)

    first, again = buys(anna, parcel), buys(anna, parcel, weight_grams=9000)

    assert (first.status_code, again.status_code) == (201, 201)
    assert (first.json["state"], first.json["carrier"]) == ("bought", "GLS")
    assert first.json["tracking_number"] == "ZFK10001"
    assert first.json["reference"] == f"{parcel['number']}-L1"
    assert again.json["id"] == first.json["id"]
    assert len(carriers.bought) == 1
    assert carriers.bought[0][1]["Shipment"]["ShipmentReference"] == [first.json["reference"]]
    assert carriers.bought[0][1]["Shipment"]["Shipper"]["Address"]["StreetNumber"] == "9"
    assert anna.gets(f"/fulfilments/{parcel['id']}").json["tracking_status"] == "pre_transit"


def test_two_who_ask_at_once_buy_one_label(shop: Shop, carriers: ScriptedCarriers) -> None:
    shop.sells("MUG", 10)
    anna = prepare(shop)
    parcel = a_parcel(shop, anna)

    def ask() -> UUID:
        wish = flows.LabelWish(weight_grams=1250)
        return flows.buy_label(UUID(parcel["id"]), wish, by=SYSTEM)

    outcomes = at_once(shop.app, [ask] * 4)

    assert len(set(outcomes.results)) == 1
    assert outcomes.refused_by(LabelInProgress) == 4 - len(outcomes.results)
    assert len(carriers.bought) == 1


def test_the_database_has_the_last_word_on_one_label_for_a_parcel(
    shop: Shop, carriers: ScriptedCarriers
) -> None:
    """Without the index whoever forgets the lock buys a second label."""
    shop.sells("MUG", 10)
    anna = shop.staff()
    account_id, parcel_id = UUID(an_account(anna)["id"]), UUID(a_parcel(shop, anna)["id"])

    def asks() -> None:
        with transaction():
            service.request_label(
                fulfilment_service.lock(parcel_id), account_id=account_id, service="PARCEL",
                label_format="PDF", weight_grams=400, customs=None, by=SYSTEM,
            )  # fmt: skip

    asks()
    with pytest.raises(IntegrityError, match="uq_shipping_labels_active"):
        asks()


def test_a_label_is_stored_sealed_and_only_staff_get_it(
    shop: Shop, carriers: ScriptedCarriers
) -> None:
    shop.sells("MUG", 10)
    anna = prepare(shop)
    label = buys(anna, a_parcel(shop, anna)).json

    file = anna.gets(f"/labels/{label['id']}/file")

    assert (file.status_code, file.data) == (200, LABEL)
    assert file.headers["Content-Type"] == "application/pdf"
    assert file.headers["Cache-Control"] == "no-store"
    stored = session.scalar(text("SELECT file_key FROM shipping_labels"))
    storage: Storage = service_registry.get_service(Storage)
    assert LABEL not in storage.read(stored)
    assert shop.app.test_client().get(f"/media/{stored}").status_code == 404
    assert shop.app.test_client().get(f"/api/v1/admin/labels/{label['id']}/file").status_code == 401


def test_a_refusal_is_told_in_the_carriers_words_and_may_be_tried_again(
    shop: Shop, carriers: ScriptedCarriers
) -> None:
    shop.sells("MUG", 10)
    anna = prepare(shop)
    parcel = a_parcel(shop, anna)
    carriers.says = 400, {"errors": [{"code": "ZIP", "message": "ZIP code is wrong"}]}

    refused = buys(anna, parcel)
    carriers.says = None
    bought = buys(anna, parcel)

    assert (refused.status_code, refused.json["code"]) == (422, "label_refused")
    assert "ZIP code is wrong" in refused.json["detail"]
    assert (bought.status_code, bought.json["reference"]) == (201, f"{parcel['number']}-L2")
    assert [one["state"] for one in labels(anna, parcel)] == ["failed", "bought"]


def test_an_answer_that_got_lost_is_never_asked_for_again_by_itself(
    shop: Shop, carriers: ScriptedCarriers
) -> None:
    shop.sells("MUG", 10)
    anna = prepare(shop)
    parcel = a_parcel(shop, anna)
    carriers.says = 502, {"detail": "bad gateway"}

    lost, again = buys(anna, parcel), buys(anna, parcel)
    carriers.says = None
    once_more = buys(anna, parcel)

    codes = {lost.json["code"], again.json["code"], once_more.json["code"]}
    assert (lost.status_code, codes) == (409, {"label_outcome_unknown"})
    assert carriers.bought == []
    (item,) = anna.gets("/attention").json["data"]
    assert item["kind"] == "label_unclear"
    assert f"{parcel['number']}-L1" in item["reason"]

    (label,) = labels(anna, parcel)
    settled = anna.posts(f"/labels/{label['id']}/settle", {"tracking_number": "ZFK9"})
    assert (settled.json["state"], settled.json["has_file"]) == ("bought", False)
    assert anna.gets("/attention").json["data"] == []
    assert buys(anna, parcel).json["tracking_number"] == "ZFK9"
    assert anna.gets(f"/labels/{label['id']}/file").json["code"] == "label_file_missing"


def test_a_label_that_was_not_bought_after_all_is_settled_and_bought(
    shop: Shop, carriers: ScriptedCarriers
) -> None:
    shop.sells("MUG", 10)
    anna = prepare(shop)
    parcel = a_parcel(shop, anna)
    carriers.says = 502, {}
    buys(anna, parcel)
    carriers.says = None
    (label,) = labels(anna, parcel)

    settled = anna.posts(f"/labels/{label['id']}/settle", {})
    bought = buys(anna, parcel)

    assert settled.json["state"] == "failed"
    assert (bought.status_code, bought.json["reference"]) == (201, f"{parcel['number']}-L2")


def test_a_crash_between_buying_and_storing_is_seen_and_buys_no_second_label(
    shop: Shop, carriers: ScriptedCarriers, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.sells("MUG", 10)
    anna = prepare(shop)
    parcel = a_parcel(shop, anna)

    class Died(BaseException):
        """The process is gone."""

    def die(*_: Any, **__: Any) -> None:
        raise Died

    wish = flows.LabelWish(weight_grams=1250)
    with monkeypatch.context() as patched:
        patched.setattr(flows, "_store", die)
        with pytest.raises(Died):
            flows.buy_label(UUID(parcel["id"]), wish, by=SYSTEM)
    session.rollback()
    at_first = buys(anna, parcel)
    with transaction():
        session.execute(update(ShippingLabel).values(created_at=clock.now() - timedelta(minutes=5)))
    later = buys(anna, parcel)
    jobs.tell_unclear_labels()

    assert at_first.json["code"] == "label_in_progress"
    assert later.json["code"] == "label_outcome_unknown"
    assert len(carriers.bought) == 1
    assert [one["kind"] for one in anna.gets("/attention").json["data"]] == ["label_unclear"]


def test_a_label_without_storage_is_bought_all_the_same(
    shop: Shop, carriers: ScriptedCarriers, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.sells("MUG", 10)
    anna = prepare(shop)
    parcel = a_parcel(shop, anna)
    storage = service_registry.get_service(Storage)

    def full(*_: Any) -> None:
        raise StorageUnavailable

    monkeypatch.setattr(storage, "put", full)
    label = buys(anna, parcel)

    assert (label.json["state"], label.json["has_file"]) == ("bought", False)


def test_a_voided_label_makes_room_for_another(shop: Shop, carriers: ScriptedCarriers) -> None:
    shop.sells("MUG", 10)
    anna = prepare(shop)
    parcel = a_parcel(shop, anna)
    label = buys(anna, parcel).json

    voided = anna.posts(f"/labels/{label['id']}/void", {})
    again = anna.posts(f"/labels/{label['id']}/void", {})
    another = buys(anna, parcel)

    assert (voided.status_code, voided.json["state"]) == (200, "voided")
    assert (again.status_code, again.json["code"]) == (409, "invalid_state")
    assert carriers.voided == ["/shipit-farm/v1/backend/rs/shipments/cancel/ZFK10001"]
    assert another.json["tracking_number"] == "ZFK10002"


def test_a_carrier_without_voiding_is_told_of_elsewhere(
    shop: Shop, carriers: ScriptedCarriers
) -> None:
    shop.sells("MUG", 10)
    anna = prepare(shop, "dpd", "CL")
    label = buys(anna, a_parcel(shop, anna)).json

    asked = anna.posts(f"/labels/{label['id']}/void", {})
    told = anna.posts(f"/labels/{label['id']}/void", {"is_voided_elsewhere": True})

    assert (asked.status_code, asked.json["code"]) == (422, "carrier_cannot_do")
    assert told.json["state"] == "voided"


def test_the_label_of_a_parcel_on_its_way_is_not_voided(
    shop: Shop, carriers: ScriptedCarriers
) -> None:
    shop.sells("MUG", 10)
    anna = prepare(shop)
    parcel = a_parcel(shop, anna)
    label = buys(anna, parcel).json
    body = {"carrier": label["carrier"], "tracking_number": label["tracking_number"]}
    assert anna.posts(f"/fulfilments/{parcel['id']}/ship", body).status_code == 200

    refused = anna.posts(f"/labels/{label['id']}/void", {})
    late = buys(anna, parcel)

    assert (refused.status_code, refused.json["code"]) == (409, "label_shipped")
    assert late.json["id"] == label["id"]
    assert carriers.voided == []


def test_what_is_missing_is_told_before_anything_is_sent(
    shop: Shop, carriers: ScriptedCarriers
) -> None:
    shop.sells("MUG", 10)
    anna = shop.staff()
    parcel = a_parcel(shop, anna)

    without_account = buys(anna, parcel)
    account = an_account(anna)
    without_sender = buys(anna, parcel, account="gls", service="PARCEL")
    changes(anna, f"/carrier-accounts/{account['id']}", {"is_active": False})
    switched_off = buys(anna, parcel, account="gls", service="PARCEL")
    unknown = buys(anna, parcel, account="nope", service="PARCEL")

    assert without_account.json["code"] == "no_carrier_account"
    assert without_sender.json["code"] == "sender_address_missing"
    assert switched_off.json["code"] == "no_carrier_account"
    assert unknown.json["code"] == "carrier_account_not_found"
    assert (labels(anna, parcel), carriers.asked) == ([], [])


def test_buying_again_costs_few_statements(shop: Shop, carriers: ScriptedCarriers) -> None:
    shop.sells("MUG", 10)
    anna = prepare(shop)
    parcel = a_parcel(shop, anna)
    buys(anna, parcel)

    with count_statements() as counted:
        labels(anna, parcel)
    of_one = len(counted)
    flows.void_label(UUID(labels(anna, parcel)[0]["id"]), by=SYSTEM)
    buys(anna, parcel)
    with count_statements() as counted:
        labels(anna, parcel)

    assert len(counted) == of_one


def test_two_orders_in_one_parcel_have_one_label(shop: Shop, carriers: ScriptedCarriers) -> None:
    shop.sells("MUG", 10)
    anna = prepare(shop)
    one, other = shop.an_order(MUG=2), shop.an_order(MUG=1)
    packed = anna.posts(f"/orders/{one['id']}/pack-together", {"order_id": other["id"]}).json

    refused, bought = buys(anna, packed["packed_with"]), buys(anna, packed)

    assert (refused.status_code, refused.json["code"]) == (409, "label_not_needed")
    assert "is packed in another parcel" in refused.json["detail"]
    assert (bought.status_code, len(carriers.bought)) == (201, 1)


def unused(staff: Staff) -> list[str]:
    """Return what the attention list says of labels that do not travel."""
    drain()
    rows = staff.gets("/attention").json["data"]
    return [one["reason"] for one in rows if one["kind"] == "label_unused"]


def test_a_paid_label_whose_parcel_does_not_travel_needs_a_person_until_it_is_voided(
    shop: Shop, carriers: ScriptedCarriers
) -> None:
    shop.sells("MUG", 20)
    anna = prepare(shop)
    cancelled, relabelled, kept = (a_parcel(shop, anna) for _ in range(3))
    first, second, third = (buys(anna, one).json for one in (cancelled, relabelled, kept))
    assert unused(anna) == []

    anna.posts(f"/fulfilments/{cancelled['id']}/cancel")
    other = {"carrier": "DHL", "tracking_number": "00340434161094042557"}
    anna.posts(f"/fulfilments/{relabelled['id']}/ship", other)
    anna.posts(f"/fulfilments/{kept['id']}/ship", {"carrier": "GLS"})

    assert unused(anna) == [
        f"The label {first['reference']} (ZFK10001) was bought, and {cancelled['number']} is "
        "cancelled: void it",
        f"The label {second['reference']} (ZFK10002) was bought, and {relabelled['number']} left "
        "with another label: void it",
    ]
    shipped = anna.gets(f"/fulfilments/{kept['id']}").json
    assert shipped["tracking_number"] == third["tracking_number"], "it was bought for this parcel"
    for label in (first, second):
        assert anna.posts(f"/labels/{label['id']}/void", {}).status_code == 200
    assert unused(anna) == []
    assert anna.posts(f"/fulfilments/{kept['id']}/void", {}).status_code == 200
    assert "is voided" in unused(anna)[0]


def test_a_label_that_comes_after_its_parcel_was_cancelled_is_noticed(
    shop: Shop, carriers: ScriptedCarriers
) -> None:
    shop.sells("MUG", 10)
    anna = prepare(shop)
    parcel = a_parcel(shop, anna)
    carriers.says = 502, {}
    buys(anna, parcel)
    anna.posts(f"/fulfilments/{parcel['id']}/cancel")
    assert unused(anna) == [], "it may not be bought at all"
    (label,) = labels(anna, parcel)

    anna.posts(f"/labels/{label['id']}/settle", {"tracking_number": "ZFK9"})

    assert len(unused(anna)) == 1
    assert anna.gets(f"/fulfilments/{parcel['id']}").json["tracking_number"] is None
