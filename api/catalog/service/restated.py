"""What became of a document of ours, and of its variants."""

from dataclasses import dataclass, field
from uuid import UUID

from api.catalog.service.arrivals import Outcome
from api.catalog.service.differences import Document, differences, matched
from api.kernel.errors import DomainError


@dataclass(slots=True)
class Restated:
    """What became of one document, and of its variants in their order.

    `waiting` are products by field that should be shown beside it, some of which are not there
    yet: nothing of these fields was said.
    """

    outcome: Outcome
    product_id: UUID | None = None
    refusal: DomainError | None = None
    variants: list[Outcome] = field(default_factory=list)
    waiting: dict[str, list[str]] = field(default_factory=dict)


def variant_outcomes(before: Document, document: Document) -> list[Outcome]:
    """Say of each variant of a document what it comes to."""
    said = document.get("variants", ())
    return [
        Outcome.CREATED
        if match is None
        else Outcome.CHANGED
        if differences(match, variant)
        else Outcome.UNCHANGED
        for variant, match in zip(said, matched(before["variants"], said), strict=True)
    ]
