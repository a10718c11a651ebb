"""DPD, META-API v1.

karrio-dpd-meta 2026.1.32 sends the second line twice, also as a second name, and fails on every
request with customs data (`'float' object has no attribute 'G'`). The API has nothing that voids a
label.
"""

from typing import Any, Final

from api.carriers.gateways import (
    CarrierRefused,
    Connection,
    LabelOrder,
    NotOffered,
    Party,
    karrio_kit,
)
from api.carriers.gateways.adapters import KarrioAdapter, fitted, put
from api.carriers.gateways.transport import LABEL_SECONDS, Answer
from api.carriers.rules import split_street

_MOST: Final = 35
_DAY: Final = 86_400.0
"""How long a token is valid, by DPD's document."""


class DpdAdapter(KarrioAdapter):
    """Labels of DPD."""

    extension = "dpd_meta"

    def settings(self, kit: karrio_kit.Kit, connection: Connection) -> Any:
        """Return karrio's settings of an account."""
        given = connection.credentials
        return kit.settings(
            dpd_login=given["login"],
            dpd_password=given["password"],
            dpd_bucode=given["business_unit"],
            customer_id=given["customer_id"],
            customer_account_number=given.get("customer_account_number"),
            test_mode=not connection.is_live,
        )

    def refuse(self, order: LabelOrder) -> None:
        """Refuse parcels that customs sees: karrio fails on them."""
        if order.customs is not None:
            raise NotOffered(
                "karrio builds no customs data for DPD: buy this label on DPD's own pages and scan "
                "it, or choose another carrier."
            )

    def mend(self, body: Any, connection: Connection, order: LabelOrder) -> None:
        """Put streets and second lines where DPD reads them."""
        for one in body:
            _write(one["sender"]["address"], order.sender)
            _write(one["receiver"]["address"], order.recipient)

    def order(
        self, settings: Any, connection: Connection, body: object, order: LabelOrder
    ) -> Answer:
        """Send the request for a label."""
        return self._transport.send(
            "POST",
            f"{settings.server_url}/shipment",
            query={"LabelPrintFormat": order.label_format},
            headers=self.authorized(settings, connection),
            json=body,
        )

    def authorized(
        self, settings: Any, connection: Connection, seconds: float = LABEL_SECONDS
    ) -> dict[str, str]:
        """Return the headers of a request, with the token of the account."""
        given = connection.credentials

        def fetch() -> tuple[str, float]:
            answer = self._transport.sign_in(
                f"{settings.server_url}/login",
                headers={
                    "X-DPD-BUCODE": given["business_unit"],
                    "X-DPD-LOGIN": given["login"],
                    "X-DPD-PASSWORD": given["password"],
                },
                seconds=seconds,
            )
            token = answer.headers.get("X-DPD-TOKEN")
            if not token:
                raise CarrierRefused("Its answer to the sign-in has no token.")
            return token, _DAY

        key = (settings.server_url, *given.values())
        return {"Authorization": f"Bearer {self._tokens.get(key, fetch)}"}


def _write(target: dict[str, object], party: Party) -> None:
    street = split_street(party.line1, party.country)
    put(
        target,
        companyName=fitted(party.company, _MOST, "The company"),
        name1=fitted(party.name, _MOST, "The name"),
        name2=None,
        street=fitted(street.name, _MOST, "The street"),
        **{"houseNumber": street.number},
        addressLine2=fitted(party.line2, _MOST, "The second address line"),
    )
