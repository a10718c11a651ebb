"""E-mails go out in the language of the order's market, where it has texts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from api.kernel import clock
from api.kernel.money import Money
from api.kernel.principal import SYSTEM
from api.platform.db import transaction
from api.platform.service_registry import get_service, register
from api.platform.settings import Settings
from api.shipping import service as shipping_service
from api.shipping.service import ShippingMethodInput
from api.tax import service as tax_service
from api.tax.rules import Treatment
from tests.support.shop import Shop
from tests.support.work import drain

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
GERMAN = {"code": "de", "name": "Germany", "countries": ["DE"], "currency": "EUR",
          "language": "de-AT"}  # fmt: skip
JAPAN = {"name": "Sora Mori", "line1": "1-5 Test", "city": "Shibuya-ku", "region": "Tokyo",
         "postal_code": "150-0041", "country": "JP"}  # fmt: skip


@pytest.fixture
def shop(shop: Shop) -> Shop:
    """The shop sells mugs to Germany in German, and to all others in a language without texts."""
    shop.sells("MUG", 10, title="Becher")
    rest = {**GERMAN, "code": "rest", "name": "Rest", "countries": ["*"], "language": "fr"}
    for market in (GERMAN, rest):
        assert shop.staff().posts("/markets", market).status_code == 201
    with transaction():
        tax_service.set_tax_rate(
            "JP", "standard", 0, name="Export", treatment=Treatment.EXPORT, by=SYSTEM
        )
        shipping_service.create_shipping_method(
            ShippingMethodInput(
                code="air", name="Air mail", countries=["JP"], price=Money(1500, "EUR")
            ),
            by=SYSTEM,
        )
    return shop


def test_an_order_of_a_german_market_is_written_to_in_german(shop: Shop) -> None:
    owner = shop.staff()
    with clock.frozen(NOON):
        order = shop.an_order(MUG=2)
    drain()
    with clock.frozen(NOON):
        sent = owner.posts(f"/orders/{order['id']}/ship", {"carrier": "DHL"})
    assert sent.status_code == 201
    refund = owner.refunds(order, lines={0: 1})
    assert refund.status_code == 201
    drain()

    confirmed, shipped, refunded = shop.mailer.sent
    number = order["number"]
    assert order["language"] == "de-AT"
    assert confirmed.subject == f"Ihre Bestellung {number} ist bestätigt"
    assert f"Ihre Bestellung {number} vom 5. März 2026 ist bezahlt" in confirmed.text
    assert "  2 × Becher (MUG): 19,98 EUR\n" in confirmed.text
    assert "Sie geht an:\n\n  Carla Customer\n  Marktplatz 3\n" in confirmed.text
    assert shipped.subject == f"Ihre Bestellung {number} ist unterwegs"
    assert f"Ihre Bestellung {number} hat uns am 5. März 2026 mit DHL verlassen." in shipped.text
    assert refunded.subject == f"Ihre Erstattung von 9,99 EUR für Bestellung {number}"


def test_a_language_without_texts_is_written_to_in_english_with_the_address_as_its_post_wants_it(
    shop: Shop,
) -> None:
    buyer = shop.guest()
    buyer.adds("MUG")
    order = buyer.pays(buyer.checks_out(shipping_address=JAPAN, shipping_method="air"))
    drain()

    (email,) = shop.mailer.sent
    assert order["language"] == "fr"
    assert email.subject == f"Your order {order['number']} is confirmed"
    label = "\n".join(f"  {line}" for line in order["shipping_address"]["label_lines"])
    assert f"It goes to:\n\n{label}\n\nWe write again" in email.text
    assert "  JAPAN\n" in email.text


def test_a_promise_is_named_in_the_email(shop: Shop) -> None:
    owner = shop.staff()

    def made(path: str, **body: Any) -> Any:
        answer = owner.posts(path, body)
        assert answer.status_code == 201, answer.json
        return answer.json

    calendar = made("/shipping-calendars", code="dhl", name="DHL", cut_off="15:00",
                    ship_weekdays=[1, 2, 3, 4, 5], delivery_weekdays=[1, 2, 3, 4, 5])  # fmt: skip
    made("/shipping-methods", code="fast", name="Fast", countries=["DE"], max_delivery_days=2,
         calendar_id=calendar["id"], price={"amount": 900, "currency": "EUR"})  # fmt: skip
    buyer = shop.guest()
    buyer.adds("MUG")
    with clock.frozen(NOON):
        buyer.pays(buyer.checks_out(shipping_method="fast"))
    drain()

    (email,) = shop.mailer.sent
    promised = "Sie verlässt uns bis zum 5. März 2026 und ist voraussichtlich bis zum 9. März 2026"
    assert f"\n\n{promised} bei Ihnen.\n\nWir schreiben" in email.text


def test_an_order_keeps_the_language_of_its_day(shop: Shop) -> None:
    order = shop.an_order(MUG=1)
    market = shop.staff().gets("/markets").json["data"][0]
    changed = shop.staff().client.patch(
        f"/api/v1/admin/markets/{market['id']}",
        json={"language": "en"},
        headers={**shop.staff().headers, "If-Match": f'"{market["version"]}"'},
    )
    assert changed.status_code == 200, changed.json
    drain()

    (email,) = shop.mailer.sent
    assert email.subject == f"Ihre Bestellung {order['number']} ist bestätigt"


def test_an_arrival_is_told_while_it_is_news_in_the_language_of_the_order(
    shop: Shop, app: Flask
) -> None:
    owner = shop.staff()

    def arrives(number: str, *, told_after: timedelta = timedelta()) -> None:
        with clock.frozen(NOON):
            body = {"carrier": "DHL", "tracking_number": number}
            answer = owner.posts(f"/orders/{shop.an_order(MUG=2)['id']}/ship", body)
            assert answer.status_code == 201, answer.json
        file = f"tracking_number,status,occurred_at\r\n{number},delivered,{NOON.isoformat()}\r\n"
        with clock.frozen(NOON + told_after):
            assert owner.posts("/tracking/import", {"csv": file}).json["delivered"] == 1
            drain()

    arrives("00340434161094042557")
    arrives("00340434161094042564", told_after=timedelta(days=4))
    before = get_service(Settings)
    register(app, Settings, replace(before, mails_deliveries=False))
    arrives("00340434161094042571")
    register(app, Settings, before)

    (arrived,) = [one for one in shop.mailer.sent if one.subject.endswith("ist angekommen")]
    assert "DHL hat Ihre Bestellung" in arrived.text
    assert "am 5. März 2026 zugestellt" in arrived.text
    assert "2 × Becher" in arrived.text
