"""DHL Parcel Germany, Post & Parcel Germany Shipping API v2.

karrio-dhl-parcel-de 2026.1.32 leaves the second address line out when it finds a street number, and
sends it as the number when it finds none; in test mode it ignores the billing number of the
account. Lengths are those of the API's document (version 2.1: street 50, number 10, additional
information 60, names 50, refNo 8 to 35).
"""

from typing import Any, Final

import orjson

from api.carriers.gateways import (
    CarrierRefused,
    Connection,
    LabelOrder,
    Party,
    karrio_kit,
)
from api.carriers.gateways.adapters import KarrioAdapter, fitted, put
from api.carriers.gateways.transport import LABEL_SECONDS, Answer, brief
from api.carriers.rules import Street, split_street

_STREET, _NUMBER, _MORE, _NAME, _CITY = 50, 10, 60, 50, 40
_SHORTEST_REFERENCE: Final = 8
_PROFILE: Final = "STANDARD_GRUPPENPROFIL"


class DhlAdapter(KarrioAdapter):
    """Labels of DHL Paket, Kleinpaket and their international products."""

    extension = "dhl_parcel_de"

    def settings(self, kit: karrio_kit.Kit, connection: Connection) -> Any:
        """Return karrio's settings of an account."""
        given = connection.credentials
        return kit.settings(
            username=given["username"],
            password=given["password"],
            client_id=given["client_id"],
            client_secret=given["client_secret"],
            test_mode=not connection.is_live,
            config={"profile": _PROFILE},
        )

    def mend(self, body: Any, connection: Connection, order: LabelOrder) -> None:
        """Put streets, second lines, billing number and reference where DHL reads them."""
        numbers = connection.billing_numbers
        for shipment in body["shipments"]:
            billing = numbers.get(order.service) or numbers.get("")
            if not billing:
                raise CarrierRefused(
                    f"The account has no billing number for {order.service}: add it to its "
                    "billing_number."
                )
            shipment["billingNumber"] = billing
            shipment["refNo"] = order.reference.rjust(_SHORTEST_REFERENCE, "0")
            _write(shipment["consignee"], order.recipient)
            put(
                shipment["consignee"],
                additionalAddressInformation1=fitted(
                    order.recipient.line2, _MORE, "The second address line"
                ),
            )
            shipment["consignee"].pop("name", None)
            _write(shipment["shipper"], order.sender)
            # DHL has no second line of shippers: the third name is printed above the street.
            put(shipment["shipper"], name3=fitted(order.sender.line2, _NAME, "The second line"))

    def order(
        self, settings: Any, connection: Connection, body: object, order: LabelOrder
    ) -> Answer:
        """Send the request for a label."""
        formats = {"docFormat": "ZPL2" if order.label_format == "ZPL" else "PDF"}
        return self._transport.send(
            "POST",
            f"{settings.server_url}/v2/orders",
            query={"includeDocs": "include", "printFormat": "910-300-700", **formats},
            headers=self.authorized(settings, connection),
            json=body,
        )

    def void(self, connection: Connection, *, tracking_number: str, shipment_id: str) -> None:
        """Delete an order that was not handed over; see `CarrierGateway`."""
        kit = karrio_kit.load(self.extension)
        settings = self.settings(kit, connection)
        answer = self._transport.send(
            "DELETE",
            f"{settings.server_url}/v2/orders",
            query={"profile": _PROFILE, "shipment": shipment_id},
            headers=self.authorized(settings, connection),
        )
        if not answer.is_ok and not answer.is_missing:
            raise CarrierRefused(brief(answer.text))

    def authorized(
        self, settings: Any, connection: Connection, seconds: float = LABEL_SECONDS
    ) -> dict[str, str]:
        """Return the headers of a request, with the token of the account."""
        given = connection.credentials

        def fetch() -> tuple[str, float]:
            answer = self._transport.sign_in(
                f"{settings.token_server_url}/token",
                headers={},
                form={
                    "grant_type": "password",
                    "username": given["username"],
                    "password": given["password"],
                    "client_id": given["client_id"],
                    "client_secret": given["client_secret"],
                },
                seconds=seconds,
            )
            return token_of(answer)

        key = (settings.server_url, *given.values())
        return {"Authorization": f"Bearer {self._tokens.get(key, fetch)}"}


def token_of(answer: Answer) -> tuple[str, float]:
    """Return the token of an OAuth answer and its seconds. Raises `CarrierRefused`."""
    try:
        told = orjson.loads(answer.text)
        return str(told["access_token"]), float(told.get("expires_in", 0))
    except (ValueError, KeyError, TypeError) as error:
        raise CarrierRefused(f"Its answer has no token: {brief(answer.text)}") from error


def _write(target: dict[str, object], party: Party) -> None:
    street = split_street(party.line1, party.country)
    if len(street.number) > _NUMBER:
        street = Street(party.line1)
    put(
        target,
        name1=fitted(party.company or party.name, _NAME, "The name"),
        name2=fitted(party.name, _NAME, "The name") if party.company else None,
        addressStreet=fitted(street.name, _STREET, "The street"),
        **{"addressHouse": street.number},
        city=fitted(party.city, _CITY, "The city"),
    )
