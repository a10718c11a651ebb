"""What staff may give alone: above the limit of their role a second person approves.

A code that waits is never shown: it is sent once somebody has approved.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from api.kernel.money import Money
from api.kernel.permissions import Permission
from api.kernel.principal import Limit, Principal
from api.platform import approvals
from api.platform.approvals import CommandKind
from api.stored_value.errors import RecipientNeeded
from api.stored_value.models import StoredValueAccount
from api.stored_value.service.gift_cards import NewGiftCard, issue_gift_card, replace_code
from api.stored_value.service.ledger import accounts
from api.stored_value.service.store_credit import adjust_store_credit


def must_wait_for_card(wanted: NewGiftCard, *, command_id: UUID, by: Principal) -> bool:
    """Hold a gift card above the limit of `by`. Raises `RecipientNeeded`."""
    expires_at = wanted.expires_at
    return _hold(
        CommandKind.GIFT_CARD,
        wanted.amount,
        command_id=command_id,
        subject_id=command_id,
        summary=f"Gift card of {wanted.amount} for {wanted.recipient}: {wanted.reason}",
        arguments={
            **_of_money(wanted.amount),
            "reason": wanted.reason,
            "expires_at": None if expires_at is None else expires_at.isoformat(),
            "recipient": wanted.recipient,
            "message": wanted.message,
        },
        recipient=wanted.recipient,
        by=by,
    )


def must_wait_for_code(
    card_id: UUID, *, recipient: str | None, reason: str, command_id: UUID, by: Principal
) -> bool:
    """Hold a new code of a gift card that holds more than the limit. Raises `RecipientNeeded`."""
    card = next(iter(accounts(StoredValueAccount.id == card_id)), None)
    if card is None:
        return False
    balance = Money(card.balance, card.currency)
    return _hold(
        CommandKind.GIFT_CARD_CODE,
        balance,
        command_id=command_id,
        subject_id=card_id,
        summary=f"Code of gift card ••••{card.last_four} of {balance} for {recipient}: {reason}",
        arguments={"card_id": str(card_id), "recipient": recipient, "reason": reason},
        recipient=recipient,
        by=by,
    )


def must_wait_for_credit(
    customer_id: UUID, amount: Money, *, reason: str, command_id: UUID, by: Principal
) -> bool:
    """Hold store credit above the limit of `by`; what is deducted has none."""
    if amount.amount <= 0:
        return False
    return approvals.hold(
        CommandKind.STORE_CREDIT,
        command_id,
        subject_id=customer_id,
        summary=f"Store credit of {amount}: {reason}",
        measures={Limit.CREDIT_MAX: approvals.size_of(amount)},
        permission=Permission.CREDIT_WRITE,
        arguments={"customer_id": str(customer_id), **_of_money(amount), "reason": reason},
        by=by,
    )


def carry_out(kind: str, command_id: UUID, arguments: Mapping[str, Any], by: Principal) -> None:
    """Do what a second person has approved; raises what the command itself raises."""
    values = dict(arguments)
    if kind == CommandKind.GIFT_CARD_CODE:
        replace_code(UUID(values.pop("card_id")), **values, by=by)
        return
    amount = Money(values.pop("amount"), values.pop("currency"))
    if kind == CommandKind.STORE_CREDIT:
        adjust_store_credit(UUID(values.pop("customer_id")), amount, **values, by=by)
        return
    until = values.pop("expires_at")
    wanted = NewGiftCard(
        amount, **values, expires_at=None if until is None else datetime.fromisoformat(until)
    )
    issue_gift_card(wanted, by=by, card_id=command_id)


def _hold(
    kind: CommandKind,
    amount: Money,
    *,
    command_id: UUID,
    subject_id: UUID,
    summary: str,
    arguments: Mapping[str, object],
    recipient: str | None,
    by: Principal,
) -> bool:
    measures: dict[str, int] = {Limit.CREDIT_MAX: approvals.size_of(amount)}
    if by.exceeded(measures) and recipient is None:
        error = {"pointer": "/recipient", "code": RecipientNeeded.code}
        raise RecipientNeeded(errors=[{**error, "detail": RecipientNeeded.sentence}])
    return approvals.hold(
        kind,
        command_id,
        subject_id=subject_id,
        summary=summary,
        measures=measures,
        permission=Permission.CREDIT_WRITE,
        arguments=arguments,
        by=by,
    )


def _of_money(amount: Money) -> dict[str, object]:
    return {"amount": amount.amount, "currency": amount.currency}
