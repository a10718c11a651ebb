"""Groups of customers, and who is in them. Prices and discounts of a group follow at once."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError

from api.accounts.errors import (
    CustomersUnknown,
    GroupCodeTaken,
    GroupInUse,
    GroupNotFound,
)
from api.accounts.events import GroupEdited
from api.accounts.models import CustomerGroup, CustomerGroupMember, User
from api.accounts.roles import AccountKind
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.platform import audit, etags
from api.platform.db import require_transaction
from api.platform.outbox import emit

_NO_SYNC = {"synchronize_session": False}


def create_group(code: str, name: str, *, shows_net: bool = False, by: Principal) -> UUID:
    """Create a group and return its id. Raises `GroupCodeTaken`."""
    group_id = require_transaction().scalar(
        upsert(CustomerGroup)
        .values(
            id=new_id(),
            created_at=clock.now(),
            version=1,
            code=code,
            name=name,
            shows_net=shows_net,
        )
        .on_conflict_do_nothing()
        .returning(CustomerGroup.id)
    )
    if group_id is None:
        raise GroupCodeTaken(group=code)
    audit.record("customer_group.created", by=by, subject_id=group_id, name=name)
    return UUID(str(group_id))


def edit_group(
    group_id: UUID, changes: Mapping[str, object], *, expected_version: int, by: Principal
) -> None:
    """Change the name of a group or what it is shown. Raises `GroupNotFound` and `Stale`."""
    _lock(group_id, expected_version)
    require_transaction().execute(
        update(CustomerGroup)
        .where(CustomerGroup.id == group_id)
        .values(**changes, version=CustomerGroup.version + 1),
        execution_options=_NO_SYNC,
    )
    emit(GroupEdited(group_id=group_id))
    audit.record("customer_group.edited", by=by, subject_id=group_id, **changes)


def delete_group(group_id: UUID, *, expected_version: int, by: Principal) -> None:
    """Delete a group with its memberships. Raises `GroupNotFound`, `Stale` and `GroupInUse`."""
    _lock(group_id, expected_version)
    try:
        require_transaction().execute(delete(CustomerGroup).where(CustomerGroup.id == group_id))
    except IntegrityError as used:
        raise GroupInUse from used
    audit.record("customer_group.deleted", by=by, subject_id=group_id)


def add_members(group_id: UUID, emails: Sequence[str], *, by: Principal) -> int:
    """Put customers into a group, all or none; returns how many were not in it before.

    Raises `GroupNotFound`, and `CustomersUnknown` with the row of each address without an account.
    """
    _lock(group_id, None)
    rows = [{"customer_id": one, "group_id": group_id} for one in _customers(emails)]
    added = require_transaction().scalars(
        upsert(CustomerGroupMember)
        .values(rows)
        .on_conflict_do_nothing()
        .returning(CustomerGroupMember.customer_id)
    )
    count = len(added.all())
    audit.record("customer_group.members_added", by=by, subject_id=group_id, count=count)
    return count


def remove_members(group_id: UUID, emails: Sequence[str], *, by: Principal) -> int:
    """Take customers out of a group; returns how many. Raises what `add_members` raises."""
    _lock(group_id, None)
    removed = require_transaction().scalars(
        delete(CustomerGroupMember)
        .where(
            CustomerGroupMember.group_id == group_id,
            CustomerGroupMember.customer_id.in_(_customers(emails)),
        )
        .returning(CustomerGroupMember.customer_id),
        execution_options=_NO_SYNC,
    )
    count = len(removed.all())
    audit.record("customer_group.members_removed", by=by, subject_id=group_id, count=count)
    return count


def _customers(emails: Sequence[str]) -> list[UUID]:
    folded = [email.strip().lower() for email in emails]
    rows = require_transaction().execute(
        select(User.id, func.lower(User.email).label("email")).where(
            User.kind == AccountKind.CUSTOMER, func.lower(User.email).in_(folded)
        )
    )
    known = {row.email: row.id for row in rows}
    errors = [
        {
            "pointer": f"/emails/{place}",
            "code": CustomersUnknown.code,
            "detail": f"Row {place + 1}: {emails[place]} has no customer account.",
        }
        for place, email in enumerate(folded)
        if email not in known
    ]
    if errors:
        raise CustomersUnknown(count=len(errors), errors=errors[:100])
    return list(known.values())


def _lock(group_id: UUID, expected_version: int | None) -> None:
    version = require_transaction().scalar(
        select(CustomerGroup.version).where(CustomerGroup.id == group_id).with_for_update()
    )
    if version is None:
        raise GroupNotFound
    etags.check(version, expected_version)
