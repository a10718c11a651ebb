"""What happens in the catalogue, as facts."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from api.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class ProductPublished(Event):
    """A product was published."""

    product_id: UUID


@dataclass(frozen=True, kw_only=True)
class ProductArchived(Event):
    """A product was archived; its history stays."""

    product_id: UUID


@dataclass(frozen=True, kw_only=True)
class PriceChanged(Event):
    """A variant of a product costs something else now; None means not for sale in the currency."""

    variant_id: UUID
    product_id: UUID
    currency: str
    before: int | None
    after: int | None


@dataclass(frozen=True, kw_only=True)
class CollectionRulesChanged(Event):
    """What is in a collection has to be found anew, by other rules or in another tree."""

    collection_id: UUID


@dataclass(frozen=True, kw_only=True)
class CatalogueChanged(Event):
    """What storefronts may have read before is old: these product pages and the lists they are in.

    `shelves` are lists to be read anew that a look at the products does not name, because they
    have left them or because only the order changed: `category:<slug>`, `collection:<slug>`. With
    `is_tree`, categories changed too, and breadcrumbs on any page may be old.
    """

    slugs: tuple[str, ...] = ()
    shelves: tuple[str, ...] = ()
    is_tree: bool = False


def slugs_of(facts: Iterable[CatalogueChanged]) -> tuple[str, ...]:
    """Return the products of several facts, each once, in order."""
    return tuple(sorted({slug for fact in facts for slug in fact.slugs}))


@dataclass(frozen=True, kw_only=True)
class AttributeFilterChanged(Event):
    """Products are filtered by an attribute from now on, or no longer.

    The traits of those that have it are to be found anew, from the product after `after` on.
    """

    attribute_id: UUID
    after: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class MediaUploaded(Event):
    """A picture was handed in and has no sizes yet."""

    media_id: UUID


@dataclass(frozen=True, kw_only=True)
class MediaRemoved(Event):
    """A picture was let go; its files lie about still, the first of them under this key."""

    media_id: UUID
    key: str


@dataclass(frozen=True, kw_only=True)
class PriceListChanged(Event):
    """A price list or its prices changed: what its customers are shown is out of date."""

    list_id: UUID
