"""Who owns the SKUs and barcodes that a file brings; one statement for each kind of code."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ARRAY, Text, cast, func, literal, select

from api.catalog.codes import code_key
from api.catalog.models.products import Barcode, Product, Variant
from api.catalog.service.inputs import ProductInput
from api.catalog.texts import sku_from
from api.platform.db import session

_VARIANT_ID = cast(Variant.id, Text)


@dataclass(frozen=True, slots=True)
class CodeOwner:
    """The variant that a SKU or barcode belongs to; None when it comes just now."""

    variant_id: str | None
    slug: str


class CodeIndex:
    """Owners of codes: `skus` in small letters, `barcodes` as `codes.code_key` writes them."""

    def __init__(self) -> None:
        self.skus: dict[str, CodeOwner] = {}
        self.barcodes: dict[str, CodeOwner] = {}
        self._asked: set[str] = set()

    @classmethod
    def read(cls, drafts: Sequence[ProductInput]) -> "CodeIndex":
        """Read the owners of all codes that the drafts say, and of the SKUs made in their place."""
        found = cls()
        found._ask(
            variant.sku or sku_from(draft.slug or "", variant.option_values)
            for draft in drafts
            for variant in draft.variants
        )
        found._ask(found._made_instead(drafts))
        codes = [one.code for draft in drafts for v in draft.variants for one in v.codes]
        found.barcodes = _barcode_owners(codes)
        return found

    @staticmethod
    def stranger(
        owners: dict[str, CodeOwner], code: str | None, own_id: str | None
    ) -> CodeOwner | None:
        """Return who owns a code, when that is another variant."""
        owner = owners.get(code or "")
        return owner if owner and (own_id is None or owner.variant_id != own_id) else None

    def is_free(self, sku: str) -> bool:
        """Tell whether no variant has this SKU; asks for one that nobody has said before."""
        if sku.lower() not in self._asked:
            self._ask([sku])
        return sku.lower() not in self.skus

    def _ask(self, skus: Iterable[str]) -> None:
        wanted = list(skus)
        self._asked.update(sku.lower() for sku in wanted)
        self.skus |= _sku_owners(wanted)

    def _made_instead(self, drafts: Sequence[ProductInput]) -> list[str]:
        """Return the SKUs that will be made where those that are said belong to others."""
        found: list[str] = []
        said: set[str] = set()
        for draft in drafts:
            for variant in draft.variants:
                key = (variant.sku or "").lower()
                owner = self.skus.get(key)
                if key in said or (owner is not None and owner.slug != draft.slug):
                    found.append(sku_from(draft.slug or "", variant.option_values))
                if key:
                    said.add(key)
        return found


def _sku_owners(skus: Sequence[str]) -> dict[str, CodeOwner]:
    """Say to which variants SKUs belong; the database lowers them as it did when storing."""
    if not skus:
        return {}
    asked = _asked(skus)
    rows = session.execute(
        select(asked, _VARIANT_ID, Product.slug)
        .where(Variant.sku_key == func.lower(asked))
        .where(Product.id == Variant.product_id)
    )
    return {row[0].lower(): CodeOwner(row[1], row[2]) for row in rows}


def _barcode_owners(codes: Sequence[str]) -> dict[str, CodeOwner]:
    """Say to which variants barcodes belong, those of cases too."""
    if not codes:
        return {}
    asked = _asked([code_key(code) for code in codes])
    rows = session.execute(
        select(asked, _VARIANT_ID, Product.slug)
        .where(Barcode.code_key == asked)
        .where(Variant.id == Barcode.variant_id, Product.id == Variant.product_id)
    )
    return {row[0]: CodeOwner(row[1], row[2]) for row in rows}


def _asked(codes: Sequence[str]) -> Any:
    return func.unnest(literal(sorted(set(codes)), ARRAY(Text))).column_valued("asked")
