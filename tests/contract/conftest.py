"""Things that are there, for tests that ask every operation."""

import pytest

from tests.support.people import Person, a_customer
from tests.support.shop import Shop


@pytest.fixture
def customer(shop: Shop) -> Person:
    """Who asks in the storefront."""
    return a_customer()


@pytest.fixture
def known(shop: Shop, customer: Person) -> dict[str, str]:
    """Ids of things that are there, by the names that paths and bodies have for them."""
    shop.sells("MUG", 50, barcodes=["4006381333931"])
    order = shop.an_order(MUG=2, buyer=shop.customer(customer))
    staff = shop.staff()
    level = staff.gets("/stock").json["data"][0]
    product = staff.gets("/products").json["data"][0]
    category = staff.posts("/categories", {"name": "Mugs"}).json
    collection = staff.posts("/collections", {"title": "Gifts", "kind": "manual"}).json
    attribute = {"code": "material", "name": "Material", "kind": "text"}
    return {
        "attribute_id": staff.posts("/attributes", attribute).json["id"],
        "type_id": staff.posts("/product-types", {"name": "Cup"}).json["id"],
        "order_id": order["id"],
        "line_id": order["lines"][0]["id"],
        "level_id": level["id"],
        "variant_id": level["variant_id"],
        "location_id": level["location"]["id"],
        "product_id": product["id"],
        "category_id": category["id"],
        "parent_id": category["id"],
        "collection_id": collection["id"],
        "slug": product["slug"],
        "method_id": staff.gets("/shipping-methods").json["data"][0]["id"],
        "rate_id": staff.gets("/tax-rates").json["data"][0]["id"],
    }
