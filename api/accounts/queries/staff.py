"""Questions about roles, invitations and API keys."""

from typing import Any, Unpack
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.sql.elements import SQLCoreOperations

from api.accounts.errors import (
    ApiKeyNotFound,
    InvitationInvalid,
    InvitationNotFound,
    RoleNotFound,
)
from api.accounts.models import ApiKey, StaffInvitation, StaffRole
from api.accounts.roles import permissions_of
from api.kernel import clock
from api.kernel.money import Money
from api.kernel.principal import Limit
from api.platform.auth import hash_secret
from api.platform.db import AnyRow, session
from api.platform.pagination import PageQuery, Sort, page_response
from api.platform.settings import current_settings


def role(role_id: UUID) -> dict[str, object]:
    """Return a role and what it holds. Raises `RoleNotFound`."""
    row = session.execute(select(*_ROLE).where(StaffRole.id == role_id)).first()
    if row is None:
        raise RoleNotFound(role_id=role_id)
    return _role_card(row)


def role_page(**asked: Unpack[PageQuery]) -> dict[str, object]:
    """List the roles by name."""
    return page_response(
        select(*_ROLE), Sort((StaffRole.name, StaffRole.id)), _role_card, filters="roles", **asked
    )


def invitation(invitation_id: UUID) -> dict[str, object]:
    """Return an invitation onto the staff. Raises `InvitationNotFound`."""
    row = session.execute(select(*_INVITATION).where(StaffInvitation.id == invitation_id)).first()
    if row is None:
        raise InvitationNotFound(invitation_id=invitation_id)
    return _invitation_card(row)


def invitation_page(**asked: Unpack[PageQuery]) -> dict[str, object]:
    """List the invitations, the newest first."""
    return page_response(
        select(*_INVITATION),
        Sort((StaffInvitation.id,), descending=True),
        _invitation_card,
        filters="invitations",
        counted=select(StaffInvitation.id),
        **asked,
    )


def api_key(key_id: UUID) -> dict[str, object]:
    """Return what is known of an API key. Raises `ApiKeyNotFound`."""
    row = session.execute(select(*_API_KEY).where(ApiKey.id == key_id)).first()
    if row is None:
        raise ApiKeyNotFound(key_id=key_id)
    return _api_key_card(row)


def api_key_page(**asked: Unpack[PageQuery]) -> dict[str, object]:
    """List the API keys, the newest first."""
    return page_response(
        select(*_API_KEY),
        Sort((ApiKey.id,), descending=True),
        _api_key_card,
        filters="api-keys",
        **asked,
    )


def invited_email(token: str) -> str:
    """Return whom an open invitation is for. Raises `InvitationInvalid`."""
    found = session.scalar(
        select(StaffInvitation.email).where(
            StaffInvitation.token_hash == hash_secret(token),
            StaffInvitation.accepted_at.is_(None),
            StaffInvitation.revoked_at.is_(None),
            StaffInvitation.expires_at > clock.now(),
        )
    )
    if found is None:
        raise InvitationInvalid
    return found


_ROLE: tuple[SQLCoreOperations[object], ...] = (
    StaffRole.id,
    StaffRole.name,
    StaffRole.permissions,
    StaffRole.requires_second_factor,
    StaffRole.limits,
    StaffRole.version,
    StaffRole.created_at,
)

_API_KEY: tuple[Any, ...] = (
    ApiKey.id,
    ApiKey.series_id,
    ApiKey.name,
    ApiKey.kind,
    ApiKey.prefix,
    ApiKey.scopes,
    ApiKey.requests_per_minute,
    ApiKey.created_at,
    ApiKey.expires_at,
    ApiKey.revoked_at,
    ApiKey.last_used_at,
)

_INVITATION: tuple[Any, ...] = (
    StaffInvitation.id,
    StaffInvitation.email,
    StaffInvitation.full_name,
    StaffInvitation.role,
    StaffInvitation.created_at,
    StaffInvitation.expires_at,
    StaffInvitation.accepted_at,
    StaffInvitation.revoked_at,
)


def _role_card(row: AnyRow) -> dict[str, object]:
    return {
        "id": row.id,
        "name": row.name,
        "permissions": sorted(permissions_of(row.name, row.permissions)),
        "requires_second_factor": row.requires_second_factor,
        **_limits(row.limits or {}),
        "kind": "built_in" if row.permissions is None else "custom",
        "created_at": row.created_at,
        "version": row.version,
    }


def _limits(limits: dict[str, int]) -> dict[str, object]:
    """Describe the limits of a role: money in the shop's currency, None where there is none."""
    settings = current_settings()
    units = limits.get(Limit.ADJUST_MAX_UNITS)
    amounts = {name: limits.get(name) for name in Limit if name is not Limit.ADJUST_MAX_UNITS}
    return {Limit.ADJUST_MAX_UNITS.value: units} | {
        name.value: None if amount is None else Money(amount, settings.currency)
        for name, amount in amounts.items()
    }


def _api_key_card(row: AnyRow) -> dict[str, object]:
    card = {name.key: getattr(row, name.key) for name in _API_KEY}
    if row.revoked_at is not None:
        status = "revoked"
    else:
        status = "expired" if row.expires_at and row.expires_at <= clock.now() else "live"
    return card | {"status": status}


def _invitation_card(row: AnyRow) -> dict[str, object]:
    card = {name.key: getattr(row, name.key) for name in _INVITATION}
    if row.accepted_at is not None:
        status = "accepted"
    elif row.revoked_at is not None:
        status = "revoked"
    else:
        status = "open" if row.expires_at > clock.now() else "expired"
    return card | {"status": status}
