"""A customer's address book."""

from uuid import UUID

from sqlalchemy import delete, func, insert, select, update

from api.accounts import queries
from api.accounts.errors import AddressIncomplete, TooManyAddresses
from api.accounts.models import Address, User
from api.kernel import clock
from api.kernel.ids import new_id
from api.platform import etags
from api.platform.addresses import address_errors, complete
from api.platform.db import require_transaction, session

MAX_ADDRESSES = 50
_DEFAULTS = ("is_default_shipping", "is_default_billing")
_NO_SYNC = {"synchronize_session": False}


def add_address(user_id: UUID, fields: dict[str, object]) -> UUID:
    """Add an entry, and return its id. As a default it takes over from the one before.

    Locks the account, so that two new defaults follow one another.
    """
    _lock_owner(user_id)
    count = session.scalar(select(func.count()).where(Address.user_id == user_id)) or 0
    if count >= MAX_ADDRESSES:
        raise TooManyAddresses(most=MAX_ADDRESSES)
    address_id = new_id()
    _hand_over_defaults(user_id, address_id, fields)
    session.execute(
        insert(Address).values(
            id=address_id, user_id=user_id, version=1, created_at=clock.now(), **fields
        )
    )
    return address_id


def edit_address(
    user_id: UUID, address_id: UUID, *, expected_version: int, changes: dict[str, object]
) -> None:
    """Change an entry. Refuses a stale version, and what would not fit the country."""
    _lock_owner(user_id)
    before = queries.address(user_id, address_id)
    etags.check(before["version"], expected_version)
    after = complete(before | changes)
    if problems := address_errors(after):
        raise AddressIncomplete(
            errors=[
                {"pointer": f"/{name}", "in": "body", "code": "invalid", "detail": sentence}
                for name, sentence in problems.items()
            ]
        )
    _hand_over_defaults(user_id, address_id, changes)
    session.execute(
        update(Address)
        .where(Address.id == address_id)
        .values(version=Address.version + 1, **{**changes, "postal_code": after["postal_code"]}),
        execution_options=_NO_SYNC,
    )


def remove_address(user_id: UUID, address_id: UUID, *, expected_version: int) -> None:
    """Delete an entry; orders keep their own copy. Refuses a stale version."""
    _lock_owner(user_id)
    before = queries.address(user_id, address_id)
    etags.check(before["version"], expected_version)
    session.execute(delete(Address).where(Address.id == address_id), execution_options=_NO_SYNC)


def _lock_owner(user_id: UUID) -> None:
    require_transaction().execute(
        select(User.id).where(User.id == user_id).with_for_update(key_share=True)
    )


def _hand_over_defaults(user_id: UUID, address_id: UUID, fields: dict[str, object]) -> None:
    """Take the defaults that an entry is given away from whichever had them.

    First away, then given: the unique indexes allow one of each at any moment.
    """
    for default in _DEFAULTS:
        if fields.get(default):
            column = getattr(Address, default)
            session.execute(
                update(Address)
                .where(Address.user_id == user_id, column, Address.id != address_id)
                .values({default: False, "version": Address.version + 1}),
                execution_options=_NO_SYNC,
            )
