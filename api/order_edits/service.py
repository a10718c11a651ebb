"""Writes of the table of edits. Need a transaction and the order locked."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import select

from api.kernel.principal import Principal
from api.order_edits.models import OrderEdit
from api.platform.db import require_transaction, session


def record_edit(
    edit_id: UUID,
    order_id: UUID,
    *,
    reason: str | None,
    rules: str,
    steps: Sequence[str],
    total_before: int,
    total_after: int,
    asked: int,
    refunded: int,
    before: Mapping[str, object],
    after: Mapping[str, object],
    by: Principal,
) -> None:
    """Record an edit with what was before and what is now. Amounts in minor units."""
    require_transaction().add(
        OrderEdit(
            id=edit_id,
            order_id=order_id,
            reason=reason,
            rules=rules,
            steps=list(steps),
            total_before=total_before,
            total_after=total_after,
            asked=asked,
            refunded=refunded,
            before=dict(before),
            after=dict(after),
            actor=by.label[:200],
        )
    )


def exists(edit_id: UUID) -> bool:
    """Tell whether a command has already edited its order."""
    return session.scalar(select(OrderEdit.id).where(OrderEdit.id == edit_id)) is not None
