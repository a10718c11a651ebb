"""Reads of groups of customers."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import exists, func, select

from api.accounts.errors import GroupNotFound
from api.accounts.models import CustomerGroup, CustomerGroupMember, User
from api.platform.db import session
from api.platform.pagination import Sort, page, strip_sort_columns

_GROUP = select(
    CustomerGroup.id,
    CustomerGroup.code,
    CustomerGroup.name,
    CustomerGroup.shows_net,
    CustomerGroup.version,
    select(func.count())
    .where(CustomerGroupMember.group_id == CustomerGroup.id)
    .correlate(CustomerGroup)
    .scalar_subquery()
    .label("members"),
)


def group(group_id: UUID) -> dict[str, object]:
    """Return a group and how many customers are in it. Raises `GroupNotFound`."""
    row = session.execute(_GROUP.where(CustomerGroup.id == group_id)).one_or_none()
    if row is None:
        raise GroupNotFound
    return dict(row._mapping)


def groups(*, limit: int, cursor: str | None, with_total: bool) -> dict[str, object]:
    """Return a page of all groups, by code."""
    rows, described = page(
        _GROUP,
        Sort((CustomerGroup.code,)),
        limit=limit,
        cursor=cursor,
        total=select(CustomerGroup.id) if with_total else None,
    )
    return {"data": [strip_sort_columns(row) for row in rows], "page": described}


def unknown_codes(codes: Sequence[str]) -> list[str]:
    """Return which of these codes no group has."""
    known = session.scalars(select(CustomerGroup.code).where(CustomerGroup.code.in_(codes))).all()
    return [code for code in codes if code not in known]


def shows_net(group_ids: Sequence[str]) -> bool:
    """Return whether a customer of these groups is shown prices without tax."""
    named = CustomerGroup.id.in_([UUID(one) for one in group_ids])
    return bool(session.scalar(select(exists().where(CustomerGroup.shows_net, named))))


def members(group_id: UUID, *, limit: int, cursor: str | None) -> dict[str, object]:
    """Return a page of the customers in a group, oldest account first."""
    statement = (
        select(User.email, User.full_name, User.id)
        .join(CustomerGroupMember, CustomerGroupMember.customer_id == User.id)
        .where(CustomerGroupMember.group_id == group_id)
    )
    rows, described = page(
        statement, Sort((User.id,)), limit=limit, cursor=cursor, filters=group_id
    )
    return {"data": [strip_sort_columns(row) for row in rows], "page": described}
