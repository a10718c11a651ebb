"""Customers who owe no tax: resellers with a certificate, public bodies, diplomats."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import insert

from api.accounts import queries as accounts_queries
from api.accounts.errors import AccountNotFound
from api.accounts.roles import AccountKind
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.platform import audit, versioned_rows
from api.platform.db import require_transaction
from api.tax.errors import TaxExemptionNotFound, TaxExemptionTaken
from api.tax.models import TaxExemption
from api.tax.queries import EXEMPTIONS


def create_tax_exemption(email: str, values: Mapping[str, object], *, by: Principal) -> UUID:
    """Exempt the customer with this e-mail. Raises `AccountNotFound` and `TaxExemptionTaken`."""
    customer = accounts_queries.find_account(AccountKind.CUSTOMER, email)
    if customer is None:
        raise AccountNotFound
    exemption_id = new_id()
    with versioned_rows.translate_integrity_errors(TaxExemptionTaken()):
        require_transaction().execute(
            insert(EXEMPTIONS).values(
                id=exemption_id, created_at=clock.now(), version=1, customer_id=customer.id,
                **values,
            )
        )  # fmt: skip
    _audit("created", exemption_id, values, by)
    return exemption_id


def edit_tax_exemption(
    exemption_id: UUID, changes: Mapping[str, object], *, expected_version: int, by: Principal
) -> None:
    """Change an exemption. Raises `TaxExemptionNotFound`, `Stale` and `TaxExemptionTaken`."""
    missing = TaxExemptionNotFound()
    versioned_rows.lock(TaxExemption, exemption_id, expected_version, missing=missing)
    versioned_rows.change(TaxExemption, exemption_id, changes, taken=TaxExemptionTaken())
    _audit("edited", exemption_id, changes, by)


def remove_tax_exemption(exemption_id: UUID, *, expected_version: int, by: Principal) -> None:
    """End an exemption at once. Raises `TaxExemptionNotFound` and `Stale`."""
    missing = TaxExemptionNotFound()
    versioned_rows.remove(TaxExemption, exemption_id, expected_version, missing=missing)
    _audit("removed", exemption_id, {}, by)


def _audit(what: str, exemption_id: UUID, values: Mapping[str, object], by: Principal) -> None:
    told = {name: str(value) for name, value in values.items() if value is not None}
    audit.record(f"tax_exemption.{what}", by=by, subject_id=exemption_id, **told)
