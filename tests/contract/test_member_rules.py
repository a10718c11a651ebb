"""What a form asks of several members is told in the document exactly as the form checks it."""

from itertools import product
from typing import Any

import marshmallow as ma
import pytest
from flask import Flask
from openapi_schema_validator import OAS31Validator

from api.accounts.schemas.staff import NewApiKeySchema
from api.cart.schemas import AddItemSchema
from api.catalog.schemas.admin import EditVariantSchema, ImageSchema
from api.catalog.schemas.batch import ProductRowSchema, VariantRowSchema
from api.catalog.schemas.collections import MoveProductSchema
from api.checkout.schemas import AmendOrderSchema
from api.draft_orders.schemas import DraftFormSchema, DraftPatchSchema
from api.inventory.schemas.bins import MoveUnitsSchema
from api.inventory.schemas.levels import AdjustSchema, LevelRowSchema
from api.kernel.ids import new_id
from api.order_edits.schemas import EditFormSchema
from api.platform.addresses import AddressSchema
from api.platform.reference_schemas import SetReferenceSchema
from api.returns.schemas.settings import EditReturnReasonSchema, EditReturnTextsSchema
from tests.support.contract import document
from tests.support.shop import ADDRESS

SOME = str(new_id())
LEFT_OUT = object()
EURO = {"amount": 1, "currency": "EUR"}

Members = dict[str, tuple[Any, ...]]


@pytest.mark.parametrize(
    ("form", "always", "members"),
    [
        (
            NewApiKeySchema,
            {"name": "Bookkeeping"},
            {"kind": ("secret", "publishable"), "scopes": ([], ["orders:read"])},
        ),
        (AddItemSchema, {}, {"variant_id": (SOME, None), "sku": ("MUG", None)}),
        (
            MoveProductSchema,
            {"product_id": SOME},
            {"before": (SOME,), "after": (SOME,), "position": (0,)},
        ),
        (
            LevelRowSchema,
            {"low_stock_threshold": 1},
            {"id": (SOME,), "variant_id": (SOME,), "location": ("MAIN",)},
        ),
        (
            AdjustSchema,
            {"reason": "count"},
            {"change": (1, 0, None), "on_hand": (1, None), "expected_on_hand": (2, None)},
        ),
        (ImageSchema, {}, {"url": ("https://cdn.test/a.jpg",), "media_id": (SOME, None)}),
        (
            EditVariantSchema,
            {},
            {"barcode": ("1", None), "barcodes": ([],), "image_url": (None,), "image_id": (None,)},
        ),
        (ProductRowSchema, {"id": SOME}, {"changes": ({},), "command": ("publish",)}),
        (
            VariantRowSchema,
            {"id": SOME},
            {"changes": ({},), "prices": ([],), "price_updates": ([{"price": EURO}],)},
        ),
        (
            AmendOrderSchema,
            {},
            {
                "email": ("a@b.example",),
                "customer_note": (None,),
                "expected_total": (EURO,),
            },
        ),
        (
            DraftFormSchema,
            {},
            {
                "lines": (
                    [{"sku": "MUG"}],
                    [{"sku": "MUG", "unit_price": EURO}],
                    [{"sku": "MUG", "unit_price": None}],
                ),
                "reason": ("Agreed", " ", None),
            },
        ),
        (
            DraftPatchSchema,
            {},
            {"lines": ([{"sku": "MUG", "unit_price": EURO}],), "reason": ("Agreed", " ", None)},
        ),
        (
            EditFormSchema,
            {},
            {
                "lines": ([{"order_line_id": SOME, "unit_price": EURO}],),
                "add": ([{"sku": "MUG"}], [{"sku": "MUG", "unit_price": EURO}]),
                "reason": ("Agreed", "", None),
            },
        ),
        (MoveUnitsSchema, {"quantity": 1}, {"from_bin_id": (SOME, None), "to_bin_id": (None,)}),
        (
            EditReturnReasonSchema,
            {},
            {"labels": ({}, {"de": "Zu klein"}, {"Deutsch": "Zu klein"}, {"de": ""})},
        ),
        (
            EditReturnTextsSchema,
            {},
            {"texts": ({}, {"withdrawn": "Widerruf"}, {"unknown": "Widerruf"})},
        ),
        (
            SetReferenceSchema,
            {"system": "datev", "value": "1"},
            {"metadata": ({}, {"cost_center": "42"}, {"cost center": "42"}, {"": "42"})},
        ),
        (
            AddressSchema,
            {name: ADDRESS[name] for name in ("name", "line1", "city")},
            {
                # Codes that the document leaves to `GET /countries/{code}` are not among these.
                "country": ("DE", "US", "MX", "IT", "AE"),
                "postal_code": ("28195", "", None),
                "region": ("North", None),
                "phone": ("+49 421 1", "12"),
            },
        ),
    ],
)  # fmt: skip
def test_the_document_and_the_form_refuse_the_same(
    app: Flask, form: type[ma.Schema], always: dict[str, Any], members: Members
) -> None:
    whole = document(app)
    name = form.__name__.removesuffix("Schema")
    told = OAS31Validator(
        {**whole["components"]["schemas"][name], "components": whole["components"]}
    )
    answers = set()

    for values in product(*((LEFT_OUT, *each) for each in members.values())):
        said = dict(zip(members, values, strict=True))
        body = always | {member: value for member, value in said.items() if value is not LEFT_OUT}
        errors = form().validate(body)
        assert told.is_valid(body) == (not errors), (body, errors)
        answers.add(bool(errors))

    assert answers == {True, False}
