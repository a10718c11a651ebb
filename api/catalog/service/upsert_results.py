"""What products are to become in bulk, and what became of each."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from api.catalog.queries.export_documents import ProductSnapshot
from api.catalog.service.diff import Document
from api.catalog.service.inputs import ProductInput
from api.catalog.states import ProductStatus
from api.kernel.errors import DomainError


class UpsertStatus(StrEnum):
    """What became of something that was written in bulk."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(slots=True)
class VariantResult:
    """What became of one variant."""

    outcome: UpsertStatus
    variant_id: UUID | None = None
    refusal: DomainError | None = None
    passed_over: list[DomainError] = field(default_factory=list)
    """Its codes that belong to another variant: it was written without them."""


@dataclass(slots=True)
class UpsertResult:
    """What became of one product, and of its variants in the order of its description.

    `before` is the document of a known product as it was. `unresolved` are slugs by relation field
    of which some are not there yet: nothing of these fields was written.
    """

    outcome: UpsertStatus
    variants: list[VariantResult] = field(default_factory=list)
    product_id: UUID | None = None
    refusal: DomainError | None = None
    before: Document | None = None
    unresolved: dict[str, list[str]] = field(default_factory=dict)

    def refuse(self, refusal: DomainError) -> None:
        """Say that nothing of the product was written."""
        self.outcome, self.refusal = UpsertStatus.REFUSED, refusal
        self.variants = [VariantResult(UpsertStatus.REFUSED) for _ in self.variants]

    @property
    def written(self) -> list[VariantResult]:
        """The variants that were not refused."""
        return [one for one in self.variants if one.outcome is not UpsertStatus.REFUSED]


@dataclass(slots=True)
class ProductChange:
    """What one product is to become: `new` with a status, or `after` where it is known.

    `after` names what is said; the rest stays. `matches` are the places of its variants among
    those of `before`. The results of refused variants are not among `after`'s.
    """

    result: UpsertResult
    new: ProductInput | None = None
    status: ProductStatus = ProductStatus.DRAFT
    before: ProductSnapshot | None = None
    after: Document = field(default_factory=dict)
    matches: Sequence[int | None] = ()
    category_ids: Sequence[UUID] | None = None
