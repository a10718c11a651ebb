"""The catalogue for staff, one blueprint for each kind of thing."""

from api.catalog.admin_routes import categories, media, products

blueprints = (products.blueprint, categories.blueprint, media.blueprint)
