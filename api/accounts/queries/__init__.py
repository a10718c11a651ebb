"""Questions about people."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Unpack
from uuid import UUID

from sqlalchemy import ColumnElement, Select, String, Uuid, any_, column, func, select, table
from sqlalchemy.sql.elements import SQLCoreOperations

from api.accounts.errors import (
    AccountNotFound,
    AddressNotFound,
    StaffNotFound,
)
from api.accounts.models import (
    Address,
    Badge,
    CustomerGroup,
    CustomerGroupMember,
    PasswordReset,
    Session,
    StaffRole,
    User,
)
from api.accounts.roles import AT_TERMINALS, AccountKind, permissions_of
from api.kernel import clock
from api.kernel.permissions import Permission
from api.platform.addresses import labelled
from api.platform.auth import hash_secret
from api.platform.db import AnyRow, session
from api.platform.pagination import PageQuery, Sort, page, page_response


@dataclass(frozen=True, slots=True)
class Contact:
    """The recipient of an e-mail."""

    email: str
    full_name: str


@dataclass(frozen=True, slots=True)
class Account:
    """What sign-in needs to know of an account."""

    id: UUID
    email: str
    is_active: bool
    password_hash: str = field(repr=False)


def contact(user_id: UUID) -> Contact:
    """Return the recipient of e-mails to an account. Raises `AccountNotFound`."""
    row = session.execute(select(User.email, User.full_name).where(User.id == user_id)).first()
    if row is None:
        raise AccountNotFound
    return Contact(row.email, row.full_name)


def customer_email(user_id: UUID) -> str | None:
    """Return the e-mail of an active customer account; None when there is none."""
    return session.scalar(
        select(User.email).where(
            User.id == user_id, User.kind == AccountKind.CUSTOMER, User.is_active
        )
    )


def find_account(kind: AccountKind, email: str) -> Account | None:
    """Return the account with an e-mail address, in whatever case it is written."""
    return _account(select(*_ACCOUNT).where(User.kind == kind, is_address(email)))


def get_account(user_id: UUID) -> Account:
    """Return an account by its id. Raises `AccountNotFound`."""
    account = _account(select(*_ACCOUNT).where(User.id == user_id))
    if account is None:
        raise AccountNotFound
    return account


def find_reset_owner(token: str) -> Account | None:
    """Return whose password an unused and fresh reset token may set."""
    return _account(
        select(*_ACCOUNT)
        .join(PasswordReset, PasswordReset.user_id == User.id)
        .where(
            PasswordReset.token_hash == hash_secret(token),
            PasswordReset.used_at.is_(None),
            PasswordReset.expires_at > clock.now(),
            User.is_active,
        )
    )


def is_address(email: str) -> ColumnElement[bool]:
    """Compare addresses without regard to case, as the unique index does."""
    return func.lower(User.email) == func.lower(email)


PERSON: tuple[SQLCoreOperations[object], ...] = (
    User.id,
    User.email,
    User.full_name,
    User.role,
    select(StaffRole.permissions)
    .where(StaffRole.name == User.role)
    .correlate(User)
    .scalar_subquery()
    .label("permissions"),
    select(
        func.jsonb_agg(
            func.jsonb_build_object(
                *("id", CustomerGroup.id, "code", CustomerGroup.code),
                *("name", CustomerGroup.name, "shows_net", CustomerGroup.shows_net),
            )
        )
    )
    .select_from(CustomerGroupMember)
    .join(CustomerGroup, CustomerGroup.id == CustomerGroupMember.group_id)
    .where(CustomerGroupMember.customer_id == User.id)
    .correlate(User)
    .scalar_subquery()
    .label("groups"),
)
"""What `person` describes."""


def person(row: AnyRow, *, at_terminal: bool = False) -> dict[str, object]:
    """Describe someone as a sign-in answers it; staff with what they may do there."""
    described: dict[str, object] = {"id": row.id, "email": row.email, "full_name": row.full_name}
    if row.role is None:
        described["groups"] = row.groups or []
    else:
        described["role"] = row.role
        held = permissions_of(row.role, row.permissions)
        described["permissions"] = _sorted(held & AT_TERMINALS if at_terminal else held)
    return described


def me(user_id: UUID) -> dict[str, object]:
    """Describe an account to its owner. Raises `AccountNotFound`."""
    row = session.execute(
        select(*PERSON, User.version, User.created_at, User.email_verified_at).where(
            User.id == user_id
        )
    ).first()
    if row is None:
        raise AccountNotFound
    names: tuple[str, ...] = ("created_at", "version")
    if row.role is None:  # staff are invited: their address is proved before they are here
        names = (*names, "email_verified_at")
    return person(row) | {name: getattr(row, name) for name in names}


def staff_member(user_id: UUID) -> dict[str, object]:
    """Describe a member of staff to those who look after staff. Raises `StaffNotFound`."""
    row = session.execute(_STAFF.where(User.id == user_id)).first()
    if row is None:
        raise StaffNotFound
    return _staff_card(row)


def staff_page(**asked: Unpack[PageQuery]) -> dict[str, object]:
    """List the staff by name, those switched off included."""
    return page_response(
        _STAFF,
        Sort((User.full_name, User.id)),
        _staff_card,
        filters="staff",
        counted=select(User.id).where(User.kind == AccountKind.STAFF),
        **asked,
    )


def address(user_id: UUID, address_id: UUID) -> dict[str, Any]:
    """Return one entry of a customer's address book. Raises `AddressNotFound`."""
    row = session.execute(
        _ADDRESSES.where(Address.user_id == user_id, Address.id == address_id)
    ).first()
    if row is None:
        raise AddressNotFound
    return _address_card(row)


def address_page(user_id: UUID, **asked: Unpack[PageQuery]) -> dict[str, object]:
    """List a customer's address book, oldest entry first."""
    return page_response(
        _ADDRESSES.where(Address.user_id == user_id),
        Sort((Address.id,)),
        _address_card,
        filters=str(user_id),
        **asked,
    )


def addresses_of(user_id: UUID, limit: int = 100) -> list[dict[str, object]]:
    """Return a customer's address book, oldest entry first."""
    of_user = _ADDRESSES.where(Address.user_id == user_id).order_by(Address.id).limit(limit)
    return [_address_card(row) for row in session.execute(of_user)]


def sign_in_page(
    user_id: UUID,
    *,
    current: UUID | None,
    limit: int,
    cursor: str | None,
    with_total: bool,
) -> dict[str, object]:
    """List the devices on which someone is signed in, newest first."""
    mine = (
        Session.user_id == user_id,
        Session.revoked_at.is_(None),
        Session.expires_at > clock.now(),
    )
    rows, described = page(
        select(
            Session.id, Session.device, Session.network, Session.created_at, Session.last_used_at
        ).where(*mine),
        Sort((Session.id,), descending=True),
        limit=limit,
        cursor=cursor,
        filters=str(user_id),
        total=select(Session.id).where(*mine) if with_total else None,
    )
    cards = [
        {
            "id": row.id,
            "device": row.device,
            "network": row.network,
            "created_at": row.created_at,
            "last_used_at": row.last_used_at,
            "is_current": row.id == current,
        }
        for row in rows
    ]
    return {"data": cards, "page": described}


_ACCOUNT: tuple[SQLCoreOperations[object], ...] = (
    User.id,
    User.email,
    User.is_active,
    User.password_hash,
)

LOCATIONS = table("locations", column("id", Uuid), column("code", String))
"""The stock locations, as far as accounts know them: inventory stands above this package."""
_STAFF = select(
    *PERSON,
    select(func.array_agg(LOCATIONS.c.code).aggregate_order_by(LOCATIONS.c.code))
    .where(LOCATIONS.c.id == any_(User.location_ids))
    .correlate(User)
    .scalar_subquery()
    .label("locations"),
    select(Badge.code).where(Badge.user_id == User.id).scalar_subquery().label("badge"),
    User.is_active,
    User.created_at,
    User.version,
    User.second_factor_at.is_not(None).label("has_second_factor"),
).where(User.kind == AccountKind.STAFF)

_ADDRESSES = select(
    Address.id,
    Address.name,
    Address.company,
    Address.line1,
    Address.line2,
    Address.city,
    Address.region,
    Address.postal_code,
    Address.country,
    Address.phone,
    Address.is_default_shipping,
    Address.is_default_billing,
    Address.version,
)
_ADDRESS_FIELDS = tuple(_ADDRESSES.selected_columns.keys())


def _account(statement: Select[*tuple[object, ...]]) -> Account | None:
    row = session.execute(statement).first()
    return Account(**row._asdict()) if row else None


def _address_card(row: AnyRow) -> dict[str, object]:
    return labelled({name: getattr(row, name) for name in _ADDRESS_FIELDS})


def _staff_card(row: AnyRow) -> dict[str, object]:
    return person(row) | {
        "is_active": row.is_active,
        "has_second_factor": row.has_second_factor,
        "locations": row.locations,
        "badge": row.badge,
        "created_at": row.created_at,
        "version": row.version,
    }


def _sorted(permissions: Iterable[Permission]) -> list[str]:
    return sorted(permission.value for permission in permissions)
