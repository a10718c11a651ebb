"""PostNL, Shipment API v2_2: written from PostNL's own description, as karrio has no such carrier.

The members and their lengths are those of postnl-ecommerce-sdk 1.1.2 (`LabellingRequest`, `Address`
and `Customs`), which PostNL publishes. The API has nothing that voids a label.
"""

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import orjson

from api.carriers.gateways import (
    BoughtLabel,
    CarrierRefused,
    CarrierUnclear,
    Connection,
    LabelOrder,
    NotOffered,
    Party,
    RateRequest,
    decimal_text,
)
from api.carriers.gateways.adapters import (
    cannot_rate,
    cannot_void,
    decoded,
    fitted,
    known,
    put,
)
from api.carriers.gateways.transport import Answer, Transport, brief
from api.carriers.rules import split_dutch_street, split_street
from api.kernel import clock
from api.kernel.money import Money

_LIVE: Final = "https://api.postnl.nl"
_SANDBOX: Final = "https://api-sandbox.postnl.nl"
_MOST: Final = 35
_STREET: Final = 95
_GOODS: Final = 5
_BENELUX: Final = frozenset({"BE", "LU", "NL"})
_RECEIVER, _SENDER = "01", "02"
_PRINTERS: Final = {"PDF": "GraphicFile|PDF", "ZPL": "Zebra|Generic ZPL II 203 dpi"}
_THERE: Final = ZoneInfo("Europe/Amsterdam")


class PostnlAdapter:
    """Labels of PostNL."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def check(self, connection: Connection) -> None:
        """PostNL has no sign-in; see `CarrierGateway`."""
        raise NotOffered("PostNL has no sign-in: its key is proved by the first label.")

    def buy(self, connection: Connection, order: LabelOrder) -> BoughtLabel:
        """Buy a label; see `CarrierGateway`."""
        answer = self._transport.send(
            "POST",
            f"{_LIVE if connection.is_live else _SANDBOX}/shipment/v2_2/label",
            query={"confirm": "true"},
            headers={"apikey": connection.credentials["api_key"]},
            json=body_of(connection, order, clock.now()),
        )
        if not answer.is_ok:
            raise CarrierRefused(f"{answer.status}: {brief(answer.text)}")
        try:
            return _read(answer, order)
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise CarrierUnclear(f"Its answer cannot be read: {brief(answer.text)}") from error

    def void(self, connection: Connection, *, tracking_number: str, shipment_id: str) -> None:
        """Void a label; see `CarrierGateway`."""
        raise cannot_void(connection)

    def rate(self, connection: Connection, request: RateRequest) -> Money:
        """Return the price of a service; see `CarrierGateway`."""
        raise cannot_rate(connection)


def body_of(connection: Connection, order: LabelOrder, now: datetime) -> dict[str, object]:
    """Return the request for a label."""
    given = connection.credentials
    customer: dict[str, object] = {
        "Address": _address(order.sender, _SENDER),
        "CustomerCode": given["customer_code"],
        "CustomerNumber": given["customer_number"],
    }
    put(customer, CollectionLocation=given.get("collection_location"), Email=order.sender.email)
    dimension: dict[str, object] = {"Weight": str(order.weight_grams)}
    if order.size_mm:
        length, width, height = sorted(order.size_mm, reverse=True)
        dimension |= {"Length": str(length), "Width": str(width), "Height": str(height)}
    contact: dict[str, object] = {"ContactType": "01"}
    put(contact, Email=order.recipient.email, TelNr=order.recipient.phone)
    shipment: dict[str, object] = {
        "Addresses": [_address(order.recipient, _RECEIVER)],
        "Contacts": [contact],
        "Dimension": dimension,
        "ProductCodeDelivery": order.service,
        "Reference": order.reference,
    }
    if order.customs is not None:
        shipment["Customs"] = _customs(order)
    return {
        "Customer": customer,
        "Message": {
            "MessageID": order.reference,
            "MessageTimeStamp": f"{now.astimezone(_THERE):%d-%m-%Y %H:%M:%S}",
            "Printertype": _PRINTERS[order.label_format],
        },
        "Shipments": [shipment],
    }


def _address(party: Party, kind: str) -> dict[str, object]:
    target: dict[str, object] = {"AddressType": kind, "Countrycode": party.country}
    if party.country in _BENELUX:
        street = split_dutch_street(party.line1)
        if not street.number:
            raise CarrierRefused(
                f"PostNL needs a street number for {party.country}, and {party.line1!r} has none "
                "that can be told apart: correct the address of the order."
            )
    else:
        street = split_street(party.line1, party.country)
    first, _, last = party.name.rpartition(" ")
    put(
        target,
        FirstName=fitted(first, _MOST, "The first name"),
        Name=fitted(last, _MOST, "The name"),
        CompanyName=fitted(party.company, _MOST, "The company"),
        Street=fitted(street.name, _STREET, "The street"),
        **{
            "HouseNr": street.number,
            "HouseNrExt": fitted(street.extension, _MOST, "What follows the street number"),
        },
        # The only member that is printed below the street.
        Buildingname=fitted(party.line2, _MOST, "The second address line"),
        City=fitted(party.city, _MOST, "The city"),
        Region=fitted(party.region, _MOST, "The region"),
        Zipcode=(party.postal_code or "").replace(" ", "").upper(),
    )
    return target


def _customs(order: LabelOrder) -> dict[str, object]:
    customs = order.customs
    assert customs is not None
    if len(customs.goods) > _GOODS:
        raise CarrierRefused(
            f"PostNL declares {_GOODS} articles in a parcel and this one has {len(customs.goods)}: "
            "pack it as several parcels."
        )
    if customs.currency not in ("EUR", "USD"):
        raise CarrierRefused(f"PostNL declares values in EUR and USD, not in {customs.currency}.")
    return {
        "Currency": customs.currency,
        "ShipmentType": "Commercial Goods",
        "HandleAsNonDeliverable": False,
        "Invoice": True,
        "InvoiceNr": customs.invoice,
        "Content": [
            {
                "Description": goods.title[:_MOST],
                "Quantity": str(goods.quantity),
                "Weight": str(goods.weight_grams * goods.quantity),
                "Value": decimal_text(goods.unit_value * goods.quantity),
                "HSTariffNr": goods.hs_code,
                "CountryOfOrigin": goods.origin,
            }
            for goods in customs.goods
        ],
    }


def _read(answer: Answer, order: LabelOrder) -> BoughtLabel:
    shipment = orjson.loads(answer.text)["ResponseShipments"][0]
    if errors := shipment.get("Errors"):
        said = "; ".join(str(one.get("Description") or one.get("Error")) for one in errors)
        raise CarrierRefused(said)
    barcode = known(shipment["Barcode"])
    return BoughtLabel(
        tracking_number=barcode,
        shipment_id=barcode,
        content=decoded(shipment["Labels"][0]["Content"]),
        label_format=order.label_format,
    )
