"""The forms of fields, made from the one table of them."""

from collections.abc import Callable, Iterable
from typing import Any

from marshmallow import fields, validate

from api.catalog.fields import (
    BACK_ORDERS,
    HIGHEST_BACK_ORDER_LIMIT,
    HS_CODE,
    LOT_TRACKING,
    Field,
    Kind,
)
from api.catalog.service.metadata import MOST_KEYS, NAMES
from api.platform.addresses import COUNTRIES
from api.platform.http import Pattern

_READERS = {"public_metadata": "Storefronts read it.", "private_metadata": "Only staff read it."}


def written_fields(table: Iterable[Field]) -> dict[str, fields.Field[object]]:
    """Return the forms of the fields that staff write as they are, by name."""
    return {one.name: _written(one) for one in table if one.in_forms}


def shown_fields(table: Iterable[Field]) -> dict[str, fields.Field[Any]]:
    """Return the forms of the fields that storefronts show as they are, by name."""
    return {one.name: fields.String(required=True) for one in table if one.in_storefront}


def _written(field: Field) -> fields.Field[Any]:
    if field.name == "hs_code":
        return fields.String(
            validate=Pattern(f"^{HS_CODE}$", error="Use 4 to 14 digits, such as 6912.00.23."),
            metadata={"description": "How customs classify it.", "example": "6912.00.23"},
        )
    if field.name == "origin_country":
        return fields.String(
            validate=validate.OneOf(["", *sorted(COUNTRIES)], error="Use a code such as DE."),
            metadata={"description": "Where it was made, as customs ask.", "example": "DE"},
        )
    if field.name == "lot_tracking":
        return fields.String(
            validate=validate.OneOf(LOT_TRACKING),
            metadata={
                "description": "Whether its units are kept in lots, and whether each lot has a "
                "date until which it is sold. Empty: not in lots.",
                "example": "lot_and_expiry",
            },
        )
    if field.name in _BACK_ORDER_FORMS:
        return _BACK_ORDER_FORMS[field.name]()
    if field.kind is Kind.METADATA:
        return _metadata(NAMES[field.name], _READERS[field.name])
    if field.kind is Kind.REFERENCE:
        return fields.String(validate=validate.Length(1, field.longest), allow_none=True)
    assert field.kind is Kind.TEXT, f"{field.name} needs a form of its own"
    return fields.String(validate=validate.Length(max=field.longest))


_BACK_ORDER_FORMS: dict[str, Callable[[], fields.Field[Any]]] = {
    "back_orders": lambda: fields.String(
        validate=validate.OneOf(BACK_ORDERS),
        metadata={"description": "`allow`: it is sold when nothing is in stock, and orders wait."},
    ),
    "back_order_limit": lambda: fields.Integer(
        strict=True,
        validate=validate.Range(0, HIGHEST_BACK_ORDER_LIMIT),
        metadata={"description": "How many units orders may wait for at once; 0: no limit."},
    ),
    "back_order_note": lambda: fields.String(
        validate=validate.Length(max=120),
        metadata={
            "description": "When it is expected, as customers read it.",
            "example": "Ships from 14 March",
        },
    ),
}


def _metadata(name: str, readers: str) -> fields.Field[Any]:
    return fields.Dict(
        keys=fields.String(validate=validate.Length(1, 100)),
        values=fields.Raw(allow_none=True),
        data_key=name,
        validate=validate.Length(max=2 * MOST_KEYS),
        metadata={
            "description": f"Up to {MOST_KEYS} keys and 16 kB of JSON. {readers} Each key that is"
            " sent replaces, null removes it, and others stay.",
            "example": {"erp_id": "A-17"},
        },
    )
