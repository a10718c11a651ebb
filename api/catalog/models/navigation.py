"""Where products are found: the tree of categories, and collections by hand or by rule."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from api.platform.db import Base, Timestamped, Versioned, WithId, named_enum


class Category(WithId, Versioned, Timestamped, Base):
    """A place in the tree of the shop.

    `path` is the slugs from the root down to here, joined by slashes; it changes with the slug or
    the parent of any ancestor, under the lock on the tree. `is_visible` is what staff say of this
    one; `is_shown` follows, under the same lock, from that and from all that stand above it.
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
    seo_title: Mapped[str] = mapped_column(String(255), default="", server_default="")
    seo_description: Mapped[str] = mapped_column(String(500), default="", server_default="")
    position: Mapped[int] = mapped_column(default=0)
    # Byte order, so that "everything below" is one range of the index.
    path: Mapped[str] = mapped_column(Text(collation="C"), unique=True)
    is_visible: Mapped[bool] = mapped_column(default=True, server_default="true")
    is_shown: Mapped[bool] = mapped_column(default=True, server_default="true")


class ProductCategory(Base):
    """A product's place in a category; the ancestors of that category have it indirectly.

    `position` is the shop's own order within the category, lowest first. Nobody has placed most of
    them: their positions lie beyond all others and fall with time, so they follow by newest.
    """

    __tablename__ = "category_members"
    __table_args__ = (
        Index("ix_category_members_in_order", "category_id", "position", "product_id"),
        CheckConstraint("position >= 0", name="position_not_negative"),
    )

    category_id: Mapped[UUID] = mapped_column(ForeignKey("categories.id"), primary_key=True)
    product_id: Mapped[UUID] = mapped_column(
        ForeignKey("products.id"), primary_key=True, index=True
    )
    is_direct: Mapped[bool]
    position: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")


class CollectionKind(StrEnum):
    """Chosen product by product, or by rules that a job applies."""

    MANUAL = "manual"
    RULES = "rules"


class RuleMatch(StrEnum):
    """Whether a product must fit every rule of a collection or just one."""

    ALL = "all"
    ANY = "any"


class Collection(WithId, Versioned, Timestamped, Base):
    """Products that are shown together: summer, gifts under twenty, everything by one maker.

    `rules` are `{"field", "relation", "value"}`, empty for one by hand. `sort` is the order in
    which storefronts list it when they do not ask for another.
    """

    __tablename__ = "collections"

    slug: Mapped[str] = mapped_column(String(120), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text, default="")
    seo_title: Mapped[str] = mapped_column(String(255), default="")
    seo_description: Mapped[str] = mapped_column(String(500), default="")
    kind: Mapped[CollectionKind] = mapped_column(named_enum(CollectionKind, "collection_kind"))
    match: Mapped[RuleMatch] = mapped_column(
        named_enum(RuleMatch, "rule_match"), default=RuleMatch.ALL
    )
    rules: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    sort: Mapped[str] = mapped_column(String(20), default="position")
    is_visible: Mapped[bool] = mapped_column(default=True)
    refreshed_at: Mapped[datetime | None]


class CollectionProduct(Base):
    """A product in a collection; `position` is the shop's own order, lowest first.

    What rules brought in follows by newest until somebody places it, as in a category.
    """

    __tablename__ = "collection_members"
    __table_args__ = (
        Index("ix_collection_members_in_order", "collection_id", "position", "product_id"),
        CheckConstraint("position >= 0", name="position_not_negative"),
    )

    collection_id: Mapped[UUID] = mapped_column(
        ForeignKey("collections.id", ondelete="CASCADE"), primary_key=True
    )
    product_id: Mapped[UUID] = mapped_column(
        ForeignKey("products.id"), primary_key=True, index=True
    )
    position: Mapped[int] = mapped_column(BigInteger, default=0)
