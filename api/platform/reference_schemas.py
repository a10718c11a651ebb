"""Forms of references of other systems, for every kind of object that has them."""

from typing import Any, TypedDict

import marshmallow as ma

from api.platform.external_references import MOST_SYSTEMS
from api.platform.http import TRIMMED, Pattern, Schema

MOST_KEYS = 20

_SYSTEM = Pattern(
    r"^[a-z0-9][a-z0-9_-]{0,39}$",
    error="Name the system in up to 40 small letters, digits or dashes.",
)
_KEY = Pattern(
    r"^[A-Za-z0-9_.-]{1,40}$", error="A key has up to 40 letters, digits, dots or dashes."
)
_VALUE = (ma.validate.Length(1, 200), TRIMMED)
_METADATA = ma.fields.Dict(
    keys=ma.fields.String(validate=_KEY),
    values=ma.fields.String(validate=ma.validate.Length(1, 500)),
    load_default=dict,
    validate=ma.validate.Length(0, MOST_KEYS),
    metadata={"description": "Small texts of the system.", "example": {"cost_center": "42"}},
)


def _text(**options: Any) -> ma.fields.String:
    return ma.fields.String(**options)


class ReferenceFilterSchema(Schema):
    """Filters of a list by what other systems keep."""

    reference = _text(
        load_default=None,
        validate=Pattern(
            r"^[a-z0-9][a-z0-9_-]{0,39}:\S([^\n]{0,198}\S)?$",
            error="Write the system and its reference, such as datev:4711.",
        ),
        metadata={
            "description": "What a system calls it, exactly: `system:reference`.",
            "example": "datev:4711",
        },
    )
    metadata = _text(
        load_default=None,
        validate=Pattern(
            r"^[A-Za-z0-9_.-]{1,40}:[^\n]{1,500}$",
            error="Write a key and its value, such as cost_center:42.",
        ),
        metadata={
            "description": "An entry that any system keeps with it: `key:value`.",
            "example": "cost_center:42",
        },
    )


class WrittenReference(TypedDict):
    """What a system is to keep about an object."""

    system: str
    value: str | None
    metadata: dict[str, str]


class SetReferenceSchema(Schema):
    """What a system keeps about an object; nothing of both removes it."""

    system = _text(required=True, validate=_SYSTEM, metadata={"example": "datev"})
    value = _text(
        load_default=None,
        allow_none=True,
        validate=_VALUE,
        metadata={
            "description": "What the system calls it; unique within the system.",
            "example": "4711",
        },
    )
    metadata = _METADATA


class ReferenceSchema(Schema):
    """What a system keeps about an object."""

    system = _text(required=True)
    value = _text(required=True, allow_none=True)
    metadata = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.String(), required=True)


class ReferencesSchema(Schema):
    """What all systems keep about an object, by their names."""

    data = ma.fields.List(
        ma.fields.Nested(ReferenceSchema),
        required=True,
        validate=ma.validate.Length(0, MOST_SYSTEMS),
    )
