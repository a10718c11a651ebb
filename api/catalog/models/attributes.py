"""What kinds of products have in common, and everything that products can be filtered by."""

from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Computed,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Numeric,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from api.platform.db import Base, Timestamped, Versioned, WithId, named_enum


class AttributeKind(StrEnum):
    """What a value of an attribute is."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    CHOICE = "choice"
    CHOICES = "choices"


class Attribute(WithId, Versioned, Timestamped, Base):
    """Something to be said of products: material, width, vegan.

    Storefronts see it only when it `is_visible`, and filter by it only when it `is_filterable`.
    """

    __tablename__ = "attributes"
    __table_args__ = (
        CheckConstraint("code ~ '^[a-z][a-z0-9_]*$'", name="code_is_plain"),
        CheckConstraint("position >= 0", name="position_not_negative"),
    )

    code: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[AttributeKind] = mapped_column(named_enum(AttributeKind, "attribute_kind"))
    unit: Mapped[str] = mapped_column(String(20), default="")
    is_filterable: Mapped[bool] = mapped_column(default=True)
    is_visible: Mapped[bool] = mapped_column(default=True)
    position: Mapped[int] = mapped_column(default=0)


class AttributeChoice(WithId, Base):
    """One of the values that a choice allows: `value` is stored, `label` is read."""

    __tablename__ = "attribute_choices"
    __table_args__ = (
        UniqueConstraint("attribute_id", "value"),
        CheckConstraint("position >= 0", name="position_not_negative"),
    )

    attribute_id: Mapped[UUID] = mapped_column(ForeignKey("attributes.id", ondelete="CASCADE"))
    value: Mapped[str] = mapped_column(String(120))
    label: Mapped[str] = mapped_column(String(200))
    position: Mapped[int] = mapped_column(default=0)


class ProductType(WithId, Versioned, Timestamped, Base):
    """A kind of product, known by the name that products give as theirs, whatever its case."""

    __tablename__ = "product_types"

    name: Mapped[str] = mapped_column(String(255))
    name_key: Mapped[str] = mapped_column(
        Text(collation="C"),
        Computed("lower((name)::text)", persisted=True),
        unique=True,
        deferred=True,
    )


class ProductTypeAttribute(Base):
    """An attribute that products of a type have, and whether each of them must."""

    __tablename__ = "product_type_attributes"
    __table_args__ = (CheckConstraint("position >= 0", name="position_not_negative"),)

    product_type_id: Mapped[UUID] = mapped_column(
        ForeignKey("product_types.id", ondelete="CASCADE"), primary_key=True
    )
    attribute_id: Mapped[UUID] = mapped_column(
        ForeignKey("attributes.id"), primary_key=True, index=True
    )
    is_required: Mapped[bool] = mapped_column(default=False)
    position: Mapped[int] = mapped_column(default=0)


class ProductAttribute(Base):
    """What a product's attribute is: a text, number, boolean, day or choice, or several choices.

    `number` is what ranges are asked of: a number itself, or a date as its proleptic ordinal.
    """

    __tablename__ = "product_attributes"
    __table_args__ = (
        Index(
            "ix_product_attributes_by_number",
            "attribute_id",
            "number",
            "product_id",
            postgresql_where="number IS NOT NULL",
        ),
        Index("ix_product_attributes_attribute_id", "attribute_id", "product_id"),
    )

    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id"), primary_key=True)
    attribute_id: Mapped[UUID] = mapped_column(ForeignKey("attributes.id"), primary_key=True)
    value: Mapped[Any] = mapped_column(JSONB)
    number: Mapped[Decimal | None] = mapped_column(Numeric)


class FacetValue(Base):
    """One thing by which products are told apart: vendor Acme, tag sale, size M, colour red.

    Products name theirs by id in `products.traits`, where one index answers for all of them.
    `kind` is `vendor`, `tag`, `type`, `option:<name>` or `attribute:<code>`, and `option` for how
    options are called, which is counted with them and never asked for; `key` is how the
    value reads without case and accents, `label` how it was first written. Never deleted, so an
    id means the same for ever.
    """

    __tablename__ = "traits"
    __table_args__ = (UniqueConstraint("kind", "key"),)

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    kind: Mapped[str] = mapped_column(Text(collation="C"))
    key: Mapped[str] = mapped_column(Text(collation="C"))
    label: Mapped[str] = mapped_column(Text)
