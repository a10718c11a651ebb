"""What each carrier is sent: street number and second line where it reads them, mended in ours.

The faults are those of karrio 2026.1.32 (karrio-dhl-parcel-de, -dpd-meta, -gls and -ups of the same
version), seen by building requests of it; the members of a request are held against the schema
modules that these packages ship, those of PostNL against postnl-ecommerce-sdk 1.1.2.
"""

import importlib
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

from api.carriers.gateways import (
    BoughtLabel,
    CarrierRefused,
    CarrierUnclear,
    CarrierUnreachable,
    Connection,
    CustomsDeclaration,
    Goods,
    LabelOrder,
    NotOffered,
    Party,
    RateRequest,
    karrio_kit,
)
from api.carriers.gateways.registry import CarrierGateways
from api.carriers.rules import Carrier, Street, split_dutch_street, split_street
from api.kernel.money import Money
from tests.support.carriers import CREDENTIALS, LABEL, ScriptedCarriers, scripted_carriers

SENDER = Party(
    name="Wanda Warehouse", company="Stockroom Demo", line1="Lindenstr. 9", city="Bremen",
    postal_code="28195", country="DE", phone="+494211", email="shop@example.test",
)  # fmt: skip
RECIPIENT = Party(
    name="Anna Maria van der Berg", line1="Straße des 17. Juni 135", line2="Hinterhaus, 3. OG",
    city="Berlin", postal_code="10623", country="DE", email="anna@example.test",
)  # fmt: skip
DUTCH = replace(
    RECIPIENT, line1="Damrak 12-2 hoog", city="Amsterdam", postal_code="1012 LG", country="NL"
)
_LOADED = """
import ssl
from PIL import ImageFile
from api.carriers.gateways import karrio_kit
karrio_kit.load("gls")
print(ssl._create_default_https_context is ssl.create_default_context)
print(ImageFile.LOAD_TRUNCATED_IMAGES)
"""
SERVICES = {"dhl": "V01PAK", "dpd": "CL", "gls": "PARCEL", "postnl": "3085", "ups": "11"}
CUSTOMS = CustomsDeclaration(
    goods=(
        Goods(
            sku="MUG", title="Mug", quantity=2, unit_value=Money(1299, "EUR"),
            weight_grams=350, hs_code="691200", origin="PT",
        ),
    ),
    currency="EUR",
    invoice="1001",
)  # fmt: skip


@pytest.fixture(scope="module")
def _running() -> Any:
    with scripted_carriers() as server:
        yield server


@pytest.fixture
def server(_running: ScriptedCarriers) -> ScriptedCarriers:
    """The carriers, as if nothing had been bought."""
    _running.bought, _running.voided, _running.asked = [], [], []
    _running.says, _running.hangs = None, False
    return _running


def an_order(carrier: str, recipient: Party = RECIPIENT, **more: Any) -> LabelOrder:
    """Order a label."""
    values = {
        "reference": "1001-F1-L1",
        "service": SERVICES[carrier],
        "sender": SENDER,
        "recipient": recipient,
        "weight_grams": 1250,
        "size_mm": (300, 200, 100),
        **more,
    }
    return LabelOrder(**values)


def connection(carrier: str) -> Connection:
    """Return a test account."""
    return Connection(
        carrier=Carrier(carrier), is_live=False, credentials=CREDENTIALS[carrier], country="DE"
    )


def buys(server: ScriptedCarriers, carrier: str, *args: Any, **more: Any) -> BoughtLabel:
    """Buy a label."""
    gateway = CarrierGateways(server.url).of(Carrier(carrier))
    return gateway.buy(connection(carrier), an_order(carrier, *args, **more))


def sent(server: ScriptedCarriers) -> Any:
    """Return the body of the one request for a label."""
    ((_, body),) = server.bought
    return body


def as_published(body: Any, module: str, schema: str) -> Any:
    """Return what is left of a request when a schema of karrio has read it: what it knows."""
    kit = karrio_kit.load("gls")
    published = getattr(importlib.import_module(f"karrio.schemas.{module}"), schema)
    return kit.lib.to_dict(kit.lib.to_object(published, body))


def test_dhl_is_told_the_code_the_origin_and_the_value_of_goods(server: ScriptedCarriers) -> None:
    buys(server, "dhl", replace(RECIPIENT, country="CH", postal_code="8001"), customs=CUSTOMS)

    customs = sent(server)["shipments"][0]["customs"]
    (goods,) = customs["items"]
    assert (customs["invoiceNo"], goods["hsCode"]) == ("1001", "691200")
    assert goods["countryOfOrigin"] == "PRT"
    assert goods["itemValue"] == {"currency": "EUR", "value": 12.99}
    assert (goods["packagedQuantity"], goods["itemWeight"]["value"]) == (2, 0.35)


@pytest.mark.parametrize(
    ("carrier", "module", "schema"),
    [
        ("dhl", "dhl_parcel_de.shipping_request", "ShippingRequestType"),
        ("dpd", "dpd_meta.shipment_request", "ShipmentRequestElementType"),
        ("gls", "gls.shipment_request", "ShipmentRequestType"),
        ("ups", "ups.shipping_request", "ShippingRequestType"),
    ],
)
def test_requests_have_no_member_that_the_carrier_does_not_know(
    server: ScriptedCarriers, carrier: str, module: str, schema: str
) -> None:
    label = buys(server, carrier, customs=None)

    body = sent(server)[0] if carrier == "dpd" else sent(server)
    assert as_published(body, module, schema) == body
    assert (label.content, label.tracking_number != "") == (LABEL, True)


def test_a_member_that_a_schema_does_not_know_is_seen() -> None:
    body = {"Shipment": {"Consignee": {"Address": {"City": "Bremen", "Nowhere": "x"}}}}

    known = as_published(body, "gls.shipment_request", "ShipmentRequestType")

    assert known == {"Shipment": {"Consignee": {"Address": {"City": "Bremen"}}}}


def test_dhl_reads_number_second_line_and_billing_number(server: ScriptedCarriers) -> None:
    buys(server, "dhl")

    (shipment,) = sent(server)["shipments"]
    to = shipment["consignee"]
    assert (to["addressStreet"], to["addressHouse"]) == ("Straße des 17. Juni", "135")
    assert to["additionalAddressInformation1"] == "Hinterhaus, 3. OG"
    assert to["name1"] == "Anna Maria van der Berg"
    assert shipment["billingNumber"] == "33333333330101"
    assert shipment["refNo"] == "1001-F1-L1"


def test_dhl_gets_no_second_line_as_the_number_of_a_street_without_one(
    server: ScriptedCarriers,
) -> None:
    buys(server, "dhl", replace(RECIPIENT, line1="Am Dorfplatz", line2="bei Meier"))

    to = sent(server)["shipments"][0]["consignee"]
    assert (to["addressStreet"], "addressHouse" in to) == ("Am Dorfplatz", False)
    assert to["additionalAddressInformation1"] == "bei Meier"


def test_gls_reads_number_and_second_line(server: ScriptedCarriers) -> None:
    label = buys(server, "gls")

    to = sent(server)["Shipment"]["Consignee"]["Address"]
    assert (to["Street"], to["StreetNumber"]) == ("Straße des 17. Juni", "135")
    assert (to["Name1"], to["Name3"]) == ("Anna Maria van der Berg", "Hinterhaus, 3. OG")
    shipper = sent(server)["Shipment"]["Shipper"]["Address"]
    assert (shipper["Street"], shipper["StreetNumber"]) == ("Lindenstr.", "9")
    assert (shipper["Name1"], shipper["Name2"]) == ("Stockroom Demo", "Wanda Warehouse")
    assert label.tracking_number == "ZFK10001"


def test_gls_answers_of_the_form_that_karrio_knows_are_read_too(server: ScriptedCarriers) -> None:
    server.says = (
        200,
        {
            "shipmentId": "S1",
            "trackingNumbers": ["T1"],
            "labels": [{"labelData": "JVBERg==", "labelFormat": "PDF"}],
        },
    )

    label = buys(server, "gls")

    assert (label.tracking_number, label.shipment_id, label.content) == ("T1", "S1", b"%PDF")


def test_dpd_reads_the_second_line_once(server: ScriptedCarriers) -> None:
    buys(server, "dpd")

    to = sent(server)[0]["receiver"]["address"]
    assert (to["street"], to["houseNumber"]) == ("Straße des 17. Juni", "135")
    assert (to["addressLine2"], "name2" in to) == ("Hinterhaus, 3. OG", False)


def test_ups_reads_street_lines_as_typed_and_charges_no_duties(server: ScriptedCarriers) -> None:
    buys(server, "ups")

    shipment = sent(server)["ShipmentRequest"]["Shipment"]
    lines = shipment["ShipTo"]["Address"]["AddressLine"]
    assert lines == ["Straße des 17. Juni 135", "Hinterhaus, 3. OG"]
    assert shipment["Shipper"]["Address"]["AddressLine"] == ["Lindenstr. 9"]
    charges = shipment["PaymentInformation"]["ShipmentCharge"]
    assert [charge["Type"] for charge in charges] == ["01"]
    assert "InvoiceLineTotal" not in shipment
    assert "Notification" not in shipment.get("ShipmentServiceOptions", {})
    assert shipment["NumOfPiecesInShipment"] == "1"


def test_ups_lines_break_at_words_and_none_is_cut(server: ScriptedCarriers) -> None:
    long = replace(RECIPIENT, line1="Graf-von-Stauffenberg-Ring, Haus der Wirtschaft 1234")

    buys(server, "ups", long)

    lines = sent(server)["ShipmentRequest"]["Shipment"]["ShipTo"]["Address"]["AddressLine"]
    assert lines == [
        "Graf-von-Stauffenberg-Ring, Haus", "der Wirtschaft 1234", "Hinterhaus, 3. OG",
    ]  # fmt: skip


def test_ups_declares_what_the_goods_are_worth(server: ScriptedCarriers) -> None:
    american = replace(
        RECIPIENT, line1="5 Main St", city="Albany", postal_code="12207", country="US", region="NY"
    )

    buys(server, "ups", american, customs=CUSTOMS)

    shipment = sent(server)["ShipmentRequest"]["Shipment"]
    assert shipment["InvoiceLineTotal"] == {"CurrencyCode": "EUR", "MonetaryValue": "25.98"}
    form = shipment["ShipmentServiceOptions"]["InternationalForms"]
    (product,) = form["Product"]
    assert (product["CommodityCode"], product["OriginCountryCode"]) == ("691200", "PT")
    assert (product["Unit"]["Number"], product["Unit"]["Value"]) == ("2", "12.99")
    assert form["Contacts"]["SoldTo"]["Address"]["AddressLine"][0] == "5 Main St"


# postnl-ecommerce-sdk 1.1.2: `_names` of LabellingRequest and of what it holds.
POSTNL = {
    "Customer": {"Address", "CustomerCode", "CustomerNumber", "CollectionLocation", "Email"},
    "Message": {"MessageID", "MessageTimeStamp", "Printertype"},
    "Address": {
        "AddressType", "Countrycode", "Area", "Buildingname", "City", "CompanyName", "Department",
        "Doorcode", "FirstName", "Floor", "HouseNr", "HouseNrExt", "Name", "Region", "Street",
        "StreetHouseNrExt", "Zipcode",
    },
    "Shipment": {
        "Addresses", "Barcode", "Dimension", "ProductCodeDelivery", "Contacts", "Customs",
        "Reference",
    },
    "Customs": {
        "Currency", "ShipmentType", "Content", "Invoice", "InvoiceNr", "HandleAsNonDeliverable",
    },
    "Content": {
        "Description", "Quantity", "Weight", "Value", "HSTariffNr", "CountryOfOrigin",
    },
}  # fmt: skip


def test_postnl_reads_a_number_of_digits_its_extension_and_the_second_line(
    server: ScriptedCarriers,
) -> None:
    buys(server, "postnl", DUTCH)

    body = sent(server)
    (shipment,) = body["Shipments"]
    (to,) = shipment["Addresses"]
    assert (to["Street"], to["HouseNr"], to["HouseNrExt"]) == ("Damrak", "12", "2 hoog")
    assert (to["Buildingname"], to["Zipcode"]) == ("Hinterhaus, 3. OG", "1012LG")
    assert (to["FirstName"], to["Name"]) == ("Anna Maria van der", "Berg")
    assert to.keys() <= POSTNL["Address"]
    assert body.keys() == {"Customer", "Message", "Shipments"}
    assert shipment.keys() <= POSTNL["Shipment"]
    assert body["Customer"].keys() <= POSTNL["Customer"]
    assert shipment["Dimension"] == {
        "Weight": "1250", "Length": "300", "Width": "200", "Height": "100",
    }  # fmt: skip


def test_postnl_declares_each_article_as_a_whole_line(server: ScriptedCarriers) -> None:
    british = replace(RECIPIENT, line1="10 Downing Street", postal_code="SW1A 2AA", country="GB")

    buys(server, "postnl", british, customs=CUSTOMS)

    customs = sent(server)["Shipments"][0]["Customs"]
    assert customs.keys() <= POSTNL["Customs"]
    (line,) = customs["Content"]
    assert line.keys() <= POSTNL["Content"]
    assert (line["Quantity"], line["Weight"], line["Value"]) == ("2", "700", "25.98")


def test_an_address_that_does_not_fit_is_refused_and_nothing_is_sent(
    server: ScriptedCarriers,
) -> None:
    long = replace(RECIPIENT, line1=f"{'Donaudampfschifffahrts' * 5}straße 1")

    for carrier in SERVICES:
        with pytest.raises(CarrierRefused):
            buys(server, carrier, long)

    assert server.bought == []


@pytest.mark.parametrize("carrier", ["dpd", "gls"])
def test_labels_whose_customs_data_karrio_cannot_build_are_bought_elsewhere(
    server: ScriptedCarriers, carrier: str
) -> None:
    with pytest.raises(NotOffered, match="customs"):
        buys(server, carrier, replace(RECIPIENT, country="CH"), customs=CUSTOMS)

    assert server.bought == []


def test_what_a_carrier_says_decides_whether_it_may_be_asked_again(
    server: ScriptedCarriers,
) -> None:
    server.says = 400, {"title": "Bad", "detail": "Postal code is wrong", "status": 400}
    with pytest.raises(CarrierRefused, match="Postal code is wrong"):
        buys(server, "dhl")

    server.says = 503, {"detail": "later"}
    with pytest.raises(CarrierUnclear):
        buys(server, "dhl")

    server.says = 200, b"<html>"
    with pytest.raises(CarrierUnclear):
        buys(server, "ups")

    server.says = 429, {}
    with pytest.raises(CarrierUnreachable):
        buys(server, "gls")


def test_wrong_credentials_and_a_dead_host_buy_nothing(server: ScriptedCarriers) -> None:
    wrong = replace(connection("gls"), credentials={**CREDENTIALS["gls"], "client_secret": "x"})

    with pytest.raises(CarrierRefused, match="credentials"):
        CarrierGateways(server.url).of(Carrier.GLS).buy(wrong, an_order("gls"))
    with pytest.raises(CarrierUnreachable):
        CarrierGateways("http://127.0.0.1:9").of(Carrier.GLS).buy(
            connection("gls"), an_order("gls")
        )


def test_a_token_is_asked_for_once(server: ScriptedCarriers) -> None:
    gateway = CarrierGateways(server.url).of(Carrier.UPS)

    gateway.buy(connection("ups"), an_order("ups"))
    gateway.buy(connection("ups"), an_order("ups"))

    assert server.asked.count("/security/v1/oauth/token") == 1


def test_labels_are_voided_where_the_carrier_can(server: ScriptedCarriers) -> None:
    gateways = CarrierGateways(server.url)
    for carrier in ("dhl", "gls", "ups"):
        gateways.of(Carrier(carrier)).void(
            connection(carrier), tracking_number="N1", shipment_id="S1"
        )
    for carrier in ("dpd", "postnl"):
        with pytest.raises(NotOffered, match="is_voided_elsewhere"):
            gateways.of(Carrier(carrier)).void(
                connection(carrier), tracking_number="N1", shipment_id="S1"
            )

    assert server.voided == [
        "/parcel/de/shipping/v2/orders?profile=STANDARD_GRUPPENPROFIL&shipment=S1",
        "/shipit-farm/v1/backend/rs/shipments/cancel/N1",
        "/api/shipments/v2409/void/cancel/S1",
    ]


def test_ups_tells_the_negotiated_price(server: ScriptedCarriers) -> None:
    request = RateRequest(
        service="11", sender=SENDER, country="AT", postal_code="1010", region="",
        weight_grams=1250, currency="EUR",
    )  # fmt: skip
    gateways = CarrierGateways(server.url)

    price = gateways.of(Carrier.UPS).rate(connection("ups"), request)

    assert price == Money(543, "EUR")
    for carrier in ("dhl", "dpd", "gls", "postnl"):
        with pytest.raises(NotOffered):
            gateways.of(Carrier(carrier)).rate(connection(carrier), request)


def test_loading_karrio_leaves_certificates_and_pictures_checked() -> None:
    # In a process of its own: karrio changes both only when it is imported for the first time.
    loaded = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _LOADED], capture_output=True, text=True, check=True
    )

    assert loaded.stdout.split() == ["True", "False"]


def test_a_missing_package_is_told_in_a_sentence() -> None:
    with pytest.raises(NotOffered, match=r"karrio-no-such.*requirements-carriers\.txt"):
        karrio_kit.load("no_such")


@pytest.mark.parametrize(
    ("line", "country", "street"),
    [
        ("Lindenstr. 9", "DE", Street("Lindenstr.", "9")),
        ("Straße des 17. Juni 135", "DE", Street("Straße des 17. Juni", "135")),
        ("Hauptstraße 5 a", "DE", Street("Hauptstraße", "5 a")),
        ("Hauptstr. 12-14", "DE", Street("Hauptstr.", "12-14")),
        ("Am Dorfplatz", "DE", Street("Am Dorfplatz")),
        ("10 Downing Street", "GB", Street("Downing Street", "10")),
        ("5 bis, rue de la Paix", "FR", Street("rue de la Paix", "5 bis")),
        ("12, rue de la Paix", "FR", Street("rue de la Paix", "12")),
        ("1600 Pennsylvania Ave NW", "US", Street("Pennsylvania Ave NW", "1600")),
        ("Via Roma, 7", "IT", Street("Via Roma", "7")),
        ("17", "DE", Street("17")),
    ],
)
def test_street_lines_come_apart_as_people_write_them(
    line: str, country: str, street: Street
) -> None:
    assert split_street(line, country) == street


def test_dutch_numbers_are_digits_with_an_extension() -> None:
    assert split_dutch_street("Damrak 12-2 hoog") == Street("Damrak", "12", "2 hoog")
    assert split_dutch_street("Plein 1944 7A") == Street("Plein 1944", "7", "A")
    assert split_dutch_street("Damrak") == Street("Damrak")
