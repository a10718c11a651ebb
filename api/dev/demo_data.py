"""A shop with a past: goods with pictures, people, and orders in every state.

All of it by the shop's own commands: what the demo shows is what the shop does. The same seed makes
the same shop, so that a guide may speak of it.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Final
from uuid import UUID

from flask import Flask
from sqlalchemy import exists, select, update

from api.accounts import flows as accounts_flows
from api.accounts import service as accounts_service
from api.accounts.models import User
from api.catalog import flows as catalog_flows
from api.catalog.events import MediaUploaded
from api.catalog.service import categories as category_service
from api.catalog.service import products as product_service
from api.catalog.service.inputs import (
    CategoryInput,
    ImageInput,
    PriceInput,
    ProductInput,
    VariantInput,
)
from api.dev import (
    demo_edge_cases,
    demo_orders,
    demo_pictures,
    demo_shipments,
    demo_storefront,
    demo_users,
)
from api.dev.backdating import backdated
from api.dev.demo_products import CATEGORIES, PRODUCTS, DemoProduct
from api.dev.errors import DevError
from api.dev.fake_stripe.client import Client
from api.inventory import service as inventory_service
from api.inventory.models import StockLevel
from api.kernel import clock
from api.kernel.money import Money
from api.kernel.principal import SYSTEM
from api.platform.db import session, transaction
from api.platform.outbox import OutboxEvent
from api.platform.settings import current_settings
from api.shipping import service as shipping_service
from api.shipping.service import ShippingMethodInput
from api.tax import service as tax_service

ORDERS: Final = 48
SEED: Final = 7
PLENTY = 14
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
        say("Filling the empty shop with the demo: people, goods, pictures and orders ...")
        open_shop()
        sell(ORDERS, SEED)
        session.remove()
        return True


def open_shop() -> None:
    """Make what a shop has before its first order: people, rules, goods and their pictures."""
    _hire()
    _set_rules()
    with backdated(clock.now() - timedelta(days=365)):
        add_products(with_pictures=True)
    demo_storefront.dress()
    with transaction():
        # Its e-mails were sent long ago. The sizes of the pictures are made by the worker.
        session.execute(
            update(OutboxEvent)
            .where(OutboxEvent.relayed_at.is_(None), OutboxEvent.name != MediaUploaded.name)
            .values(relayed_at=clock.now())
        )


def sell(
    count: int,
    seed: int,
    advanced: Callable[[int], None] = lambda _: None,
    *,
    processes: int = 1,
) -> None:
    """Let so many orders have been placed until now, the awkward ones among them the latest.

    `advanced` hears of each step. Raises `Trouble` in a shop that is not the demo's.
    """
    demo_shipments.hurry()
    shop = demo_orders.find_shop([goods.title for goods in PRODUCTS if goods.stock >= PLENTY])
    if shop is None:
        raise DevError("This shop sells other things than the demo's: nothing was changed.")
    demo_orders.sell(shop, count=count, seed=seed, advanced=advanced, processes=processes)
    settings = current_settings()
    stripe = None
    if settings.stripe_api_base:
        stripe = Client(settings.stripe_api_base, settings.stripe_secret_key)
    demo_edge_cases.happen(shop, seed=seed, stripe=stripe, advanced=advanced)


def _hire() -> None:
    for login in demo_users.STAFF:
        accounts_flows.create_staff_user(
            email=login.email,
            full_name=login.full_name,
            role=login.role,
            password=demo_users.PASSWORD,
            by=SYSTEM,
        )
    known = demo_users.CUSTOMER
    password_hash = accounts_service.hash_password(demo_users.PASSWORD, email=known.email)
    with transaction():
        accounts_service.register_customer(
            email=known.email, full_name=known.full_name, password_hash=password_hash
        )


def _set_rules() -> None:
    with transaction():
        for country, (standard, reduced) in TAX.items():
            tax_service.set_tax_rate(country, "standard", standard, name="VAT", by=SYSTEM)
            tax_service.set_tax_rate(country, "reduced", reduced, name="reduced VAT", by=SYSTEM)
        shipping_service.create_shipping_method(
            ShippingMethodInput(
                code="parcel",
                name="Parcel",
                countries=sorted(TAX),
                price=Money(490, "EUR"),
                free_above=Money(6000, "EUR"),
                min_delivery_days=2,
                max_delivery_days=4,
                carrier="DHL",
            ),
            by=SYSTEM,
        )
        shipping_service.create_shipping_method(
            ShippingMethodInput(
                code="express",
                name="Express",
                countries=["DE", "AT"],
                price=Money(1290, "EUR"),
                position=1,
                min_delivery_days=1,
                max_delivery_days=1,
                carrier="UPS",
            ),
            by=SYSTEM,
        )
        inventory_service.create_location("MAIN", "Main shelf", priority=1, by=SYSTEM)
        inventory_service.create_location("SHOP", "Shop window", priority=2, by=SYSTEM)


def add_products(*, with_pictures: bool = False) -> list[UUID]:
    """Add the products of the shop; returns variants of which there are many."""
    places: dict[str, UUID] = {}
    with transaction():
        for position, (name, below) in enumerate(CATEGORIES.items()):
            draft = CategoryInput(name=name, position=position)
            places[name] = category_service.create_category(draft, by=SYSTEM)
            for place, child in enumerate(below):
                draft = CategoryInput(name=child, parent_id=places[name], position=place)
                places[child] = category_service.create_category(draft, by=SYSTEM)
    variants: list[UUID] = []  # of which there is enough for a week
    for number, goods in enumerate(PRODUCTS, start=1):
        images = _pictures(goods) if with_pictures else ()
        with transaction():
            made = product_service.create_product(_draft(goods, number, places, images), by=SYSTEM)
            product_service.publish_product(made.product_id, expected_version=None, by=SYSTEM)
            inventory_service.set_opening_stock(
                [(v, goods.stock) for v in made.variant_ids], by=SYSTEM
            )
            for level_id in session.scalars(
                select(StockLevel.id).where(StockLevel.variant_id.in_(made.variant_ids))
            ).all():
                inventory_service.set_threshold(
                    level_id, goods.threshold, expected_version=1, by=SYSTEM
                )
        if goods.stock >= PLENTY:
            variants += made.variant_ids
    return variants


def _pictures(goods: DemoProduct) -> tuple[ImageInput, ...]:
    """Hand in what shows the goods, one picture for each colour, as staff hand theirs in."""
    values = goods.values if goods.option == "Colour" else ("",)
    handed_in = {}
    for value in values:
        content = demo_pictures.picture(goods.title, goods.category, value)
        media_id = catalog_flows.add_picture(content, by=SYSTEM)
        handed_in[media_id] = f"{goods.title}, {value.lower()}" if value else goods.title
    return tuple(ImageInput(media_id=media_id, alt=alt) for media_id, alt in handed_in.items())


def _draft(
    goods: DemoProduct, number: int, places: dict[str, UUID], images: tuple[ImageInput, ...]
) -> ProductInput:
    """Describe one product. Barcodes are of the range for in-store use (GS1 prefix 20 to 29)."""
    initials = "".join(word[0] for word in goods.title.split() if word[0].isalpha()).upper()
    values = goods.values or ("",)
    return ProductInput(
        title=goods.title,
        description=f"<p>{goods.words}</p>",
        vendor="Stockroom Supply",
        product_type=goods.category,
        tags=(goods.category.lower(),),
        options=(goods.option,) if goods.option else (),
        category_ids=(places[goods.category],),
        images=images,
        variants=tuple(
            VariantInput(
                sku=f"{initials}-{number:02d}{place}",
                barcode=_ean13(f"20{number:04d}{place:06d}"),
                option_values=(value,) if value else (),
                weight_grams=goods.grams,
                tax_class=goods.tax_class,
                prices=(PriceInput(Money(goods.price + 600 * (place - 1), "EUR")),),
            )
            for place, value in enumerate(values, start=1)
        ),
    )


def _ean13(twelve: str) -> str:
    """Append the check digit of an EAN-13 (GS1 General Specifications, 7.9)."""
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(twelve))
    return f"{twelve}{-total % 10}"
