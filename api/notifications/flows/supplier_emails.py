"""E-mails to suppliers, in their language."""

from uuid import UUID

from api.notifications import rendering
from api.notifications.flows import sending
from api.notifications.flows.attachments import PURCHASE_ORDER
from api.notifications.service import EmailContent
from api.notifications.states import EmailKind
from api.platform.db import end_read_transaction
from api.platform.settings import current_settings
from api.purchasing import queries as purchasing_queries


def purchase_order(order_id: UUID, *, command_id: UUID) -> None:
    """Send an order to its supplier with the PDF; nothing where the address was removed since.

    A repetition of the same command sends nothing more; another command sends it again.
    """
    recipient = purchasing_queries.supplier_address(order_id)
    if recipient is None:
        return
    paper = purchasing_queries.order_paper(order_id)
    end_read_transaction()
    settings = current_settings()
    subject_line, text = rendering.render(
        EmailKind.PURCHASE_ORDER,
        paper.language,
        shop_name=settings.shop_name,
        public_url=settings.public_url,
        paper=paper,
    )
    sending.send(
        EmailContent(
            kind=EmailKind.PURCHASE_ORDER,
            subject_id=command_id,
            recipient=recipient,
            subject_line=subject_line,
            text=text,
            attached=f"{PURCHASE_ORDER}/{order_id}",
        )
    )
