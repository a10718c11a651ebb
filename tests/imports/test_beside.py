"""What stands beside products, in which collections by hand they are, and what lies on shelves."""

from typing import Any
from uuid import UUID

import orjson
import pytest
from flask import Flask
from sqlalchemy import func, select

from api.catalog.models.navigation import Collection, CollectionKind, CollectionProduct
from api.catalog.models.products import Product
from api.catalog.queries import variant_lookup
from api.catalog.service import collections as collection_service
from api.imports import flows as imports_flows
from api.imports import queries as imports_queries
from api.imports.models import ImportWaiting
from api.imports.policy import FileFormat, OnConflict
from api.imports.service import deferred_relations, import_jobs
from api.inventory import queries as inventory_queries
from api.inventory import service as inventory_service
from api.inventory.models import AdjustReason
from api.kernel import clock
from api.kernel.principal import SYSTEM
from api.platform.db import session, transaction
from tests.support.moving import (
    changes_of,
    counts_of,
    failed_file_of,
    kept,
    moved_in,
    moved_out,
    problems_of,
    undone,
)
from tests.support.stock import a_location


def _product(slug: str, **more: Any) -> dict[str, Any]:
    variant = {"sku": slug.upper(), "prices": {"EUR": {"amount": 1500, "compare_at": None}}}
    return {"slug": slug, "title": slug.title(), "variants": [variant], **more}


def _lines(*products: dict[str, Any]) -> bytes:
    return b"".join(orjson.dumps(product) + b"\n" for product in products)


def _shown() -> dict[str, dict[str, Any]]:
    """Return the shop as it is exported, by slug."""
    return {one["slug"]: one for one in map(orjson.loads, moved_out().splitlines())}


def _collection(slug: str, kind: CollectionKind = CollectionKind.MANUAL) -> UUID:
    rules = [{"field": "vendor", "relation": "is", "value": "Kiln"}]
    draft = collection_service.CollectionInput(
        title=slug.title(),
        slug=slug,
        kind=kind,
        rules=rules if kind is CollectionKind.RULES else [],
    )
    with transaction():
        return collection_service.create_collection(draft, by=SYSTEM)


def _members(slug: str) -> list[str]:
    found = session.scalars(
        select(Product.slug)
        .join(CollectionProduct, CollectionProduct.product_id == Product.id)
        .join(Collection, Collection.id == CollectionProduct.collection_id)
        .where(Collection.slug == slug)
        .order_by(CollectionProduct.position, Product.slug)
    )
    return list(found)


@pytest.fixture
def one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each product comes in a batch of its own."""
    monkeypatch.setattr(imports_flows, "ROWS_PER_BATCH", 1)


def test_both_formats_say_it(app: Flask) -> None:
    """By slugs, in order, with places; and by the codes of the locations."""
    _collection("summer")
    a_location("MAIN")
    variant = {"sku": "MUG", "stock": {"MAIN": 7}}
    found = moved_in(
        _lines(
            _product("cup"),
            _product(
                "mug",
                related=["cup", "bowl"],
                related_accessory=["cup"],
                collections=[{"slug": "summer", "position": 12}],
                variants=[variant],
            ),
            _product("bowl"),
        )
    )

    assert problems_of(found) == []
    assert found["result"]["stock_opened"] == 1
    mug = _shown()["mug"]
    assert (mug["related"], mug["related_accessory"]) == (["cup", "bowl"], ["cup"])
    assert mug["related_upsell"] == []
    assert mug["collections"] == [{"slug": "summer", "position": 12}]
    assert mug["variants"][0]["stock"] == {"MAIN": 7}
    header, *rows = moved_out(FileFormat.CSV).decode("utf-8-sig").splitlines()
    cells = dict(zip(header.split(","), rows[1].split(","), strict=True))
    assert (cells["related"], cells["related_accessory"]) == ("cup|bowl", "cup")
    assert (cells["collections"], cells["stock MAIN"]) == ("summer*12", "7")


@pytest.mark.parametrize("is_dry", [True, False])
@pytest.mark.usefixtures("one_by_one")
def test_what_comes_later_in_the_file_is_beside_it_too(app: Flask, is_dry: bool) -> None:
    """What comes nowhere is told with row, column and value; the others are shown without it."""
    found = moved_in(
        _lines(
            _product("mug", related=["spoon", "cup", "bowl"]),
            _product("cup", related_upsell=["mug"]),
            _product("bowl"),
        ),
        dry_run=is_dry,
    )

    assert problems_of(found) == [(2, "related", "spoon")]
    assert counts_of(found) == (3, 0, 0, 0)
    assert session.scalar(select(func.count()).select_from(ImportWaiting)) == 0
    if not is_dry:
        shown = _shown()
        assert shown["mug"]["related"] == ["cup", "bowl"]
        assert shown["cup"]["related_upsell"] == ["mug"]


@pytest.mark.parametrize("is_dry", [True, False])
@pytest.mark.usefixtures("one_by_one")
def test_a_change_beside_a_known_product_is_a_change(app: Flask, is_dry: bool) -> None:
    """Told field by field, once, also when the other comes later; and twice is once."""
    moved_in(_lines(_product("mug", related=["cup"]), _product("cup")))
    content = _lines(_product("mug", related=["bowl", "cup"]), _product("bowl"), _product("cup"))

    found = moved_in(content, dry_run=is_dry)

    assert counts_of(found) == (1, 1, 1, 0)
    change = next(one for one in changes_of(found["id"]) if one["slug"] == "mug")
    assert change["fields"] == [{"field": "related", "before": ["cup"], "after": ["bowl", "cup"]}]
    assert _shown()["mug"]["related"] == (["cup"] if is_dry else ["bowl", "cup"])
    if not is_dry:
        assert counts_of(moved_in(content)) == (0, 0, 3, 0)


def test_an_unknown_neighbour_alone_is_no_change(app: Flask) -> None:
    moved_in(_lines(_product("mug")))

    found = moved_in(_lines(_product("mug", related=["nothing"])))

    assert counts_of(found) == (0, 0, 1, 0)
    assert problems_of(found) == [(2, "related", "nothing")]
    assert changes_of(found["id"]) == []


class _PowerCut(BaseException):
    """The process is gone."""


@pytest.mark.usefixtures("one_by_one")
def test_a_reader_that_dies_before_the_end_leaves_the_rest_to_the_next(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All rows were read; what stands beside products was not said yet."""
    import_id = kept(_lines(_product("mug", related=["cup"]), _product("cup")))

    def dies(*_: object, **__: object) -> bool:
        raise _PowerCut

    with monkeypatch.context() as patch:
        patch.setattr(deferred_relations, "resolve_deferred_batch", dies)
        patch.setattr(import_jobs, "release_claim", lambda *_: None)
        with pytest.raises(_PowerCut):
            imports_flows.read_import(import_id)
    assert _shown()["mug"]["related"] == []
    with clock.frozen(clock.now() + import_jobs.LEASE * 2):
        assert imports_flows.read_import(import_id) is True

    assert imports_queries.get_import(import_id)["status"] == "completed"
    assert _shown()["mug"]["related"] == ["cup"]


@pytest.mark.usefixtures("one_by_one")
def test_an_undo_puts_all_of_it_back(app: Flask) -> None:
    """What was beside it, where it stood, and what lay there."""
    for slug in ("summer", "sale"):
        _collection(slug)
    a_location("MAIN")
    moved_in(
        _lines(
            _product("mug", related=["cup"], collections=[{"slug": "summer", "position": 3}]),
            _product("cup", collections=[{"slug": "summer", "position": 1}]),
        )
    )
    before = _shown()
    variant = {"sku": "MUG", "stock": {"MAIN": 4}}
    found = moved_in(
        _lines(
            _product(
                "mug",
                related=[],
                related_accessory=["lid"],
                collections=[{"slug": "sale"}, {"slug": "summer", "position": 0}],
                variants=[variant],
            ),
            {"slug": "lid", "title": "Lid", "related": ["mug"], "variants": [{"sku": "LID"}]},
        )
    )
    assert (_members("summer"), _members("sale")) == (["mug", "cup"], ["mug"])
    assert _shown()["mug"]["related_accessory"] == ["lid"]

    undo = undone(found["id"])["undo"]

    assert (undo["conflicts"], undo["restored"], undo["stock_taken_back"]) == (0, 1, 1)
    after = _shown()
    assert (_members("summer"), _members("sale")) == (["cup", "mug"], [])
    assert inventory_queries.on_hand_of([_variant("MUG")]) == {_variant("MUG"): {"MAIN": 0}}
    for one in (before["mug"], after["mug"]):
        del one["version"], one["variants"]
    assert after["mug"] == before["mug"]


def test_created_products_that_name_each_other_go_away_together(app: Flask) -> None:
    products = [{"slug": slug, "title": slug, "related": [other]} for slug, other in ("ab", "ba")]
    found = moved_in(_lines(*products))

    assert undone(found["id"])["undo"]["removed"] == 2
    assert _shown() == {}


def _variant(sku: str) -> UUID:
    variant = variant_lookup.find_variant(sku)
    assert variant is not None
    return variant.variant_id


def test_collections_by_hand_are_named_and_never_made(app: Flask) -> None:
    """A slip of the pen must not put a shelf into the shop; the row can be mended."""
    _collection("summer")
    _collection("by-kiln", CollectionKind.RULES)
    content = (
        b"slug;title;sku;collections\r\n"
        b"mug;Mug;MUG;summer\r\ncup;Cup;CUP;sumer\r\nbowl;Bowl;BOWL;by-kiln\r\n"
        b"jar;Jar;JAR;summer*x\r\npot;Pot;POT;summer|summer\r\n"
    )

    found = moved_in(content)

    assert counts_of(found) == (1, 0, 0, 4)
    assert problems_of(found) == [
        (3, "collections", "sumer"),
        (4, "collections", "by-kiln"),
        (5, "collections", "summer*x"),
        (6, "collections", "summer"),
    ]
    mended = failed_file_of(found["id"]).replace(b"sumer", b"summer")
    assert counts_of(moved_in(mended)) == (1, 0, 0, 3)
    assert _members("summer") == ["mug", "cup"]
    assert session.scalar(select(func.count()).select_from(Collection)) == 2


def test_a_place_that_is_not_named_stays_or_is_the_last(app: Flask) -> None:
    """The collection's version moves with what is in it."""
    _collection("summer")
    moved_in(b"slug,title,sku,collections\nb,B,B,summer*20\na,A,A,summer*10\n")
    version = session.scalar(select(Collection.version))

    moved_in(b"slug,title,sku,collections\na,A2,A,summer\nc,C,C,summer\nb,B,B,summer\n")

    assert _members("summer") == ["a", "b", "c"]
    assert session.scalar(select(Collection.version)) == (version or 0) + 1
    moved_in(b"slug,collections\na,\n")
    assert _members("summer") == ["b", "c"]


def test_a_price_list_leaves_the_rest_alone(app: Flask) -> None:
    _collection("summer")
    a_location("MAIN")
    variant = {"sku": "MUG", "stock": {"MAIN": 4}}
    place = {"slug": "summer", "position": 5}
    moved_in(
        _lines(_product("cup"), _product("mug", related=["cup"], collections=[place])),
    )
    moved_in(_lines({"slug": "mug", "variants": [variant]}))

    found = moved_in(b"slug,sku,price EUR\nmug,MUG,25.00\n")

    assert counts_of(found) == (0, 1, 0, 0)
    mug = _shown()["mug"]
    assert (mug["related"], mug["collections"]) == (["cup"], [place])
    assert mug["variants"][0]["stock"] == {"MAIN": 4}


def test_stock_is_opened_once_and_never_written_over(app: Flask) -> None:
    """Where nothing was opened yet, place by place; a place that the shop lacks is told of."""
    for code in ("MAIN", "Shop 2"):
        a_location(code)
    content = (
        b"slug,title,sku,stock MAIN,stock Shop 2,stock Cellar\nmug,Mug,MUG,5,,3\ncup,Cup,CUP,0,2,\n"
    )
    found = moved_in(content)
    assert found["result"]["stock_opened"] == 2
    assert found["result"]["ignored_columns"] == []
    assert problems_of(found) == [(2, "stock Cellar", "3")]
    with transaction():
        inventory_service.adjust(
            inventory_queries.levels_of_variant(_variant("MUG"))[0]["id"],
            change=-1,
            on_hand=None,
            expected_on_hand=None,
            reason=AdjustReason.LOST,
            note=None,
            by=SYSTEM,
        )

    again = moved_in(content.replace(b"MUG,5,,3", b"MUG,9,8,"))

    assert counts_of(again) == (0, 0, 2, 0)
    assert again["result"]["stock_opened"] == 1
    (change,) = changes_of(again["id"])
    assert change["fields"] == [{"field": "variants.MUG.stock.Shop 2", "before": None, "after": 8}]
    assert inventory_queries.on_hand_of([_variant("MUG")]) == {
        _variant("MUG"): {"MAIN": 4, "Shop 2": 8}
    }


def test_stock_of_a_refused_product_is_not_opened(app: Flask) -> None:
    """Nor is anything that stands beside it."""
    a_location("MAIN")
    moved_in(_lines(_product("mug")))
    stale = _product("mug", version=9, related=["mug2"], title="Other")
    stale["variants"][0]["stock"] = {"MAIN": 3}

    found = moved_in(_lines(stale))

    assert counts_of(found) == (0, 0, 0, 1)
    assert found["result"]["stock_opened"] == 0
    assert inventory_queries.on_hand_of([_variant("MUG")]) == {_variant("MUG"): {}}
    assert counts_of(moved_in(_lines(stale), on_conflict=OnConflict.OVERWRITE)) == (0, 1, 0, 0)


@pytest.mark.parametrize(
    ("fields", "column", "value"),
    [
        ({"related": ["cup", "cup"]}, "/related/1", "cup"),
        ({"related_upsell": ["mug"]}, "/related_upsell", "mug"),
        ({"related": "cup"}, "/related", "cup"),
        ({"collections": ["summer"]}, "/collections/0", "summer"),
        ({"collections": [{"slug": "a", "position": -1}]}, "/collections/0/position", "-1"),
        ({"variants": [{"sku": "a", "stock": {"MAIN": -1}}]}, "/variants/0/stock/MAIN", "-1"),
        ({"variants": [{"sku": "a", "stock": {"MAIN": 1.5}}]}, "/variants/0/stock/MAIN", "1.5"),
        ({"variants": [{"sku": "a", "stock": {"": 1}}]}, "/variants/0/stock", ""),
    ],
)
def test_wrong_fields_say_where(
    app: Flask, fields: dict[str, Any], column: str, value: str
) -> None:
    found = moved_in(_lines({**_product("mug"), **fields}))

    assert counts_of(found) == (0, 0, 0, 1)
    assert problems_of(found) == [(2, column, value)]
