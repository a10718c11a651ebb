"""VAT ids: what is read, what VIES is asked, and what an order owes for it."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest

from api.kernel.money import Money
from api.kernel.principal import SYSTEM
from api.platform.db import session, transaction
from api.platform.settings import Settings
from api.shipping import service as shipping_service
from api.shipping.service import ShippingMethodInput
from api.tax import service as tax_service
from api.tax.errors import VatIdInvalid
from api.tax.gateways import VatIdChecker
from api.tax.gateways.vies import ViesChecker
from api.tax.vat_ids import parse
from tests.support.books import differences
from tests.support.shop import ADDRESS, Buyer, Shop
from tests.support.vies import ScriptedVies, running_vies

PARIS = {**ADDRESS, "city": "Paris", "postal_code": "75001", "country": "FR"}
FRENCH = "FR40303265045"


@pytest.fixture
def vies(shop: Shop) -> Iterator[ScriptedVies]:
    """A German shop that sells a mug to France, and VIES, which knows one French business."""
    with transaction():
        tax_service.set_tax_rate("FR", "standard", 2000, name="TVA", by=SYSTEM)
        shipping_service.create_shipping_method(
            ShippingMethodInput(
                code="abroad", name="Abroad", countries=["DE", "FR", "GB"], price=Money(1200, "EUR")
            ),
            by=SYSTEM,
        )
    shop.sells("MUG", 10, price="12.00 EUR")
    ports = shop.app.extensions["stockroom_ports"]
    before = {Settings: ports[Settings], VatIdChecker: ports[VatIdChecker]}
    with running_vies() as server:
        server.valid[FRENCH] = "SOCIETE EXEMPLE"
        settings = dataclasses.replace(
            before[Settings], country="DE", vat_id="DE136695976", vies_url=server.url
        )
        ports.update({Settings: settings, VatIdChecker: ViesChecker(settings)})
        yield server
        ports.update(before)


def a_buyer(shop: Shop) -> Buyer:
    guest = shop.guest()
    guest.adds("MUG", 2)
    return guest


def quoted(buyer: Buyer, **more: Any) -> Any:
    body = {"country": "FR", "shipping_method": "abroad", **more}
    return buyer.client.post("/api/v1/checkout/quote", json=body, headers=buyer.headers)


def buys(buyer: Buyer, **form: Any) -> Any:
    address = form.pop("shipping_address", PARIS)
    return buyer.tries_to_check_out(shipping_address=address, shipping_method="abroad", **form)


def test_goods_for_a_business_in_another_member_state_are_without_tax(
    shop: Shop, vies: ScriptedVies
) -> None:
    buyer = a_buyer(shop)

    consumer = quoted(buyer).json
    business = quoted(buyer, vat_id="FR 40 303 265 045").json
    order = buys(buyer, vat_id="FR 40 303 265 045").json

    assert (consumer["tax_total"]["amount"], consumer["vat_id"]) == (600, None)
    assert (business["tax_total"]["amount"], business["total"]["amount"]) == (0, 3600)
    assert order["tax_total"]["amount"] == 0
    assert {name: order["vat_id"][name] for name in ("vat_id", "is_valid", "consultation")} == {
        "vat_id": FRENCH,
        "is_valid": True,
        "consultation": "WAPIAAAA",
    }
    (tax,) = order["lines"][0]["tax_lines"]
    assert (tax["treatment"], tax["reason"]) == (
        "intra_community",
        "Article 138 Directive 2006/112/EC",
    )
    # Quote and checkout asked once, in the shop's own name.
    assert vies.asked == [
        {
            "countryCode": "FR",
            "vatNumber": "40303265045",
            "requesterMemberStateCode": "DE",
            "requesterNumber": "136695976",
        }
    ]
    assert shop.staff().gets("/attention").json["data"] == []
    assert differences() == []


def test_an_id_that_vies_does_not_know_is_refused(shop: Shop, vies: ScriptedVies) -> None:
    buyer = a_buyer(shop)
    vies.valid.clear()

    for answer in (quoted(buyer, vat_id=FRENCH), buys(buyer, vat_id=FRENCH)):
        assert (answer.status_code, answer.json["code"]) == (422, "vat_id_invalid")
        assert answer.json["errors"][0]["pointer"] == "/vat_id"
    assert shop.staff().gets("/orders").json["data"] == []


@pytest.mark.parametrize(
    "down",
    [
        (500, {}),
        (200, {"actionSucceed": False, "errorWrappers": [{"error": "MS_UNAVAILABLE"}]}),
        (200, {"valid": False, "userError": "MS_MAX_CONCURRENT_REQ"}),
        (200, ["not what was asked"]),
    ],
)
def test_while_vies_is_away_an_order_is_taken_and_flagged_until_it_answers(
    shop: Shop, vies: ScriptedVies, down: tuple[int, Any]
) -> None:
    vies.down = down
    owner = shop.staff()

    order = buys(a_buyer(shop), vat_id=FRENCH).json

    assert (order["tax_total"]["amount"], order["vat_id"]["is_valid"]) == (0, None)
    (item,) = owner.gets("/attention").json["data"]
    assert (item["kind"], item["order_id"]) == ("vat_id_unchecked", order["id"])
    path = f"/orders/{order['id']}/check-vat-id"
    assert owner.posts(path).json["is_valid"] is None
    assert len(owner.gets("/attention").json["data"]) == 1
    vies.down = None
    assert owner.posts(path).json["is_valid"] is True
    assert owner.gets("/attention").json["data"] == []
    assert owner.gets(f"/orders/{order['id']}").json["vat_id"]["name"] == "SOCIETE EXEMPLE"
    vies.valid.clear()
    assert owner.posts(path).status_code == 422
    assert "VIES says" in owner.gets("/attention").json["data"][0]["reason"]


def test_nobody_is_asked_inside_the_transaction_of_an_order(
    shop: Shop, vies: ScriptedVies, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_inside: list[bool] = []
    check = ViesChecker.check

    def watched(self: ViesChecker, vat_id: Any) -> Any:
        asked_inside.append(session().in_transaction() or bool(session().info))
        return check(self, vat_id)

    monkeypatch.setattr(ViesChecker, "check", watched)

    assert buys(a_buyer(shop), vat_id=FRENCH).status_code == 201
    assert asked_inside == [False]


def test_an_order_sent_twice_is_one_order_though_vies_changed_its_mind(
    shop: Shop, vies: ScriptedVies
) -> None:
    buyer, name = a_buyer(shop), "d1a2b3c4-0000-4000-8000-000000000001"
    first = buys(buyer, vat_id=FRENCH, idempotency_key=name)
    vies.valid.clear()
    shop.staff().posts("/vat-ids/check", {"vat_id": FRENCH})

    assert buys(buyer, vat_id=FRENCH, idempotency_key=name).json == first.json


def test_an_id_of_the_shops_own_country_or_of_outside_changes_no_tax(
    shop: Shop, vies: ScriptedVies
) -> None:
    german = buys(a_buyer(shop), vat_id="DE136695976", shipping_address=ADDRESS).json
    french = buys(a_buyer(shop), vat_id="DE 136695976").json
    british = buys(a_buyer(shop), vat_id="GB 980 7806 84").json

    # 24.00 and 12.00 at 19 and at 20 %.
    assert [one["tax_total"]["amount"] for one in (german, french, british)] == [575, 600, 600]
    assert [one["vat_id"]["vat_id"] for one in (german, french, british)] == [
        "DE136695976",
        "DE136695976",
        "GB980780684",
    ]
    assert vies.asked == []


def test_a_changed_address_is_taxed_for_the_same_buyer(shop: Shop, vies: ScriptedVies) -> None:
    buyer = a_buyer(shop)
    order = buys(buyer, vat_id=FRENCH).json

    home = buyer.changes(order, shipping_address=ADDRESS)
    abroad = buyer.changes(order, shipping_address=PARIS)

    assert (home["tax_total"]["amount"], abroad["tax_total"]["amount"]) == (575, 0)
    assert differences() == []


@pytest.mark.parametrize(
    ("typed", "country", "text"),
    [
        ("el 094259216", "DE", "EL094259216"),
        ("094259216", "GR", "EL094259216"),
        ("GR094259216", "GR", "EL094259216"),
        ("XI 980 7806 84", "GB", "XI980780684"),
        ("GB980780684", "GB", "GB980780684"),
        ("CHE-107.787.577 MWST", "CH", "CHE107787577"),
        ("NO 995 525 828 MVA", "NO", "NO995525828"),
        ("atu13585627", "AT", "ATU13585627"),
        ("12-3456789", "US", "123456789"),
    ],
)
def test_ids_are_read_as_people_type_them(typed: str, country: str, text: str) -> None:
    assert parse(typed, country).text == text


@pytest.mark.parametrize(
    ("typed", "country"),
    [("FR40303265046", "FR"), ("DE1", "DE"), ("GB980780685", "GB"), ("?", "US"), ("", "")],
)
def test_ids_that_cannot_be_right_are_refused(typed: str, country: str) -> None:
    with pytest.raises(VatIdInvalid):
        parse(typed, country)
