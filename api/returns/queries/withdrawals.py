"""Reads of withdrawals."""

from collections.abc import Mapping
from typing import Any, Unpack
from uuid import UUID

from sqlalchemy import func, select

from api.orders.models import Order
from api.platform.db import AnyRow, AnySelect, session, table_of
from api.platform.pagination import PageQuery, Sort, page_response
from api.returns.errors import WithdrawalNotFound
from api.returns.models import Return, Withdrawal

_NEWEST = Sort((Withdrawal.id,), descending=True)


def matching_order(number: str, email: str) -> UUID | None:
    """Find the order that a stranger names by its number and e-mail address, or None."""
    return session.scalar(
        select(Order.id).where(
            Order.number == bare_number(number), func.lower(Order.email) == email.strip().lower()
        )
    )


def bare_number(number: str) -> str:
    """Return an order's number as it is stored: without `#`, `O-` and blanks."""
    return number.strip().upper().removeprefix("O-").removeprefix("#")[:20]


def withdrawal(withdrawal_id: UUID) -> dict[str, Any]:
    """Return a withdrawal with its statement. Raises `WithdrawalNotFound`."""
    row = session.execute(_select().where(Withdrawal.id == withdrawal_id)).one_or_none()
    if row is None:
        raise WithdrawalNotFound
    return _fields(row)


def withdrawals_page(*, is_matched: bool | None, **asked: Unpack[PageQuery]) -> dict[str, object]:
    """Return a page of confirmed withdrawals, newest first."""
    conditions = [Withdrawal.confirmed_at.is_not(None)]
    if is_matched is not None:
        has_order = Withdrawal.order_id.is_not(None)
        conditions.append(has_order if is_matched else ~has_order)
    return page_response(
        _select().where(*conditions),
        _NEWEST,
        _fields,
        filters=is_matched,
        counted=select(Withdrawal.id).where(*conditions),
        **asked,
    )


def _select() -> AnySelect:
    return select(table_of(Withdrawal), Return.number.label("return_number")).outerjoin(
        Return, Return.id == Withdrawal.return_id
    )


def _fields(row: AnyRow) -> dict[str, object]:
    names = (
        "id", "order_id", "return_id", "return_number", "order_number", "name", "email",
        "statement", "language", "created_at", "confirmed_at",
    )  # fmt: skip
    return {name: getattr(row, name) for name in names}


def statement(
    texts: Mapping[str, str],
    *,
    goods: list[str],
    order_number: str,
    name: str,
    excluded: list[str],
) -> str:
    """Write the statement that is confirmed, and repeated in the receipt."""
    lines = [texts["statement"], *(f"- {one}" for one in goods)]
    if not goods:
        lines.append(f"- {texts['whole_order'].replace('{number}', order_number)}")
    lines += excluded
    return "\n".join([*lines, "", name])
