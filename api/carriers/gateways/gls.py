"""GLS, ShipIT Farm API v1.

karrio-gls 2026.1.32 sends the whole first line as the street and the second line as its number, and
reads answers of a form of its own; ShipIT answers with `CreatedShipment` (both are read here).
Lengths are those of ShipIT: 40 characters each.
"""

from typing import Any, Final

import orjson

from api.carriers.gateways import (
    BoughtLabel,
    CarrierRefused,
    Connection,
    LabelOrder,
    NotOffered,
    Party,
    karrio_kit,
)
from api.carriers.gateways.adapters import KarrioAdapter, basic, decoded, fitted, known, put
from api.carriers.gateways.dhl import token_of
from api.carriers.gateways.transport import LABEL_SECONDS, Answer, brief
from api.carriers.rules import split_street

_MOST: Final = 40
_JSON: Final = "application/glsVersion1+json"


class GlsAdapter(KarrioAdapter):
    """Labels of GLS."""

    extension = "gls"

    def settings(self, kit: karrio_kit.Kit, connection: Connection) -> Any:
        """Return karrio's settings of an account."""
        given = connection.credentials
        return kit.settings(
            client_id=given["client_id"],
            client_secret=given["client_secret"],
            contact_id=given["contact_id"],
            test_mode=not connection.is_live,
        )

    def refuse(self, order: LabelOrder) -> None:
        """Refuse parcels that customs sees: karrio has no member for them."""
        if order.customs is not None:
            raise NotOffered(
                "karrio builds no customs data for GLS: buy this label on GLS's own pages and scan "
                "it, or choose another carrier."
            )

    def mend(self, body: Any, connection: Connection, order: LabelOrder) -> None:
        """Put streets, their numbers and second lines where GLS reads them."""
        shipment = body["Shipment"]
        _write(shipment["Consignee"]["Address"], order.recipient)
        _write(shipment["Shipper"]["Address"], order.sender)
        if order.label_format == "ZPL":
            body["PrintingOptions"]["ReturnLabels"]["LabelFormat"] = "ZEBRA"

    def order(
        self, settings: Any, connection: Connection, body: object, order: LabelOrder
    ) -> Answer:
        """Send the request for a label."""
        return self._transport.send(
            "POST",
            f"{settings.shipment_api_url}/rs/shipments",
            headers={"Content-Type": _JSON, **self.authorized(settings, connection)},
            json=body,
        )

    def read(self, kit: object, mapper: object, answer: Answer, context: object) -> BoughtLabel:
        """Return the label of an answer of ShipIT, or of the form that karrio knows."""
        told = orjson.loads(answer.text)
        created = told.get("CreatedShipment") if isinstance(told, dict) else None
        if created is None:
            return super().read(kit, mapper, answer, context)
        printed = created["PrintData"][0]
        track_id = known(created["ParcelData"][0]["TrackID"])
        return BoughtLabel(
            tracking_number=track_id,
            shipment_id=track_id,
            content=decoded(printed["Data"]),
            label_format="ZPL" if printed.get("LabelFormat") == "ZEBRA" else "PDF",
        )

    def words(self, kit: object, mapper: object, answer: Answer) -> str:
        """Return why GLS refused: it says so in headers."""
        said = answer.headers.get("message") or answer.headers.get("error")
        return brief(said) if said else super().words(kit, mapper, answer)

    def void(self, connection: Connection, *, tracking_number: str, shipment_id: str) -> None:
        """Cancel a parcel that was not scanned; see `CarrierGateway`."""
        settings = self.settings(karrio_kit.load(self.extension), connection)
        answer = self._transport.send(
            "POST",
            f"{settings.shipment_api_url}/rs/shipments/cancel/{tracking_number}",
            headers={"Content-Type": _JSON, **self.authorized(settings, connection)},
        )
        if not answer.is_ok and not answer.is_missing:
            raise CarrierRefused(
                brief(answer.headers.get("message") or answer.headers.get("error") or answer.text)
            )

    def authorized(
        self, settings: Any, connection: Connection, seconds: float = LABEL_SECONDS
    ) -> dict[str, str]:
        """Return the headers of a request, with the token of the account."""
        given = connection.credentials

        def fetch() -> tuple[str, float]:
            return token_of(
                self._transport.sign_in(
                    settings.auth_url,
                    headers=basic(given["client_id"], given["client_secret"]),
                    form={"grant_type": "client_credentials"},
                    seconds=seconds,
                )
            )

        key = (settings.server_url, *given.values())
        return {"Accept": _JSON, "Authorization": f"Bearer {self._tokens.get(key, fetch)}"}


def _write(target: dict[str, object], party: Party) -> None:
    street = split_street(party.line1, party.country)
    put(
        target,
        Name1=fitted(party.company or party.name, _MOST, "The name"),
        Name2=fitted(party.name, _MOST, "The name") if party.company else None,
        Name3=fitted(party.line2, _MOST, "The second address line"),
        Street=fitted(street.name, _MOST, "The street"),
        StreetNumber=fitted(street.number, _MOST, "The street number"),
        ContactPerson=fitted(party.name, _MOST, "The name"),
    )
