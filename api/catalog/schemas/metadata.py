"""How metadata is written: small objects that mean nothing to the shop."""

from typing import Any

from marshmallow import fields, validate

from api.catalog.service.metadata import MOST_KEYS


def metadata_field(name: str, readers: str) -> fields.Field[Any]:
    """Return the form of metadata that is called so on the wire."""
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
