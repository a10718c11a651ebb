"""The catalogue for staff, one blueprint for each kind of thing."""

from api.catalog.admin_routes import batches, categories, media, prices, products, translations

blueprints = (
    products.blueprint,
    prices.blueprint,
    batches.blueprint,
    categories.blueprint,
    media.blueprint,
    translations.blueprint,
)
