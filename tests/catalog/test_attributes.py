"""What can be said of products: attributes, the types that define them, and the values that fit."""

import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from api.catalog.errors import AttributesDoNotFit, ChoiceInUse
from api.catalog.models.attributes import AttributeChoice, AttributeKind, ProductAttribute
from api.catalog.models.i18n import Translation
from api.catalog.models.products import Product
from api.catalog.service import attributes as attribute_service
from api.catalog.service import bulk_upsert
from api.catalog.service import product_types as product_type_service
from api.catalog.service import products as product_service
from api.catalog.service.feed_merge import FeedProduct
from api.catalog.service.inputs import AttributeInput, ChoiceInput, ProductInput, TypeAttributeInput
from api.catalog.service.upsert_results import UpsertStatus
from api.catalog.states import ProductStatus
from api.kernel.principal import SYSTEM
from api.platform.audit import AuditEntry
from api.platform.db import session, transaction
from tests.support.catalogue import a_product
from tests.support.people import Person, a_customer, a_staff_member
from tests.support.sql import count_statements
from tests.support.threads import at_once

URL = "/api/v1/admin"
PATIENCE_SECONDS = 30

Says = Callable[..., Any]


@pytest.fixture
def post(client: FlaskClient, anna: Person) -> Says:
    """Create something as Anna; returns the answer."""
    return lambda path, **body: client.post(f"{URL}{path}", json=body, headers=anna.headers)


@pytest.fixture
def patch(client: FlaskClient, anna: Person) -> Says:
    """Change something as Anna, on the version that stands there; returns the answer."""

    def change(path: str, **body: Any) -> Any:
        there = client.get(f"{URL}{path}", headers=anna.headers)
        headers = anna.with_headers(If_Match=there.headers["ETag"])
        return client.patch(f"{URL}{path}", json=body, headers=headers)

    return change


@pytest.fixture
def delete(client: FlaskClient, anna: Person) -> Says:
    """Remove something as Anna, on the version that stands there; returns the answer."""

    def remove(path: str) -> Any:
        there = client.get(f"{URL}{path}", headers=anna.headers)
        return client.delete(
            f"{URL}{path}", headers=anna.with_headers(If_Match=there.headers["ETag"])
        )

    return remove


COLOURS = [{"value": "red", "label": "Red"}, {"value": "blue", "label": "Deep Blue"}]


@pytest.fixture
def shirts(post: Says) -> dict[str, Any]:
    """A type with an attribute of every kind, of which the colour is required."""
    for code, kind, more in (
        ("care", "text", {}),
        ("width", "number", {"unit": "cm"}),
        ("vegan", "boolean", {}),
        ("made_on", "date", {}),
        ("colour", "choice", {"choices": COLOURS}),
        ("season", "choices", {"choices": [{"value": "spring"}, {"value": "summer"}]}),
        ("other", "text", {}),
    ):
        made = post("/attributes", code=code, name=code.title(), kind=kind, **more)
        assert made.status_code == 201, made.text
    codes = ["colour", "care", "width", "vegan", "made_on", "season"]
    made = post(
        "/product-types",
        name="Shirt",
        attributes=[{"code": code, "is_required": code == "colour"} for code in codes],
    )
    assert made.status_code == 201, made.text
    body: dict[str, Any] = made.get_json()
    return body


def _product(post: Says, **more: Any) -> Any:
    return post("/products", **{"title": "Shirt", "product_type": "shirt", **more})


def _rows() -> dict[UUID, tuple[Any, Decimal | None]]:
    return {
        row.attribute_id: (row.value, row.number)
        for row in session.execute(select(ProductAttribute.__table__))
    }


def test_attributes_are_listed_edited_and_removed(
    client: FlaskClient, anna: Person, post: Says, patch: Says, delete: Says
) -> None:
    made = post("/attributes", code="colour", name="Colour", kind="choice", choices=COLOURS)
    post("/attributes", code="width", name="Width", kind="number", unit="cm", position=1)
    attribute = made.get_json()
    path = f"/attributes/{attribute['id']}"

    edited = patch(
        path,
        code="colour",
        kind="choice",
        name="Color",
        is_filterable=False,
        choices=[{"value": "blue", "label": "Blue"}, {"value": "green"}],
    )
    listed = client.get(f"{URL}/attributes?include=total", headers=anna.headers).get_json()
    numbers = client.get(f"{URL}/attributes?kind=number", headers=anna.headers).get_json()

    assert made.headers["Location"] == f"{URL}{path}"
    assert (attribute["version"], attribute["is_visible"], attribute["is_filterable"]) == (
        *(1, True, True),
    )
    assert edited.get_json()["version"] == 2
    assert [(c["value"], c["label"], c["position"]) for c in edited.get_json()["choices"]] == [
        ("blue", "Blue", 0),
        ("green", "green", 1),
    ]
    kept = next(c for c in attribute["choices"] if c["value"] == "blue")
    assert edited.get_json()["choices"][0]["id"] == kept["id"]
    assert [one["code"] for one in listed["data"]] == ["colour", "width"]
    assert listed["page"]["total"] == 2
    assert [one["code"] for one in numbers["data"]] == ["width"]
    assert patch(path, name="Color").get_json()["version"] == 2, "nothing was new"
    assert delete(path).status_code == 204
    gone = client.get(f"{URL}{path}", headers=anna.headers)
    assert (gone.status_code, gone.get_json()["code"]) == (404, "attribute_not_found")
    assert session.scalar(select(func.count()).select_from(AttributeChoice)) == 0


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"code": "Colour"}, "/code"),
        ({"code": "a b"}, "/code"),
        ({"code": "a\n"}, "/code"),
        ({"code": ""}, "/code"),
        ({"name": "  "}, "/name"),
        ({"kind": "colour"}, "/kind"),
        ({"kind": None}, "/kind"),
        ({"position": -1}, "/position"),
        ({"position": 2**40}, "/position"),
        ({"unit": "x" * 21}, "/unit"),
        ({"choices": [{"value": "red"}, {"value": "RED"}]}, "/choices"),
        ({"choices": [{"value": " red"}]}, "/choices/0/value"),
        ({"choices": [{"label": "Red"}]}, "/choices/0/value"),
        ({"choices": [{"value": "red", "position": -1}]}, "/choices/0/position"),
        ({"choices": [{"value": f"c{n}"} for n in range(1001)]}, "/choices"),
        ({"colour": 1}, "/colour"),
    ],
)
def test_what_is_no_attribute_is_refused(post: Says, body: dict[str, Any], pointer: str) -> None:
    answer = post("/attributes", **{"code": "colour", "name": "Colour", "kind": "choice", **body})

    assert answer.status_code == 422
    assert {error["pointer"] for error in answer.get_json()["errors"]} == {pointer}


def test_rules_of_attributes_are_told(post: Says, patch: Says) -> None:
    """A code is one attribute's, for ever; only what is chosen has choices."""
    made = post("/attributes", code="colour", name="Colour", kind="text").get_json()
    path = f"/attributes/{made['id']}"

    taken = post("/attributes", code="colour", name="Other", kind="text")
    chosen = post("/attributes", code="hue", name="Hue", kind="text", choices=COLOURS)
    renamed = patch(path, code="hue")
    turned = patch(path, kind="choice")
    choices = patch(path, choices=COLOURS)

    assert (taken.status_code, taken.get_json()["code"]) == (409, "attribute_code_taken")
    assert "colour" in taken.get_json()["detail"]
    for answer, code in (
        (chosen, "choices_not_expected"),
        (renamed, "attribute_is_fixed"),
        (turned, "attribute_is_fixed"),
        (choices, "choices_not_expected"),
    ):
        assert (answer.status_code, answer.get_json()["code"]) == (422, code)


def test_writes_need_the_version_that_was_read_and_the_permission(
    client: FlaskClient, anna: Person, shirts: dict[str, Any]
) -> None:
    path = f"{URL}/product-types/{shirts['id']}"
    attribute = f"{URL}/attributes/{shirts['attributes'][0]['attribute_id']}"
    reader, customer = a_staff_member("warehouse"), a_customer()

    for url in (path, attribute):
        for method in (client.patch, client.delete):
            body: dict[str, Any] = {"json": {"name": "X"}} if method == client.patch else {}
            assert method(url, **body, headers=anna.headers).status_code == 428
            stale = method(url, **body, headers=anna.with_headers(If_Match='"7"'))
            assert (stale.status_code, stale.get_json()["current_version"]) == (412, 1)
            refused = method(url, **body, headers=reader.with_headers(If_Match='"1"'))
            assert refused.status_code == 403
        assert client.get(url, headers=customer.headers).status_code == 403
        assert client.get(url).status_code == 401


def test_every_kind_of_value_is_kept_as_it_was_said(
    client: FlaskClient, post: Says, shirts: dict[str, Any]
) -> None:
    """Exactly, and with a number where ranges are asked of it."""
    said = {
        "care": "Wash\nat 30°",
        "width": 12.1,
        "vegan": False,
        "made_on": "2026-05-31",
        "colour": "blue",
        "season": ["summer", "spring", "summer"],
    }

    made = _product(post, attributes=said)

    assert made.status_code == 201, made.text
    assert made.get_json()["attributes"] == {**said, "season": ["spring", "summer"]}
    by_code = {a["code"]: UUID(a["attribute_id"]) for a in shirts["attributes"]}
    rows = _rows()
    assert rows[by_code["width"]] == (12.1, Decimal("12.1"))
    assert rows[by_code["made_on"]] == ("2026-05-31", Decimal(739767))
    assert rows[by_code["care"]][1] is None


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (0.1, "0.1"),
        ("0.30", "0.3"),
        (-12.5, "-12.5"),
        (7, "7"),
        (7.0, "7"),
        ("-0", "0"),
        (1e3, "1000"),
        (999_999_999_999_999, "999999999999999"),
        (123456789.123456, "123456789.123456"),
        (0.000001, "0.000001"),
    ],
)
def test_numbers_are_exact(post: Says, shirts: dict[str, Any], given: Any, kept: str) -> None:
    made = _product(post, attributes={"width": given})

    assert made.status_code == 201, made.text
    ((value, number),) = _rows().values()
    assert str(number) == kept or number == Decimal(kept)
    assert Decimal(str(value)) == Decimal(kept)
    assert Decimal(str(made.get_json()["attributes"]["width"])) == Decimal(kept)
    stored = session.scalar(select(func.jsonb_typeof(ProductAttribute.value)))
    assert stored == "number"


@pytest.mark.parametrize(
    ("code", "value"),
    [
        *(("care", value) for value in ("", "  ", 5, True, ["x"], {}, "x" * 5001)),
        *(
            ("width", value)
            for value in ("wide", "", "1e5", "١", "1_0", True, [1], "NaN", "Infinity", 10**15)
        ),
        *(("width", value) for value in (1e300, 0.0000001, "9" * 16, "0.1234567", 2**63, "1" * 99)),
        *(("vegan", value) for value in ("true", 0, 1, [])),
        *(
            ("made_on", value)
            for value in ("2026-02-30", "20260531", "2026-05-31T10:00:00Z", "31.05.2026", 5, "")
        ),
        ("made_on", "２026-05-31"),
        *(("colour", value) for value in ("green", "RED", ["red"], 1, True, "")),
        *(("season", value) for value in ("spring", [], ["winter"], [["spring"]], [1], {})),
    ],
)
def test_a_value_that_does_not_fit_is_told_where_it_stands(
    post: Says, shirts: dict[str, Any], code: str, value: Any
) -> None:
    answer = _product(post, attributes={code: value})

    problem = answer.get_json()
    assert (answer.status_code, problem["code"]) == (422, "attributes_do_not_fit")
    assert [error["pointer"] for error in problem["errors"]] == [f"/attributes/{code}"]
    assert problem["detail"] == problem["errors"][0]["detail"]
    assert session.scalar(select(func.count()).select_from(Product)) == 0


def test_what_a_type_does_not_define_is_refused_and_what_it_defines_is_named(
    post: Says, shirts: dict[str, Any]
) -> None:
    unknown = _product(post, attributes={"other": "x", "a/b": 1, "width": "wide"})
    untyped = _product(post, product_type="", attributes={"colour": "red"})
    undefined = _product(post, product_type="Mug", attributes={"colour": "red"})

    problem = unknown.get_json()
    assert problem["code"] == "attributes_do_not_fit"
    assert {error["pointer"] for error in problem["errors"]} == {
        *("/attributes/other", "/attributes/a~1b", "/attributes/width"),
    }
    told = next(e["detail"] for e in problem["errors"] if e["pointer"] == "/attributes/other")
    assert "colour, care, width, vegan, made_on, season" in told
    assert "without a type" in untyped.get_json()["detail"]
    assert "type Mug does not define colour" in undefined.get_json()["detail"]


def test_a_draft_may_lack_what_is_required_and_the_shelf_may_not(
    client: FlaskClient, anna: Person, post: Says, patch: Says, shirts: dict[str, Any]
) -> None:
    product = _product(post, attributes={"width": 3}).get_json()
    path = f"/products/{product['id']}"

    early = client.post(f"{URL}{path}/publish", headers=anna.headers)
    patch(path, attributes={"colour": "red"})
    published = client.post(f"{URL}{path}/publish", headers=anna.headers)
    bared = patch(path, attributes={"colour": None})
    elsewhere = patch(path, attributes={"width": None}, title="Better Shirt")

    problem = early.get_json()
    assert (early.status_code, problem["code"]) == (422, "required_attributes_missing")
    assert problem["missing"] == "colour"
    assert [error["pointer"] for error in problem["errors"]] == ["/attributes/colour"]
    assert published.status_code == 200
    assert (bared.status_code, bared.get_json()["code"]) == (422, "required_attributes_missing")
    assert elsewhere.status_code == 200
    assert elsewhere.get_json()["attributes"] == {"colour": "red"}


def test_values_are_merged_by_code(post: Says, patch: Says, shirts: dict[str, Any]) -> None:
    """What is left out stays; null takes away, even what is not there."""
    product = _product(post, attributes={"colour": "red", "width": 3}).get_json()
    path = f"/products/{product['id']}"

    merged = patch(path, attributes={"width": 4, "vegan": True}).get_json()
    again = patch(path, attributes={"width": 4.0, "made_on": None}).get_json()
    less = patch(path, attributes={"vegan": None}).get_json()

    assert merged["attributes"] == {"colour": "red", "width": 4, "vegan": True}
    assert (merged["version"], again["version"], less["version"]) == (2, 2, 3)
    assert less["attributes"] == {"colour": "red", "width": 4}


def test_another_type_must_define_what_was_said_unless_it_is_taken_back(
    post: Says, patch: Says, shirts: dict[str, Any]
) -> None:
    post("/product-types", name="Mug", attributes=[{"code": "colour"}])
    product = _product(post, attributes={"colour": "red", "width": 3}).get_json()
    path = f"/products/{product['id']}"

    refused = patch(path, product_type="Mug")
    bare = patch(path, product_type="")
    moved = patch(path, product_type="mug", attributes={"width": None})
    lost = patch(path, product_type="Nothing", attributes={"colour": None})

    problem = refused.get_json()
    assert (refused.status_code, problem["code"]) == (422, "attributes_do_not_fit")
    assert [error["pointer"] for error in problem["errors"]] == ["/attributes/width"]
    assert '"attributes": {"width": null}' in problem["detail"]
    assert {error["pointer"] for error in bare.get_json()["errors"]} == {
        *("/attributes/colour", "/attributes/width"),
    }
    assert moved.get_json()["attributes"] == {"colour": "red"}
    assert lost.get_json()["attributes"] == {}


def test_on_the_shelf_another_type_must_not_require_more(
    post: Says, patch: Says, shirts: dict[str, Any], client: FlaskClient, anna: Person
) -> None:
    product = _product(post, product_type="").get_json()
    path = f"/products/{product['id']}"
    client.post(f"{URL}{path}/publish", headers=anna.headers)

    refused = patch(path, product_type="Shirt")
    taken = patch(path, product_type="Shirt", attributes={"colour": "red"})

    assert refused.get_json()["code"] == "required_attributes_missing"
    assert taken.status_code == 200


def test_product_types_are_listed_edited_and_removed(
    client: FlaskClient,
    anna: Person,
    post: Says,
    patch: Says,
    delete: Says,
    shirts: dict[str, Any],
) -> None:
    path = f"/product-types/{shirts['id']}"
    width = next(a["attribute_id"] for a in shirts["attributes"] if a["code"] == "width")

    taken = post("/product-types", name="SHIRT")
    edited = patch(
        path,
        attributes=[{"attribute_id": width, "is_required": True, "position": 5}, {"code": "care"}],
    )
    listed = client.get(f"{URL}/product-types?include=total", headers=anna.headers).get_json()

    assert (taken.status_code, taken.get_json()["code"]) == (409, "product_type_name_taken")
    told = [
        (a["code"], a["kind"], a["is_required"], a["position"])
        for a in edited.get_json()["attributes"]
    ]
    assert told == [("care", "text", False, 1), ("width", "number", True, 5)]
    assert (listed["page"]["total"], listed["data"][0]["name"]) == (1, "Shirt")
    assert delete(path).status_code == 204
    assert client.get(f"{URL}{path}", headers=anna.headers).status_code == 404


@pytest.mark.parametrize(
    ("attributes", "code"),
    [
        ([{"code": "colour"}, {"code": "colour"}], "attribute_twice"),
        ([{"code": "nothing"}], "attribute_unknown"),
        ([{"attribute_id": "01a1fe05-456d-71dd-a206-b68e200f3dd4"}], "attribute_unknown"),
        ([{"code": "colour", "attribute_id": "01a1fe05-456d-71dd-a206-b68e200f3dd4"}], "invalid"),
        ([{}], "invalid"),
        ([{"code": "colour", "position": -1}], "invalid"),
    ],
)
def test_a_type_names_each_attribute_that_there_is_once(
    post: Says, shirts: dict[str, Any], attributes: Any, code: str
) -> None:
    answer = post("/product-types", name="Mug", attributes=attributes)

    assert (answer.status_code, answer.get_json()["code"]) == (422, code)


def test_what_products_say_is_not_thrown_away_in_passing(
    post: Says, patch: Says, delete: Says, shirts: dict[str, Any]
) -> None:
    """Not by the type that lets go of it, nor by the choice that goes, nor by the attribute."""
    product = _product(post, attributes={"colour": "red", "season": ["spring"]}).get_json()
    by_code = {a["code"]: a["attribute_id"] for a in shirts["attributes"]}
    colour, season = f"/attributes/{by_code['colour']}", f"/attributes/{by_code['season']}"
    kind = f"/product-types/{shirts['id']}"

    answers = [
        (patch(kind, attributes=[{"code": "colour"}]), "product_type_in_use"),
        (delete(kind), "product_type_in_use"),
        (patch(colour, choices=[{"value": "blue"}]), "choice_in_use"),
        (patch(season, choices=[{"value": "summer"}]), "choice_in_use"),
        (delete(colour), "attribute_in_use"),
    ]

    for answer, code in answers:
        assert (answer.status_code, answer.get_json()["code"]) == (409, code)
    assert "season (1 of them)" in answers[0][0].get_json()["detail"]
    assert "red (1 product)" in answers[2][0].get_json()["detail"]
    patch(f"/products/{product['id']}", attributes={"colour": None, "season": None})
    assert patch(colour, choices=[{"value": "blue"}]).status_code == 200
    assert patch(kind, attributes=[]).status_code == 200
    assert delete(colour).status_code == 204
    assert delete(kind).status_code == 204


def test_a_type_takes_its_products_along_to_a_new_name(
    client: FlaskClient, anna: Person, post: Says, patch: Says, shirts: dict[str, Any]
) -> None:
    product = _product(post, attributes={"colour": "red"}).get_json()

    renamed = patch(f"/product-types/{shirts['id']}", name="Tee")

    assert renamed.status_code == 200
    read = client.get(f"{URL}/products/{product['id']}", headers=anna.headers).get_json()
    assert (read["product_type"], read["version"]) == ("Tee", 2)
    assert read["attributes"] == {"colour": "red"}


def test_a_type_with_too_many_products_is_not_renamed_in_one_go(
    post: Says, patch: Says, shirts: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.catalog.service.product_types.MOST_RENAMED", 1)
    for n in range(2):
        _product(post, slug=f"shirt-{n}")

    answer = patch(f"/product-types/{shirts['id']}", name="Tee")
    spelled = patch(f"/product-types/{shirts['id']}", name="Shirt", attributes=[])

    assert (answer.status_code, answer.get_json()["code"]) == (409, "product_type_too_common")
    assert spelled.status_code == 200


def test_translations_go_with_what_they_translate(post: Says, patch: Says, delete: Says) -> None:
    made = post("/attributes", code="colour", name="Colour", kind="choice", choices=COLOURS)
    attribute = made.get_json()
    with transaction():
        for subject_id, kind in (
            (attribute["id"], "attribute"),
            *((choice["id"], "attribute_choice") for choice in attribute["choices"]),
        ):
            session.add(
                Translation(subject_id=UUID(subject_id), language="de", kind=kind, texts={})
            )

    patch(f"/attributes/{attribute['id']}", choices=COLOURS[1:])
    left = session.scalar(select(func.count()).select_from(Translation))
    delete(f"/attributes/{attribute['id']}")

    assert left == 2
    assert session.scalar(select(func.count()).select_from(Translation)) == 0


def test_lists_cost_as_many_statements_for_many_as_for_one(
    client: FlaskClient, anna: Person, post: Says
) -> None:
    counts = []
    for size in (1, 20):
        for n in range(size):
            code = f"a{size}_{n}"
            post("/attributes", code=code, name=code, kind="choice", choices=COLOURS)
            post("/product-types", name=code, attributes=[{"code": code}])
        for path in ("attributes", "product-types"):
            with count_statements() as statements:
                client.get(f"{URL}/{path}", headers=anna.headers)
            counts.append(statements.count)

    assert counts[0] == counts[2]
    assert counts[1] == counts[3]


def _take_in(**draft: Any) -> Any:
    whole = {"title": "Tee", "slug": "tee", "external_reference": "x:tee", **draft}
    with transaction():
        (made,) = bulk_upsert.upsert_feed(
            [FeedProduct(ProductInput(**whole), ProductStatus.ACTIVE)], by=SYSTEM
        )
    return made


def test_an_arrival_that_lacks_what_its_type_requires_stays_a_draft(
    shirts: dict[str, Any], patch: Says
) -> None:
    """And goes on the shelf with the next reading, once it says it."""
    made = _take_in(product_type="Shirt")
    before = session.scalar(select(Product.status))
    again = _take_in(product_type="Shirt")
    patch(f"/products/{made.product_id}", attributes={"colour": "red"})
    _take_in(product_type="Shirt")

    assert (made.outcome, before) == (UpsertStatus.CREATED, ProductStatus.DRAFT)
    assert again.outcome is UpsertStatus.UNCHANGED
    assert session.scalar(select(Product.status)) is ProductStatus.ACTIVE


def test_a_document_does_not_put_on_the_shelf_what_lacks_something(shirts: dict[str, Any]) -> None:
    def restate(**more: Any) -> Any:
        document = {"slug": "tee", "title": "Tee", "product_type": "shirt", "variants": [{}]}
        with transaction():
            (made,) = bulk_upsert.upsert_documents(
                [{**document, "status": "active", **more}], is_overwriting=False, by=SYSTEM
            )
        return made

    bare, whole = restate(), restate(attributes={"colour": "red"})

    assert bare.refusal.code == "required_attributes_missing"
    assert whole.outcome is UpsertStatus.CREATED


def test_a_value_that_is_only_written_otherwise_changes_nothing(shirts: dict[str, Any]) -> None:
    """No version, and nothing in the audit log."""
    document = {
        "slug": "tee",
        "title": "Tee",
        "product_type": "shirt",
        "variants": [{"sku": "TEE"}],
    }
    for attributes in ({"width": 12.5, "season": ["spring", "summer"]},
                       {"width": "12.50", "season": ["summer", "spring"]}):  # fmt: skip
        with transaction():
            (made,) = bulk_upsert.upsert_documents(
                [{**document, "attributes": attributes}], is_overwriting=False, by=SYSTEM
            )

    assert made.refusal is None
    assert session.scalar(select(Product.version)) == 1
    actions = select(AuditEntry.action).where(AuditEntry.subject_id == made.product_id)
    assert session.scalars(actions).all() == ["product.created"]


def test_an_arrival_does_not_take_values_away_with_another_type(
    shirts: dict[str, Any], patch: Says
) -> None:
    made = _take_in(product_type="Shirt")
    patch(f"/products/{made.product_id}", attributes={"colour": "red"})

    refused = _take_in(product_type="Mug")
    spelled = _take_in(product_type="SHIRT")

    assert refused.refusal is not None
    assert refused.refusal.code == "attributes_do_not_fit"
    assert spelled.outcome is UpsertStatus.CHANGED


def _while_open(app: Flask, first: Callable[[], None], second: Callable[[], None]) -> Any:
    """Let the second begin when the first has done its work and not yet committed."""
    done = threading.Event()

    def opens() -> None:
        with transaction():
            first()
            done.set()
            threading.Event().wait(0.4)

    def follows() -> None:
        done.wait(PATIENCE_SECONDS)
        with transaction():
            second()

    return at_once(app, [opens, follows])


def _choose(product_id: UUID) -> None:
    product_service.edit_product(
        product_id, {"attributes": {"colour": "red"}}, expected_version=1, by=SYSTEM
    )


@pytest.mark.parametrize("who", ["product", "attribute", "type"])
def test_nobody_gets_a_value_that_goes_at_that_moment(
    app: Flask, shirts: dict[str, Any], who: str
) -> None:
    """Without the locks a product would have a choice, or an attribute, that there is not."""
    colour = UUID(next(a["attribute_id"] for a in shirts["attributes"] if a["code"] == "colour"))
    with transaction():
        draft = ProductInput(title="Tee", product_type="Shirt")
        product_id = product_service.create_product(draft, by=SYSTEM).product_id

    def choose() -> None:
        _choose(product_id)

    def forget_choice() -> None:
        choices = [ChoiceInput("blue", "Blue")]
        attribute_service.edit_attribute(
            colour, {"choices": choices}, expected_version=1, by=SYSTEM
        )

    def forget_attribute() -> None:
        product_type_service.edit_product_type(
            UUID(shirts["id"]), {"attributes": []}, expected_version=1, by=SYSTEM
        )

    steps = {
        "product": (choose, forget_choice),
        "attribute": (forget_choice, choose),
        "type": (forget_attribute, choose),
    }
    outcome = _while_open(app, *steps[who])

    refused = ChoiceInUse if who == "product" else AttributesDoNotFit
    assert outcome.refused_by(refused) == 1
    said = session.scalars(select(ProductAttribute.value)).all()
    assert said == (["red"] if who == "product" else [])


def test_an_attribute_of_a_builder_is_the_same_as_over_the_wire(app: Flask) -> None:
    with transaction():
        attribute_id = attribute_service.create_attribute(
            AttributeInput(code="size", name="Size", kind=AttributeKind.NUMBER), by=SYSTEM
        )
        product_type_service.create_product_type(
            "Mug", [TypeAttributeInput(attribute_id=attribute_id)], by=SYSTEM
        )
    a_product("MUG", product_type="mug")

    assert session.scalar(select(func.count()).select_from(ProductAttribute)) == 0
