"""Who someone is."""

from uuid import UUID

from sqlalchemy import select

from api.accounts.models import User
from api.accounts.policy import AccountKind, permissions_of
from api.kernel.principal import Principal
from api.platform.db import session


def load_principal(user_id: UUID, kind: str) -> Principal | None:
    """Return who an access token speaks for; None for the unknown and the switched off.

    One query of columns, on every request with a token: so a role that changed, or an account
    that was switched off, counts from the next request on.
    """
    if kind not in (AccountKind.CUSTOMER, AccountKind.STAFF):
        return None
    row = session.execute(
        select(User.full_name, User.role).where(
            User.id == user_id, User.kind == AccountKind(kind), User.is_active
        )
    ).one_or_none()
    if row is None:
        return None
    return Principal(
        kind=AccountKind(kind).value,
        id=user_id,
        label=row.full_name,
        role=row.role,
        permissions=permissions_of(row.role),
    )
