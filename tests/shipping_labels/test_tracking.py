"""Where parcels are: by file and by webhook, once, in any order, and moving no stock."""

import json
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from api.kernel.money import Money
from api.orders import service as orders_service
from api.platform.db import session
from api.shipping_labels import flows
from tests.shipping_labels.test_labels import an_account, changes
from tests.support.carriers import CREDENTIALS
from tests.support.shop import ADDRESS, Shop, Staff
from tests.support.stock import counters

NUMBER = "ZFK1 0001"
HEADER = "tracking_number,status,occurred_at,description\r\n"


def a_shipped_parcel(shop: Shop, staff: Staff, number: str = NUMBER) -> dict[str, Any]:
    """Ship an order."""
    order = shop.an_order(MUG=2)
    body = {"carrier": "GLS", "tracking_number": number}
    answer = staff.posts(f"/orders/{order['id']}/ship", body)
    assert answer.status_code == 201, answer.json
    return dict(answer.json)


def reads(staff: Staff, parcel: dict[str, Any]) -> dict[str, Any]:
    """Read a parcel again."""
    return dict(staff.gets(f"/fulfilments/{parcel['id']}").json)


def imports(staff: Staff, *rows: str) -> Any:
    """Import a carrier's file."""
    return staff.posts("/tracking/import", {"csv": HEADER + "\r\n".join(rows)})


def a_webhook(shop: Shop, staff: Staff, carrier: str = "gls") -> str:
    """Make the secret URL of an account; returns its path."""
    account = an_account(staff, carrier)
    answer = staff.posts(f"/carrier-accounts/{account['id']}/webhook-url")
    assert answer.status_code == 201, answer.json
    return "/api/v1/" + str(answer.json["url"]).split("/api/v1/")[1]


def sends(shop: Shop, path: str, body: Any) -> Any:
    """Send something to a webhook, as a carrier does."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return shop.app.test_client().post(path, data=raw, content_type="application/json")


def event(status: str, at: str, number: str = NUMBER) -> dict[str, str]:
    """Return an event of the shop's own form."""
    return {"tracking_number": number, "status": status, "occurred_at": at}


def test_a_file_says_where_parcels_are_and_delivers_them(shop: Shop) -> None:
    mug = shop.sells("MUG", 10)
    anna = shop.staff()
    parcel = a_shipped_parcel(shop, anna)
    rows = (
        "ZFK10001,in_transit,2026-01-02T08:00:00+01:00,Bremen",
        "ZFK10001,delivered,2026-01-03T14:05:00+01:00,",
    )

    first, again = imports(anna, *rows), imports(anna, *rows)

    assert first.json == {"parcels": 1, "new_events": 2, "delivered": 1}
    assert again.json == {"parcels": 1, "new_events": 0, "delivered": 0}
    now = reads(anna, parcel)
    assert (now["status"], now["tracking_status"]) == ("delivered", "delivered")
    # An arrival is never before the parcel left: from then the days to withdraw count.
    assert now["delivered_at"] == now["shipped_at"]
    told = anna.gets(f"/fulfilments/{parcel['id']}/tracking").json["data"]
    assert [one["status"] for one in told] == ["delivered", "in_transit"]
    assert (counters(mug).on_hand, counters(mug).allocated) == (8, 0)


def test_a_parcel_that_comes_back_is_not_delivered_to_its_customer(shop: Shop) -> None:
    shop.sells("MUG", 10)
    anna = shop.staff()
    parcel = a_shipped_parcel(shop, anna)

    told = imports(
        anna,
        "ZFK10001,return_to_sender,2026-01-03T08:00:00Z,",
        "ZFK10001,delivered,2026-01-05T08:00:00Z,",
    )

    assert told.json["delivered"] == 0
    assert reads(anna, parcel)["status"] == "shipped"
    (item,) = anna.gets("/attention").json["data"]
    assert (item["kind"], parcel["number"] in item["reason"]) == ("parcel_returning", True)


def test_orders_of_a_shared_box_are_locked_by_id_whichever_parcel_is_told_of(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a message about the second order and whoever ships the first one would deadlock."""
    shop.sells("MUG", 10)
    anna = shop.staff()
    first, second = sorted((shop.an_order(MUG=1)["id"] for _ in "12"), key=UUID)
    box = anna.posts(f"/orders/{first}/pack-together", {"order_id": second}).json
    body = {"carrier": "GLS", "tracking_number": NUMBER}
    assert anna.posts(f"/fulfilments/{box['id']}/ship", body).status_code == 200
    locked: list[str] = []
    lock = orders_service.lock
    monkeypatch.setattr(
        orders_service, "lock", lambda order_id: (locked.append(str(order_id)), lock(order_id))[1]
    )

    told = imports(anna, "ZFK10001,delivered,2026-01-05T08:00:00Z,")

    assert told.json["delivered"] == 1
    assert list(dict.fromkeys(locked)) == [first, second]
    assert {reads(anna, one)["status"] for one in (box, box["packed_with"])} == {"delivered"}


def test_a_file_with_a_wrong_row_changes_nothing(shop: Shop) -> None:
    shop.sells("MUG", 10)
    anna = shop.staff()
    parcel = a_shipped_parcel(shop, anna)

    wrong = imports(
        anna,
        "ZFK10001,delivered,2026-01-03T14:05:00Z,",
        "ZFK10001,lost,2026-01-03T14:05:00Z,",
        "ZFK10001,delivered,yesterday,",
        "ZFK10001,delivered,2999-01-01T00:00:00Z,",
    )
    unknown = imports(anna, "NOBODYS,delivered,2026-01-03T14:05:00Z,")

    assert (wrong.status_code, wrong.json["code"]) == (422, "tracking_file_invalid")
    assert [one["pointer"] for one in wrong.json["errors"]] == ["/csv/3", "/csv/4", "/csv/5"]
    assert "NOBODYS" in unknown.json["errors"][0]["detail"]
    assert reads(anna, parcel)["tracking_status"] == "unknown"


def test_events_of_a_webhook_count_by_their_time_and_not_by_their_arrival(shop: Shop) -> None:
    shop.sells("MUG", 10)
    anna = shop.staff()
    parcel = a_shipped_parcel(shop, anna)
    path = a_webhook(shop, anna)

    late = sends(shop, path, {"events": [event("out_for_delivery", "2026-01-03T08:00:00Z")]})
    early = sends(shop, path, {"events": [event("in_transit", "2026-01-02T08:00:00Z")]})
    twice = sends(shop, path, {"events": [event("out_for_delivery", "2026-01-03T08:00:00Z")]})
    unknown = sends(shop, path, {"events": [event("delivered", "2026-01-03T08:00:00Z", "X1")]})

    assert (late.status_code, late.json["new_events"]) == (200, 1)
    assert (early.json["new_events"], twice.json["new_events"]) == (1, 0)
    assert unknown.json == {"parcels": 0, "new_events": 0, "delivered": 0}
    now = reads(anna, parcel)
    assert (now["status"], now["tracking_status"]) == ("shipped", "out_for_delivery")


def test_the_forms_of_dhl_and_ups_are_read(shop: Shop) -> None:
    shop.sells("MUG", 10)
    anna = shop.staff()
    parcel = a_shipped_parcel(shop, anna)
    path = a_webhook(shop, anna)

    dhl = sends(
        shop,
        path,
        {
            "shipments": [
                {
                    "id": "ZFK10001",
                    "status": {
                        "timestamp": "2026-01-02T10:00:00+01:00",
                        "statusCode": "transit",
                        "description": "On its way",
                    },
                }
            ]
        },
    )
    moved = reads(anna, parcel)["tracking_status"]
    ups = sends(
        shop,
        path,
        {
            "trackingNumber": "ZFK10001",
            "gmtActivityDate": "20260103",
            "gmtActivityTime": "120000",
            "activityStatus": {"type": "D", "code": "F4", "description": "DELIVERED"},
        },
    )

    assert (dhl.status_code, ups.status_code) == (200, 200)
    assert (moved, reads(anna, parcel)["status"]) == ("in_transit", "delivered")


def test_a_webhook_without_its_secret_or_with_nonsense_is_refused(shop: Shop) -> None:
    shop.sells("MUG", 10)
    anna = shop.staff()
    path = a_webhook(shop, anna)
    good = {"events": [event("in_transit", "2026-01-02T08:00:00Z")]}

    wrong = sends(shop, "/api/v1/webhooks/carriers/guess", good)
    bodies: list[Any] = [
        b"{", [], {}, {"events": []}, {"events": ["x"]}, {"events": [event("lost", "2026")]},
        {"shipments": [{}]}, {"activityStatus": "x"}, {"activityStatus": {"type": "Q"}},
        {"events": [{**event("delivered", "2026-01-02T08:00:00Z"), "description": 5}]},
    ]  # fmt: skip
    answers = [sends(shop, path, body) for body in bodies]

    assert (wrong.status_code, wrong.json["code"]) == (401, "webhook_unknown")
    assert {one.status_code for one in answers} == {400}
    assert {one.json["code"] for one in answers} == {"tracking_event_malformed"}


def test_the_webhook_of_one_carrier_tells_nothing_of_anothers_parcels(shop: Shop) -> None:
    shop.sells("MUG", 10)
    anna = shop.staff()
    parcel = a_shipped_parcel(shop, anna)
    path = a_webhook(shop, anna, "dhl")

    answer = sends(shop, path, {"events": [event("delivered", "2026-01-02T08:00:00Z")]})

    assert answer.json["parcels"] == 0
    assert reads(anna, parcel)["status"] == "shipped"


def test_a_renewed_url_ends_the_one_before(shop: Shop) -> None:
    anna = shop.staff()
    account = an_account(anna)
    first = anna.posts(f"/carrier-accounts/{account['id']}/webhook-url").json["url"]
    second = anna.posts(f"/carrier-accounts/{account['id']}/webhook-url").json["url"]
    body = {"events": [event("in_transit", "2026-01-02T08:00:00Z")]}

    old, new = (sends(shop, "/api/v1/" + url.split("/api/v1/")[1], body) for url in (first, second))

    assert (old.status_code, new.status_code) == (401, 200)


def test_credentials_go_in_and_never_come_out(shop: Shop) -> None:
    anna, wanda = shop.staff(), shop.staff("warehouse")
    account = an_account(anna, "ups")
    incomplete = anna.posts(
        "/carrier-accounts",
        {"code": "x", "name": "X", "carrier": "ups", "credentials": {"client_id": "a", "pin": "1"}},
    )
    renamed = changes(anna, f"/carrier-accounts/{account['id']}", {"name": "UPS Bremen"})

    shown = anna.gets("/carrier-accounts").get_data(as_text=True)
    stored = session.scalar(text("SELECT credentials FROM carrier_accounts"))
    audited = session.scalar(text("SELECT string_agg(a::text, ' ') FROM audit_log a"))
    for secret in (CREDENTIALS["ups"]["client_secret"], CREDENTIALS["ups"]["account_number"]):
        assert f'"{secret}"' not in shown + str(stored) + str(audited)
    assert "credentials" not in account
    assert renamed.json["name"] == "UPS Bremen"
    assert (incomplete.status_code, incomplete.json["code"]) == (422, "credentials_incomplete")
    pointers = {one["pointer"] for one in incomplete.json["errors"]}
    assert pointers == {
        "/credentials/client_secret", "/credentials/account_number", "/credentials/pin",
    }  # fmt: skip
    assert wanda.gets("/carrier-accounts").status_code == 403


def test_an_account_in_use_is_switched_off_and_not_deleted(shop: Shop) -> None:
    anna = shop.staff()
    account = an_account(anna)
    method = anna.gets("/shipping-methods").json["data"][0]
    changes(
        anna,
        f"/shipping-methods/{method['id']}",
        {"carrier_account_id": account["id"], "carrier_service": "PARCEL"},
    )

    def delete() -> Any:
        etag = anna.gets(f"/carrier-accounts/{account['id']}").headers["ETag"]
        return anna.client.delete(
            f"/api/v1/admin/carrier-accounts/{account['id']}",
            headers={**anna.headers, "If-Match": etag},
        )

    used = delete()
    changes(
        anna,
        f"/shipping-methods/{method['id']}",
        {"carrier_account_id": None, "carrier_service": None},
    )

    assert (used.status_code, used.json["code"]) == (409, "carrier_account_in_use")
    assert delete().status_code == 204


def test_a_customs_form_says_what_is_missing(shop: Shop) -> None:
    shop.sells("MUG", 10)
    anna = shop.staff()
    location = anna.gets("/locations").json["data"][0]
    changes(anna, f"/locations/{location['id']}", {"address": ADDRESS})
    order = shop.an_order(MUG=2)
    parcel = anna.posts(f"/orders/{order['id']}/fulfilments", {}).json

    form = anna.gets(f"/fulfilments/{parcel['id']}/customs")

    assert form.status_code == 200, form.json
    assert (form.json["is_needed"], form.json["category"]) == (False, "sale_of_goods")
    (line,) = form.json["lines"]
    assert (line["sku"], line["quantity"]) == ("MUG", 2)
    assert form.json["value"] == line["value"]
    assert "MUG has no HS code." in form.json["missing"]
    for refused in (
        anna.gets(f"/fulfilments/{parcel['id']}/customs/paper"),
        anna.posts(f"/fulfilments/{parcel['id']}/customs/print", {"station": "PACK-9"}),
    ):
        assert (refused.status_code, refused.json["code"]) == (422, "customs_data_missing")
        assert "MUG has no HS code." in [one["detail"] for one in refused.json["errors"]]


def test_a_customs_form_is_a_paper_that_a_station_prints(shop: Shop) -> None:
    shop.sells("MUG", 10)
    anna = shop.staff()
    location = anna.gets("/locations").json["data"][0]
    changes(anna, f"/locations/{location['id']}", {"address": ADDRESS})
    known = {"hs_code": "691200", "origin_country": "PT", "weight_grams": 350}
    assert changes(anna, f"/variants/{shop.variants['MUG']}", known).status_code == 200
    order = shop.an_order(MUG=2)
    parcel = anna.posts(f"/orders/{order['id']}/fulfilments", {}).json
    path = f"/fulfilments/{parcel['id']}/customs"
    printer = {"name": "Bench", "connection": "raw", "address": "127.0.0.1:9", "format": "pdf"}
    assert anna.posts("/printers", printer).status_code == 201
    bench = {"station": "PACK-9", "use": "papers", "printer": "Bench"}
    assert anna.posts("/station-printers", bench).status_code in (200, 201)

    paper = anna.gets(f"{path}/paper")
    printed = anna.posts(f"{path}/print", {"station": "PACK-9"})

    assert (paper.status_code, paper.headers["Content-Type"]) == (200, "application/pdf")
    assert paper.data.startswith(b"%PDF")
    of = flows.customs_paper_of(UUID(parcel["id"]))
    (line,) = of.lines
    assert (line.quantity, line.net_weight_grams, line.hs_code, line.origin) == (
        2,
        700,
        "691200",
        "PT",
    )
    assert (of.value, of.postage) == (Money(1998, "EUR"), Money(490, "EUR"))
    assert of.recipient[0] == "Carla Customer"
    (job,) = printed.json["jobs"]
    read = anna.gets(f"/print-jobs/{job}").json
    assert (read["kind"], read["title"]) == ("customs", f"Customs form {parcel['number']}")
