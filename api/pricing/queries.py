"""Reads of shipping methods: a small table, one statement each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, bindparam, case, func, or_, select
from sqlalchemy.dialects.postgresql import JSONB

from api.kernel.money import Money
from api.platform import pagination
from api.platform.db import session
from api.platform.pagination import Sort
from api.pricing.errors import ShippingMethodNotFound, ShippingNotAvailable
from api.pricing.models import REST_OF_WORLD, ShippingMethod
from api.pricing.totals import ShippingChoice
from api.tax import queries as tax_queries
from api.tax.rules import is_rest_of_world


@dataclass(frozen=True, slots=True)
class ShippingOption:
    """A shipping method for a country, and its price for this order.

    `amount` is 0 when the subtotal reaches `free_above`. Both are minor units.
    """

    code: str
    name: str
    currency: str
    amount: int
    free_above: int | None
    tax_class: str
    min_delivery_days: int
    max_delivery_days: int
    carrier: str | None = None

    @property
    def agreed(self) -> dict[str, str]:
        """Return what an order stores of it."""
        agreed = {"code": self.code, "name": self.name}
        return agreed if self.carrier is None else {**agreed, "carrier": self.carrier}

    @property
    def choice(self) -> ShippingChoice:
        """Return the option as `totals.calculate_totals` needs it."""
        return ShippingChoice(self.amount, self.tax_class)


@dataclass(frozen=True, slots=True)
class TaxGaps:
    """What an owner must look at about taxes.

    `unruled` are countries, or `*`, that a shipping method names and no tax rule covers on the
    day: their orders are refused. `to_check` are rules that a migration wrote: id and words.
    """

    unruled: tuple[str, ...]
    to_check: tuple[tuple[UUID, str], ...]


def tax_gaps(on: date, shop_country: str) -> TaxGaps:
    """Find destinations without a tax rule on a day, and rules to check. Two statements."""
    destination = func.jsonb_array_elements_text(ShippingMethod.countries).label("country")
    named = session.scalars(
        select(destination).where(ShippingMethod.is_active).distinct().order_by(destination)
    ).all()
    ruled = tax_queries.countries_with_rules(on)
    return TaxGaps(
        unruled=tuple(
            country
            for country in named
            if country not in ruled
            and not (REST_OF_WORLD in ruled and is_rest_of_world(country, shop_country))
        ),
        to_check=tax_queries.rules_to_check(),
    )


def shipping_options(country: str, currency: str, subtotal: int) -> list[ShippingOption]:
    """List the shipping methods to a country for a subtotal (minor units), by position.

    Methods that name the country; if none does, those for the rest of the world.
    """
    rows = session.execute(
        _OPTIONS, {"countries": [country], "currency": currency, "subtotal": subtotal}
    ).all()
    is_named = any(row.names_it for row in rows)
    return [ShippingOption(*row[:-1]) for row in rows if row.names_it or not is_named]


def shipping_option(code: str, country: str, currency: str, subtotal: int) -> ShippingOption:
    """Return one shipping method to a country, with its price for a subtotal (minor units).

    Raises `ShippingNotAvailable` when it does not ship there, and `ShippingMethodNotFound` when
    the shop has no such method; both point at the member `shipping_method`.
    """
    options = shipping_options(country, currency, subtotal)
    return chosen_option(options, code, country, currency)


def chosen_option(
    options: Sequence[ShippingOption], code: str, country: str, currency: str
) -> ShippingOption:
    """Return the option with this code. Raises what `shipping_option` raises."""
    for option in options:
        if option.code == code:
            return option
    existing = select(ShippingMethod.id).where(
        ShippingMethod.code == code, ShippingMethod.is_active
    )
    if session.scalar(existing.limit(1)) is None:
        errors = _method_error(ShippingMethodNotFound.code, f"Shipping method {code} not found.")
        raise ShippingMethodNotFound(method=code, errors=errors)
    errors = _method_error(ShippingNotAvailable.code, f"{code} does not ship to {country}.")
    raise ShippingNotAvailable(method=code, country=country, currency=currency, errors=errors)


def _method_error(code: str, detail: str) -> list[dict[str, str]]:
    return [{"pointer": "/shipping_method", "code": code, "detail": detail}]


def shipping_method(method_id: UUID) -> dict[str, Any]:
    """Return a shipping method as staff see it. Raises `ShippingMethodNotFound`."""
    row = session.execute(_METHODS.where(ShippingMethod.id == method_id)).one_or_none()
    if row is None:
        raise ShippingMethodNotFound
    return _method(row)


def shipping_methods(*, limit: int, cursor: str | None, with_total: bool) -> dict[str, Any]:
    """Return a page of all shipping methods, by position."""
    rows, page = pagination.page(
        _METHODS,
        Sort((ShippingMethod.position, ShippingMethod.id)),
        limit=limit,
        cursor=cursor,
        total=select(ShippingMethod.id) if with_total else None,
    )
    return {"data": [_method(row) for row in rows], "page": page}


# Built once: every checkout runs these, and building costs more than running.
_NAMES_IT: Final = ShippingMethod.countries.contains(bindparam("countries", type_=JSONB))
_IS_FREE: Final = func.coalesce(
    bindparam("subtotal", type_=BigInteger) >= ShippingMethod.free_above, False
)
_OPTIONS: Final = (
    select(
        ShippingMethod.code,
        ShippingMethod.name,
        ShippingMethod.currency,
        case((_IS_FREE, 0), else_=ShippingMethod.amount).label("amount"),
        ShippingMethod.free_above,
        ShippingMethod.tax_class,
        ShippingMethod.min_delivery_days,
        ShippingMethod.max_delivery_days,
        ShippingMethod.carrier,
        _NAMES_IT.label("names_it"),
    )
    .where(
        ShippingMethod.is_active,
        ShippingMethod.currency == bindparam("currency"),
        or_(_NAMES_IT, ShippingMethod.countries.contains([REST_OF_WORLD])),
    )
    .order_by(ShippingMethod.position, ShippingMethod.id)
)

_METHODS: Final = select(
    ShippingMethod.id,
    ShippingMethod.code,
    ShippingMethod.name,
    ShippingMethod.countries,
    ShippingMethod.currency,
    ShippingMethod.amount,
    ShippingMethod.free_above,
    ShippingMethod.tax_class,
    ShippingMethod.position,
    ShippingMethod.is_active,
    ShippingMethod.min_delivery_days,
    ShippingMethod.max_delivery_days,
    ShippingMethod.carrier,
    ShippingMethod.version,
)


def _method(row: Any) -> dict[str, Any]:
    free_above = row.free_above
    return {
        "id": row.id,
        "code": row.code,
        "name": row.name,
        "countries": row.countries,
        "price": Money(row.amount, row.currency),
        "free_above": None if free_above is None else Money(free_above, row.currency),
        "tax_class": row.tax_class,
        "position": row.position,
        "is_active": row.is_active,
        "min_delivery_days": row.min_delivery_days,
        "max_delivery_days": row.max_delivery_days,
        "carrier": row.carrier,
        "version": row.version,
    }
