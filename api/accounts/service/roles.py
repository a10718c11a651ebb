"""Roles: what those who have one may do. Nobody gives more than they hold."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import delete, exists, select, update
from sqlalchemy.dialects.postgresql import insert

from api.accounts.errors import (
    GrantExceedsOwn,
    RoleBuiltIn,
    RoleInUse,
    RoleNameTaken,
    RoleNotFound,
    RoleUnknown,
)
from api.accounts.models import StaffRole, User
from api.accounts.roles import Role, permissions_of
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.permissions import Permission, with_implied
from api.kernel.principal import Principal
from api.platform import audit, etags
from api.platform.db import AnyRow, require_transaction, session

_NO_SYNC = {"synchronize_session": False}


def check_grant(role: str, by: Principal) -> frozenset[Permission]:
    """Return what a role holds. Refuses one that is not there, or holds more than `by` does.

    Locks the role against being changed or deleted before it is given.
    """
    row = session.execute(
        select(StaffRole.permissions, StaffRole.limits)
        .where(StaffRole.name == role)
        .with_for_update(read=True)
    ).one_or_none()
    if row is None:
        raise RoleUnknown(
            role=role,
            errors=[
                {
                    "pointer": "/role",
                    "in": "body",
                    "code": RoleUnknown.code,
                    "detail": RoleUnknown.sentence.format(role=role),
                }
            ],
        )
    held = permissions_of(role, row.permissions)
    _check_within(held, row.limits, by, role)
    return held


def create_role(
    name: str,
    permissions: Collection[Permission],
    *,
    requires_second_factor: bool = False,
    limits: Mapping[str, int | None] | None = None,
    by: Principal,
) -> UUID:
    """Make a role, and return its id; whoever may change something may read it as well."""
    held, limits = with_implied(permissions), _set_limits({}, limits or {})
    _check_within(held, limits, by, name)
    role_id = require_transaction().scalar(
        insert(StaffRole)
        .values(
            id=new_id(),
            name=name,
            permissions=sorted(held),
            requires_second_factor=requires_second_factor,
            limits=limits,
            version=1,
            created_at=clock.now(),
        )
        .on_conflict_do_nothing()
        .returning(StaffRole.id)
    )
    if role_id is None:
        raise RoleNameTaken(name=name)
    audit.record(
        "role.created",
        by=by,
        subject_id=role_id,
        name=name,
        permissions=sorted(held),
        limits=limits,
    )
    return UUID(str(role_id))


def edit_role(
    role_id: UUID, changes: dict[str, Any], *, expected_version: int, by: Principal
) -> None:
    """Change `permissions`, `requires_second_factor` or `limits` of a role, for all who have it.

    Locks the role. Refuses to change what a built-in one may do, and to change a role that holds
    what `by` does not, or to have it hold that.
    """
    row = _lock(role_id)
    etags.check(row.version, expected_version)
    before = permissions_of(row.name, row.permissions)
    after = dict(changes)
    if "permissions" in changes:
        after["permissions"] = with_implied(changes["permissions"])
        _check_own(row)
    if "limits" in changes:
        after["limits"] = _set_limits(row.limits or {}, changes["limits"])
    now: dict[str, Any] = {
        "permissions": before,
        "requires_second_factor": row.requires_second_factor,
        "limits": row.limits,
    }
    after = {name: value for name, value in after.items() if value != now[name]}
    if not after:
        return
    held = before | after.get("permissions", frozenset())
    _check_within(held, after.get("limits", row.limits), by, row.name)
    for told in (now, after):
        if "permissions" in told:
            told["permissions"] = sorted(told["permissions"])
    require_transaction().execute(
        update(StaffRole)
        .where(StaffRole.id == role_id)
        .values(version=StaffRole.version + 1, **after),
        execution_options=_NO_SYNC,
    )
    audit.record(
        "role.edited",
        by=by,
        subject_id=role_id,
        before={name: now[name] for name in after},
        after=after,
    )


def delete_role(role_id: UUID, *, expected_version: int, by: Principal) -> None:
    """Delete a role that nobody has. Locks it, so that nobody is given it meanwhile."""
    row = _lock(role_id)
    _check_own(row)
    etags.check(row.version, expected_version)
    _check_within(permissions_of(row.name, row.permissions), row.limits, by, row.name)
    if session.scalar(select(exists().where(User.role == row.name))):
        raise RoleInUse(name=row.name)
    require_transaction().execute(
        delete(StaffRole).where(StaffRole.id == role_id), execution_options=_NO_SYNC
    )
    audit.record(
        "role.deleted", by=by, subject_id=role_id, name=row.name, permissions=row.permissions
    )


def _set_limits(
    limits: Mapping[str, int], changes: Mapping[str, int | None]
) -> dict[str, int] | None:
    """Return limits after a change; None lifts one."""
    sizes = {**limits, **changes}
    return {name: size for name, size in sizes.items() if size is not None} or None


def _lock(role_id: UUID) -> AnyRow:
    row = (
        require_transaction()
        .execute(
            select(
                StaffRole.name,
                StaffRole.permissions,
                StaffRole.requires_second_factor,
                StaffRole.limits,
                StaffRole.version,
            )
            .where(StaffRole.id == role_id)
            .with_for_update()
        )
        .one_or_none()
    )
    if row is None:
        raise RoleNotFound(role_id=role_id)
    return row


def _check_own(role: AnyRow) -> None:
    if role.permissions is None:
        raise RoleBuiltIn(name=role.name)


def _check_within(
    held: frozenset[Permission], limits: dict[str, int] | None, by: Principal, role: str
) -> None:
    """Nobody grants more than they hold; only the shop itself, at its console, holds all.

    Nor wider limits than their own, except owners, who decide on their own limits, too.
    """
    if by.kind == "system":
        return
    is_wider = any((limits or {}).get(name, most + 1) > most for name, most in by.limits.items())
    if not held <= by.permissions or (is_wider and by.role != Role.OWNER):
        raise GrantExceedsOwn(role=role)
