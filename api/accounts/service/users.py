"""Customers and staff: who they are, who joins, who leaves."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, and_, bindparam, null, select, update
from sqlalchemy.dialects.postgresql import insert

from api.accounts import queries
from api.accounts.errors import (
    AccountNotFound,
    EmailTaken,
    GrantExceedsOwn,
    LastOwner,
    LocationUnknown,
    StaffNotFound,
)
from api.accounts.events import CustomerRegistered, RegistrationRepeated
from api.accounts.models import Session, StaffRole, User
from api.accounts.queries import is_address
from api.accounts.roles import AT_TERMINALS, AccountKind, Role, permissions_of
from api.accounts.service.roles import check_grant
from api.accounts.service.sessions import end_sessions
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.kernel.principal import SecondFactor as SecondFactorState
from api.platform import audit, etags
from api.platform.db import AnySelect, require_transaction, session, table_of
from api.platform.outbox import emit
from api.platform.prepared import prepared

# Built once, because every request with a token asks one of them. What a role of the shop's own
# holds comes with its holder: no further statement, and nothing for customers.
_USERS, _ROLES, _SIGN_INS = table_of(User), table_of(StaffRole), table_of(Session)
_IN = _USERS.join(
    _SIGN_INS,
    and_(
        _SIGN_INS.c.id == bindparam("sign_in"),
        _SIGN_INS.c.user_id == _USERS.c.id,
        _SIGN_INS.c.revoked_at.is_(None),
    ),
)
_WHO = (_USERS.c.id == bindparam("account"), _USERS.c.is_active)


def _customer(source: FromClause) -> AnySelect:
    return prepared(
        select(_USERS.c.full_name, _USERS.c.role)
        .select_from(source)
        .where(*_WHO, _USERS.c.kind == AccountKind.CUSTOMER)
    )


def _staff(source: FromClause, *of_sign_in: ColumnElement[Any]) -> AnySelect:
    return prepared(
        select(
            _USERS.c.full_name,
            _USERS.c.role,
            _USERS.c.second_factor_at,
            _USERS.c.location_ids,
            _ROLES.c.permissions,
            _ROLES.c.requires_second_factor,
            _ROLES.c.limits,
            *of_sign_in,
        )
        .select_from(source.join(_ROLES, _ROLES.c.name == _USERS.c.role))
        .where(*_WHO, _USERS.c.kind == AccountKind.STAFF)
    )


_OF_SIGN_IN = ("proved_at", "terminal_id", "location_id")
_PRINCIPALS = {
    AccountKind.CUSTOMER: (_customer(_USERS), _customer(_IN)),
    AccountKind.STAFF: (
        _staff(_USERS, *(null().label(name) for name in _OF_SIGN_IN)),
        _staff(_IN, *(_SIGN_INS.c[name] for name in _OF_SIGN_IN)),
    ),
}


def load_principal(user_id: UUID, kind: str, sign_in: UUID | None = None) -> Principal | None:
    """Return who an access token speaks for; None for the unknown, the switched off, the ended.

    One query of columns, on every request with a token: so a role that changed, an account that
    was switched off, or a sign-in that ended counts from the next request on. A sign-in ends by
    signing out, by a new password, and when one of its refresh tokens comes twice.
    """
    if kind not in (AccountKind.CUSTOMER, AccountKind.STAFF):
        return None
    of_any_sign_in, of_this_one = _PRINCIPALS[AccountKind(kind)]
    statement = of_any_sign_in if sign_in is None else of_this_one
    row = session.execute(statement, {"account": user_id, "sign_in": sign_in}).one_or_none()
    if row is None:
        return None
    if row.role is None:
        return Principal(kind="customer", id=user_id, label=row.full_name)
    factor: SecondFactorState = "missing" if row.requires_second_factor else "none"
    who = Principal(
        kind="staff",
        id=user_id,
        label=row.full_name,
        role=row.role,
        permissions=permissions_of(row.role, row.permissions),
        second_factor="held" if row.second_factor_at else factor,
        proved_at=row.proved_at,
        limits=row.limits or {},
        locations=None if row.location_ids is None else frozenset(row.location_ids),
    )
    return who if row.terminal_id is None else _at_terminal(who, row.location_id)


def _at_terminal(who: Principal, location_id: UUID | None) -> Principal:
    """Return somebody as far as a badge and a PIN go: not beyond the goods of the location."""
    here = who.locations if location_id is None else frozenset({location_id})
    return replace(
        who,
        permissions=who.permissions & AT_TERMINALS,
        second_factor="none",
        locations=here if who.locations is None or here is None else here & who.locations,
    )


def active_staff() -> list[Principal]:
    """Return everybody who works here now, by name: what they may do, and their limits."""
    rows = session.execute(
        select(
            _USERS.c.id, _USERS.c.full_name, _USERS.c.role, _ROLES.c.permissions, _ROLES.c.limits
        )
        .join(_ROLES, _ROLES.c.name == _USERS.c.role)
        .where(_USERS.c.kind == AccountKind.STAFF, _USERS.c.is_active)
        .order_by(_USERS.c.full_name, _USERS.c.id)
    )
    return [
        Principal(
            kind="staff",
            id=row.id,
            label=row.full_name,
            role=row.role,
            permissions=permissions_of(row.role, row.permissions),
            limits=row.limits or {},
        )
        for row in rows
    ]


def register_customer(*, email: str, full_name: str, password_hash: str) -> UUID:
    """Give a customer an account, and return its id.

    An address that has an account keeps it untouched, and its owner gets to know; the caller must
    not answer differently. The same statements run in both cases, so neither does the time.
    """
    is_new = _insert(AccountKind.CUSTOMER, email, full_name, password_hash, None) is not None
    found: UUID = session.execute(
        select(User.id).where(User.kind == AccountKind.CUSTOMER, is_address(email))
    ).scalar_one()
    fact = CustomerRegistered if is_new else RegistrationRepeated
    emit(fact(customer_id=found))
    return found


def create_staff(
    *, email: str, full_name: str, role: str, password_hash: str, by: Principal
) -> UUID:
    """Take someone on, and return their id.

    Refuses an address that is on the staff already, switched off or not, a role that is not there,
    and one that may do more than the one who grants it.
    """
    check_grant(role, by)
    user_id = _insert(AccountKind.STAFF, email, full_name, password_hash, role)
    if user_id is None:
        raise EmailTaken
    audit.record("staff.created", by=by, subject_id=user_id, role=role)
    return user_id


def rename(user_id: UUID, *, full_name: str, expected_version: int) -> None:
    """Change what someone is called. Locks the account; refuses a stale version."""
    row = session.execute(
        select(User.version).where(User.id == user_id).with_for_update(key_share=True)
    ).first()
    if row is None:
        raise AccountNotFound
    etags.check(row.version, expected_version)
    _change(user_id, {"full_name": full_name})


def edit_staff(
    user_id: UUID,
    *,
    by: Principal,
    expected_version: int,
    changes: dict[str, Any],
) -> None:
    """Change `role`, `full_name`, `locations` (codes) or `is_active` of a member of staff.

    Refuses to give or take a role or a location that the one who asks has not got, and to leave the
    shop without an active owner. Someone who is switched off is out at once, everywhere.

    Locks all owners together with the person, in id order: of two owners who dismiss each other
    at the same moment, the second finds only themselves left.
    """
    rows = session.execute(
        select(User.id, User.role, User.full_name, User.is_active, User.location_ids, User.version)
        .where(User.kind == AccountKind.STAFF, (User.role == Role.OWNER) | (User.id == user_id))
        .order_by(User.id)
        .with_for_update(key_share=True)
    ).all()
    person = next((row for row in rows if row.id == user_id), None)
    if person is None:
        raise StaffNotFound
    etags.check(person.version, expected_version)
    changes = dict(changes)
    if "locations" in changes:
        changes["location_ids"] = location_ids_of(changes.pop("locations"), by)
    changed = {name: new for name, new in changes.items() if new != getattr(person, name)}
    if not changed:
        return
    if "role" in changed or "is_active" in changed:
        check_grant(person.role, by)
        check_grant(changed.get("role", person.role), by)
    owners = {row.id for row in rows if row.role == Role.OWNER and row.is_active}
    stays = changed.get("role", person.role) == Role.OWNER
    stays = stays and changed.get("is_active", person.is_active)
    if owners == {user_id} and not stays:
        raise LastOwner
    _change(user_id, changed)
    if changed.get("is_active") is False:
        end_sessions(user_id)
    before = {name: getattr(person, name) for name in changed}
    audit.record("staff.edited", by=by, subject_id=user_id, before=before, after=changed)


def location_ids_of(codes: Collection[str] | None, by: Principal) -> list[UUID] | None:
    """Return the locations of these codes; refuses unknown ones, and more than `by` has.

    But owners, or the only one could not undo what they did to themselves.
    """
    if not codes:
        ids = None
    else:
        found = {
            row.code: row.id
            for row in session.execute(
                select(queries.LOCATIONS.c.id, queries.LOCATIONS.c.code).where(
                    queries.LOCATIONS.c.code.in_(codes)
                )
            )
        }
        unknown = sorted(set(codes) - {*found})
        if unknown:
            raise LocationUnknown(code=unknown[0])
        ids = sorted(found.values())
    own = None if by.role == Role.OWNER else by.locations
    if own is not None and (ids is None or not own.issuperset(ids)):
        raise GrantExceedsOwn("You do not work at all of these locations.")
    return ids


def _insert(
    kind: AccountKind, email: str, full_name: str, password_hash: str, role: str | None
) -> UUID | None:
    """Write an account unless its address is taken; the unique index decides between two."""
    return require_transaction().scalar(
        insert(User)
        .values(
            id=new_id(),
            kind=kind,
            email=email,
            full_name=full_name,
            password_hash=password_hash,
            role=role,
            is_active=True,
            version=1,
            created_at=clock.now(),
        )
        .on_conflict_do_nothing()
        .returning(User.id)
    )


def _change(user_id: UUID, values: Mapping[str, object]) -> None:
    require_transaction().execute(
        update(User).where(User.id == user_id).values(version=User.version + 1, **values),
        execution_options={"synchronize_session": False},
    )
