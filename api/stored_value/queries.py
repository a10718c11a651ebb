"""Reads of gift cards and store credit."""

from typing import Any, Unpack
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select

from api.accounts.errors import AccountNotFound
from api.accounts.models import User
from api.accounts.queries import is_address
from api.accounts.roles import AccountKind as PersonKind
from api.kernel import clock
from api.kernel.money import Money
from api.platform.db import AnyRow, session, table_of
from api.platform.pagination import PageQuery, Sort, page, page_response
from api.stored_value import codes
from api.stored_value.errors import GiftCardNotFound, StoreCreditNotFound
from api.stored_value.models import StoredValueAccount, StoredValueEntry
from api.stored_value.states import AccountKind, GiftCardStatus, gift_card_status

NEWEST_ACCOUNT = Sort((StoredValueAccount.id,), descending=True)
NEWEST_ENTRY = Sort((StoredValueEntry.id,), descending=True)
_ACCOUNT = tuple(table_of(StoredValueAccount).c)
_CREDIT = (*_ACCOUNT, User.email, User.full_name)


def gift_card_page(
    *, status: str | None, last_four: str | None, **asked: Unpack[PageQuery]
) -> dict[str, Any]:
    """Return a page of gift cards, the newest first."""
    narrow = [StoredValueAccount.kind == AccountKind.GIFT_CARD]
    if status is not None:
        narrow.append(_has_status(GiftCardStatus(status)))
    if last_four is not None:
        narrow.append(StoredValueAccount.last_four == last_four.upper())
    return page_response(
        select(*_ACCOUNT).where(*narrow),
        NEWEST_ACCOUNT,
        _gift_card,
        filters=(status, last_four),
        **asked,
    )


def gift_card(card_id: UUID) -> dict[str, Any]:
    """Return one gift card for staff. Raises `GiftCardNotFound`."""
    session.flush()
    row = session.execute(
        select(*_ACCOUNT).where(
            StoredValueAccount.id == card_id, StoredValueAccount.kind == AccountKind.GIFT_CARD
        )
    ).one_or_none()
    if row is None:
        raise GiftCardNotFound
    return _gift_card(row)


def gift_card_to_send(card_id: UUID) -> dict[str, Any]:
    """Return what the e-mail with a gift card says, but for its code."""
    row = session.execute(select(*_ACCOUNT).where(StoredValueAccount.id == card_id)).one()
    return {
        "recipient": row.recipient,
        "sender": row.sender,
        "message": row.message,
        "amount": Money(row.balance, row.currency),
        "expires_at": row.expires_at,
    }


def balance_by_code(code: str) -> dict[str, object]:
    """Return what a gift card holds, for whoever has its code.

    Raises `GiftCardNotFound`, for a disabled one as well.
    """
    row = session.execute(
        select(*_ACCOUNT).where(
            StoredValueAccount.code_digest.in_(codes.digests(code)),
            StoredValueAccount.disabled_at.is_(None),
        )
    ).one_or_none()
    if row is None:
        raise GiftCardNotFound
    card = _gift_card(row)
    return {name: card[name] for name in ("last_four", "balance", "status", "expires_at")}


def store_credit_page(*, customer_id: UUID | None, **asked: Unpack[PageQuery]) -> dict[str, object]:
    """Return a page of store credit accounts, the newest first."""
    narrow = [StoredValueAccount.kind == AccountKind.STORE_CREDIT]
    if customer_id is not None:
        narrow.append(StoredValueAccount.customer_id == customer_id)
    return page_response(
        select(*_CREDIT).join(User, User.id == StoredValueAccount.customer_id).where(*narrow),
        NEWEST_ACCOUNT,
        _credit,
        filters=customer_id,
        counted=select(StoredValueAccount.id).where(*narrow),
        **asked,
    )


def store_credit(account_id: UUID) -> dict[str, Any]:
    """Return one store credit account for staff. Raises `StoreCreditNotFound`."""
    session.flush()
    row = session.execute(
        select(*_CREDIT)
        .join(User, User.id == StoredValueAccount.customer_id)
        .where(StoredValueAccount.id == account_id)
    ).one_or_none()
    if row is None:
        raise StoreCreditNotFound
    return _credit(row)


def find_customer(customer: UUID | None, email: str | None) -> UUID:
    """Return the id of a customer, named by it or by their e-mail. Raises `AccountNotFound`."""
    named = User.id == customer if email is None else is_address(email)
    found = session.scalar(select(User.id).where(User.kind == PersonKind.CUSTOMER, named))
    if found is None:
        raise AccountNotFound
    return found


def credit_of_customer(customer_id: UUID) -> list[Money]:
    """Return a customer's store credit, by currency."""
    rows = session.execute(
        select(StoredValueAccount.balance, StoredValueAccount.currency)
        .where(
            StoredValueAccount.customer_id == customer_id,
            StoredValueAccount.kind == AccountKind.STORE_CREDIT,
        )
        .order_by(StoredValueAccount.currency)
    )
    return [Money(*row) for row in rows]


def credit_in(customer_id: UUID, currency: str) -> Money:
    """Return a customer's store credit in one currency."""
    held = (one for one in credit_of_customer(customer_id) if one.currency == currency)
    return next(held, Money(0, currency))


def entry_page(
    account_id: UUID, currency: str, *, limit: int, cursor: str | None, with_total: bool
) -> dict[str, object]:
    """Return a page of an account's ledger, the newest entry first."""
    of_account = StoredValueEntry.account_id == account_id
    rows, described = page(
        select(*table_of(StoredValueEntry).c).where(of_account),
        NEWEST_ENTRY,
        limit=limit,
        cursor=cursor,
        filters=account_id,
        total=select(StoredValueEntry.id).where(of_account) if with_total else None,
    )
    entries = [
        {
            **{name: getattr(row, name) for name in ("id", "at", "kind", "order_id", "reason")},
            "amount": Money(row.amount, currency),
            "balance_after": Money(row.balance_after, currency),
            "actor": row.actor,
        }
        for row in rows
    ]
    return {"data": entries, "page": described}


def _gift_card(row: AnyRow) -> dict[str, object]:
    return {
        "id": row.id,
        "last_four": row.last_four,
        "status": gift_card_status(
            balance=row.balance,
            initial=row.initial,
            expires_at=row.expires_at,
            disabled_at=row.disabled_at,
            now=clock.now(),
        ),
        "balance": Money(row.balance, row.currency),
        "initial": Money(row.initial, row.currency),
        "expires_at": row.expires_at,
        "recipient": row.recipient,
        "send_at": row.send_at,
        "created_at": row.created_at,
        "version": row.version,
    }


def _credit(row: AnyRow) -> dict[str, object]:
    return {
        "id": row.id,
        "customer_id": row.customer_id,
        "email": row.email,
        "name": row.full_name,
        "balance": Money(row.balance, row.currency),
        "created_at": row.created_at,
        "version": row.version,
    }


def _has_status(status: GiftCardStatus) -> ColumnElement[bool]:
    """Return the condition of a status, as `gift_card_status` derives it."""
    account, now = StoredValueAccount, clock.now()
    enabled = account.disabled_at.is_(None)
    usable = and_(
        enabled, account.balance > 0, or_(account.expires_at.is_(None), account.expires_at > now)
    )
    return {
        GiftCardStatus.DISABLED: account.disabled_at.is_not(None),
        GiftCardStatus.REDEEMED: and_(enabled, account.balance == 0),
        GiftCardStatus.EXPIRED: and_(enabled, account.balance > 0, account.expires_at <= now),
        GiftCardStatus.ACTIVE: and_(usable, account.balance >= account.initial),
        GiftCardStatus.PARTIALLY_REDEEMED: and_(usable, account.balance < account.initial),
    }[status]
