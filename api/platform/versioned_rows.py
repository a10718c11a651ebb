"""Updates and deletes of versioned rows, and translation of integrity errors."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from api.kernel.errors import DomainError, Unprocessable
from api.platform.db import AnyRow, Base, require_transaction, table_of
from api.platform.etags import check


class RuleImpossible(Unprocessable):
    """Values that are each valid, but not together."""

    code = "rule_impossible"
    sentence = "These values do not fit together."


def change(
    model: type[Base], row_id: UUID, changes: Mapping[str, object], *, taken: DomainError
) -> None:
    """Write the changed columns of a locked row and raise its version.

    Raises `taken` when a unique name belongs to another row, and `RuleImpossible`.
    """
    table = table_of(model)
    with translate_integrity_errors(taken):
        require_transaction().execute(
            update(table).where(table.c.id == row_id).values(**changes, version=table.c.version + 1)
        )


def lock(model: type[Base], row_id: UUID, expected_version: int, *, missing: DomainError) -> AnyRow:
    """Lock a row and return it. Raises `missing`, and `Stale` when it was changed since."""
    table = table_of(model)
    row = (
        require_transaction()
        .execute(select(table).where(table.c.id == row_id).with_for_update())
        .one_or_none()
    )
    if row is None:
        raise missing
    check(row.version, expected_version)
    return row


def remove(
    model: type[Base],
    row_id: UUID,
    expected_version: int,
    *,
    missing: DomainError,
    used: DomainError | None = None,
) -> AnyRow:
    """Delete a row if its version is as expected, and return it.

    Raises `missing`, `Stale`, and `used` when other rows refer to it.
    """
    row = lock(model, row_id, expected_version, missing=missing)
    table = table_of(model)
    try:
        require_transaction().execute(delete(table).where(table.c.id == row_id))
    except IntegrityError as error:
        if used is not None and _constraint(error).startswith("fk_"):
            raise used from error
        raise
    return row


@contextmanager
def translate_integrity_errors(taken: DomainError | None = None) -> Iterator[None]:
    """Raise integrity errors as domain errors: a taken name, or values that do not fit together."""
    try:
        yield
    except IntegrityError as error:
        constraint = _constraint(error)
        if constraint.startswith("uq_") and taken is not None:
            raise taken from error
        if constraint.startswith("ck_"):
            rule = constraint.removeprefix("ck_").replace("_", " ")
            raise RuleImpossible(f"These values do not fit together: {rule}.") from error
        raise


def _constraint(error: IntegrityError) -> str:
    """Return the name of the violated constraint, or an empty text."""
    diagnostics = getattr(error.orig, "diag", None)
    return getattr(diagnostics, "constraint_name", None) or ""
