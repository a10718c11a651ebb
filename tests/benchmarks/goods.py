"""A thousand products and five hundred orders, made by the shop's own verbs; the same each time."""

import random
from uuid import UUID

from flask import Flask

from api.accounts import flows as accounts
from api.accounts.policy import Role
from api.cart import service as carts
from api.catalog import service as catalog
from api.catalog.service import CategoryDraft, ImageDraft, PriceDraft, ProductDraft, VariantDraft
from api.checkout import flows as checkout
from api.checkout.flows import CheckoutForm
from api.inventory import service as inventory
from api.kernel.ids import new_id
from api.kernel.money import Money
from api.kernel.principal import SYSTEM, Principal
from api.platform.auth import hash_secret
from api.platform.db import transaction
from api.pricing import service as pricing
from api.pricing.service import ShippingDraft
from api.settlement import service as settlement
from tests.support.shop import ADDRESS

EMAIL, PASSWORD = "owner@bench.test", "a-long-password-for-benches"
_WORDS = (
    *("harbour", "sand", "moss", "stone", "oak", "linen", "copper", "ember", "river", "birch"),
    *("amber", "slate", "cedar", "clover", "willow", "mug", "bowl", "plate", "jug", "teapot"),
    *("kettle", "spoon", "knife", "board", "basket", "lamp", "chair", "stool", "shelf", "candle"),
)


def fill(app: Flask, *, products: int, orders: int) -> tuple[list[UUID], list[str]]:
    """Fill an empty shop; returns the variants and the slugs of the products."""
    chance = random.Random(42)
    with app.app_context():
        accounts.hire(
            email=EMAIL, full_name="Olivia Bench", role=Role.OWNER, password=PASSWORD, by=SYSTEM
        )
        with transaction():
            pricing.set_tax_rate("DE", "standard", 1900, name="VAT", by=SYSTEM)
            pricing.create_shipping_method(
                ShippingDraft(code="standard", name="P", countries=["DE"], price=Money(490, "EUR")),
                by=SYSTEM,
            )
            inventory.create_location("MAIN", "Main", by=SYSTEM)
            places = [
                catalog.create_category(CategoryDraft(name=f"Category {n}"), by=SYSTEM)
                for n in range(10)
            ]
        variants, slugs = _products(products, places, chance)
        for _ in range(orders):
            _order(variants, chance)
    return variants, slugs


def _products(
    count: int, places: list[UUID], chance: random.Random
) -> tuple[list[UUID], list[str]]:
    variants: list[UUID] = []
    slugs: list[str] = []
    for batch in range(0, count, 50):
        with transaction():
            for number in range(batch, min(batch + 50, count)):
                title = " ".join(chance.sample(_WORDS, 3)).title()
                slug = f"product-{number}"
                made = catalog.create_product(
                    _draft(number, title, slug, places[number % 10]), by=SYSTEM
                )
                catalog.publish_product(made.product_id, expected_version=None, by=SYSTEM)
                inventory.set_opening_stock([(v, 100_000) for v in made.variant_ids], by=SYSTEM)
                variants += made.variant_ids
                slugs.append(slug)
    return variants, slugs


def _draft(number: int, title: str, slug: str, place: UUID) -> ProductDraft:
    return ProductDraft(
        title=title,
        slug=slug,
        description=f"<p>{title}, number {number}, made to be looked at a thousand times.</p>",
        vendor=f"Vendor {number % 17}",
        options=("Size",),
        category_ids=(place,),
        images=(ImageDraft(f"https://images.example.test/{number}.jpg"),),
        variants=tuple(
            VariantDraft(
                sku=f"SKU-{number}-{size}",
                option_values=(size,),
                prices=(PriceDraft(Money(500 + number, "EUR")),),
            )
            for size in ("S", "M", "L")
        ),
    )


def _order(variants: list[UUID], chance: random.Random) -> None:
    token = str(new_id())
    with transaction():
        cart, given = carts.open_cart(Principal(kind="guest", guest_key=hash_secret(token)), "EUR")
        for variant_id in chance.sample(variants, 3):
            carts.add(cart, variant_id, chance.randint(1, 3))
    buyer = Principal(kind="guest", label="Guest", guest_key=hash_secret(given or token))
    form = CheckoutForm(
        email="bench@example.test",
        shipping_address=ADDRESS,
        billing_address=None,
        shipping_method="standard",
        payment_method="manual",
        expected_total=None,
    )
    with transaction():
        order_id = checkout.place_order(form, by=buyer)
    with transaction():
        settlement.mark_paid(order_id, amount=None, reference="bench", by=SYSTEM)
