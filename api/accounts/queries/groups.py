"""Reads of groups of customers."""

from collections.abc import Sequence
from typing import Unpack
from uuid import UUID

from sqlalchemy import exists, func, select

from api.accounts.errors import GroupNotFound
from api.accounts.models import CustomerGroup, CustomerGroupMember, User
from api.platform.db import session
from api.platform.pagination import (
    PageQuery,
    Sort,
    UncountedPageQuery,
    page_response,
)

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


def groups(**asked: Unpack[PageQuery]) -> dict[str, object]:
    """Return a page of all groups, by code."""
    return page_response(_GROUP, Sort((CustomerGroup.code,)), **asked)


def unknown_codes(codes: Sequence[str]) -> list[str]:
    """Return which of these codes no group has."""
    known = session.scalars(select(CustomerGroup.code).where(CustomerGroup.code.in_(codes))).all()
    return [code for code in codes if code not in known]


def shows_net(group_ids: Sequence[str]) -> bool:
    """Return whether a customer of these groups is shown prices without tax."""
    named = CustomerGroup.id.in_([UUID(one) for one in group_ids])
    return bool(session.scalar(select(exists().where(CustomerGroup.shows_net, named))))


def members(group_id: UUID, **asked: Unpack[UncountedPageQuery]) -> dict[str, object]:
    """Return a page of the customers in a group, oldest account first."""
    statement = (
        select(User.email, User.full_name, User.id)
        .join(CustomerGroupMember, CustomerGroupMember.customer_id == User.id)
        .where(CustomerGroupMember.group_id == group_id)
    )
    return page_response(statement, Sort((User.id,)), filters=group_id, **asked)
