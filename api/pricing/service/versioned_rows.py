"""What both tables of pricing have in common: versioned rows, and a database that refuses."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from api.kernel.errors import DomainError
from api.platform.db import require_transaction
from api.platform.etags import check
from api.pricing.errors import RuleImpossible
from api.pricing.models import ShippingMethod, TaxRate

Kind = type[TaxRate] | type[ShippingMethod]


def change(kind: Kind, row_id: UUID, changes: Mapping[str, Any], *, taken: DomainError) -> None:
    """Write the changed columns of a locked row and raise its version."""
    with translate_integrity_errors(taken):
        require_transaction().execute(
            update(kind)
            .where(kind.id == row_id)
            .values(**changes, version=kind.version + 1)
            .execution_options(synchronize_session=False)
        )


def remove(kind: Kind, row_id: UUID, expected_version: int, *, missing: DomainError) -> None:
    """Delete a row at the version that the caller has seen. Raises `missing` and `Stale`."""
    version = require_transaction().scalar(
        select(kind.version).where(kind.id == row_id).with_for_update()
    )
    if version is None:
        raise missing
    check(version, expected_version)
    require_transaction().execute(delete(kind).where(kind.id == row_id))


@contextmanager
def translate_integrity_errors(taken: DomainError | None = None) -> Iterator[None]:
    """Raise what the database refuses as our own refusal: a taken name, or values that clash."""
    try:
        yield
    except IntegrityError as clash:
        told = getattr(clash.orig, "diag", None)
        constraint = getattr(told, "constraint_name", None) or ""
        if constraint.startswith("uq_") and taken is not None:
            raise taken from clash
        if constraint.startswith("ck_"):
            rule = constraint.removeprefix("ck_").replace("_", " ")
            raise RuleImpossible(f"These values do not fit together: {rule}.") from clash
        raise
