"""What goes wrong in a shop, once each: the demo's last orders, with a note that says what it is.

Most of it happens at the stand-in for Stripe and comes to the shop as it would in earnest. With
Stripe itself in the environment those cases are left out.
"""

import random
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select

from api.back_in_stock import service as back_in_stock_service
from api.catalog.models.products import Product, Variant
from api.checkout.flows import payments
from api.dev import demo_orders
from api.dev.backdating import aside, backdated
from api.dev.demo_orders import Shop
from api.dev.errors import DevError
from api.dev.fake_stripe.client import Client
from api.fulfilment import flows as fulfilment_flows
from api.fulfilment.flows import HandOver
from api.inventory.models import StockLevel
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.orders import service as orders_service
from api.orders.states import HoldReason
from api.payment_sync import flows as payment_sync_flows
from api.payments.errors import PaymentDeclined
from api.platform.db import session, transaction
from api.returns import flows as returns_flows
from api.returns.flows import LineToRefund, RefundForm

RARE: Final = "Clay pot from Yixing"


@dataclass
class _Scene:
    """The shop, and the stand-in for Stripe beside it."""

    shop: Shop
    chance: random.Random
    stripe: Client
    hours: float
    """How long ago the order was placed."""

    def order(
        self, payment_method: str = "stripe", wanted: Mapping[UUID, int] | None = None
    ) -> tuple[UUID, Principal]:
        """Have somebody order, some hours ago; returns the order and whose it is."""
        moment = clock.now() - timedelta(hours=self.hours)
        buyer = demo_orders.guest(self.chance)
        with aside(), backdated(moment), transaction():
            return demo_orders.place(
                self.shop, self.chance, buyer, payment_method=payment_method, wanted=wanted
            )

    def intent(self, wanted: Mapping[UUID, int] | None = None) -> tuple[UUID, Principal, str]:
        """Have somebody order and open the payment; returns the PaymentIntent's id as well."""
        order_id, buyer = self.order(wanted=wanted)
        with aside():
            _, intent = payments.start_payment(order_id, by=buyer)
        return order_id, buyer, intent.id

    def paid(self, card: str = "pm_card_visa", wanted: Mapping[UUID, int] | None = None) -> UUID:
        """Have somebody order and pay by card."""
        order_id, buyer, intent_id = self.intent(wanted)
        with aside():
            self.stripe.simulate("pay", target=intent_id, card=card)
            payments.confirm_payment(order_id, by=buyer)
        return order_id

    def shipped(self, card: str = "pm_card_visa") -> UUID:
        """Have somebody order and pay by card, and send the parcel off."""
        order_id = self.paid(card)
        with aside(), transaction():
            number = f"{self.chance.randrange(10**13, 10**14)}"
            units = {line.id: line.open_quantity for line in orders_service.lock(order_id).lines}
            parcel = HandOver(carrier="dhl", tracking_number=number, verified=units)
            fulfilment_flows.ship_order(order_id, None, parcel, by=self.shop.packer)
        return order_id

    def refunds_one_unit(self, order_id: UUID) -> None:
        """Give the money of one unit back, by the shop's own command."""
        with transaction():
            line = orders_service.lock(order_id).lines[0].id
        form = RefundForm(lines=[LineToRefund(line, 1, True)], shipping=False, reason="damaged")
        returns_flows.refund_order(order_id, form, case_id=new_id(), by=self.shop.owner)


def _transfer_waits(scene: _Scene) -> UUID:
    return scene.order(scene.shop.by_transfer)[0]


def _declined(scene: _Scene) -> UUID:
    order_id, buyer, intent_id = scene.intent()
    with suppress(DevError):  # so the stand-in says that the bank said no
        scene.stripe.simulate("pay", target=intent_id, card="pm_card_chargeDeclined")
    with suppress(PaymentDeclined):
        payments.confirm_payment(order_id, by=buyer)
    return order_id


def _unfinished(scene: _Scene) -> UUID:
    order_id, _, intent_id = scene.intent()
    scene.stripe.simulate("pay", target=intent_id, card="pm_card_authenticationRequired")
    return order_id


def _paid_twice(scene: _Scene) -> UUID:
    order_id, buyer, intent_id = scene.intent()
    with transaction():
        demo_orders.pay_by_transfer(order_id, by=scene.shop.owner)
    # The customer's page was still open.
    scene.stripe.simulate("pay", target=intent_id)
    payments.confirm_payment(order_id, by=buyer)
    return order_id


def _refunded_in_part(scene: _Scene) -> UUID:
    order_id = scene.shipped()
    scene.refunds_one_unit(order_id)
    return order_id


def _refund_failed(scene: _Scene) -> UUID:
    order_id = _refunded_in_part(scene)
    scene.stripe.simulate("fail-refund", target=order_id, reason="expired_or_canceled_card")
    return order_id


def _cancelled(scene: _Scene) -> UUID:
    order_id = scene.paid()
    returns_flows.cancel_order(
        order_id, reason="customer", note="Wrong colour.", case_id=new_id(), by=scene.shop.owner
    )
    return order_id


def _waits_for_stock(scene: _Scene) -> UUID:
    """Sell the last one, find it broken, and let others wait for more as well."""
    level = session.execute(
        select(StockLevel.id, StockLevel.variant_id, StockLevel.on_hand - StockLevel.allocated)
        .join(Variant, Variant.id == StockLevel.variant_id)
        .join(Product, Product.id == Variant.product_id)
        .where(Product.title == RARE)
        .order_by(StockLevel.id)
    ).first()
    if level is None:
        raise DevError(f"The demo's {RARE} is not sold here any more.")
    level_id, variant_id, left = level
    session.rollback()
    if not left:
        with aside(), transaction():
            demo_orders.receive(scene.shop, level_id, 1)
    order_id = scene.paid(wanted={variant_id: left or 1})
    with aside(), transaction():
        orders_service.hold(
            orders_service.lock(order_id),
            HoldReason.STOCK,
            note="it has a crack; another one is ordered",
            by=scene.shop.packer,
        )
        for _ in range(2):
            back_in_stock_service.subscribe(
                variant_id, email=demo_orders.guest(scene.chance).email, user_id=None
            )
    return order_id


def _at_stripe(
    name: str, *, is_shipped: bool = False, card: str = "pm_card_visa", **more: object
) -> Callable[[_Scene], UUID]:
    """Let an order be paid by card, and then something happen at Stripe."""

    def happens(scene: _Scene) -> UUID:
        order_id = scene.shipped(card) if is_shipped else scene.paid(card)
        scene.stripe.simulate(name, target=order_id, **more)
        return order_id

    return happens


CASES: Final[dict[str, Callable[[_Scene], UUID]]] = {
    "One unit was refunded; the customer kept the rest.": _refunded_in_part,
    "The bank disputes the payment; the parcel waits.": _at_stripe("dispute"),
    "The dispute was lost after the parcel had left.": _at_stripe(
        "dispute", is_shipped=True, status="lost", reason="product_not_received"
    ),
    "The bank asks about the payment; no money has moved.": _at_stripe(
        "dispute", is_shipped=True, status="warning_needs_response", reason="general"
    ),
    "The bank warns of fraud before the parcel leaves.": _at_stripe(
        "fraud-warning", fraud_type="made_with_stolen_card"
    ),
    "A part was refunded at Stripe's dashboard.": _at_stripe("refund", amount=250),
    "All was refunded at Stripe's dashboard; nothing may ship.": _at_stripe("refund"),
    "The refund failed after it had succeeded.": _refund_failed,
    "It was paid by card and by bank transfer.": _paid_twice,
    "Radar sees an elevated risk.": lambda scene: scene.paid("pm_card_riskLevelElevated"),
    "The security code was wrong, and the bank paid all the same.": lambda scene: scene.paid(
        "pm_card_cvcCheckFail"
    ),
    "It was cancelled, and the card was refunded.": _cancelled,
    "It waits for stock, and others for an e-mail: it takes no back-orders.": _waits_for_stock,
    "The card was declined; the customer may try another.": _declined,
    "The customer has not passed 3-D Secure yet.": _unfinished,
    "It waits for a bank transfer.": _transfer_waits,
}


def happen(
    shop: Shop, *, seed: int, stripe: Client | None, advanced: Callable[[int], None]
) -> None:
    """Let each case happen to an order of its own, and note on the order what it is.

    Without the stand-in for Stripe only those that need no card.
    """
    for words, case in CASES.items():
        chance = random.Random(f"{seed}:{words}")  # noqa: S311 - a demo, not a secret
        if stripe is not None:
            order_id = case(_Scene(shop, chance, stripe, hours=_hours_of(words)))
            payment_sync_flows.scan_external_changes(order_id)
            with aside(), transaction():
                orders_service.note(order_id, f"Demo: {words}", by=shop.owner)
        advanced(1)
    if stripe is not None:
        stripe.simulate("payout", currency="eur", status="paid")


def _hours_of(words: str) -> float:
    """Spread the cases over the last hours, in the order of the table.

    The last ones are minutes old: an order that waits for a card is given up after an hour.
    """
    return demo_orders.LEFT_FOR_CASES * (len(CASES) - list(CASES).index(words) - 0.5) / len(CASES)
