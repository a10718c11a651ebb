"""Builders that put things on sale: `a_product("BLUE-MUG", price="9.99 EUR")`."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from api.catalog.service import categories as category_service
from api.catalog.service import products as product_service
from api.catalog.service.inputs import (
    CategoryInput,
    ImageInput,
    PriceInput,
    ProductInput,
    VariantInput,
)
from api.kernel.money import Money, exponent
from api.kernel.principal import SYSTEM
from api.platform.db import transaction


def money(text: str) -> Money:
    """Read `9.99 EUR` or `500 JPY`."""
    amount, currency = text.split()
    return Money(int(Decimal(amount).scaleb(exponent(currency))), currency)


def a_product(
    *skus: str,
    price: str | Sequence[str] | None = "9.99 EUR",
    compare_at: str | None = None,
    title: str | None = None,
    slug: str | None = None,
    description: str = "",
    vendor: str = "",
    product_type: str = "",
    tags: Sequence[str] = (),
    options: Sequence[str] = (),
    option_values: Sequence[Sequence[str]] = (),
    barcodes: Sequence[str | None] = (),
    tax_class: str = "standard",
    weight_grams: int = 0,
    images: Sequence[str] = (),
    category_ids: Sequence[UUID] = (),
    external_reference: str | None = None,
    published: bool = True,
) -> list[UUID]:
    """Put a product with one variant per SKU on sale; returns the variants' ids in that order.

    Opens its own transaction. `price` is one for all variants, or several in other currencies;
    None leaves them without one. Several SKUs without options differ in `Kind`, by their SKU.
    Without a title the product is called after its first SKU: `BLUE-MUG` is `Blue Mug`.
    """
    named = tuple(options) or (("Kind",) if len(skus) > 1 else ())
    prices = [] if price is None else [price] if isinstance(price, str) else price
    drafts = tuple(
        VariantInput(
            sku=sku,
            barcode=barcodes[place] if barcodes else None,
            option_values=tuple(option_values[place]) if option_values else (sku,) * len(named),
            weight_grams=weight_grams,
            tax_class=tax_class,
            prices=tuple(
                PriceInput(money(text), money(compare_at) if compare_at else None)
                for text in prices
            ),
        )
        for place, sku in enumerate(skus)
    )
    draft = ProductInput(
        title=title or skus[0].replace("-", " ").title(),
        slug=slug,
        description=description,
        vendor=vendor,
        product_type=product_type,
        tags=tuple(tags),
        options=named,
        images=tuple(ImageInput(url) for url in images),
        variants=drafts,
        category_ids=tuple(category_ids),
        external_reference=external_reference,
    )
    with transaction():
        stored = product_service.create_product(draft, by=SYSTEM)
        if published:
            product_service.publish_product(stored.product_id, expected_version=None, by=SYSTEM)
    return list(stored.variant_ids)


def a_category(name: str, *, below: UUID | None = None, position: int = 0) -> UUID:
    """Add a category to the tree; opens its own transaction."""
    with transaction():
        return category_service.create_category(
            CategoryInput(name=name, parent_id=below, position=position), by=SYSTEM
        )
