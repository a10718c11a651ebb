"""Reads of customers for staff."""

from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, cast, literal_column, select, union
from sqlalchemy.dialects.postgresql import TSQUERY

from api.accounts.errors import AccountNotFound
from api.accounts.models import (
    WORDS_OF_ADDRESSES,
    WORDS_OF_USERS,
    Address,
    CustomerGroup,
    CustomerGroupMember,
    CustomerNote,
    User,
)
from api.accounts.queries import addresses_of
from api.accounts.roles import AccountKind
from api.kernel.text_folding import words
from api.platform import external_references as references
from api.platform.db import AnySelect, session, table_of
from api.platform.external_references import SubjectKind
from api.platform.pagination import Sort, listing, page_of, strip_sort_columns

_USERS, _ADDRESS_ROWS, _NOTES = table_of(User), table_of(Address), table_of(CustomerNote)
_GROUPS, _MEMBERS = table_of(CustomerGroup), table_of(CustomerGroupMember)
_MOST_WORDS: Final = 8
_LEAST_DIGITS: Final = 6
_PHONE_DIGITS: Final = 8
_NEWEST: Final = Sort((_USERS.c.id,), descending=True)
_CARD: Final = _USERS.c["id", "email", "full_name", "is_active", "created_at", "version"]
_IS_CUSTOMER: Final = _USERS.c.kind == AccountKind.CUSTOMER


def customer_page(
    *,
    q: str | None,
    group: str | None,
    reference: str | None,
    metadata: str | None,
    limit: int,
    cursor: str | None,
    with_total: bool,
) -> dict[str, object]:
    """Return a page of customers, the newest first.

    `q` are words of a name, an e-mail address or a company, the last of which may be only begun,
    or the end of a phone number; `group` is the code of one that they are in.
    """
    narrow: list[ColumnElement[bool]] = [_IS_CUSTOMER]
    values = references.filters(reference, metadata)
    if q is not None:
        narrow.append(_USERS.c.id.in_(_found()))
        values |= {"words": _tsquery(q), "phone": _phone(q)}
    if group is not None:
        members = select(_MEMBERS.c.customer_id).join_from(
            _MEMBERS, _GROUPS, _GROUPS.c.id == _MEMBERS.c.group_id
        )
        narrow.append(_USERS.c.id.in_(members.where(_GROUPS.c.code == bindparam("group"))))
        values["group"] = group
    if reference is not None:
        narrow.append(references.known_as(SubjectKind.CUSTOMER, _USERS.c.id))
    if metadata is not None:
        narrow.append(references.has_metadata(SubjectKind.CUSTOMER, _USERS.c.id))
    rows, described = page_of(
        listing(select(*_CARD).where(*narrow), _NEWEST),
        values,
        limit=limit,
        cursor=cursor,
        filters=(q, group, reference, metadata),
        total=select(_USERS.c.id).where(*narrow) if with_total else None,
    )
    return {"data": [strip_sort_columns(row) for row in rows], "page": described}


def customer(customer_id: UUID) -> dict[str, object]:
    """Return a customer with groups, addresses and notes, in four statements.

    Raises `AccountNotFound`.
    """
    row = session.execute(
        select(*_CARD).where(_USERS.c.id == customer_id, _IS_CUSTOMER)
    ).one_or_none()
    if row is None:
        raise AccountNotFound
    groups = session.execute(
        select(*_GROUPS.c["id", "code", "name"])
        .join_from(_GROUPS, _MEMBERS, _MEMBERS.c.group_id == _GROUPS.c.id)
        .where(_MEMBERS.c.customer_id == customer_id)
        .order_by(_GROUPS.c.code)
    )
    return {
        **row._mapping,
        "groups": [dict(one._mapping) for one in groups],
        "addresses": addresses_of(customer_id),
        "notes": notes(customer_id),
    }


def notes(customer_id: UUID) -> list[dict[str, object]]:
    """Return the notes about a customer, oldest first."""
    session.flush()
    rows = session.execute(
        select(*_NOTES.c["id", "text", "created_by", "created_at"])
        .where(_NOTES.c.customer_id == customer_id)
        .order_by(_NOTES.c.id)
    )
    return [dict(row._mapping) for row in rows]


def _found() -> AnySelect:
    """Return the ids of whom the words or the phone number find, each by an index."""
    asked, phone = (cast(bindparam(name), TSQUERY) for name in ("words", "phone"))
    of_users: ColumnElement[object] = literal_column(WORDS_OF_USERS)
    of_addresses: ColumnElement[object] = literal_column(WORDS_OF_ADDRESSES)
    return union(
        select(_USERS.c.id).where(of_users.bool_op("@@")(asked), _IS_CUSTOMER),
        select(_ADDRESS_ROWS.c.user_id).where(of_addresses.bool_op("@@")(asked)),
        select(_ADDRESS_ROWS.c.user_id).where(of_addresses.bool_op("@@")(phone)),
    )  # type: ignore[return-value]


def _tsquery(typed: str) -> str:
    pieces = words(typed).split()[:_MOST_WORDS]
    terms = [f"'{piece}'" for piece in pieces[:-1]] + [f"'{piece}':*" for piece in pieces[-1:]]
    return " & ".join(terms)


def _phone(typed: str) -> str:
    """Return the end of a phone number as it is indexed, backwards; nothing for other texts."""
    if any(character.isalpha() for character in typed):
        return ""
    digits = "".join(one for one in typed if one in "0123456789").lstrip("0")
    return f"'{digits[::-1][:_PHONE_DIGITS]}':*" if len(digits) >= _LEAST_DIGITS else ""
