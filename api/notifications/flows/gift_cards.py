"""The e-mail with the code of a gift card that was bought."""

from typing import Any
from uuid import UUID

from api.notifications.flows.emails import SECRET_LEFT_OUT, send_secret
from api.notifications.states import EmailKind
from api.stored_value import queries as stored_value_queries
from api.stored_value import service as stored_value_service


def gift_card(card_id: UUID) -> None:
    """Send a gift card to whom it is for; its code stands only in the e-mail itself.

    One that is disabled or used by then is not sent.
    """
    card = stored_value_queries.gift_card_to_send(card_id)

    def made() -> dict[str, Any] | None:
        code = stored_value_service.make_code(card_id)
        return None if code is None else {"code": code}

    send_secret(
        EmailKind.GIFT_CARD,
        card_id,
        card["recipient"],
        {**card, "code": SECRET_LEFT_OUT},
        made,
        moot="The gift card was disabled.",
    )
