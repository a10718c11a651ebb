"""What staff see of attributes, product types and the values of products."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from api.catalog.errors import AttributeNotFound, ProductTypeNotFound
from api.catalog.models.attributes import (
    Attribute,
    AttributeChoice,
    AttributeKind,
    ProductAttribute,
    ProductType,
    ProductTypeAttribute,
)
from api.catalog.models.products import Product
from api.platform import pagination
from api.platform.db import AnyRow, session
from api.platform.pagination import Sort

_ATTRIBUTE = (
    *(Attribute.id, Attribute.version, Attribute.code, Attribute.name, Attribute.kind),
    *(Attribute.unit, Attribute.is_filterable, Attribute.is_visible, Attribute.position),
)
_TYPE = (ProductType.id, ProductType.version, ProductType.name)


def list_attributes(
    *,
    kind: str | None = None,
    limit: int = 25,
    cursor: str | None = None,
    with_total: bool = False,
) -> dict[str, object]:
    """Return a page of attributes in the shop's order, with their choices."""
    statement = select(*_ATTRIBUTE)
    if kind is not None:
        statement = statement.where(Attribute.kind == AttributeKind(kind))
    rows, page = pagination.page(
        statement,
        Sort((Attribute.position, Attribute.code)),
        limit=limit,
        cursor=cursor,
        filters=(kind,),
        total=statement.with_only_columns(Attribute.id) if with_total else None,
    )
    return {"data": _with_choices(rows), "page": page}


def get_attribute(attribute_id: UUID) -> dict[str, object]:
    """Return an attribute with its choices. Raises AttributeNotFound."""
    rows = session.execute(select(*_ATTRIBUTE).where(Attribute.id == attribute_id)).all()
    if not rows:
        raise AttributeNotFound(attribute_id=attribute_id)
    return _with_choices(rows)[0]


def list_product_types(
    *, limit: int = 25, cursor: str | None = None, with_total: bool = False
) -> dict[str, object]:
    """Return a page of product types by name, with what they define."""
    statement = select(*_TYPE)
    rows, page = pagination.page(
        statement,
        Sort((ProductType.name_key,)),
        limit=limit,
        cursor=cursor,
        total=statement.with_only_columns(ProductType.id) if with_total else None,
    )
    return {"data": _with_attributes(rows), "page": page}


def get_product_type(type_id: UUID) -> dict[str, object]:
    """Return a product type with what it defines. Raises ProductTypeNotFound."""
    rows = session.execute(select(*_TYPE).where(ProductType.id == type_id)).all()
    if not rows:
        raise ProductTypeNotFound(product_type_id=type_id)
    return _with_attributes(rows)[0]


def attribute_values(product_ids: Collection[UUID]) -> dict[UUID, dict[str, object]]:
    """Return what is said of these products, by code, in the shop's order; one statement."""
    rows = session.execute(
        select(ProductAttribute.product_id, Attribute.code, ProductAttribute.value)
        .join(Attribute, Attribute.id == ProductAttribute.attribute_id)
        .where(ProductAttribute.product_id.in_(product_ids))
        .order_by(Attribute.position, Attribute.code)
    )
    found: dict[UUID, dict[str, object]] = {}
    for row in rows:
        found.setdefault(row.product_id, {})[row.code] = row.value
    return found


def count_products() -> int:
    """Count the products of the shop; reads them all."""
    return session.scalar(select(func.count()).select_from(Product)) or 0


def slugs_of(product_ids: Collection[UUID]) -> list[str]:
    """Return the addresses of products, in the order of their ids."""
    return list(
        session.scalars(
            select(Product.slug).where(Product.id.in_(product_ids)).order_by(Product.id)
        )
    )


def _with_choices(rows: Sequence[AnyRow]) -> list[dict[str, object]]:
    found: dict[UUID, dict[str, Any]] = {
        row.id: {**pagination.strip_sort_columns(row), "choices": []} for row in rows
    }
    choices = session.execute(
        select(
            *(AttributeChoice.attribute_id, AttributeChoice.id, AttributeChoice.value),
            *(AttributeChoice.label, AttributeChoice.position),
        )
        .where(AttributeChoice.attribute_id.in_(found))
        .order_by(AttributeChoice.position, AttributeChoice.value)
    )
    for choice in choices:
        line = choice._asdict()
        found[line.pop("attribute_id")]["choices"].append(line)
    return list(found.values())


def _with_attributes(rows: Sequence[AnyRow]) -> list[dict[str, object]]:
    found: dict[UUID, dict[str, Any]] = {
        row.id: {**pagination.strip_sort_columns(row), "attributes": []} for row in rows
    }
    attributes = session.execute(
        select(
            *(ProductTypeAttribute.product_type_id, ProductTypeAttribute.attribute_id),
            *(Attribute.code, Attribute.name, Attribute.kind),
            *(ProductTypeAttribute.is_required, ProductTypeAttribute.position),
        )
        .join(Attribute, Attribute.id == ProductTypeAttribute.attribute_id)
        .where(ProductTypeAttribute.product_type_id.in_(found))
        .order_by(ProductTypeAttribute.position, Attribute.code)
    )
    for attribute in attributes:
        line = attribute._asdict()
        found[line.pop("product_type_id")]["attributes"].append(line)
    return list(found.values())
