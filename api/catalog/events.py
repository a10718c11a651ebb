"""Events of the catalog."""

from collections.abc import Iterable
from dataclasses import dataclass, field
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
    """The price of a variant changed; None means not for sale in the currency."""

    variant_id: UUID
    product_id: UUID
    currency: str
    before: int | None
    after: int | None


@dataclass(frozen=True, kw_only=True)
class CollectionRulesChanged(Event):
    """The products of a collection must be computed again: its rules or the categories changed."""

    collection_id: UUID


@dataclass(frozen=True, kw_only=True)
class CatalogChanged(Event, stored_as="CatalogueChanged"):
    """Pages of products changed, and the lists that show them.

    `lists` are those that the products do not name themselves, because the products have left them
    or because only the order changed: `category:<slug>`, `collection:<slug>`. With `is_tree`,
    categories changed too, and the breadcrumbs of any page may be out of date.
    """

    slugs: tuple[str, ...] = ()
    lists: tuple[str, ...] = field(default=(), metadata={"stored_as": "shelves"})
    is_tree: bool = False


def slugs_of(events: Iterable[CatalogChanged]) -> tuple[str, ...]:
    """Return the slugs of the products of several events, each once, sorted."""
    return tuple(sorted({slug for event in events for slug in event.slugs}))


@dataclass(frozen=True, kw_only=True)
class AttributeFilterChanged(Event):
    """An attribute became a filter, or is no longer one.

    The facet values of those that have it must be computed again, from the product after `after`.
    """

    attribute_id: UUID
    after: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class MediaUploaded(Event):
    """An image was uploaded and has no thumbnails yet."""

    media_id: UUID


@dataclass(frozen=True, kw_only=True)
class MediaRemoved(Event):
    """An image was removed; its files are still stored, the first of them under this key."""

    media_id: UUID
    key: str


@dataclass(frozen=True, kw_only=True)
class PriceListChanged(Event):
    """A price list or its prices changed: what its customers are shown is out of date."""

    list_id: UUID
