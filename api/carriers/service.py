"""Writes of carrier accounts. Credentials go in and never come out of the API again."""

import secrets
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import insert, select, update

from api.carriers.errors import (
    CarrierAccountCodeTaken,
    CarrierAccountInUse,
    CarrierAccountNotFound,
    CredentialsIncomplete,
    CredentialsUnreadable,
)
from api.carriers.gateways import Connection
from api.carriers.models import CarrierAccount
from api.carriers.queries import PURPOSE
from api.carriers.rules import TERMS, AccountMode, Carrier
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.platform import audit, versioned_rows
from api.platform.auth import hash_secret
from api.platform.db import AnyRow, require_transaction, session, table_of
from api.platform.secrets_at_rest import Unreadable, reseal, seal, unseal
from api.platform.settings import current_settings

_TOKEN_BYTES: Final = 32
_ACCOUNTS: Final = table_of(CarrierAccount)


def create_account(values: Mapping[str, Any], *, by: Principal) -> UUID:
    """Create an account. Raises `CarrierAccountCodeTaken` and `CredentialsIncomplete`."""
    columns = dict(values)
    account_id = new_id()
    columns["credentials"] = _sealed(account_id, columns["carrier"], columns["credentials"])
    taken = CarrierAccountCodeTaken(account=columns["code"])
    with versioned_rows.translate_integrity_errors(taken):
        require_transaction().execute(
            insert(CarrierAccount).values(
                id=account_id, created_at=clock.now(), version=1, **columns
            )
        )
    audit.record("carrier_account.created", by=by, subject_id=account_id, **_told(columns))
    return account_id


def edit_account(
    account_id: UUID, changes: Mapping[str, Any], *, expected_version: int, by: Principal
) -> None:
    """Change an account; credentials are replaced whole, and its carrier stays. Locks it.

    Raises `CarrierAccountNotFound`, `Stale`, `CarrierAccountCodeTaken`, `CredentialsIncomplete`.
    """
    row = versioned_rows.lock(
        CarrierAccount, account_id, expected_version, missing=CarrierAccountNotFound()
    )
    columns = dict(changes)
    if "credentials" in columns:
        columns["credentials"] = _sealed(account_id, row.carrier, columns["credentials"])
    taken = CarrierAccountCodeTaken(account=columns.get("code", row.code))
    versioned_rows.change(CarrierAccount, account_id, columns, taken=taken)
    audit.record("carrier_account.edited", by=by, subject_id=account_id, **_told(columns))


def remove_account(account_id: UUID, *, expected_version: int, by: Principal) -> None:
    """Delete an account that nothing refers to, with its credentials.

    Raises `CarrierAccountNotFound`, `Stale` and `CarrierAccountInUse`.
    """
    versioned_rows.remove(
        CarrierAccount,
        account_id,
        expected_version,
        missing=CarrierAccountNotFound(),
        used=CarrierAccountInUse(),
    )
    audit.record("carrier_account.removed", by=by, subject_id=account_id)


def renew_webhook_token(account_id: UUID, *, by: Principal) -> str:
    """Make a new secret for the URL of the account's webhook, and end the one before.

    Returns it; it is told this once. Raises `CarrierAccountNotFound`.
    """
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    found = require_transaction().scalar(
        update(_ACCOUNTS)
        .where(_ACCOUNTS.c.id == account_id)
        .values(webhook_token=hash_secret(token), version=_ACCOUNTS.c.version + 1)
        .returning(_ACCOUNTS.c.id)
    )
    if found is None:
        raise CarrierAccountNotFound
    audit.record("carrier_account.webhook_renewed", by=by, subject_id=account_id)
    return token


def reseal_credentials() -> tuple[int, int]:
    """Seal all credentials under today's SECRET_KEY; returns how many were, and were unreadable.

    Needs a transaction; locks the accounts. Those that cannot be read are left as they are.
    """
    current = require_transaction()
    rows = current.execute(
        select(_ACCOUNTS.c.id, _ACCOUNTS.c.credentials).order_by(_ACCOUNTS.c.id).with_for_update()
    )
    done = unreadable = 0
    for account_id, stored in rows.all():
        try:
            fresh = reseal(stored, PURPOSE.format(account_id))
        except Unreadable:
            unreadable += 1
            continue
        if fresh is not None:
            current.execute(
                update(_ACCOUNTS).where(_ACCOUNTS.c.id == account_id).values(credentials=fresh)
            )
            done += 1
    return done, unreadable


def connection(account_id: UUID) -> Connection:
    """Return an account as an adapter needs it, with its credentials. Reads alone.

    Raises `CarrierAccountNotFound`, and `CredentialsUnreadable` after a SECRET_KEY was taken out.
    """
    row = session.execute(select(_ACCOUNTS).where(_ACCOUNTS.c.id == account_id)).one_or_none()
    if row is None:
        raise CarrierAccountNotFound
    try:
        return _opened(row)
    except Unreadable as error:
        raise CredentialsUnreadable(account=row.code) from error


def find_connection(account_id: UUID) -> Connection | None:
    """Return an account as an adapter needs it; None where it is gone, off or unreadable."""
    row = session.execute(
        select(_ACCOUNTS).where(_ACCOUNTS.c.id == account_id, _ACCOUNTS.c.is_active)
    ).one_or_none()
    try:
        return None if row is None else _opened(row)
    except Unreadable:
        return None


def _opened(row: AnyRow) -> Connection:
    opened = unseal(row.credentials, PURPOSE.format(row.id))
    return Connection(
        carrier=Carrier(row.carrier),
        is_live=row.mode is AccountMode.LIVE,
        credentials=orjson.loads(opened),
        country=current_settings().country or "DE",
    )


def _sealed(account_id: UUID, carrier: Carrier, given: Mapping[str, str]) -> str:
    """Check and seal credentials, for this account alone."""
    terms = TERMS[carrier]
    errors = [
        _error(name, f"{terms.name} needs {name}.")
        for name in terms.credentials
        if not given.get(name)
    ]
    errors += [
        _error(name, f"{terms.name} knows no {name}.")
        for name in given
        if name not in terms.credentials + terms.optional
    ]
    if errors:
        raise CredentialsIncomplete(errors=errors)
    return seal(orjson.dumps(dict(given)), PURPOSE.format(account_id))


def _error(name: str, detail: str) -> dict[str, str]:
    return {
        "pointer": f"/credentials/{name}", "code": CredentialsIncomplete.code, "detail": detail,
    }  # fmt: skip


def _told(columns: Mapping[str, object]) -> dict[str, object]:
    """Return what the audit log tells: that credentials were entered, and not which."""
    return {name: "entered" if name == "credentials" else value for name, value in columns.items()}
