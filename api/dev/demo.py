"""A shop with a past: goods, people and a week of orders in every state, by the shop's own verbs.

The same every time, so that a guide may speak of it. Nothing here writes a table by itself: what
the demo shows is what the shop does.
"""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID

from flask import Flask
from sqlalchemy import exists, select, update

from api.accounts import flows as accounts
from api.accounts import service as account_service
from api.accounts.models import User
from api.accounts.policy import Role
from api.aftersales import flows as aftersales
from api.aftersales.flows import LineToRefund, RefundForm
from api.cart import service as carts
from api.catalog import service as catalog
from api.catalog.service import CategoryDraft, PriceDraft, ProductDraft, VariantDraft
from api.checkout import flows as checkout
from api.checkout.flows import CheckoutForm
from api.dev import logins, window
from api.dev.goods import CATEGORIES, CUSTOMERS, GOODS, Goods
from api.fulfilment import flows as fulfilment
from api.inventory import service as inventory
from api.inventory.models import StockLevel
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.money import Money
from api.kernel.principal import SYSTEM, Principal
from api.orders import service as orders
from api.platform.auth import hash_secret
from api.platform.db import session, transaction
from api.platform.outbox import Fact
from api.pricing import service as pricing
from api.pricing.service import ShippingDraft
from api.settlement import service as settlement

ORDERS = 48
PLENTY = 14
OVER = timedelta(days=7)
TAX = {
    "DE": (1900, 700), "AT": (2000, 1000), "FR": (2000, 550), "NL": (2100, 900),
    "ES": (2100, 1000), "PL": (2300, 500), "DK": (2500, 2500), "SE": (2500, 1200),
}  # fmt: skip


def fill(app: Flask, say: Callable[[str], None] = print) -> bool:
    """Fill an empty shop; False, and nothing done, when someone works here already."""
    with app.app_context():
        if session.scalar(select(exists().where(User.kind == "staff"))):
            return False
        session.rollback()
        chance = random.Random(7)  # noqa: S311 - a demo, not a secret
        say("Filling the empty shop with the demo: people, goods and a week of orders ...")
        _hire()
        _set_rules()
        with _at(clock.now() - OVER - timedelta(days=1)):
            variants = stock_shelves()
        _sell_for_a_week(variants, chance)
        _let_the_past_rest()
        window.dress()
        session.remove()
        return True


def _let_the_past_rest() -> None:
    """Take the week's facts as told: its letters were read long ago, and today's must not wait."""
    with transaction():
        session.execute(
            update(Fact).where(Fact.relayed_at.is_(None)).values(relayed_at=clock.now())
        )


def _hire() -> None:
    for login in logins.STAFF:
        accounts.hire(
            email=login.email,
            full_name=login.full_name,
            role=Role(login.role),
            password=logins.PASSWORD,
            by=SYSTEM,
        )
    known = logins.CUSTOMER
    password_hash = account_service.hash_password(logins.PASSWORD, email=known.email)
    with transaction():
        account_service.register_customer(
            email=known.email, full_name=known.full_name, password_hash=password_hash
        )


def _set_rules() -> None:
    with transaction():
        for country, (standard, reduced) in TAX.items():
            pricing.set_tax_rate(country, "standard", standard, name="VAT", by=SYSTEM)
            pricing.set_tax_rate(country, "reduced", reduced, name="reduced VAT", by=SYSTEM)
        pricing.create_shipping_method(
            ShippingDraft(
                code="parcel",
                name="Parcel",
                countries=sorted(TAX),
                price=Money(490, "EUR"),
                free_above=Money(6000, "EUR"),
                min_delivery_days=2,
                max_delivery_days=4,
            ),
            by=SYSTEM,
        )
        pricing.create_shipping_method(
            ShippingDraft(
                code="express",
                name="Express",
                countries=["DE", "AT"],
                price=Money(1290, "EUR"),
                position=1,
                min_delivery_days=1,
                max_delivery_days=1,
            ),
            by=SYSTEM,
        )
        inventory.create_location("MAIN", "Main shelf", priority=1, by=SYSTEM)
        inventory.create_location("SHOP", "Shop window", priority=2, by=SYSTEM)


def stock_shelves() -> list[UUID]:
    """Put the goods on the shelves of the shop; returns variants of which there are many."""
    places: dict[str, UUID] = {}
    with transaction():
        for position, (name, below) in enumerate(CATEGORIES.items()):
            draft = CategoryDraft(name=name, position=position)
            places[name] = catalog.create_category(draft, by=SYSTEM)
            for place, child in enumerate(below):
                draft = CategoryDraft(name=child, parent_id=places[name], position=place)
                places[child] = catalog.create_category(draft, by=SYSTEM)
    variants: list[UUID] = []  # of which there is enough for a week
    for number, goods in enumerate(GOODS, start=1):
        with transaction():
            made = catalog.create_product(_draft(goods, number, places), by=SYSTEM)
            catalog.publish_product(made.product_id, expected_version=None, by=SYSTEM)
            inventory.set_opening_stock([(v, goods.stock) for v in made.variant_ids], by=SYSTEM)
            for level_id in session.scalars(
                select(StockLevel.id).where(StockLevel.variant_id.in_(made.variant_ids))
            ).all():
                inventory.set_threshold(level_id, goods.threshold, expected_version=1, by=SYSTEM)
        if goods.stock >= PLENTY:
            variants += made.variant_ids
    return variants


def _draft(goods: Goods, number: int, places: dict[str, UUID]) -> ProductDraft:
    """Describe one product. Barcodes are of the range for in-store use (GS1 prefix 20 to 29)."""
    initials = "".join(word[0] for word in goods.title.split() if word[0].isalpha()).upper()
    values = goods.values or ("",)
    return ProductDraft(
        title=goods.title,
        description=f"<p>{goods.words}</p>",
        vendor="Stockroom Supply",
        product_type=goods.category,
        tags=(goods.category.lower(),),
        options=(goods.option,) if goods.option else (),
        category_ids=(places[goods.category],),
        variants=tuple(
            VariantDraft(
                sku=f"{initials}-{number:02d}{place}",
                barcode=_ean13(f"20{number:04d}{place:06d}"),
                option_values=(value,) if value else (),
                weight_grams=goods.grams,
                tax_class=goods.tax_class,
                prices=(PriceDraft(Money(goods.price + 600 * (place - 1), "EUR")),),
            )
            for place, value in enumerate(values, start=1)
        ),
    )


def _ean13(twelve: str) -> str:
    """Append the check digit of an EAN-13 (GS1 General Specifications, 7.9)."""
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(twelve))
    return f"{twelve}{-total % 10}"


def _sell_for_a_week(variants: list[UUID], chance: random.Random) -> None:
    owner = Principal(kind="staff", label=logins.STAFF[0].full_name, role="owner")
    packer = Principal(kind="staff", label=logins.STAFF[2].full_name, role="warehouse")
    now = clock.now()
    for number in range(ORDERS):
        age = OVER * (ORDERS - number) / ORDERS
        with _at(now - age):
            order_id = _place(variants, chance)
            is_fresh_and_unpaid = number in (ORDERS - 2, ORDERS - 5)
            if is_fresh_and_unpaid:
                continue
            with transaction():
                settlement.mark_paid(
                    order_id,
                    amount=None,
                    reference=f"bank transfer {number + 1}",
                    allow_overpayment=False,
                    payment_id=new_id(),
                    by=owner,
                )
        if number < ORDERS * 2 // 3:
            with _at(now - age + timedelta(hours=5)):
                _ship_or_not(order_id, number, chance, packer, owner)


def _place(variants: list[UUID], chance: random.Random) -> UUID:
    name, street, city, postal_code, country = chance.choice(CUSTOMERS)
    address = {
        "name": name, "company": None, "line1": street, "line2": None, "city": city,
        "region": None, "postal_code": postal_code, "country": country, "phone": None,
    }  # fmt: skip
    buyer = Principal(kind="guest", label=name, guest_key=hash_secret(str(new_id())))
    with transaction():
        cart, token = carts.open_cart(buyer, "EUR")
        assert token is not None
        for variant_id in chance.sample(variants, chance.choice((1, 1, 1, 2, 2, 3, 4))):
            carts.add(cart, variant_id, 1)
    buyer = Principal(kind="guest", label=name, guest_key=hash_secret(token))
    first = "".join(c for c in name.split()[0].lower() if c.isascii())
    form = CheckoutForm(
        email=f"{first}@example.test",
        shipping_address=address,
        billing_address=None,
        shipping_method="parcel",
        payment_method="manual",
        expected_total=None,
    )
    with transaction():
        return checkout.place_order(form, network="demo", by=buyer)


def _ship_or_not(
    order_id: UUID, number: int, chance: random.Random, packer: Principal, owner: Principal
) -> None:
    if number % 11 == 5:
        aftersales.cancel_order(
            order_id, reason="customer", note="Ordered twice.", case_id=new_id(), by=owner
        )
        return
    with transaction():
        lines = {line.id: line.quantity for line in orders.lock(order_id).lines}
    in_part = number % 7 == 3 and len(lines) > 1
    first = next(iter(lines))
    with transaction():
        fulfilment.ship_order(
            order_id,
            {first: lines[first]} if in_part else None,
            carrier=chance.choice(("dhl", "dpd", "gls")),
            tracking_number=f"{chance.randrange(10**13, 10**14)}",
            by=packer,
        )
    if number % 9 == 4:
        aftersales.refund_order(
            order_id,
            RefundForm(lines=[LineToRefund(first, 1, True)], shipping=False, reason="damaged"),
            case_id=new_id(),
            by=owner,
        )


@contextmanager
def _at(moment: datetime) -> Iterator[None]:
    """Let it be another time, so that the week has days."""
    with clock.frozen(moment):
        yield
