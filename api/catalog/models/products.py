"""Products and their variants: the rows that everything else in the catalogue hangs on."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    Computed,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from api.catalog.states import ProductStatus
from api.platform import change_feed
from api.platform.db import Base, Timestamped, Versioned, WithId, named_enum


class Product(WithId, Versioned, Timestamped, Base):
    """One thing to sell, in one or more variants.

    `description` is HTML as the shop wrote it. The id is made in order of time, so the newest
    products are the highest ids. `category_id` is the main category, which gives the breadcrumbs.
    A draft with `publish_at` is published by itself at that moment. `traits` are the ids of
    everything that the product can be filtered by; they follow from the rows that people write.
    """

    __tablename__ = "products"
    __table_args__ = (
        Index("ix_products_newest", "id", postgresql_where="status = 'active'"),
        Index("ix_products_off_the_shelf", "status", "id", postgresql_where="status <> 'active'"),
        Index(
            "ix_products_newest_in_stock", "id", postgresql_where="status = 'active' AND in_stock"
        ),
        Index("ix_products_by_name", "search_title", "id"),
        Index("ix_products_search", "search", postgresql_using="gin"),
        Index("ix_products_search_titles", "search_titles", postgresql_using="gin"),
        Index("ix_products_search_heads", "search_heads", postgresql_using="gin"),
        Index("ix_products_traits", "traits", postgresql_using="gin"),
        Index(
            "ix_products_to_publish",
            "publish_at",
            postgresql_where="status = 'draft' AND publish_at IS NOT NULL",
        ),
    )

    slug: Mapped[str] = mapped_column(String(255), unique=True)
    title: Mapped[str] = mapped_column(String(255))
    description: Mapped[str] = mapped_column(Text, default="")
    seo_title: Mapped[str] = mapped_column(String(255), default="", server_default="")
    seo_description: Mapped[str] = mapped_column(String(500), default="", server_default="")
    pick_warning: Mapped[str] = mapped_column(String(300), default="", server_default="")
    status: Mapped[ProductStatus] = mapped_column(
        named_enum(ProductStatus, "product_status"), default=ProductStatus.DRAFT
    )
    vendor: Mapped[str] = mapped_column(String(255), default="")
    product_type: Mapped[str] = mapped_column(String(255), default="")
    tags: Mapped[list[str]] = mapped_column(default=list)
    options: Mapped[list[str]] = mapped_column(default=list)
    category_id: Mapped[UUID | None] = mapped_column(ForeignKey("categories.id"), index=True)
    external_reference: Mapped[str | None] = mapped_column(String(255), unique=True)
    public_metadata: Mapped[dict[str, object]] = mapped_column(default=dict, server_default="{}")
    private_metadata: Mapped[dict[str, object]] = mapped_column(default=dict, server_default="{}")
    published_at: Mapped[datetime | None]
    publish_at: Mapped[datetime | None]
    in_stock: Mapped[bool] = mapped_column(default=False)
    traits: Mapped[list[int]] = mapped_column(
        ARRAY(Integer), default=list, server_default="{}", deferred=True
    )

    # Lower case, without accents and punctuation: see kernel.words.
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
    # A GIN index holds no weights: titles, and titles with the words, have one each, so that they
    # can come before what only the description says.
    search_titles: Mapped[str] = mapped_column(
        TSVECTOR,
        Computed("strip(to_tsvector('simple'::regconfig, search_title))", persisted=True),
        deferred=True,
    )
    search_heads: Mapped[str] = mapped_column(
        TSVECTOR,
        Computed(
            "strip(to_tsvector('simple'::regconfig,"
            " ((search_title || ' '::text) || search_words)))",
            persisted=True,
        ),
        deferred=True,
    )


class Variant(WithId, Versioned, Timestamped, Base):
    """What is put into a basket and counted in stock.

    `option_values` stand in the order of the product's options; `title` is them joined by
    ` / `, empty for a product without options. SKUs are unique whatever their case. `barcode` is
    the first of its barcodes that means one unit; it follows from them.
    """

    __tablename__ = "variants"
    __table_args__ = (
        UniqueConstraint("product_id", "option_values"),
        CheckConstraint("weight_grams >= 0", name="weight_not_negative"),
        CheckConstraint("position >= 0", name="position_not_negative"),
        CheckConstraint("lot_tracking IN ('', 'lot', 'lot_and_expiry')", name="lot_tracking"),
        CheckConstraint("back_orders IN ('deny', 'allow')", name="back_orders"),
        CheckConstraint("back_order_limit >= 0", name="back_order_limit_not_negative"),
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
    shipping_profile: Mapped[str] = mapped_column(String(40), default="", server_default="")
    """What carrying it takes, such as `bulky` or `cold`; only methods that name it carry it."""
    hs_code: Mapped[str] = mapped_column(String(14), default="", server_default="")
    """The code of the Harmonized System by which customs classify it, such as `6912.00.23`."""
    origin_country: Mapped[str] = mapped_column(String(2), default="", server_default="")
    """Where it was made (ISO 3166), as customs ask."""
    lot_tracking: Mapped[str] = mapped_column(String(20), default="", server_default="")
    """Whether its units are kept in lots: `lot`, or `lot_and_expiry` where each lot has a date."""
    back_orders: Mapped[str] = mapped_column(String(10), default="deny", server_default="deny")
    """Whether it is sold when nothing is in stock: `deny` or `allow`."""
    back_order_limit: Mapped[int] = mapped_column(default=0, server_default="0")
    """How many units orders may wait for at once; 0 is no limit."""
    back_order_note: Mapped[str] = mapped_column(String(120), default="", server_default="")
    """When it is expected, in words for customers."""
    back_orders_full: Mapped[bool] = mapped_column(default=False, server_default="false")
    """Derived: orders wait for as many units as the limit allows."""
    position: Mapped[int] = mapped_column(default=0)
    in_stock: Mapped[bool] = mapped_column(default=False)
    image_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("product_images.id", ondelete="SET NULL"), index=True
    )
    external_reference: Mapped[str | None] = mapped_column(String(255), unique=True)
    public_metadata: Mapped[dict[str, object]] = mapped_column(default=dict, server_default="{}")
    private_metadata: Mapped[dict[str, object]] = mapped_column(default=dict, server_default="{}")


class Barcode(Base):
    """A code that is printed on goods: on one unit, or on a case of several.

    `pack_quantity` is how many units of the variant one scan of the code means. The ways to write
    an article's number are one code: `code_key` is how all of them read, see `codes.code_key`.
    """

    __tablename__ = "barcodes"
    __table_args__ = (
        CheckConstraint("pack_quantity BETWEEN 1 AND 100000", name="pack_holds_something"),
        CheckConstraint("position >= 0", name="position_not_negative"),
    )

    code: Mapped[str] = mapped_column(String(64), primary_key=True)
    code_key: Mapped[str] = mapped_column(Text(collation="C"), unique=True)
    variant_id: Mapped[UUID] = mapped_column(ForeignKey("variants.id"), index=True)
    pack_quantity: Mapped[int] = mapped_column(default=1)
    position: Mapped[int] = mapped_column(default=0)


class RelationKind(StrEnum):
    """Why one product is shown beside another."""

    RELATED = "related"
    UPSELL = "upsell"
    CROSS_SELL = "cross_sell"
    ACCESSORY = "accessory"
    REPLACEMENT = "replacement"


class ProductRelation(Base):
    """A product that is shown beside another; the way back is a row of its own."""

    __tablename__ = "product_relations"
    __table_args__ = (
        CheckConstraint("related_id <> product_id", name="not_to_itself"),
        CheckConstraint("position >= 0", name="position_not_negative"),
    )

    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id"), primary_key=True)
    kind: Mapped[RelationKind] = mapped_column(
        named_enum(RelationKind, "relation_kind"), primary_key=True
    )
    related_id: Mapped[UUID] = mapped_column(
        ForeignKey("products.id"), primary_key=True, index=True
    )
    position: Mapped[int] = mapped_column(default=0)


change_feed.watch(Product.__table__, {"product": "id"})
change_feed.watch(Variant.__table__, {"product": "product_id"})
