"""The catalogue for staff, one blueprint for each kind of thing."""

from api.catalog.admin_routes import (
    attributes,
    barcodes,
    batches,
    categories,
    collections,
    media,
    price_lists,
    prices,
    product_types,
    products,
    relations,
    translations,
)

blueprints = (
    products.blueprint,
    relations.blueprint,
    barcodes.blueprint,
    prices.blueprint,
    price_lists.blueprint,
    batches.blueprint,
    categories.blueprint,
    collections.blueprint,
    attributes.blueprint,
    product_types.blueprint,
    media.blueprint,
    translations.blueprint,
)
