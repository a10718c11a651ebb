"""The slip of a return, as its customer prints it."""

from typing import Any
from uuid import UUID

from api.documents import words
from api.documents.slips import Slip
from api.platform.settings import current_settings
from api.returns.queries import cases
from api.returns.queries import settings as settings_queries


def slip_of(return_id: UUID) -> Slip:
    """Return what the slip of a return says, in the return's language.

    Raises `ReturnNotFound`.
    """
    found = cases.a_return(return_id)
    settings = current_settings()
    texts = settings_queries.texts_of(found["language"])
    return Slip(
        title=texts["slip_title"],
        code=found["number"],
        facts=[
            (texts["slip_number"], found["number"]),
            (texts["slip_order"], found["order_number"]),
        ],
        heads=(texts["slip_units"], texts["slip_goods"], texts["slip_reason"]),
        rows=[_row(line) for line in found["lines"] if line["quantity"]],
        address_head=texts["slip_send_to"],
        address=[part.strip() for part in settings.return_address.split(",") if part.strip()],
        text=texts["instructions"],
        language=words.spoken(found["language"]),
        shop=settings.shop_name,
    )


def _row(line: dict[str, Any]) -> tuple[str, str, str]:
    return str(line["quantity"]), f"{line['title']} ({line['sku']})", line["reason_label"]
