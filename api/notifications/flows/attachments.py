"""Files that go along with e-mails; they are made anew whenever the e-mail is sent."""

from collections.abc import Callable, Sequence
from typing import Final
from uuid import UUID

from api.documents import purchase_order as purchase_order_document
from api.platform.mail import Attachment
from api.purchasing import queries as purchasing_queries

PURCHASE_ORDER: Final = "purchase_order"


def attachments_of(attached: str | None) -> Sequence[Attachment]:
    """Make the files of an e-mail by what it says is attached: `purchase_order/ID`, or None."""
    if attached is None:
        return ()
    kind, _, subject_id = attached.partition("/")
    return (_MAKERS[kind](UUID(subject_id)),)


def _purchase_order(order_id: UUID) -> Attachment:
    paper = purchasing_queries.order_paper(order_id)
    return Attachment(f"{paper.number}.pdf", "application/pdf", purchase_order_document.pdf(paper))


_MAKERS: Final[dict[str, Callable[[UUID], Attachment]]] = {PURCHASE_ORDER: _purchase_order}
