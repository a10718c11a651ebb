"""The catalogue for staff, one blueprint for each kind of thing."""

from api.catalog.admin_routes import categories, media, prices, products, translations

blueprints = (
    products.blueprint,
    prices.blueprint,
    categories.blueprint,
    media.blueprint,
    translations.blueprint,
)
