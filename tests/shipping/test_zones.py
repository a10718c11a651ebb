"""Zones, bands and conditions, from the tables of staff to the order of a customer."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, update

from api.accounts.models import CustomerGroup, CustomerGroupMember
from api.catalog.models.products import Variant
from api.kernel import clock
from api.kernel.ids import new_id
from api.platform.db import session, transaction
from api.shipping import queries as shipping_queries
from api.shipping.models import ShippingCalendar
from api.shipping.rules import Consignment, Place
from tests.support.people import Person, a_customer, a_staff_member
from tests.support.shop import ADDRESS, Shop
from tests.support.sql import count_statements

ADMIN = "/api/v1/admin"
EURO = "EUR"


def eur(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": EURO}


@pytest.fixture
def anna(app: Flask) -> Person:
    """The owner."""
    return a_staff_member()


class Desk:
    """The owner's tables of zones and methods."""

    def __init__(self, client: FlaskClient, who: Person) -> None:
        self.client, self.who = client, who

    def post(self, path: str, body: dict[str, Any], status: int = 201) -> Any:
        answer = self.client.post(f"{ADMIN}/{path}", json=body, headers=self.who.headers)
        assert answer.status_code == status, answer.json
        return answer.json

    def zone(self, code: str, *areas: dict[str, Any]) -> str:
        made = self.post("shipping-zones", {"code": code, "name": code.title(), "areas": areas})
        return str(made["id"])

    def method(self, code: str, zone_id: str | None = None, **values: Any) -> dict[str, Any]:
        body = {"code": code, "name": code.title(), "price": eur(490), **values}
        return dict(
            self.post("shipping-methods", body if zone_id is None else body | {"zone_id": zone_id})
        )

    def tries(self, country: str, **query: Any) -> dict[str, Any]:
        answer = self.client.post(
            f"{ADMIN}/shipping-methods/try",
            json={"country": country, "currency": EURO, **query},
            headers=self.who.headers,
        )
        assert answer.status_code == 200, answer.json
        return dict(answer.json)


@pytest.fixture
def desk(app: Flask, anna: Person) -> Desk:
    return Desk(app.test_client(), anna)


def costs(said: dict[str, Any]) -> dict[str, int]:
    return {one["code"]: one["amount"]["amount"] for one in said["available"]}


def test_the_narrowest_zone_with_a_method_counts(desk: Desk) -> None:
    germany, islands = {"country": "DE"}, {"country": "DE", "postal_code": "27498"}
    desk.method("parcel", desk.zone("germany", germany))
    desk.method("boat", desk.zone("islands", islands), price=eur(1490))
    desk.method("world", desk.zone("world", {"country": "*"}), price=eur(2490))

    assert costs(desk.tries("DE", postal_code="28195")) == {"parcel": 490}
    assert costs(desk.tries("DE", postal_code="D-27498")) == {"boat": 1490}
    assert costs(desk.tries("NZ")) == {"world": 2490}
    # Without a postal code it is an estimate.
    assert [one["is_estimate"] for one in desk.tries("DE")["available"]] == [True]
    assert [one["is_estimate"] for one in desk.tries("DE", postal_code="28195")["available"]] == [
        False
    ]


def test_a_place_in_no_zone_is_told_so(desk: Desk) -> None:
    desk.method("parcel", desk.zone("germany", {"country": "DE"}))

    assert desk.tries("FR", postal_code="75001")["notice"] == (
        "We do not ship to FR 75001 for orders in EUR."
    )


def test_a_zone_that_moves_takes_its_methods_along(desk: Desk) -> None:
    zone_id = desk.zone("europe", {"country": "DE"})
    desk.method("parcel", zone_id)
    answer = desk.client.patch(
        f"{ADMIN}/shipping-zones/{zone_id}",
        json={"areas": [{"country": "FR"}, {"country": "AT"}]},
        headers=desk.who.with_headers(If_Match='"1"'),
    )
    assert answer.status_code == 200, answer.json

    assert costs(desk.tries("FR")) == {"parcel": 490}
    assert costs(desk.tries("DE")) == {}
    in_use = desk.client.delete(
        f"{ADMIN}/shipping-zones/{zone_id}", headers=desk.who.with_headers(If_Match='"2"')
    )
    assert (in_use.status_code, in_use.json["code"]) == (409, "zone_in_use")


def test_bands_decide_the_price_and_what_is_too_heavy(desk: Desk) -> None:
    bands = [
        {"from": 0, "up_to": 1000, "price": eur(490)},
        {"from": 1001, "up_to": 31500, "price": eur(990)},
    ]
    method = desk.method(
        "parcel", desk.zone("germany", {"country": "DE"}), bands=bands, band_unit="weight",
        free_above=eur(5000),
    )  # fmt: skip
    assert method["bands"] == bands

    assert costs(desk.tries("DE", weight_grams=1000)) == {"parcel": 490}
    assert costs(desk.tries("DE", weight_grams=1001)) == {"parcel": 990}
    assert costs(desk.tries("DE", weight_grams=1001, subtotal=5000)) == {"parcel": 0}
    heavy = desk.tries("DE", weight_grams=31501)
    assert heavy["summary"] == "Parcel: It carries up to 31.5 kg."
    assert heavy["unavailable"] == [
        {"code": "parcel", "name": "Parcel", "reason": "It carries up to 31.5 kg."}
    ]


def test_bands_with_a_gap_are_refused_by_row(desk: Desk) -> None:
    bands = [
        {"from": 0, "up_to": 10, "price": eur(1)},
        {"from": 12, "up_to": None, "price": eur(2)},
    ]
    body = {
        "code": "parcel", "name": "Parcel", "countries": ["DE"], "band_unit": "quantity",
        "bands": bands,
    }  # fmt: skip
    refused = desk.post("shipping-methods", body, status=422)

    assert refused["code"] == "bands_invalid"
    assert [(one["pointer"], one["detail"]) for one in refused["errors"]] == [
        ("/bands/1", "There is a gap between rows 1 and 2: 0-10 and 12-.")
    ]


def test_a_mixed_cart_is_told_what_its_goods_rule_out(shop: Shop, desk: Desk) -> None:
    (zone_id,) = {
        method["zone_id"]
        for method in desk.client.get(f"{ADMIN}/shipping-methods", headers=desk.who.headers).json[
            "data"
        ]
    }
    sofa = shop.sells("ZONE-SOFA", 5)
    shop.sells("ZONE-CUP", 5)
    with transaction():
        session.execute(
            Variant.__table__.update()
            .where(Variant.__table__.c.id == sofa)
            .values(shipping_profile="bulky")
        )
    desk.method("freight", zone_id, price=eur(4900), conditions={"profiles": ["bulky"]})
    buyer = shop.guest()
    buyer.adds("ZONE-CUP")
    buyer.adds("ZONE-SOFA")

    quote = buyer.client.post(
        "/api/v1/checkout/quote", json={"country": "DE"}, headers=buyer.headers
    ).json

    assert [one["code"] for one in quote["shipping_methods"]] == ["freight"]
    (refused,) = quote["unavailable_shipping_methods"]
    assert refused["reason"].startswith("It does not carry bulky goods such as ")
    answer = buyer.tries_to_check_out(shipping_method="standard")
    assert (answer.status_code, answer.json["code"]) == (422, "shipping_not_available")
    assert "bulky" in answer.json["detail"]
    order = buyer.checks_out(shipping_method="freight")
    assert order["shipping_total"] == eur(4900)


def test_an_address_in_no_zone_is_refused_at_checkout(shop: Shop) -> None:
    shop.sells("ZONE-MUG", 5)
    buyer = shop.guest()
    buyer.adds("ZONE-MUG")

    away = ADDRESS | {"country": "NL", "postal_code": "1012 AB", "city": "Amsterdam"}
    answer = buyer.tries_to_check_out(shipping_address=away)

    assert (answer.status_code, answer.json["code"]) == (422, "shipping_not_available")
    assert answer.json["detail"] == "We do not ship to NL 1012 AB for orders in EUR."


def test_a_method_for_a_group_is_offered_to_its_customers(shop: Shop, desk: Desk) -> None:
    cora = a_customer("Cora Customer")
    with transaction():
        group_id = new_id()
        session.add(CustomerGroup(id=group_id, code="trade", name="Trade"))
        session.flush()
        session.execute(insert(CustomerGroupMember).values(customer_id=cora.id, group_id=group_id))
    desk.method("trade", countries=["DE"], conditions={"customer_groups": ["trade"]})

    def offered(who: Person | None) -> list[str]:
        cart = Consignment(customer_id=who.id if who else None)
        options = shipping_queries.shipping_options(Place.of("DE"), EURO, cart)
        return sorted(option.code for option in options.available)

    assert offered(cora) == ["standard", "trade"]
    assert offered(None) == ["standard"]


def test_promises_are_shown_and_frozen_on_the_order(shop: Shop, desk: Desk) -> None:
    every_day = {"cut_off": "23:59", "ship_weekdays": [1, 2, 3, 4, 5, 6, 7]}
    calendar = desk.post("shipping-calendars", {"code": "dhl", "name": "DHL", **every_day})
    desk.method("fast", countries=["DE"], calendar_id=calendar["id"], max_delivery_days=1)
    shop.sells("PROMISE-MUG", 5)
    buyer = shop.guest()
    buyer.adds("PROMISE-MUG")
    quote = buyer.client.post(
        "/api/v1/checkout/quote",
        json={"country": "DE", "postal_code": "28195"},
        headers=buyer.headers,
    ).json
    offered = {one["code"]: one for one in quote["shipping_methods"]}
    assert offered["standard"]["promised_ship_at"] is None

    order = buyer.checks_out(shipping_method="fast")

    assert order["promised_ship_at"] == offered["fast"]["promised_ship_at"]
    assert order["promised_delivery_at"] == offered["fast"]["promised_delivery_at"]
    placed = datetime.fromisoformat(order["placed_at"])
    leaves = datetime.fromisoformat(order["promised_ship_at"])
    assert leaves.astimezone(ZoneInfo("UTC")).date() == placed.date()
    # The calendar changes; what was promised stays.
    desk.client.patch(
        f"{ADMIN}/shipping-calendars/{calendar['id']}",
        json={"cut_off": "00:00", "closed_days": [placed.date().isoformat()]},
        headers=desk.who.with_headers(If_Match='"1"'),
    )
    assert buyer.sees(order)["promised_ship_at"] == order["promised_ship_at"]
    amended = buyer.tries_to_change(order, shipping_method="standard").json
    assert amended["promised_ship_at"] is None


@pytest.mark.parametrize(
    ("paid_after", "closed", "days"),
    [
        (timedelta(hours=1), [], (0, 2)),
        (timedelta(days=3), [], (3, 5)),
        (timedelta(days=3), ["2026-03-05", "2026-03-06"], (4, 6)),
    ],
)
def test_an_order_paid_after_it_was_to_leave_is_promised_from_its_payment(
    shop: Shop, desk: Desk, paid_after: timedelta, closed: list[str], days: tuple[int, int]
) -> None:
    every_day = {"cut_off": "15:00", "ship_weekdays": [1, 2, 3, 4, 5, 6, 7],
                 "delivery_weekdays": [1, 2, 3, 4, 5, 6, 7]}  # fmt: skip
    calendar = desk.post("shipping-calendars", {"code": "dhl", "name": "DHL", **every_day})
    desk.method("slow", countries=["DE"], calendar_id=calendar["id"], max_delivery_days=2)
    shop.sells("PROMISE-CUP", 5)
    buyer = shop.guest()
    buyer.adds("PROMISE-CUP")
    noon = datetime(2026, 3, 3, 12, tzinfo=UTC)
    with clock.frozen(noon):
        order = buyer.checks_out(shipping_method="slow", payment_method="manual")
    assert order["promised_ship_at"] == "2026-03-03T15:00:00Z"
    with transaction():
        session.execute(update(ShippingCalendar).values(closed_days=closed))

    with clock.frozen(noon + paid_after):
        paid = shop.staff().posts(
            f"/orders/{order['id']}/mark-paid", {"amount": order["total"], "reference": "bank"}
        )

    assert paid.status_code == 200, paid.json
    seen = buyer.sees(order)
    first = datetime(2026, 3, 3, tzinfo=UTC)
    expected = [(first + timedelta(days=ahead)).date().isoformat() for ahead in days]
    assert [seen[name][:10] for name in ("promised_ship_at", "promised_delivery_at")] == expected


def test_ten_zones_cost_one_statement(desk: Desk) -> None:
    for number in range(10):
        zone_id = desk.zone(f"zone-{number}", {"country": "DE", "postal_code": f"{number}*"})
        desk.method(f"parcel-{number}", zone_id)

    with count_statements() as statements:
        options = shipping_queries.shipping_options(
            Place.of("DE", None, "28195"), EURO, Consignment()
        )

    assert [option.code for option in options.available] == ["parcel-2"]
    assert statements.count == 1


def test_a_table_goes_out_and_comes_back(desk: Desk) -> None:
    desk.zone("germany", {"country": "DE"})
    table = (
        "code,currency,name,zone,band_unit,from,up_to,price,free_above,is_active\r\n"
        "parcel,EUR,Parcel,germany,weight,0,1000,4.90,50.00,yes\r\n"
        "parcel,EUR,Parcel,germany,weight,1001,,9.90,50.00,yes\r\n"
        "mail,EUR,Mail,germany,,,,1.60,,no\r\n"
    )
    assert desk.post("shipping-methods/table", {"csv": table}, 200) == {"created": 2, "updated": 0}

    written = desk.client.get(f"{ADMIN}/shipping-methods/table", headers=desk.who.headers).json
    assert desk.post("shipping-methods/table", written, 200) == {"created": 0, "updated": 2}

    again = desk.client.get(f"{ADMIN}/shipping-methods/table", headers=desk.who.headers).json
    assert again == written
    assert "parcel,EUR,Parcel,germany,weight,1001,,9.90,50.00," in written["csv"]
    assert costs(desk.tries("DE", weight_grams=2000)) == {"parcel": 990}


def test_a_table_with_a_wrong_row_changes_nothing(desk: Desk) -> None:
    desk.zone("germany", {"country": "DE"})
    table = (
        "code,currency,name,zone,band_unit,from,up_to,price\r\n"
        "good,EUR,Good,germany,,,,4.90\r\n"
        'comma,EUR,Comma,germany,,,,"4,90"\r\n'
        "far,EUR,Far,mars,,,,4.90\r\n"
    )
    refused = desk.post("shipping-methods/table", {"csv": table}, 422)
    assert [one["detail"] for one in refused["errors"]] == [
        "row 3, price: '4,90' is not an amount of EUR such as 4.90."
    ]
    refused = desk.post("shipping-methods/table", {"csv": table.replace('"4,90"', "4.90")}, 422)
    assert [one["detail"] for one in refused["errors"]] == ["row 4: There is no zone mars."]
    assert costs(desk.tries("DE")) == {}


def test_a_method_names_its_zone_calendar_and_location_by_code(shop: Shop, desk: Desk) -> None:
    desk.zone("islands", {"country": "DE", "postal_code": "27498"})
    desk.post("shipping-calendars", {"code": "dhl", "name": "DHL", "cut_off": "14:00"})
    price = eur(490)
    made = desk.post(
        "shipping-methods",
        {"code": "boat", "name": "Boat", "zone": "islands", "calendar": "dhl", "price": price},
    )
    assert (made["zone"], made["calendar"], made["location"]) == ("islands", "dhl", None)

    def change(**body: Any) -> Any:
        path = f"{ADMIN}/shipping-methods/{made['id']}"
        version = desk.client.get(path, headers=desk.who.headers).json["version"]
        return desk.client.patch(
            path,
            json=body,
            headers=desk.who.with_headers(If_Match=f'"{version}"'),
        )

    assert change(name="Ferry").json["calendar"] == "dhl"
    assert change(calendar=None).json["calendar_id"] is None
    unknown = [change(zone="moon"), change(calendar="moon"), change(location="MOON")]
    assert [one.json["code"] for one in unknown] == [
        "zone_not_found", "calendar_not_found", "location_not_found"
    ]  # fmt: skip
    nobody = change(conditions={"customer_groups": ["nobody"]})
    assert (nobody.status_code, nobody.json["code"]) == (422, "rule_impossible")
    half = {"code": "half", "name": "Half", "kind": "pickup", "price": price}
    assert desk.post("shipping-methods", half, 422)["code"] == "rule_impossible"
    twice = change(zone="islands", countries=["DE"])
    assert (twice.status_code, twice.json["code"]) == (422, "invalid")
    table = desk.client.get(f"{ADMIN}/shipping-methods/export", headers=desk.who.headers)
    assert table.content_type == "text/csv; charset=utf-8"
    assert "boat,EUR,Ferry,islands," in table.text
