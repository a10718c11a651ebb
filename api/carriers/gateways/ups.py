"""UPS, Shipping and Rating API v2409.

karrio-ups 2026.1.32 writes the number before the street (`135 Straße des 17. Juni`), cuts lines at
35 characters, charges duties also where none are due, declares a total of 1.0 USD, counts 0 pieces,
and has UPS write to the customer. In ZPL nothing is converted: its converter would send labels to a
public website.
"""

from typing import Any, Final

import orjson

from api.carriers.gateways import (
    CarrierRefused,
    CarrierUnclear,
    Connection,
    LabelOrder,
    Party,
    RateRequest,
    decimal_text,
    karrio_kit,
    minor_units,
)
from api.carriers.gateways.adapters import KarrioAdapter, basic, fitted, put
from api.carriers.gateways.dhl import token_of
from api.carriers.gateways.transport import LABEL_SECONDS, RATE_SECONDS, Answer, brief
from api.kernel.money import Money

_MOST: Final = 35
_LINES: Final = 3
_OF_DUTIES: Final = "02"


class UpsAdapter(KarrioAdapter):
    """Labels and prices of UPS."""

    extension = "ups"

    def settings(self, kit: karrio_kit.Kit, connection: Connection) -> Any:
        """Return karrio's settings of an account."""
        given = connection.credentials
        return kit.settings(
            client_id=given["client_id"],
            client_secret=given["client_secret"],
            account_number=given["account_number"],
            account_country_code=connection.country,
            test_mode=not connection.is_live,
        )

    def mend(self, body: Any, connection: Connection, order: LabelOrder) -> None:
        """Write street lines as typed, and charge and declare only what there is."""
        shipment = body["ShipmentRequest"]["Shipment"]
        for name, party in (
            ("Shipper", order.sender),
            ("ShipFrom", order.sender),
            ("ShipTo", order.recipient),
        ):
            _write(shipment[name], party)
        services = shipment.get("ShipmentServiceOptions") or {}
        services.pop("Notification", None)
        sold_to = services.get("InternationalForms", {}).get("Contacts", {}).get("SoldTo")
        if sold_to:
            sold_to.setdefault("Name", fitted(order.recipient.name, _MOST, "The name"))
            _write(sold_to, order.recipient, with_name=False)
        if not services:
            shipment.pop("ShipmentServiceOptions", None)
        shipment["NumOfPiecesInShipment"] = "1"
        charges = shipment["PaymentInformation"]["ShipmentCharge"]
        shipment["PaymentInformation"]["ShipmentCharge"] = [
            charge for charge in charges if charge["Type"] != _OF_DUTIES
        ]
        if order.customs is None:
            shipment.pop("InvoiceLineTotal", None)
        else:
            value = Money(order.customs.value, order.customs.currency)
            shipment["InvoiceLineTotal"] = {
                "CurrencyCode": value.currency,
                "MonetaryValue": decimal_text(value),
            }

    def order(
        self, settings: Any, connection: Connection, body: object, order: LabelOrder
    ) -> Answer:
        """Send the request for a label."""
        return self._transport.send(
            "POST",
            f"{settings.server_url}/api/shipments/v2409/ship",
            headers=self.authorized(settings, connection),
            json=body,
        )

    def void(self, connection: Connection, *, tracking_number: str, shipment_id: str) -> None:
        """Void a shipment; see `CarrierGateway`."""
        settings = self.settings(karrio_kit.load(self.extension), connection)
        answer = self._transport.send(
            "DELETE",
            f"{settings.server_url}/api/shipments/v2409/void/cancel/{shipment_id}",
            headers=self.authorized(settings, connection),
        )
        if not answer.is_ok and not answer.is_missing:
            raise CarrierRefused(brief(answer.text))

    def rate(self, connection: Connection, request: RateRequest) -> Money:
        """Return the negotiated price of a service, or the published one without a contract."""
        kit = karrio_kit.load(self.extension)
        settings = self.settings(kit, connection)
        weight = {
            "UnitOfMeasurement": {"Code": "KGS"},
            "Weight": f"{request.weight_grams / 1000:g}",
        }
        sender = {
            "Name": request.sender.company or request.sender.name,
            "Address": {
                "AddressLine": [request.sender.line1],
                "City": request.sender.city,
                "PostalCode": request.sender.postal_code or "",
                "CountryCode": request.sender.country,
            },
        }
        to: dict[str, object] = {"CountryCode": request.country}
        put(to, PostalCode=request.postal_code, StateProvinceCode=request.region)
        body = {
            "RateRequest": {
                "Request": {"RequestOption": "Rate", "SubVersion": "2409"},
                "Shipment": {
                    "Shipper": {
                        **sender,
                        "ShipperNumber": connection.credentials["account_number"],
                    },
                    "ShipFrom": sender,
                    "ShipTo": {"Name": "Customer", "Address": to},
                    "Service": {"Code": request.service},
                    "ShipmentRatingOptions": {"NegotiatedRatesIndicator": "Y"},
                    "Package": [{"PackagingType": {"Code": "02"}, "PackageWeight": weight}],
                },
            }
        }
        answer = self._transport.send(
            "POST",
            f"{settings.server_url}/api/rating/v2409/Rate",
            headers=self.authorized(settings, connection, RATE_SECONDS),
            json=body,
            seconds=RATE_SECONDS,
        )
        if not answer.is_ok:
            raise CarrierRefused(brief(answer.text))
        return _price(answer, request)

    def authorized(
        self, settings: Any, connection: Connection, seconds: float = LABEL_SECONDS
    ) -> dict[str, str]:
        """Return the headers of a request, with the token of the account."""
        given = connection.credentials

        def fetch() -> tuple[str, float]:
            return token_of(
                self._transport.sign_in(
                    f"{settings.server_url}/security/v1/oauth/token",
                    headers=basic(given["client_id"], given["client_secret"]),
                    form={"grant_type": "client_credentials"},
                    seconds=seconds,
                )
            )

        key = (settings.server_url, *given.values())
        return {"Authorization": f"Bearer {self._tokens.get(key, fetch)}"}


def _price(answer: Answer, request: RateRequest) -> Money:
    try:
        rated = orjson.loads(answer.text)["RateResponse"]["RatedShipment"]
        one = rated[0] if isinstance(rated, list) else rated
        total = one.get("NegotiatedRateCharges", {}).get("TotalCharge") or one["TotalCharges"]
        currency, value = str(total["CurrencyCode"]), str(total["MonetaryValue"])
        price = Money(minor_units(value, currency), currency)
    except (ValueError, KeyError, TypeError, IndexError, ArithmeticError) as error:
        raise CarrierUnclear(f"Its price cannot be read: {brief(answer.text)}") from error
    if price.currency != request.currency:
        raise CarrierRefused(f"It tells its price in {price.currency}, not {request.currency}.")
    return price


def _write(target: dict[str, Any], party: Party, *, with_name: bool = True) -> None:
    if with_name:
        target["Name"] = fitted(party.company or party.name, _MOST, "The name")
        target["AttentionName"] = fitted(party.name, _MOST, "The name")
    target["Address"]["AddressLine"] = _lines(party)


def _lines(party: Party) -> list[str]:
    """Return street lines broken at words, so that none is cut."""
    lines: list[str] = []
    for text in filter(None, (party.line1, party.line2)):
        lines.append("")
        for word in text.split():
            longer = f"{lines[-1]} {word}".strip()
            if len(longer) <= _MOST:
                lines[-1] = longer
            else:
                lines.append(fitted(word, _MOST, "A word of the address"))
    lines = [line for line in lines if line]
    if len(lines) > _LINES:
        raise CarrierRefused(
            f"The address needs {len(lines)} lines and UPS prints {_LINES} of {_MOST} characters: "
            "shorten it in the order."
        )
    return lines
