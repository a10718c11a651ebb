"""The catalogue's ledger: categories, products, variants, prices and pictures.

Three things are kept twice, so that a page of a million products costs what a page of ten does:
`category_members` names every ancestor of a product's categories, `product_price_ranges` holds the
lowest price per currency, and `search` the words by which a product is found. `service` alone
writes them, in the transaction of the change that they follow from.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from api.platform.db import Base, Dated, Identified, Versioned, named_enum


class ProductStatus(StrEnum):
    """Draft and archived products are for staff only; active ones are on the shelf."""

    DRAFT = "draft"
    ACTIVE = "active"
    ARCHIVED = "archived"


class Category(Identified, Versioned, Dated, Base):
    """A place in the tree of the shop.

    `path` is the slugs from the root down to here, joined by slashes; it changes with the slug or
    the parent of any ancestor, under the lock on the tree.
    """

    __tablename__ = "categories"
    __table_args__ = (
        CheckConstraint("parent_id <> id", name="not_its_own_parent"),
        CheckConstraint("position >= 0", name="position_not_negative"),
    )

    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("categories.id"), index=True)
    slug: Mapped[str] = mapped_column(String(120), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text, default="")
    position: Mapped[int] = mapped_column(default=0)
    # Byte order, so that "everything below" is one range of the index.
    path: Mapped[str] = mapped_column(Text(collation="C"), unique=True)


class Product(Identified, Versioned, Dated, Base):
    """One thing to sell, in one or more variants.

    `description` is HTML as the shop wrote it. The id is made in order of time, so the newest
    products are the highest ids. `category_id` is the main category, which gives the breadcrumbs.
    """

    __tablename__ = "products"
    __table_args__ = (
        Index("ix_products_newest", "id", postgresql_where="status = 'active'"),
        Index("ix_products_by_name", "search_title", "id", postgresql_where="status = 'active'"),
        Index("ix_products_search", "search", postgresql_using="gin"),
    )

    slug: Mapped[str] = mapped_column(String(255), unique=True)
    title: Mapped[str] = mapped_column(String(255))
    description: Mapped[str] = mapped_column(Text, default="")
    status: Mapped[ProductStatus] = mapped_column(
        named_enum(ProductStatus, "product_status"), default=ProductStatus.DRAFT
    )
    vendor: Mapped[str] = mapped_column(String(255), default="")
    product_type: Mapped[str] = mapped_column(String(255), default="")
    tags: Mapped[list[str]] = mapped_column(default=list)
    options: Mapped[list[str]] = mapped_column(default=list)
    category_id: Mapped[UUID | None] = mapped_column(ForeignKey("categories.id"), index=True)
    external_reference: Mapped[str | None] = mapped_column(String(255), unique=True)
    published_at: Mapped[datetime | None]
    in_stock: Mapped[bool] = mapped_column(default=False)

    # Lower case, without accents and punctuation: see texts.words.
    search_title: Mapped[str] = mapped_column(Text(collation="C"), default="")
    search_words: Mapped[str] = mapped_column(Text, default="")
    search_body: Mapped[str] = mapped_column(Text, default="")
    search: Mapped[str] = mapped_column(
        TSVECTOR,
        Computed(
            "setweight(to_tsvector('simple'::regconfig, search_title), 'A'::\"char\")"
            " || setweight(to_tsvector('simple'::regconfig, search_words), 'B'::\"char\")"
            " || setweight(to_tsvector('simple'::regconfig, search_body), 'D'::\"char\")",
            persisted=True,
        ),
        deferred=True,
    )


class CategoryMember(Base):
    """A product's place in a category; the ancestors of that category have it indirectly."""

    __tablename__ = "category_members"

    category_id: Mapped[UUID] = mapped_column(ForeignKey("categories.id"), primary_key=True)
    product_id: Mapped[UUID] = mapped_column(
        ForeignKey("products.id"), primary_key=True, index=True
    )
    is_direct: Mapped[bool]


class ProductImage(Identified, Base):
    """A picture by its address, known by it within its product."""

    __tablename__ = "product_images"
    __table_args__ = (
        UniqueConstraint("product_id", "url"),
        CheckConstraint("position >= 0", name="position_not_negative"),
    )

    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id"))
    url: Mapped[str] = mapped_column(String(2000))
    alt: Mapped[str] = mapped_column(String(500), default="")
    position: Mapped[int] = mapped_column(default=0)


class Variant(Identified, Versioned, Dated, Base):
    """What is put into a basket and counted on a shelf.

    `option_values` stand in the order of the product's options; `title` is them joined by
    ` / `, empty for a product without options. SKUs are unique whatever their case.
    """

    __tablename__ = "variants"
    __table_args__ = (
        UniqueConstraint("product_id", "option_values"),
        CheckConstraint("weight_grams >= 0", name="weight_not_negative"),
        CheckConstraint("position >= 0", name="position_not_negative"),
    )

    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id"))
    sku: Mapped[str] = mapped_column(String(255))
    sku_key: Mapped[str] = mapped_column(
        Text(collation="C"),
        Computed("lower((sku)::text)", persisted=True),
        unique=True,
        deferred=True,
    )
    barcode: Mapped[str | None] = mapped_column(String(64), unique=True)
    option_values: Mapped[list[str]] = mapped_column(default=list)
    title: Mapped[str] = mapped_column(Text, default="")
    weight_grams: Mapped[int] = mapped_column(default=0)
    tax_class: Mapped[str] = mapped_column(String(40), default="standard")
    position: Mapped[int] = mapped_column(default=0)
    in_stock: Mapped[bool] = mapped_column(default=False)
    image_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("product_images.id", ondelete="SET NULL"), index=True
    )


class VariantPrice(Base):
    """What a variant costs in one currency, in minor units; no row means not for sale in it."""

    __tablename__ = "variant_prices"
    __table_args__ = (
        CheckConstraint("amount >= 0", name="amount_not_negative"),
        CheckConstraint("compare_at > amount", name="compare_at_above_amount"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency_is_a_code"),
    )

    variant_id: Mapped[UUID] = mapped_column(ForeignKey("variants.id"), primary_key=True)
    currency: Mapped[str] = mapped_column(String(3), primary_key=True)
    amount: Mapped[int] = mapped_column(BigInteger)
    compare_at: Mapped[int | None] = mapped_column(BigInteger)


class PriceRange(Base):
    """From which price on a product is sold in one currency; follows from its variants' prices.

    `compare_at` is that of the variant with the lowest price.
    """

    __tablename__ = "product_price_ranges"
    __table_args__ = (
        Index("ix_product_price_ranges_by_price", "currency", "lowest", "product_id"),
    )

    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id"), primary_key=True)
    currency: Mapped[str] = mapped_column(String(3), primary_key=True)
    lowest: Mapped[int] = mapped_column(BigInteger)
    highest: Mapped[int] = mapped_column(BigInteger)
    compare_at: Mapped[int | None] = mapped_column(BigInteger)
