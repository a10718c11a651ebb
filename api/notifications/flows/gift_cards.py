"""The e-mail with the code of a gift card."""

from uuid import UUID, uuid5

from api.notifications.flows.emails import SECRET_LEFT_OUT, send_secret
from api.notifications.states import EmailKind
from api.stored_value import queries as stored_value_queries
from api.stored_value import service as stored_value_service


def gift_card(card_id: UUID, code_version: int) -> None:
    """Send a gift card to whom it is for; its code stands only in the e-mail itself.

    One that is disabled, used or has another code by then is not sent. Each of its codes is sent
    once.
    """
    card = stored_value_queries.gift_card_to_send(card_id)

    def made() -> dict[str, object] | None:
        code = stored_value_service.make_code(card_id, code_version)
        return None if code is None else {"code": code}

    send_secret(
        EmailKind.GIFT_CARD,
        uuid5(card_id, str(code_version)) if code_version else card_id,
        card["recipient"],
        {**card, "code": SECRET_LEFT_OUT},
        made,
        moot="The gift card was disabled, used or given another code.",
    )
