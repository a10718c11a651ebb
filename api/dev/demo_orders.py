"""The demo's orders: bought, paid, packed, delivered, sometimes cancelled or sent back in part.

Each order is drawn from the seed and its own number alone.
"""

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, text

from api.accounts.models import User
from api.cart import service as cart_service
from api.catalog.models.products import Product, Variant
from api.checkout import flows as checkout_flows
from api.checkout.flows.order_input import CheckoutForm
from api.dev import demo_shipments, demo_users
from api.dev.backdating import aside, backdated
from api.dev.demo_products import CUSTOMERS, FIRST_NAMES, LAST_NAMES
from api.dev.demo_shipments import Parcel
from api.inventory import service as inventory_service
from api.inventory.models import AdjustReason, StockLevel
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.orders import service as orders_service
from api.payment_sync import service as payment_sync_service
from api.platform.auth import hash_secret
from api.platform.db import session, transaction
from api.platform.settings import current_settings
from api.returns import flows as returns_flows
from api.returns.flows import LineToRefund, RefundForm

PER_DAY: Final = 50
SHORTEST: Final = timedelta(days=7)
OF_CLARA: Final = 6
LEFT_FOR_CASES: Final = 4.0
"""How many hours before now the history ends: numbers and times rise together."""
_RESTOCKED_EVERY: Final = 20  # orders
_LOW, _MORE = 12, 60  # units
_ANALYZED_AT: Final = (100, 500, 2000, 10_000)
"""Tables that grow this fast keep the plans of empty ones until somebody looks."""


@dataclass
class Shop:
    """Who works and buys in the demo shop, and of what there is plenty."""

    variants: Sequence[UUID]
    clara: Principal
    by_transfer: str
    """How orders are placed that are paid by transfer: some shops let no guest do so."""
    owner: Principal = field(
        default=Principal(kind="staff", label=demo_users.STAFF[0].full_name, role="owner")
    )
    packer: Principal = field(
        default=Principal(kind="staff", label=demo_users.STAFF[2].full_name, role="warehouse")
    )


@dataclass(frozen=True)
class Buyer:
    """Somebody with an address; a guest, unless `account` says otherwise."""

    name: str
    email: str
    address: dict[str, Any]
    account: Principal | None = None


def find_shop(titles: Sequence[str]) -> Shop | None:
    """Return the demo shop with the variants of these products; None when this is another shop."""
    variants = session.scalars(
        select(Variant.id)
        .join(Product, Product.id == Variant.product_id)
        .where(Product.title.in_(titles))
        .order_by(Variant.sku)
    ).all()
    clara = session.scalar(select(User.id).where(User.email == demo_users.CUSTOMER.email))
    session.rollback()
    if not variants or clara is None:
        return None
    name = demo_users.CUSTOMER.full_name
    by_transfer = "manual" if current_settings().manual_payment == "everybody" else "stripe"
    return Shop(variants, Principal(kind="customer", id=clara, label=name), by_transfer)


def sell(
    shop: Shop,
    *,
    count: int,
    seed: int,
    advanced: Callable[[int], None],
    processes: int = 1,
) -> None:
    """Place so many orders until now, evenly, and let happen to each what is drawn for it.

    With two processes the second one sends the parcels.
    """
    until = clock.now() - timedelta(hours=LEFT_FOR_CASES)
    span = max(SHORTEST, timedelta(days=count / PER_DAY))
    waiting = min(40, count // 3)
    of_clara = {count - 1 - place * max(1, count // OF_CLARA) for place in range(OF_CLARA)}
    with aside(), demo_shipments.sender(processes) as send:
        for number in range(count):
            chance = random.Random(f"{seed}:{number}")  # noqa: S311 - a demo, not a secret
            moment = until - span * (count - number) / count
            if number % _RESTOCKED_EVERY == 0:
                _restock(shop, moment)
            buyer = _clara(shop) if number in of_clara else guest(chance)
            left = count - number
            is_paid = left not in (2, 5)
            with backdated(moment), transaction():
                order_id, _ = place(shop, chance, buyer, payment_method=shop.by_transfer)
                if is_paid:
                    pay_by_transfer(order_id, by=shop.owner)
            if is_paid and left > waiting:
                _live_on(shop, chance, order_id, moment, send)
            if number in _ANALYZED_AT:
                _analyze()
            advanced(1)


def _live_on(
    shop: Shop,
    chance: random.Random,
    order_id: UUID,
    moment: datetime,
    send: Callable[[Parcel], object],
) -> None:
    """Let a paid order be cancelled, sent, sent in part, or sent and refunded in part."""
    fate, now = chance.random(), clock.now()
    if fate < 0.05:
        with backdated(moment + timedelta(hours=1)):
            returns_flows.cancel_order(
                order_id, reason="customer", note="Ordered twice.", case_id=new_id(), by=shop.owner
            )
        return
    arrives = moment + timedelta(days=2, hours=chance.randrange(1, 40))
    parcel = Parcel(
        order_id=order_id,
        in_part=fate < 0.09,
        carrier=chance.choice(("dhl", "dpd", "gls")),
        tracking_number=f"{chance.randrange(10**13, 10**14)}",
        shipped_at=min(now, moment + timedelta(hours=chance.randrange(2, 30))),
        delivered_at=arrives if arrives < now else None,
        by=shop.packer,
    )
    if not 0.09 <= fate < 0.14:
        send(parcel)
        return
    demo_shipments.send(parcel)  # here: the refund has to find it sent
    with backdated(min(now, moment + timedelta(days=5))):
        with transaction():
            line_id = orders_service.lock(order_id).lines[0].id
        lines = [LineToRefund(line_id, 1, restock=True)]
        form = RefundForm(lines=lines, shipping=False, reason="damaged")
        returns_flows.refund_order(order_id, form, case_id=new_id(), by=shop.owner)


def place(
    shop: Shop,
    chance: random.Random,
    buyer: Buyer,
    *,
    payment_method: str,
    wanted: Mapping[UUID, int] | None = None,
) -> tuple[UUID, Principal]:
    """Fill a cart and check out; returns the order and whose it is. Needs a transaction.

    Without units by variant that are `wanted`, some are drawn.
    """
    principal, token = buyer.account, None
    if principal is None:
        cart, token = cart_service.open_cart(Principal(kind="guest", label=buyer.name), "EUR")
        assert token is not None
        principal = Principal(kind="guest", label=buyer.name, guest_key=hash_secret(token))
    else:
        cart, _ = cart_service.open_cart(principal, "EUR")
    drawn = chance.sample(list(shop.variants), chance.choice((1, 1, 1, 1, 2, 2, 3)))
    units = wanted or {variant_id: chance.choice((1, 1, 1, 2)) for variant_id in drawn}
    for variant_id, quantity in units.items():
        cart_service.add(cart, variant_id, quantity)
    form = CheckoutForm(
        email=buyer.email,
        shipping_address=buyer.address,
        billing_address=None,
        shipping_method="parcel",
        payment_method=payment_method,
        expected_total=None,
    )
    # Each comes from a network address of its own, so that no limit is met.
    order = checkout_flows.place_order(form, network=buyer.email, by=principal)
    session.flush()
    return order.id, principal


def pay_by_transfer(order_id: UUID, *, by: Principal) -> None:
    """Note that the order's total came by bank transfer. Needs a transaction."""
    payment_sync_service.mark_paid(
        order_id,
        amount=None,
        reference="bank transfer",
        allow_overpayment=False,
        payment_id=new_id(),
        by=by,
    )
    session.flush()


def guest(chance: random.Random) -> Buyer:
    """Draw somebody without an account."""
    _, street, city, postal_code, country = chance.choice(CUSTOMERS)
    street = re.sub(r"\d+", str(chance.randrange(1, 400)), street)
    name = f"{chance.choice(FIRST_NAMES)} {chance.choice(LAST_NAMES)}"
    plain = "".join(c for c in name.lower().replace(" ", ".") if c.isascii())
    return Buyer(name, f"{plain}@example.test", _address(name, street, city, postal_code, country))


def _clara(shop: Shop) -> Buyer:
    name = demo_users.CUSTOMER.full_name
    address = _address(name, "Am Hang 2", "Freiburg", "79098", "DE")
    return Buyer(name, demo_users.CUSTOMER.email, address, account=shop.clara)


def _address(
    name: str, street: str, city: str, postal_code: str, country: str
) -> dict[str, str | None]:
    return {
        "name": name, "company": None, "line1": street, "line2": None, "city": city,
        "region": None, "postal_code": postal_code, "country": country, "phone": None,
    }  # fmt: skip


def _restock(shop: Shop, moment: datetime) -> None:
    """Receive more of what is running out."""
    with backdated(moment), transaction():
        low = session.scalars(
            select(StockLevel.id)
            .where(
                StockLevel.variant_id.in_(shop.variants),
                StockLevel.on_hand - StockLevel.allocated - StockLevel.reserved < _LOW,
            )
            .order_by(StockLevel.variant_id, StockLevel.id)
        ).all()
        for level_id in low:
            receive(shop, level_id, _MORE)


def receive(shop: Shop, level_id: UUID, units: int) -> None:
    """Add delivered units to a stock level. Needs a transaction."""
    inventory_service.adjust(
        level_id,
        change=units,
        on_hand=None,
        expected_on_hand=None,
        reason=AdjustReason.RECEIVED,
        note=None,
        by=shop.packer,
    )


def _analyze() -> None:
    """Let PostgreSQL look at its tables."""
    session.execute(text("ANALYZE"))
    session.commit()
