"""Say what kinds of products have in common: which attributes they have, and must have."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, or_, select, update

from api.catalog.errors import (
    AttributeTwice,
    AttributeUnknown,
    ProductTypeInUse,
    ProductTypeNotFound,
    ProductTypeTooCommon,
)
from api.catalog.events import CatalogChanged
from api.catalog.models.attributes import (
    Attribute,
    ProductAttribute,
    ProductType,
    ProductTypeAttribute,
)
from api.catalog.models.products import Product
from api.catalog.service import reindex
from api.catalog.service.inputs import TypeAttributeInput
from api.catalog.service.integrity import translate_integrity_errors
from api.catalog.states import ProductStatus
from api.kernel.ids import new_id
from api.kernel.principal import Principal
from api.platform import audit
from api.platform.db import lock_entity, require_transaction, session
from api.platform.etags import check
from api.platform.outbox import emit

MOST_RENAMED = 2_000
"""Products that a type takes along to its new name in one transaction."""


def create_product_type(
    name: str, attributes: Sequence[TypeAttributeInput], *, by: Principal
) -> UUID:
    """Define a type; products that name it as theirs have its attributes from now on.

    Returns its id. Refuses a name that another type has, whatever its case, an attribute that is
    not there and one that is named twice.
    """
    require_transaction()
    rows = _rows(attributes)
    type_id = new_id()
    with translate_integrity_errors():
        session.add(ProductType(id=type_id, name=name))
    _write(type_id, rows)
    audit.record("product_type.created", by=by, subject_id=type_id, name=name)
    return type_id


def edit_product_type(
    type_id: UUID, changes: Mapping[str, Any], *, expected_version: int, by: Principal
) -> None:
    """Rename a type, or replace the list of its attributes.

    A new name goes to its products too. Locks those, then the type. Refuses a version that is not
    the present one, what `create_product_type` refuses, to leave out an attribute that products
    of the type have a value for, and to rename too many products at once. What is required from
    now on is asked of products when they are published.
    """
    renamed = _lock_named(type_id) if "name" in changes else []
    kind = _lock(type_id)
    check(kind.version, expected_version)
    changed: dict[str, object] = {}
    if "attributes" in changes:
        rows = _rows(changes["attributes"])
        before = _there(type_id)
        if before != rows:
            gone = before.keys() - rows.keys()
            _refuse_said(kind, gone)
            session.execute(
                delete(ProductTypeAttribute).where(ProductTypeAttribute.product_type_id == type_id)
            )
            _write(type_id, rows)
            changed["attributes"] = [str(attribute_id) for attribute_id in rows]
    if changes.get("name", kind.name) != kind.name:
        changed["name"] = changes["name"]
        with translate_integrity_errors():
            kind.name = changes["name"]
        _rename(renamed, changes["name"])
    if not changed:
        return
    kind.version += 1
    session.flush()
    audit.record("product_type.edited", by=by, subject_id=type_id, **changed)


def delete_product_type(type_id: UUID, *, expected_version: int, by: Principal) -> None:
    """Remove a type; its products go on naming it, without attributes.

    Locks the type. Refuses one whose products have values for its attributes.
    """
    require_transaction()
    kind = _lock(type_id)
    check(kind.version, expected_version)
    _refuse_said(kind, _there(type_id).keys())
    session.execute(delete(ProductType).where(ProductType.id == type_id))
    audit.record("product_type.deleted", by=by, subject_id=type_id, name=kind.name)


def _lock_named(type_id: UUID) -> list[UUID]:
    """Lock the products of a type, in id order, before the type itself."""
    require_transaction()
    key = select(ProductType.name_key).where(ProductType.id == type_id).scalar_subquery()
    found = session.scalars(
        select(Product.id)
        .where(func.lower(Product.product_type) == key)
        .order_by(Product.id)
        .limit(MOST_RENAMED + 1)
        .with_for_update(key_share=True)
    ).all()
    return list(found)


def _lock(type_id: UUID) -> ProductType:
    """Lock a type alone: no product gets a value by it meanwhile."""
    return lock_entity(ProductType, type_id, ProductTypeNotFound(product_type_id=type_id))


def _rows(drafts: Sequence[TypeAttributeInput]) -> dict[UUID, tuple[bool, int]]:
    """Find the attributes that are meant; returns whether each is required, and its place."""
    codes = [draft.code for draft in drafts if draft.code is not None]
    ids = [draft.attribute_id for draft in drafts if draft.attribute_id is not None]
    found = session.execute(
        select(Attribute.id, Attribute.code)
        .where(or_(Attribute.code.in_(codes), Attribute.id.in_(ids)))
        .order_by(Attribute.id)
        .with_for_update(read=True, key_share=True)
    ).all()
    by_name: dict[Any, Any] = {row.id: row for row in found} | {row.code: row for row in found}
    unknown = [
        str(draft.code or draft.attribute_id)
        for draft in drafts
        if (draft.attribute_id or draft.code) not in by_name
    ]
    if unknown:
        raise AttributeUnknown(attributes=", ".join(unknown))
    rows: dict[UUID, tuple[bool, int]] = {}
    for place, draft in enumerate(drafts):
        meant = by_name[draft.attribute_id or draft.code]
        if meant.id in rows:
            raise AttributeTwice(attribute=meant.code)
        rows[meant.id] = (draft.is_required, place if draft.position is None else draft.position)
    return rows


def _there(type_id: UUID) -> dict[UUID, tuple[bool, int]]:
    rows = session.execute(
        select(
            *(ProductTypeAttribute.attribute_id, ProductTypeAttribute.is_required),
            ProductTypeAttribute.position,
        ).where(ProductTypeAttribute.product_type_id == type_id)
    )
    return {row.attribute_id: (row.is_required, row.position) for row in rows}


def _write(type_id: UUID, rows: Mapping[UUID, tuple[bool, int]]) -> None:
    if rows:
        session.execute(
            insert(ProductTypeAttribute),
            [
                {
                    "product_type_id": type_id,
                    "attribute_id": attribute_id,
                    "is_required": is_required,
                    "position": position,
                }
                for attribute_id, (is_required, position) in rows.items()
            ],
        )


def _refuse_said(kind: ProductType, attribute_ids: Collection[UUID]) -> None:
    """Refuse to let go of attributes by which products of the type say something."""
    if not attribute_ids:
        return
    rows = session.execute(
        select(Attribute.code, func.count().label("products"))
        .join(ProductAttribute, ProductAttribute.attribute_id == Attribute.id)
        .join(Product, Product.id == ProductAttribute.product_id)
        .where(
            Attribute.id.in_(attribute_ids),
            func.lower(Product.product_type) == func.lower(kind.name),
        )
        .group_by(Attribute.code)
        .order_by(Attribute.code)
    ).all()
    if rows:
        raise ProductTypeInUse(
            products=max(row.products for row in rows),
            attributes=", ".join(row.code for row in rows),
        )


def _rename(product_ids: Sequence[UUID], name: str) -> None:
    """Carry the new name of a type to its products, and all that follows from it."""
    if len(product_ids) > MOST_RENAMED:
        raise ProductTypeTooCommon(most=MOST_RENAMED)
    if not product_ids:
        return
    renamed = session.execute(
        update(Product)
        .where(Product.id.in_(product_ids), Product.product_type != name)
        .values(product_type=name, version=Product.version + 1)
        .returning(Product.id, Product.slug, Product.status)
        .execution_options(synchronize_session=False)
    ).all()
    reindex.reindex_products([row.id for row in renamed])
    slugs = tuple(row.slug for row in renamed if row.status is ProductStatus.ACTIVE)
    if slugs:
        emit(CatalogChanged(slugs=slugs))
