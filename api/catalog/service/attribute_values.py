"""What a product's type lets be said of it: values that fit, and those that must be there."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import ARRAY, Text, delete, func, literal, select
from sqlalchemy.dialects.postgresql import insert as upsert

from api.catalog.errors import AttributesDoNotFit, RequiredAttributesMissing
from api.catalog.models.attributes import (
    Attribute,
    AttributeChoice,
    AttributeKind,
    ProductAttribute,
    ProductType,
    ProductTypeAttribute,
)
from api.catalog.models.products import Product
from api.catalog.service import attribute_parsing
from api.catalog.service.attribute_parsing import ParsedValue
from api.catalog.states import ProductStatus
from api.kernel.errors import DomainError
from api.platform.bulk_sql import any_of
from api.platform.db import session

_CHOOSING = (AttributeKind.CHOICE, AttributeKind.CHOICES)


@dataclass(slots=True)
class TypeAttribute:
    """An attribute as a type of product has it."""

    id: UUID
    code: str
    kind: AttributeKind
    is_filterable: bool
    is_required: bool
    choices: list[str] = field(default_factory=list)


AttributeSchema = dict[str, TypeAttribute]
"""What a type defines, by code, in the order of the type."""


@dataclass(frozen=True, slots=True)
class AttributeValue:
    """What is said of one attribute of a product."""

    attribute_id: UUID
    code: str
    kind: AttributeKind
    is_filterable: bool
    value: Any


def attribute_schemas(
    names: Iterable[str], *, with_choices: bool = True
) -> dict[str, AttributeSchema]:
    """Return what types define, by the names that products give as theirs, whatever their case.

    Holds the types and attributes as they are until the transaction ends, many readers at once:
    nobody takes away a choice or an attribute that is just being used. One statement when none of
    them is a type, else two, and another for the choices.
    """
    wanted = sorted({name for name in names if name})
    if not wanted:
        return {}
    asked = (
        func.unnest(literal(wanted, ARRAY(Text)))
        .table_valued("name", name="asked")
        .render_derived()
    )
    # In a statement of its own: who waits here for an edit of the type must read it afterwards.
    types = session.execute(
        select(asked.c.name, ProductType.id)
        .select_from(asked)
        .join(ProductType, ProductType.name_key == func.lower(asked.c.name))
        .order_by(ProductType.id)
        .with_for_update(read=True, key_share=True, of=ProductType)
    ).all()
    if not types:
        return {}
    rows = session.execute(
        select(
            *(ProductTypeAttribute.product_type_id, Attribute.id, Attribute.code, Attribute.kind),
            *(Attribute.is_filterable, ProductTypeAttribute.is_required),
        )
        .join(Attribute, Attribute.id == ProductTypeAttribute.attribute_id)
        .where(ProductTypeAttribute.product_type_id.in_({one.id for one in types}))
        .order_by(ProductTypeAttribute.position, Attribute.code)
        .with_for_update(read=True, key_share=True, of=Attribute)
    ).all()
    by_type: dict[UUID, AttributeSchema] = {one.id: {} for one in types}
    choosing: dict[UUID, list[TypeAttribute]] = {}
    for row in rows:
        defined = TypeAttribute(row.id, row.code, row.kind, row.is_filterable, row.is_required)
        by_type[row.product_type_id][row.code] = defined
        if row.kind in _CHOOSING:
            choosing.setdefault(row.id, []).append(defined)
    if with_choices and choosing:
        for choice in session.execute(
            select(AttributeChoice.attribute_id, AttributeChoice.value)
            .where(AttributeChoice.attribute_id.in_(choosing))
            .order_by(AttributeChoice.position, AttributeChoice.value)
        ):
            for defined in choosing[choice.attribute_id]:
                defined.choices.append(choice.value)
    return {one.name: by_type[one.id] for one in types}


def values_of(product_ids: Collection[UUID]) -> dict[UUID, dict[str, AttributeValue]]:
    """Return what is said of these products, by code, in one statement."""
    rows = session.execute(
        select(
            *(ProductAttribute.product_id, ProductAttribute.attribute_id, Attribute.code),
            *(Attribute.kind, Attribute.is_filterable, ProductAttribute.value),
        )
        .join(Attribute, Attribute.id == ProductAttribute.attribute_id)
        .where(any_of(ProductAttribute.product_id, product_ids))
    )
    found: dict[UUID, dict[str, AttributeValue]] = {}
    for product_id, *told in rows:
        value = AttributeValue(*told)
        found.setdefault(product_id, {})[value.code] = value
    return found


def validate_new_values(
    drafts: Sequence[tuple[str, Mapping[str, object]]],
) -> list[tuple[list[dict[str, object]], list[AttributeValue]]]:
    """Check what is said of new products, given as type and values by code.

    Returns for each the rows to store, without their product, and the values. Asks nothing when
    nothing is said. Raises AttributesDoNotFit.
    """
    types = attribute_schemas([name for name, given in drafts if given])
    return [_new(name, types.get(name, {}), given) for name, given in drafts]


class Typed(Protocol):
    """A product as far as its attributes must fit it."""

    @property
    def id(self) -> UUID:
        """Its id."""

    @property
    def product_type(self) -> str:
        """The name of its type."""

    @property
    def status(self) -> ProductStatus:
        """Whether it is published, and so must be complete."""


def assign_attribute_values(
    product: Typed, given: Mapping[str, object], *, has_new_type: bool = False
) -> dict[str, object]:
    """Set attributes of a locked product, by code; None removes one, the rest stays.

    Returns what changed. Refuses what its type, as it is now, does not define, whether it is said
    now or was said before, and values that do not fit. While the product is published, what
    its type requires cannot be removed.
    """
    there = values_of([product.id]).get(product.id, {})
    if not given and not there and not (has_new_type and product.status is ProductStatus.ACTIVE):
        return {}
    defined = attribute_schemas([product.product_type]).get(product.product_type, {})
    after = {code: value.value for code, value in there.items() if given.get(code, 0) is not None}
    wrong: list[dict[str, str]] = []
    changed: dict[str, ParsedValue] = {}
    for code, value in given.items():
        if code not in defined:
            if value is not None or code not in there:
                wrong.append(_unknown(code, product.product_type, defined))
        elif value is not None:
            try:
                read = attribute_parsing.parse_value(
                    defined[code].kind, value, defined[code].choices
                )
            except attribute_parsing.InvalidAttributeValue as unfit:
                wrong.append(_wrong(code, "invalid", str(unfit)))
                continue
            if code not in there or there[code].value != read.value:
                changed[code] = read
            after[code] = read.value
    for code in sorted((after.keys() & there.keys()) - defined.keys() - given.keys()):
        wrong.append(_left_over(code, product.product_type, defined))
    if wrong:
        raise _do_not_fit(wrong)
    gone = sorted(there.keys() - after.keys())
    if product.status is ProductStatus.ACTIVE and (has_new_type or gone):
        require_complete(product.product_type, defined, after)
    _write(product.id, {defined[code].id: read for code, read in changed.items()})
    _remove(product.id, [there[code].attribute_id for code in gone])
    return {**{code: read.value for code, read in changed.items()}, **dict.fromkeys(gone)}


def require_mandatory(product: Product) -> None:
    """Refuse to show a product that lacks what its type requires, naming that."""
    defined = attribute_schemas([product.product_type], with_choices=False).get(
        product.product_type
    )
    if defined and any(one.is_required for one in defined.values()):
        require_complete(product.product_type, defined, values_of([product.id]).get(product.id, {}))


def missing_required(defined: AttributeSchema, there: Collection[str]) -> list[str]:
    """Name what a type requires and a product does not say."""
    return [code for code, one in defined.items() if one.is_required and code not in there]


def type_change_error(
    name: str, defined: AttributeSchema, there: Collection[str], *, is_shown: bool
) -> DomainError | None:
    """Say why a product cannot have another type, given the codes by which something is said.

    The type must define these and, when the product is published, require nothing else.
    """
    wrong = [_left_over(code, name, defined) for code in sorted(set(there) - defined.keys())]
    if wrong:
        return _do_not_fit(wrong)
    return _gaps(name, defined, there) if is_shown else None


def _new(
    name: str, defined: AttributeSchema, given: Mapping[str, object]
) -> tuple[list[dict[str, object]], list[AttributeValue]]:
    rows: list[dict[str, object]] = []
    values: list[AttributeValue] = []
    wrong: list[dict[str, str]] = []
    for code, value in given.items():
        one = defined.get(code)
        if one is None:
            wrong.append(_unknown(code, name, defined))
        elif value is not None:
            try:
                read = attribute_parsing.parse_value(one.kind, value, one.choices)
            except attribute_parsing.InvalidAttributeValue as unfit:
                wrong.append(_wrong(code, "invalid", str(unfit)))
            else:
                rows.append({"attribute_id": one.id, **read._asdict()})
                values.append(AttributeValue(one.id, code, one.kind, one.is_filterable, read.value))
    if wrong:
        raise _do_not_fit(wrong)
    return rows, values


def _write(product_id: UUID, changed: Mapping[UUID, ParsedValue]) -> None:
    if not changed:
        return
    statement = upsert(ProductAttribute).values(
        [
            {"product_id": product_id, "attribute_id": attribute_id, **read._asdict()}
            for attribute_id, read in sorted(changed.items())
        ]
    )
    fresh = statement.excluded
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["product_id", "attribute_id"],
            set_={"value": fresh.value, "number": fresh.number},
        )
    )


def _remove(product_id: UUID, attribute_ids: Sequence[UUID]) -> None:
    if attribute_ids:
        session.execute(
            delete(ProductAttribute).where(
                ProductAttribute.product_id == product_id,
                ProductAttribute.attribute_id.in_(attribute_ids),
            )
        )


def _gaps(
    name: str, defined: AttributeSchema, there: Collection[str]
) -> RequiredAttributesMissing | None:
    gaps = missing_required(defined, there)
    if not gaps:
        return None
    return RequiredAttributesMissing(
        product_type=name,
        missing=", ".join(gaps),
        errors=[_wrong(code, "required", f"The type {name} requires it.") for code in gaps],
    )


def require_complete(name: str, defined: AttributeSchema, there: Collection[str]) -> None:
    """Refuse to publish a product of a type that says these things, naming what is missing."""
    if refusal := _gaps(name, defined, there):
        raise refusal


def _do_not_fit(wrong: list[dict[str, str]]) -> AttributesDoNotFit:
    return AttributesDoNotFit(wrong[0]["detail"] if len(wrong) == 1 else None, errors=wrong)


def _unknown(code: str, name: str, defined: AttributeSchema) -> dict[str, str]:
    if not name:
        detail = f"A product without a type has no attributes: give it one that defines {code}."
    else:
        detail = f"The type {name} does not define {code}; it defines {_named(defined)}."
    return _wrong(code, "unknown_attribute", detail)


def _left_over(code: str, name: str, defined: AttributeSchema) -> dict[str, str]:
    told = f"The type {name}" if name else "A product without a type"
    detail = (
        f"The product has a value for {code}, and {told[0].lower()}{told[1:]} does not define it"
        f" (it defines {_named(defined)})."
        f' Take it away in the same request with "attributes": {{"{code}": null}}.'
    )
    return _wrong(code, "unknown_attribute", detail)


def _named(defined: AttributeSchema) -> str:
    return ", ".join(defined) or "no attributes"


def _wrong(code: str, kind: str, detail: str) -> dict[str, str]:
    pointer = code.replace("~", "~0").replace("/", "~1")
    return {"pointer": f"/attributes/{pointer}", "in": "body", "code": kind, "detail": detail}
