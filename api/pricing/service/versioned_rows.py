"""Updates and deletes of versioned rows, and translation of integrity errors."""

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

Model = type[TaxRate] | type[ShippingMethod]


def change(model: Model, row_id: UUID, changes: Mapping[str, Any], *, taken: DomainError) -> None:
    """Write the changed columns of a locked row and raise its version."""
    with translate_integrity_errors(taken):
        require_transaction().execute(
            update(model)
            .where(model.id == row_id)
            .values(**changes, version=model.version + 1)
            .execution_options(synchronize_session=False)
        )


def remove(model: Model, row_id: UUID, expected_version: int, *, missing: DomainError) -> None:
    """Delete a row if its version is as expected. Locks it. Raises `missing` and `Stale`."""
    version = require_transaction().scalar(
        select(model.version).where(model.id == row_id).with_for_update()
    )
    if version is None:
        raise missing
    check(version, expected_version)
    require_transaction().execute(delete(model).where(model.id == row_id))


@contextmanager
def translate_integrity_errors(taken: DomainError | None = None) -> Iterator[None]:
    """Raise integrity errors as domain errors: a taken name, or values that do not fit together."""
    try:
        yield
    except IntegrityError as error:
        diagnostics = getattr(error.orig, "diag", None)
        constraint = getattr(diagnostics, "constraint_name", None) or ""
        if constraint.startswith("uq_") and taken is not None:
            raise taken from error
        if constraint.startswith("ck_"):
            rule = constraint.removeprefix("ck_").replace("_", " ")
            raise RuleImpossible(f"These values do not fit together: {rule}.") from error
        raise
