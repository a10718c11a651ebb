"""Customers and staff: who they are, who joins, who leaves."""

from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from api.accounts.errors import (
    AccountNotFound,
    EmailTaken,
    GrantExceedsOwn,
    LastOwner,
    StaffNotFound,
)
from api.accounts.events import CustomerRegistered, RegistrationRepeated
from api.accounts.models import SignIn, User
from api.accounts.policy import AccountKind, Role, permissions_of
from api.accounts.queries import is_address
from api.accounts.service.sign_ins import end_sign_ins
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.platform import audit, concurrency
from api.platform.db import require_transaction, session
from api.platform.outbox import emit

# Built once, because every request with a token asks it.
_PRINCIPAL = select(User.full_name, User.role).where(
    User.id == bindparam("account"), User.kind == bindparam("kind"), User.is_active
)
_SIGNED_IN = _PRINCIPAL.where(
    select(SignIn.id)
    .where(
        SignIn.id == bindparam("sign_in"), SignIn.user_id == User.id, SignIn.revoked_at.is_(None)
    )
    .exists()
)


def load_principal(user_id: UUID, kind: str, sign_in: UUID | None = None) -> Principal | None:
    """Return who an access token speaks for; None for the unknown, the switched off, the ended.

    One query of columns, on every request with a token: so a role that changed, an account that
    was switched off, or a sign-in that ended counts from the next request on. A sign-in ends by
    signing out, by a new password, and when one of its refresh tokens comes twice.
    """
    if kind not in (AccountKind.CUSTOMER, AccountKind.STAFF):
        return None
    asked: dict[str, Any] = {"account": user_id, "kind": AccountKind(kind)}
    statement = _PRINCIPAL
    if sign_in is not None:
        statement, asked["sign_in"] = _SIGNED_IN, sign_in
    row = session.execute(statement, asked).one_or_none()
    return staff_or_customer(user_id, row.full_name, row.role) if row else None


def staff_or_customer(user_id: UUID, full_name: str, role: Role | None) -> Principal:
    """Build the principal of an account; only staff have a role."""
    return Principal(
        kind="customer" if role is None else "staff",
        id=user_id,
        label=full_name,
        role=role,
        permissions=permissions_of(role),
    )


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
    *, email: str, full_name: str, role: Role, password_hash: str, by: Principal
) -> UUID:
    """Take someone on, and return their id.

    Refuses an address that is on the staff already, switched off or not, and a role that may do
    more than the one who grants it.
    """
    _check_grant(role, by)
    user_id = _insert(AccountKind.STAFF, email, full_name, password_hash, role)
    if user_id is None:
        raise EmailTaken
    audit.record("staff.created", by=by, subject_id=user_id, role=role.value)
    return user_id


def rename(user_id: UUID, *, full_name: str, expected_version: int) -> None:
    """Change what someone is called. Locks the account; refuses a stale version."""
    row = session.execute(
        select(User.version).where(User.id == user_id).with_for_update(key_share=True)
    ).first()
    if row is None:
        raise AccountNotFound
    concurrency.check(row.version, expected_version)
    _change(user_id, {"full_name": full_name})


def edit_staff(
    user_id: UUID,
    *,
    by: Principal,
    expected_version: int,
    changes: dict[str, Any],
) -> None:
    """Change `role`, `full_name` or `is_active` of a member of staff.

    Refuses to give or take a role that may do more than the one who asks, and to leave the shop
    without an active owner. Someone who is switched off is out at once, everywhere.

    Locks all owners together with the person, in id order: of two owners who dismiss each other
    at the same moment, the second finds only themselves left.
    """
    rows = session.execute(
        select(User.id, User.role, User.full_name, User.is_active, User.version)
        .where(User.kind == AccountKind.STAFF, (User.role == Role.OWNER) | (User.id == user_id))
        .order_by(User.id)
        .with_for_update(key_share=True)
    ).all()
    person = next((row for row in rows if row.id == user_id), None)
    if person is None:
        raise StaffNotFound
    concurrency.check(person.version, expected_version)
    changed = {name: new for name, new in changes.items() if new != getattr(person, name)}
    if not changed:
        return
    if "role" in changed or "is_active" in changed:
        _check_grant(person.role, by)
        _check_grant(changed.get("role", person.role), by)
    owners = {row.id for row in rows if row.role == Role.OWNER and row.is_active}
    stays = changed.get("role", person.role) == Role.OWNER
    stays = stays and changed.get("is_active", person.is_active)
    if owners == {user_id} and not stays:
        raise LastOwner
    _change(user_id, changed)
    if changed.get("is_active") is False:
        end_sign_ins(user_id)
    before = {name: getattr(person, name) for name in changed}
    audit.record("staff.edited", by=by, subject_id=user_id, before=before, after=changed)


def _insert(
    kind: AccountKind, email: str, full_name: str, password_hash: str, role: Role | None
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


def _change(user_id: UUID, values: dict[str, Any]) -> None:
    require_transaction().execute(
        update(User).where(User.id == user_id).values(version=User.version + 1, **values),
        execution_options={"synchronize_session": False},
    )


def _check_grant(role: Role, by: Principal) -> None:
    """Nobody grants more than they hold; only the shop itself, at its console, holds all."""
    if by.kind != "system" and not permissions_of(role) <= by.permissions:
        raise GrantExceedsOwn(role=role.value)
