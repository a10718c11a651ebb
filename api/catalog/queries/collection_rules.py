"""Which products fit the rules of a collection: each rule as a condition on the product's row.

The tables here say it all: a field knows where its values are, a relation how one is compared. The
rules were checked by `service.rules`; one that names something that is gone fits nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    String,
    Text,
    and_,
    case,
    cast,
    column,
    exists,
    false,
    func,
    or_,
    select,
    true,
)

from api.catalog.models.attributes import Attribute, ProductAttribute
from api.catalog.models.navigation import Category, ProductCategory, RuleMatch
from api.catalog.models.prices import PriceRange, VariantPrice
from api.catalog.models.products import Product, Variant
from api.platform import pagination
from api.platform.db import session

Condition = ColumnElement[bool]
Rule = Mapping[str, Any]
Test = Callable[[Any], Condition]
"""Tells whether one value, a column or an expression, is what a rule asks for."""

DENIALS = {"is_not": "is", "is_not_set": "is_set", "does_not_contain": "contains"}
"""Relations that say that no value of the product is what the other relation asks for."""

_COMPARISONS: Mapping[str, Callable[[Any, Any], Condition]] = {
    "is": lambda column, asked: column == asked,
    "greater_than": lambda column, asked: column > asked,
    "less_than": lambda column, asked: column < asked,
    "is_set": lambda column, asked: column.is_not(None),
}
_TEXTUAL: Mapping[str, Callable[[Any, Any], Condition]] = {
    "is": lambda column, asked: func.lower(column) == func.lower(asked),
    "contains": lambda column, asked: column.icontains(asked, autoescape=True),
    "starts_with": lambda column, asked: column.istartswith(asked, autoescape=True),
    "ends_with": lambda column, asked: column.iendswith(asked, autoescape=True),
    "is_set": lambda column, asked: column != "",
}


@dataclass(frozen=True, slots=True)
class Field:
    """Something of a product that rules may ask for.

    `any_of` tells, for a rule, whether any of the product's values passes a test; `asked` is what
    of the rule's value they are compared with.
    """

    any_of: Callable[[Rule, Test], Condition]
    asked: Callable[[Any], Any]
    relations: tuple[str, ...]


_TEXTS = ("is", "is_not", "contains", "does_not_contain", "starts_with", "ends_with")
_SET = ("is_set", "is_not_set")
_NUMBERS = ("is", "is_not", "greater_than", "less_than")


def _own(column: object) -> Callable[[Rule, Test], Condition]:
    return lambda _, test: test(column)


def _tags(_: Rule, test: Test) -> Condition:
    tags = func.jsonb_array_elements_text(Product.tags).table_valued(column("value", Text))
    return exists(select(1).select_from(tags).where(test(tags.c.value)).correlate(Product))


def _lowest_price(rule: Rule, test: Test) -> Condition:
    return exists().where(
        PriceRange.product_id == Product.id,
        PriceRange.currency == rule["value"]["currency"],
        test(PriceRange.lowest),
    )


def _former_price(rule: Rule, test: Test) -> Condition:
    return exists().where(
        Variant.product_id == Product.id,
        VariantPrice.variant_id == Variant.id,
        VariantPrice.currency == rule["value"]["currency"],
        test(VariantPrice.compare_at),
    )


def _categories(_: Rule, test: Test) -> Condition:
    return exists().where(
        ProductCategory.product_id == Product.id,
        Category.id == ProductCategory.category_id,
        test(Category.slug),
    )


def _option_values(rule: Rule, test: Test) -> Condition:
    names = (
        func.jsonb_array_elements_text(Product.options)
        .table_valued(column("name", Text), with_ordinality="place")
        .render_derived()
    )
    chosen = Variant.option_values.op("->>", return_type=Text())(cast(names.c.place - 1, Integer))
    return exists(
        select(1)
        .select_from(Variant)
        .join(names, true())
        .where(
            Variant.product_id == Product.id,
            func.lower(names.c.name) == func.lower(rule["value"]["name"]),
            test(chosen),
        )
        .correlate(Product)
    )


def _attribute_values(rule: Rule, test: Test) -> Condition:
    """Numbers, and days in their order, as numbers; anything else as text, each choice for one."""
    asked = rule["value"].get("value")
    is_number = isinstance(asked, int | float) and not isinstance(asked, bool)
    passes: Condition
    if is_number or rule["relation"] in ("greater_than", "less_than"):
        passes = test(ProductAttribute.number)
    else:
        stored = ProductAttribute.value
        several = case(
            (func.jsonb_typeof(stored) == "array", stored), else_=func.jsonb_build_array(stored)
        )
        texts = func.jsonb_array_elements_text(several).table_valued(column("value", Text))
        passes = exists(
            select(1).select_from(texts).where(test(texts.c.value)).correlate(ProductAttribute)
        )
    return exists(
        select(1)
        .select_from(ProductAttribute)
        .join(Attribute, Attribute.id == ProductAttribute.attribute_id)
        .where(
            ProductAttribute.product_id == Product.id,
            Attribute.code == rule["value"]["code"],
            passes,
        )
        .correlate(Product)
    )


def _weights(_: Rule, test: Test) -> Condition:
    return exists().where(Variant.product_id == Product.id, test(Variant.weight_grams))


def _day(given: Any) -> int | None:
    """Return a day as the number that attributes keep of it, None for anything else."""
    try:
        return date.fromisoformat(given).toordinal() if len(given) == 10 else None
    except (TypeError, ValueError):
        return None


def _itself(value: object) -> object:
    return value


FIELDS: Mapping[str, Field] = {
    "tag": Field(_tags, _itself, (*_TEXTS, *_SET)),
    "vendor": Field(_own(Product.vendor), _itself, (*_TEXTS, *_SET)),
    "product_type": Field(_own(Product.product_type), _itself, (*_TEXTS, *_SET)),
    "title": Field(_own(Product.title), _itself, _TEXTS),
    "price": Field(_lowest_price, lambda value: value.get("amount"), (*_NUMBERS, *_SET)),
    "compare_at": Field(_former_price, _itself, _SET),
    "in_stock": Field(_own(Product.in_stock), _itself, ("is",)),
    "category": Field(_categories, _itself, ("is", "is_not", *_SET)),
    "option": Field(_option_values, lambda value: value.get("value"), (*_TEXTS, *_SET)),
    "attribute": Field(
        _attribute_values,
        lambda value: value.get("value"),
        (*_TEXTS, "greater_than", "less_than", *_SET),
    ),
    "weight_grams": Field(_weights, _itself, _NUMBERS),
    "created_at": Field(
        _own(Product.created_at), datetime.fromisoformat, ("greater_than", "less_than")
    ),
}
RELATIONS = tuple(dict.fromkeys(relation for f in FIELDS.values() for relation in f.relations))


def rules_to_sql(match: RuleMatch, rules: Sequence[Rule]) -> Condition:
    """Return the condition on a product's row that it fits checked rules; none fits no rules."""
    if not rules:
        return false()
    join = and_ if match is RuleMatch.ALL else or_
    return join(*(_condition(rule) for rule in rules))


def preview(match: RuleMatch, rules: Sequence[Rule], *, limit: int = 20) -> dict[str, object]:
    """Return the newest products that fit checked rules, and how many do, counted to 10,000."""
    fitting = select(Product.id).where(rules_to_sql(match, rules))
    rows = session.execute(
        select(Product.id, Product.slug, Product.title, Product.status, Product.vendor)
        .where(rules_to_sql(match, rules))
        .order_by(Product.id.desc())
        .limit(limit)
    ).all()
    cap = pagination.TOTAL_CAP
    count = session.scalar(select(func.count()).select_from(fitting.limit(cap + 1).subquery()))
    return {
        "products": [row._asdict() for row in rows],
        "total": min(count or 0, cap),
        "total_is_capped": (count or 0) > cap,
    }


def _condition(rule: Rule) -> Condition:
    field, said = FIELDS[rule["field"]], str(rule["relation"])
    relation = DENIALS.get(said, said)
    asked = None if relation == "is_set" else field.asked(rule["value"])

    def test(value: Any) -> Condition:
        if isinstance(value.type, String):
            return _TEXTUAL[relation](value, _as_text(asked))
        return _COMPARISONS[relation](value, _as_number(asked))

    found = field.any_of(rule, test)
    return found if relation == said else ~found


def _as_text(asked: object) -> object:
    return str(asked).lower() if isinstance(asked, bool) else asked


def _as_number(asked: object) -> object:
    return _day(asked) if isinstance(asked, str) else asked
