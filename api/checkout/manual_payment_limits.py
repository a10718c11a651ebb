"""Ordering now and paying another way than by card: for whom, and how much of it at once.

Such an order takes its goods off sale before any money is there, so it has limits that a card does
not need. Needs a transaction.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from api.checkout.errors import ManualPaymentForCustomers, ManualPaymentOff, TooMuchUnpaid
from api.kernel.principal import Principal
from api.orders.queries import unpaid_orders
from api.orders.queries.unpaid_orders import Waiting
from api.platform.db import session
from api.platform.service_registry import get_service
from api.platform.settings import Settings

PAY_BY_CARD_WITHIN = timedelta(hours=1)
PAYMENT_METHODS = ("manual", "stripe")

# One after the other for each person and address: two checkouts at once must not both be the last.
_TAKE_TURNS = text(
    "SELECT pg_advisory_xact_lock(key)"
    " FROM (SELECT unnest(CAST(:keys AS bigint[])) AS key ORDER BY 1) AS sorted"
)


@dataclass(frozen=True, slots=True)
class Keys:
    """Where an order goes and whence it came, as hashes: the shop keeps no network addresses."""

    postal: str
    network: str


def payment_methods_for(by: Principal) -> list[str]:
    """List the payment methods that a customer or guest may choose."""
    settings: Settings = get_service(Settings)
    may = settings.manual_payment == "everybody" or (
        settings.manual_payment == "customers" and by.kind == "customer"
    )
    return ["stripe", "manual"] if may else ["stripe"]


def pay_within(payment_method: str) -> timedelta:
    """Return how long the goods of an unpaid order are kept."""
    settings: Settings = get_service(Settings)
    if payment_method == "manual":
        return timedelta(hours=settings.manual_payment_hours)
    return PAY_BY_CARD_WITHIN


def check_manual_payment(
    email: str, address: Mapping[str, Any], units: int, *, network: str, by: Principal
) -> Keys:
    """Admit an order that is to be paid by transfer, and return the keys that it is counted by.

    Raises `ManualPaymentOff`, `ManualPaymentForCustomers` and `TooMuchUnpaid`. Locks the person
    and both addresses against other such checkouts until the transaction ends.
    """
    settings: Settings = get_service(Settings)
    if "manual" not in payment_methods_for(by):
        off = settings.manual_payment == "off"
        refusal = ManualPaymentOff if off else ManualPaymentForCustomers
        raise refusal(errors=[_pointer(refusal.code, refusal.sentence)])
    place = "|".join(str(address[part]) for part in ("country", "postal_code", "line1"))
    written = "".join(character for character in place.casefold() if character.isalnum())
    keys = Keys(_hashed(settings, "postal", written), _hashed(settings, "network", network))
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
    session.execute(_TAKE_TURNS, {"keys": [_number(name) for name in names]})
    customer: UUID | None = by.id if by.kind == "customer" else None
    of_person, of_postal, of_network = unpaid_orders.unpaid_manual_orders(
        email=email, customer_id=customer, postal_key=keys.postal, network_key=keys.network
    )
    own = (settings.manual_payment_max_orders, settings.manual_payment_max_units)
    shared = (settings.manual_payment_max_orders_per_ip, settings.manual_payment_max_units_per_ip)
    for waiting, limits in ((of_person, own), (of_postal, own), (of_network, shared)):
        _count_unpaid(waiting, units, limits)


def _count_unpaid(waiting: Waiting, units: int, limits: tuple[int, int]) -> None:
    most_orders, most_units = limits
    for asked, limit, unit in (
        (waiting.orders + 1, most_orders, "orders"),
        (waiting.units + units, most_units, "units"),
    ):
        if limit and asked > limit:
            refusal = TooMuchUnpaid(limit=limit, unit=unit)
            raise TooMuchUnpaid(
                limit=limit, unit=unit, errors=[_pointer(refusal.code, refusal.detail)]
            )


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
