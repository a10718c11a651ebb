"""What others keep with a product or variant: small objects of theirs that mean nothing to us.

Public metadata goes out to storefronts, private metadata to staff alone. Both are changed key by
key, so that two programs that keep different keys do not undo each other.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from api.catalog.errors import MetadataTooLarge
from api.catalog.models.products import Product, Variant

MOST_KEYS = 50
MOST_BYTES = 16 * 1024
MAX_DEPTH = 50
"""Objects and lists in each other; no more could be written into a file and read again."""

NAMES = {"public_metadata": "metadata", "private_metadata": "private_metadata"}
"""What the columns are called outside."""


def merge_metadata(before: Product | Variant, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return changes in which metadata is whole: each key replaces, None removes, others stay.

    Refuses more than 50 keys or 16 kB of JSON in one of them. A change without metadata is
    returned as it is.
    """
    result = dict(changes)
    for column, name in NAMES.items():
        if column in changes:
            kept = {**getattr(before, column), **changes[column]}
            result[column] = without_nulls(kept)
            _check(result[column], name)
    return result


def without_nulls(given: Mapping[str, object]) -> dict[str, object]:
    """Return the metadata of something new; a key without a value is left out."""
    return {key: value for key, value in given.items() if value is not None}


def validate_metadata(*, public: Mapping[str, object], private: Mapping[str, object]) -> None:
    """Refuse metadata of something new that has too many keys or is too large."""
    _check(without_nulls(public), NAMES["public_metadata"])
    _check(without_nulls(private), NAMES["private_metadata"])


def _check(kept: Mapping[str, object], name: str) -> None:
    is_too_deep = _is_deeper(kept, MAX_DEPTH)
    size = 0 if is_too_deep else len(orjson.dumps(kept))
    if is_too_deep or len(kept) > MOST_KEYS or size > MOST_BYTES:
        detail = f"It would have {len(kept)} keys and {size:,} bytes."
        if is_too_deep:
            detail = f"It would be nested deeper than {MAX_DEPTH} levels."
        error = {"pointer": f"/{name}", "in": "body", "code": "invalid", "detail": detail}
        raise MetadataTooLarge(errors=[error], most_keys=MOST_KEYS, most_bytes=MOST_BYTES)


def _is_deeper(value: Any, most: int) -> bool:
    """Tell whether objects and lists stand in each other more than so many levels deep."""
    level = [value]
    for _ in range(most + 1):
        level = [one for one in level if isinstance(one, dict | list)]
        if not level:
            return False
        level = [
            inner for one in level for inner in (one.values() if isinstance(one, dict) else one)
        ]
    return True
