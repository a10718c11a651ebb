"""The catalogue for staff, one blueprint for each kind of thing."""

from api.catalog.admin_routes import categories, products

blueprints = (products.blueprint, categories.blueprint)
