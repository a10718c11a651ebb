"""What differs between two documents of a product; see `queries.export_documents`."""

from collections.abc import Mapping, Sequence
from typing import Any

Document = Mapping[str, Any]

_UNCOMPARED = {"version", "variants", "stock"}
"""Versions and stock are not compared; variants are compared one
by one."""


def diff_documents(
    before: Document, after: Document, *, with_unlisted: bool = True
) -> list[dict[str, object]]:
    """Return each field that differs: `field`, `before` and `after`.

    What `after` does not name is not compared, so it may be part of a document. Fields of variants
    are called `variants.<SKU>.<field>`; a variant that is new or gone differs as a whole,
    but for those gone that `with_unlisted` leaves out: files need not list all.
    """
    found = _plain(before, after, "")
    if "variants" not in after:
        return found
    matches = match_variants(before.get("variants", ()), after["variants"])
    for variant, match in zip(after["variants"], matches, strict=True):
        name = f"variants.{variant.get('sku') or '/'.join(variant.get('option_values', ()))}"
        if match is None:
            found.append({"field": name, "before": None, "after": dict(variant)})
        else:
            found += _plain(match, variant, f"{name}.")
    if not with_unlisted:
        return found
    kept = {id(match) for match in matches}
    for variant in before.get("variants", ()):
        if id(variant) not in kept:
            field = f"variants.{variant['sku']}"
            found.append({"field": field, "before": dict(variant), "after": None})
    return found


def match_variants(there: Sequence[Document], said: Sequence[Document]) -> list[Document | None]:
    """Find the variant that each means: the one with its SKU, else the one with its values."""
    by_sku = {variant["sku"].lower(): variant for variant in there}
    found = [by_sku.pop((variant.get("sku") or "").lower(), None) for variant in said]
    by_values = {tuple(variant["option_values"]): variant for variant in by_sku.values()}
    return [
        match or by_values.pop(tuple(variant["option_values"]), None)
        if "option_values" in variant
        else match
        for variant, match in zip(said, found, strict=True)
    ]


def is_stale(before: Document, document: Document) -> bool:
    """Tell whether the product or a variant of it was changed since a document was written."""
    if document.get("version") not in (None, before["version"]):
        return True
    said = document.get("variants", ())
    return any(
        match is not None and variant.get("version") not in (None, match["version"])
        for variant, match in zip(said, match_variants(before["variants"], said), strict=True)
    )


def _plain(before: Document, after: Document, prefix: str) -> list[dict[str, object]]:
    return [
        {"field": f"{prefix}{name}", "before": before.get(name), "after": value}
        for name, value in after.items()
        if name not in _UNCOMPARED and before.get(name) != value
    ]
