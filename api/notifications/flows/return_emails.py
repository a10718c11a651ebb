"""E-mails about returns and withdrawals, in the language of the return."""

from typing import Any
from uuid import UUID

from api.notifications.flows import emails
from api.notifications.states import EmailKind
from api.orders import queries as orders_queries
from api.platform.settings import current_settings
from api.returns.queries import cases as return_queries
from api.returns.queries import settings as settings_queries
from api.returns.queries import withdrawals as withdrawal_queries


def return_approved(return_id: UUID, order_id: UUID) -> None:
    """Tell that goods may be sent back, with the slip's address; not once nothing is expected."""
    found = return_queries.a_return(return_id)
    expected = [line for line in found["lines"] if line["quantity"]]
    if not expected or found["status"] not in ("approved", "in_transit"):
        return
    order = _in_its_language(order_id, found)
    emails.to_customer(
        EmailKind.RETURN_APPROVED,
        return_id,
        order,
        found=found,
        lines=expected,
        said=_said(found, order),
        slip=f"{current_settings().public_url}/returns/{return_id}/slip",
    )


def return_rejected(return_id: UUID, order_id: UUID) -> None:
    """Tell that the shop does not take goods back, and why."""
    found = return_queries.a_return(return_id)
    order = _in_its_language(order_id, found)
    emails.to_customer(
        EmailKind.RETURN_REJECTED, return_id, order, found=found, said=_said(found, order)
    )


def withdrawal_receipt(withdrawal_id: UUID) -> None:
    """Confirm a withdrawal on a durable medium: what was declared, and when.

    Article 11a(4) of Directive 2011/83/EU: the content, the date and the time of the statement.
    """
    found = withdrawal_queries.withdrawal(withdrawal_id)
    texts = settings_queries.texts_of(found["language"])
    confirmed = found["confirmed_at"].astimezone(current_settings().zone)
    emails.to_customer(
        EmailKind.WITHDRAWAL_RECEIPT,
        withdrawal_id,
        {"email": found["email"], "customer_name": found["name"]},
        subject=texts["receipt_subject"].replace("{number}", found["order_number"]),
        receipt=texts["receipt"],
        statement=found["statement"],
        moment=f"{confirmed:%Y-%m-%d %H:%M:%S %Z}",
        refund=texts["receipt_refund"],
    )


def _in_its_language(order_id: UUID, found: dict[str, object]) -> dict[str, object]:
    return {**orders_queries.admin_view(order_id), "language": found["language"]}


def _said(found: dict[str, Any], order: dict[str, object]) -> dict[str, str]:
    """Return the shop's sentences in the language of the return, with its numbers."""
    facts = {"return": found["number"], "order": order["number"], "name": order["customer_name"]}
    said = {}
    for name, text in settings_queries.texts_of(found["language"]).items():
        for fact, value in facts.items():
            text = text.replace("{" + fact + "}", " ".join(str(value).split()))
        said[name] = text
    return said
