"""Reads of carrier accounts. None opens their credentials: `service.connection` alone does."""

from typing import Final, Unpack, cast
from uuid import UUID

from redis.exceptions import RedisError
from sqlalchemy import select

from api.carriers.errors import CarrierAccountNotFound
from api.carriers.models import CarrierAccount
from api.carriers.rules import TERMS, Carrier, RateQuery
from api.platform import pagination
from api.platform.auth import hash_secret
from api.platform.db import AnyRow, session, table_of
from api.platform.pagination import PageQuery, Sort
from api.platform.redis import client

PURPOSE: Final = "carrier-account {}"
"""What credentials are sealed for: those of one account cannot be read as those of another."""
KEPT_SECONDS: Final = 1_800
SILENT_SECONDS: Final = 60
_NO_PRICE: Final = b"-"
_ACCOUNTS: Final = table_of(CarrierAccount)
_SHOWN: Final = ("id", "code", "name", "carrier", "mode", "label_format", "is_active", "version")
_ALL: Final = select(_ACCOUNTS)


def account(account_id: UUID) -> dict[str, object]:
    """Return an account without its credentials. Raises `CarrierAccountNotFound`."""
    return _shown(_row(account_id))


def account_id_of(code: str) -> UUID:
    """Return the id of an account by its code. Raises `CarrierAccountNotFound`."""
    found = session.scalar(select(_ACCOUNTS.c.id).where(_ACCOUNTS.c.code == code))
    if found is None:
        raise CarrierAccountNotFound(f"There is no carrier account {code}.")
    return cast(UUID, found)


def accounts(**asked: Unpack[PageQuery]) -> dict[str, object]:
    """Return a page of the accounts, by code."""
    return pagination.page_response(_ALL, Sort((_ACCOUNTS.c.code, _ACCOUNTS.c.id)), _shown, **asked)


def carrier_of(account_id: UUID) -> str:
    """Return the name of an account's carrier, as parcels have it."""
    found = select(_ACCOUNTS.c.carrier).where(_ACCOUNTS.c.id == account_id)
    return TERMS[Carrier(session.scalars(found).one())].name


def label_format_of(account_id: UUID) -> str:
    """Return in which format labels of an account are bought."""
    return str(_row(account_id).label_format)


def is_usable(account_id: UUID) -> bool:
    """Whether labels may be bought from an account."""
    return bool(session.scalar(select(_ACCOUNTS.c.is_active).where(_ACCOUNTS.c.id == account_id)))


def find_webhook(token: str) -> UUID | None:
    """Return the account whose webhook a secret opens; None for any other text.

    Found by the hash of 256 random bits: how long that takes tells nothing about the secret.
    """
    return session.scalar(
        select(_ACCOUNTS.c.id).where(_ACCOUNTS.c.webhook_token == hash_secret(token))
    )


def known_rate(query: RateQuery) -> tuple[bool, int | None]:
    """Return whether a carrier was asked lately, and its price in minor units if it told one.

    A lost Redis is an answer without a price: the flat one counts.
    """
    try:
        kept = cast("bytes | None", client().get(query.key))
    except RedisError:
        return True, None
    return kept is not None, int(kept) if kept and kept != _NO_PRICE else None


def keep_rate(query: RateQuery, amount: int | None) -> None:
    """Keep what a carrier told, or that it told nothing."""
    try:
        if amount is None:
            client().set(query.key, _NO_PRICE, ex=SILENT_SECONDS)
        else:
            client().set(query.key, amount, ex=KEPT_SECONDS)
    except RedisError:
        return  # the next quote asks again


def _row(account_id: UUID) -> AnyRow:
    row = session.execute(_ALL.where(_ACCOUNTS.c.id == account_id)).one_or_none()
    if row is None:
        raise CarrierAccountNotFound
    return row


def _shown(row: AnyRow) -> dict[str, object]:
    return {
        **{name: getattr(row, name) for name in _SHOWN},
        "has_webhook": row.webhook_token is not None,
    }
