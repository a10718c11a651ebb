"""A code that is no currency or no country is refused wherever it could come in, with its place."""

from collections.abc import Mapping
from typing import Any

import pytest
from flask import Flask

from api.catalog.errors import RulesInvalid
from api.catalog.service import collection_rules as collection_rule_service
from api.imports.formats.cell_parsers import CellError
from api.imports.formats.native.schema import validate_document
from api.platform.settings import Settings, SettingsError
from tests.support.catalogue import a_product
from tests.support.people import a_staff_member

MONEY = {"amount": 100, "currency": "XXQ"}
METHOD = {
    "code": "post",
    "name": "Post",
    "countries": ["DE"],
    "price": {**MONEY, "currency": "EUR"},
}


def problem(app: Flask, method: str, path: str, body: Any, headers: Mapping[str, str] = {}) -> Any:
    sent = {"json": body} if method != "GET" else {"query_string": body}
    return app.test_client().open(path, method=method, headers=headers, **sent)


@pytest.mark.parametrize("code", ["XXQ", "XTS", "XAU", "BGN", "CLF", "ZZZ"])
def test_an_unknown_currency_is_refused_by_cart_and_lists(app: Flask, code: str) -> None:
    a_product("MUG")

    for method, path, body in (
        ("POST", "/api/v1/cart/items", {"sku": "MUG", "currency": code}),
        ("GET", "/api/v1/products", {"currency": code}),
        ("GET", "/api/v1/products/mug", {"currency": code}),
        ("GET", "/api/v1/shipping-methods", {"country": "DE", "currency": code}),
    ):
        answer = problem(app, method, path, body)
        assert answer.status_code == 422, (path, answer.json)
        (error,) = answer.json["errors"]
        assert error["pointer"] == "/currency"
        assert f"{code} is not a currency" in error["detail"]


def test_an_unknown_currency_is_refused_at_the_desk(app: Flask) -> None:
    anna = a_staff_member()
    (variant_id,) = a_product("MUG")
    matched = {**anna.headers, "If-Match": '"1"'}
    later = {"price": MONEY, "starts_at": "2030-01-01T00:00:00Z"}

    for method, path, body, pointer, headers in (
        ("POST", "shipping-methods", {**METHOD, "price": MONEY}, "/price/currency", anna.headers),
        ("PUT", f"variants/{variant_id}/prices", {"prices": [{"price": MONEY}]}, None, matched),
        ("POST", f"variants/{variant_id}/scheduled-prices", later, None, anna.headers),
        ("GET", "products", {"currency": "XXQ"}, "/currency", anna.headers),
    ):
        answer = problem(app, method, f"/api/v1/admin/{path}", body, headers)
        assert answer.status_code == 422, (path, answer.json)
        if pointer:
            assert answer.json["errors"][0]["pointer"] == pointer
        assert "XXQ" in str(answer.json["errors"])


def test_an_unknown_currency_is_refused_by_files_rules_and_settings(app: Flask) -> None:
    document = {"slug": "mug", "variants": [{"sku": "M", "prices": {"XXQ": {"amount": 1}}}]}
    rule = {"field": "price", "relation": "less_than", "value": MONEY}

    with pytest.raises(CellError, match="XXQ is not a currency") as bad:
        validate_document(document)
    assert bad.value.column == "/variants/0/prices/XXQ"
    with pytest.raises(RulesInvalid):
        collection_rule_service.validate_rules([rule])
    with pytest.raises(SettingsError, match="SHOP_CURRENCY must be a currency"):
        Settings.from_env({"STOCKROOM_ENV": "development", "SHOP_CURRENCY": "XXQ"})


def test_an_unknown_country_is_refused_with_its_place(app: Flask) -> None:
    anna = a_staff_member()
    vat = {"country": "ZZ", "tax_class": "standard", "basis_points": 1900, "name": "VAT"}

    for method, path, body, pointer, headers in (
        ("GET", "shipping-methods", {"country": "ZZ", "currency": "EUR"}, "/country", {}),
        ("POST", "checkout/quote", {"country": "ZZ"}, "/country", {}),
        ("POST", "admin/tax-rates", vat, "/country", anna.headers),
        ("POST", "admin/shipping-methods", {**METHOD, "countries": ["DE", "ZZ"]}, "/countries/1",
         anna.headers),
    ):  # fmt: skip
        answer = problem(app, method, f"/api/v1/{path}", body, headers)
        assert answer.status_code == 422, (path, answer.json)
        assert answer.json["errors"][0]["pointer"] == pointer
