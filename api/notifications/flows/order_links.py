"""E-mails with a link to pay or see an order; its secret stands only in the e-mail itself."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from api.draft_orders import flows as draft_orders_flows
from api.notifications import queries
from api.notifications.flows.emails import SECRET_LEFT_OUT, send_secret
from api.notifications.states import EmailKind
from api.orders import queries as orders_queries
from api.orders.service import links
from api.orders.states import LinkKind
from api.platform.db import transaction
from api.platform.settings import current_settings

_PAGES = {LinkKind.PAY: "pay", LinkKind.VIEW: "orders/link"}


def order_link(link_id: UUID) -> None:
    """Send a link to pay or see an order; one that is void by then is not sent."""
    link = queries.order_link(link_id)
    if link is None:
        return
    kept: dict[str, object] = {"link": SECRET_LEFT_OUT, "expires_at": link.expires_at}
    if link.kind is LinkKind.VIEW:
        order = orders_queries.get_order(link.order_id)
        kept |= {"number": order.number, "language": order.language}
        kind = EmailKind.ORDER_LINK
    else:
        kept |= _asked(link.order_id, link.draft_id)
        kind = EmailKind.PAY_LINK

    def made() -> dict[str, object] | None:
        email = links.make_token(link_id)
        if email is None:
            return None
        shop = current_settings().public_url.rstrip("/")
        # Behind the `#` no server ever sees the token, and no log keeps it.
        return {"link": f"{shop}/{_PAGES[link.kind]}#token={email.token}"}

    send_secret(
        kind, link_id, link.email, kept, made, moot="The order was changed, or the link opened."
    )


def answer_look_up(look_up_id: UUID) -> None:
    """Make the link that somebody asked for, if there is such an order; its own event mails it."""
    with transaction():
        links.answer_look_up(look_up_id)


def _asked(order_id: UUID | None, draft_id: UUID | None) -> dict[str, object]:
    """Return what a pay link asks for: what is due on an order, or what a draft costs."""
    if order_id is not None:
        order = orders_queries.admin_view(order_id)
        lines = [
            (line["quantity"], _named(line)) for line in order["lines"] if not line["removed_at"]
        ]
        return {
            "name": order["customer_name"],
            "number": order["number"],
            "language": order["language"],
            "amount": order["due"],
            "lines": lines,
            "is_quote": False,
        }
    assert draft_id is not None
    draft = draft_orders_flows.details(draft_id)
    return {
        "name": (draft["shipping_address"] or {}).get("name"),
        "number": draft["number"],
        "amount": draft["quoted_total"],
        "lines": [(line["quantity"], _named(line)) for line in draft["lines"]],
        "is_quote": draft["valid_until"] is not None,
    }


def _named(line: Mapping[str, Any]) -> str:
    """Return what an e-mail calls a line: two variants of a product are told apart."""
    parts = (line["title"], line.get("variant_title"))
    return f"{', '.join(part for part in parts if part)} ({line['sku']})"
