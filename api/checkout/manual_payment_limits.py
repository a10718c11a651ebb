"""Limits of manual payment (bank transfer): who may use it, and for how much at once.

Such an order allocates units before it is paid, so it has limits that card payments do not need.
Needs a transaction.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from api.checkout.errors import ManualPaymentForCustomers, ManualPaymentOff, TooMuchUnpaid
from api.kernel.principal import Principal
from api.orders.queries import unpaid_orders
from api.orders.queries.unpaid_orders import UnpaidOrders
from api.platform.db import session
from api.platform.settings import Settings, current_settings

PAY_BY_CARD_WITHIN = timedelta(hours=1)

# Serializes checkouts per person and address: two at once must not both be the last allowed one.
_LOCK_KEYS = text(
    "SELECT pg_advisory_xact_lock(key)"
    " FROM (SELECT unnest(CAST(:keys AS bigint[])) AS key ORDER BY 1) AS sorted"
)


@dataclass(frozen=True, slots=True)
class Keys:
    """Hashes of an order's postal and network address; the shop stores no network addresses."""

    postal: str
    network: str


def payment_methods_for(by: Principal) -> list[str]:
    """Return the payment methods that a customer or guest may choose."""
    settings = current_settings()
    is_allowed = settings.manual_payment == "everybody" or (
        settings.manual_payment == "customers" and by.kind == "customer"
    )
    return ["stripe", "manual"] if is_allowed else ["stripe"]


def pay_within(payment_method: str) -> timedelta:
    """Return how long an unpaid order keeps its units before it expires."""
    if payment_method == "manual":
        return timedelta(hours=current_settings().manual_payment_hours)
    return PAY_BY_CARD_WITHIN


def check_manual_payment(
    email: str, address: Mapping[str, object] | None, units: int, *, network: str, by: Principal
) -> Keys:
    """Check the limits of an order to be paid by transfer; returns the keys that it is counted by.

    Without an address, as for goods that are picked up, the e-mail address counts in its place.
    Raises `ManualPaymentOff`, `ManualPaymentForCustomers` and `TooMuchUnpaid`. Locks the person
    and both addresses against other such checkouts until the transaction ends.
    """
    settings = current_settings()
    if "manual" not in payment_methods_for(by):
        off = settings.manual_payment == "off"
        error = ManualPaymentOff if off else ManualPaymentForCustomers
        raise error(errors=[_pointer(error.code, error.sentence)])
    parts = ("country", "postal_code", "line1")
    postal = "|".join(str(address[part]) for part in parts) if address else email
    normalized = "".join(character for character in postal.casefold() if character.isalnum())
    keys = Keys(_hashed(settings, "postal", normalized), _hashed(settings, "network", network))
    if _is_limited(settings):
        _check_unpaid_limit(settings, email, units, keys, by)
    return keys


def _check_unpaid_limit(
    settings: Settings, email: str, units: int, keys: Keys, by: Principal
) -> None:
    names = (
        f"e-mail {email.lower()}",
        f"account {by.actor_key}",
        f"postal {keys.postal}",
        f"network {keys.network}",
    )
    session.execute(_LOCK_KEYS, {"keys": [_number(name) for name in names]})
    customer: UUID | None = by.id if by.kind == "customer" else None
    of_person, of_postal, of_network = unpaid_orders.unpaid_manual_orders(
        email=email, customer_id=customer, postal_key=keys.postal, network_key=keys.network
    )
    own = (settings.manual_payment_max_orders, settings.manual_payment_max_units)
    shared = (settings.manual_payment_max_orders_per_ip, settings.manual_payment_max_units_per_ip)
    for unpaid, limits in ((of_person, own), (of_postal, own), (of_network, shared)):
        _check_limits(unpaid, units, limits)


def _check_limits(unpaid: UnpaidOrders, units: int, limits: tuple[int, int]) -> None:
    max_orders, max_units = limits
    for count, limit, unit in (
        (unpaid.orders + 1, max_orders, "orders"),
        (unpaid.units + units, max_units, "units"),
    ):
        if limit and count > limit:
            error = TooMuchUnpaid(limit=limit, unit=unit)
            raise TooMuchUnpaid(limit=limit, unit=unit, errors=[_pointer(error.code, error.detail)])


def _is_limited(settings: Settings) -> bool:
    return bool(
        settings.manual_payment_max_orders
        or settings.manual_payment_max_units
        or settings.manual_payment_max_orders_per_ip
        or settings.manual_payment_max_units_per_ip
    )


def _pointer(code: str, detail: str) -> dict[str, str]:
    return {"pointer": "/payment_method", "code": code, "detail": detail}


def _hashed(settings: Settings, kind: str, value: str) -> str:
    secret = settings.secret_key.encode()
    return hmac.new(secret, f"{kind} {value}".encode(), hashlib.sha256).hexdigest()[:32]


def _number(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
