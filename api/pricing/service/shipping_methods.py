"""Shipping methods: destinations and prices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.money import Money
from api.kernel.principal import Principal
from api.platform import audit, versioned_rows
from api.platform.db import require_transaction
from api.platform.versioned_rows import RuleImpossible
from api.pricing.errors import ShippingCodeTaken, ShippingMethodNotFound
from api.pricing.models import ShippingMethod

_AMOUNTS = {"price": "amount", "free_above": "free_above"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShippingMethodInput:
    """A shipping method to create. `price` and `free_above` share a currency and include tax."""

    code: str
    name: str
    countries: Sequence[str]
    price: Money
    free_above: Money | None = None
    tax_class: str = "standard"
    position: int = 0
    is_active: bool = True
    min_delivery_days: int = 1
    max_delivery_days: int = 5
    carrier: str | None = None


def create_shipping_method(values: ShippingMethodInput, *, by: Principal) -> UUID:
    """Create a shipping method. Raises `ShippingCodeTaken`, and `RuleImpossible` for bad values."""
    method_id, price = new_id(), values.price
    if values.free_above is not None and values.free_above.currency != price.currency:
        raise RuleImpossible("The price and the amount above which it is free differ in currency.")
    with versioned_rows.translate_integrity_errors(
        ShippingCodeTaken(method=values.code, currency=price.currency)
    ):
        require_transaction().execute(
            insert(ShippingMethod).values(
                id=method_id,
                created_at=clock.now(),
                version=1,
                code=values.code,
                name=values.name,
                countries=list(values.countries),
                currency=price.currency,
                amount=price.amount,
                free_above=values.free_above.amount if values.free_above else None,
                tax_class=values.tax_class,
                position=values.position,
                is_active=values.is_active,
                min_delivery_days=values.min_delivery_days,
                max_delivery_days=values.max_delivery_days,
                carrier=values.carrier,
            )
        )
    audit.record("shipping_method.created", by=by, subject_id=method_id, code=values.code)
    return method_id


def edit_shipping_method(
    method_id: UUID, changes: Mapping[str, Any], *, expected_version: int, by: Principal
) -> None:
    """Change a shipping method; amounts stay in its currency.

    Locks it. Raises `ShippingMethodNotFound`, `Stale` when it was changed since,
    `ShippingCodeTaken` and `RuleImpossible`.
    """
    method = versioned_rows.lock(
        ShippingMethod, method_id, expected_version, missing=ShippingMethodNotFound()
    )
    columns = {
        _AMOUNTS.get(field, field): _in_currency(value, method.currency)
        for field, value in changes.items()
    }
    taken = ShippingCodeTaken(method=changes.get("code", method.code), currency=method.currency)
    versioned_rows.change(ShippingMethod, method_id, columns, taken=taken)
    audit.record("shipping_method.edited", by=by, subject_id=method_id, **columns)


def remove_shipping_method(method_id: UUID, *, expected_version: int, by: Principal) -> None:
    """Delete a shipping method. Raises `ShippingMethodNotFound`, and `Stale` after a change."""
    versioned_rows.remove(
        ShippingMethod, method_id, expected_version, missing=ShippingMethodNotFound()
    )
    audit.record("shipping_method.removed", by=by, subject_id=method_id)


def _in_currency(value: Any, currency: str) -> Any:
    """Convert money to the minor units of a column; return other values as they are."""
    if not isinstance(value, Money):
        return value
    if value.currency != currency:
        raise RuleImpossible(
            f"This method is priced in {currency}; create another one for {value.currency}."
        )
    return value.amount
