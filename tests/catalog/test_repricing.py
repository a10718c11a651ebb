"""A price list reprices many variants at once, and everything follows as if each came alone."""

from collections.abc import Sequence
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from api.catalog.events import CatalogChanged, PriceChanged
from api.catalog.models.prices import PriceHistoryEntry, PriceRange, VariantPrice
from api.catalog.models.products import Product, Variant
from api.catalog.queries.export_documents import lock_products, product_documents
from api.catalog.service import bulk_upsert
from api.catalog.service import variants as variant_service
from api.catalog.service.inputs import PriceInput
from api.catalog.service.upsert_results import UpsertResult, UpsertStatus
from api.kernel.principal import SYSTEM
from api.platform.audit import AuditEntry
from api.platform.db import session, transaction
from tests.support.catalogue import a_product, money
from tests.support.events import facts_of
from tests.support.moving import moved_in, undone
from tests.support.sheets import a_file, a_simple_row
from tests.support.sql import count_statements


def _documents(*slugs: str) -> list[dict[str, Any]]:
    with transaction():
        there = product_documents(lock_products(slugs, [])).values()
    return sorted(there, key=lambda document: slugs.index(document["slug"]))


def _restate(documents: Sequence[dict[str, Any]]) -> list[UpsertResult]:
    with transaction():
        return bulk_upsert.upsert_documents(documents, is_overwriting=True, by=SYSTEM)


def _versions() -> tuple[list[int], list[int]]:
    return (
        list(session.scalars(select(Product.version).order_by(Product.id))),
        list(session.scalars(select(Variant.version).order_by(Variant.id))),
    )


def test_all_that_follows_from_a_price_follows_from_a_list_of_prices(app: Flask) -> None:
    """Its history, its range, its version, facts and the audit log; a currency may go."""
    small, _ = a_product("SMALL", "LARGE", price=["10 EUR", "12 USD"], slug="mugs")
    a_product("CUP", price="8 EUR", slug="cup")
    before = _versions()
    told = len(facts_of(CatalogChanged))
    mugs, cup = _documents("mugs", "cup")
    mugs["variants"][0]["prices"] = {"EUR": {"amount": 700, "compare_at": 1000}}

    made = _restate([mugs, cup])

    assert [one.outcome for one in made] == [UpsertStatus.CHANGED, UpsertStatus.UNCHANGED]
    outcomes = [variant.outcome for variant in made[0].variants]
    assert outcomes == [UpsertStatus.CHANGED, UpsertStatus.UNCHANGED]
    records = select(
        PriceHistoryEntry.currency, PriceHistoryEntry.amount, PriceHistoryEntry.compare_at
    )
    assert [
        tuple(row)
        for row in session.execute(
            records.where(PriceHistoryEntry.variant_id == small).order_by(
                PriceHistoryEntry.currency, PriceHistoryEntry.since
            )
        )
    ] == [("EUR", 1000, None), ("EUR", 700, 1000), ("USD", 1200, None), ("USD", None, None)]
    prior = session.scalar(select(VariantPrice.prior_price).where(VariantPrice.variant_id == small))
    assert prior == 1000
    ranges = select(PriceRange.currency, PriceRange.lowest, PriceRange.highest).order_by(
        PriceRange.currency, PriceRange.lowest
    )
    assert [tuple(row) for row in session.execute(ranges)] == [
        ("EUR", 700, 1000),
        ("EUR", 800, 800),
        ("USD", 1200, 1200),
    ]
    products, variants = _versions()
    assert products == before[0]
    assert variants == [before[1][0] + 1, *before[1][1:]]
    assert [(f.variant_id, f.currency, f.before, f.after) for f in facts_of(PriceChanged)] == [
        (small, "EUR", 1000, 700),
        (small, "USD", 1200, None),
    ]
    assert [fact.slugs for fact in facts_of(CatalogChanged)[told:]] == [("mugs",)]
    entries = session.execute(
        select(AuditEntry.subject_id, AuditEntry.changes).where(
            AuditEntry.action == "variant.priced"
        )
    ).all()
    assert [tuple(entry) for entry in entries] == [
        (
            small,
            {
                "before": {"EUR": [1000, None], "USD": [1200, None]},
                "after": {"EUR": [700, 1000]},
            },
        )
    ]


def test_prices_that_cannot_be_are_refused_alone(app: Flask) -> None:
    """The rest of the list lands."""
    for slug in ("cup", "jar"):
        a_product(slug, price="8 EUR", slug=slug)
    cup, jar = _documents("cup", "jar")
    cup["variants"][0]["prices"]["EUR"] = {"amount": 700, "compare_at": 700}
    jar["variants"][0]["prices"]["EUR"] = {"amount": 700, "compare_at": 800}

    refused, changed = _restate([cup, jar])

    assert (refused.outcome, changed.outcome) == (UpsertStatus.REFUSED, UpsertStatus.CHANGED)
    assert refused.refusal is not None
    assert refused.refusal.code == "compare_at_not_above_price"
    amounts = select(VariantPrice.amount).order_by(VariantPrice.amount)
    assert list(session.scalars(amounts)) == [700, 800]


def test_a_long_list_costs_as_many_statements_as_a_short_one(app: Flask) -> None:
    """Also when it is taken back."""
    slugs = [f"mug-{n}" for n in range(42)]
    rows = [a_simple_row(slug, slug) for slug in slugs]
    moved_in(a_file(*rows))
    restating, undoing = [], []
    for some in (slugs[:2], slugs[2:]):
        documents = _documents(*some)
        for document in documents:
            document["variants"][0]["prices"]["EUR"]["amount"] += 100
        with count_statements() as statements:
            _restate(documents)
        restating.append(statements.count)
    for some in (rows[:2], rows[2:]):
        dearer = moved_in(a_file(*({**row, "Variant Price": "30.00"} for row in some)))
        with count_statements() as statements:
            undo = undone(dearer["id"])["undo"]
        assert undo["restored"] == len(some)
        undoing.append(statements.count)

    # Facts and records beyond a few are copied, which is no statement more.
    assert restating[0] == restating[1]
    assert undoing[0] == undoing[1]
    records = session.scalar(select(func.count()).select_from(PriceHistoryEntry))
    assert records == len(slugs) * 4
    prices = session.scalars(select(VariantPrice.amount).distinct()).all()
    assert prices == [1099]


def test_one_variant_and_many_are_written_down_alike(app: Flask) -> None:
    """In the audit log, whichever way the price came."""
    a_product("CUP", price="8 EUR", slug="cup")
    (jar,) = a_product("JAR", price="8 EUR", slug="jar")
    (cup,) = _documents("cup")
    cup["variants"][0]["prices"]["EUR"]["amount"] = 900

    _restate([cup])
    with transaction():
        variant_service.replace_prices(
            jar, [PriceInput(money("9 EUR"))], expected_version=None, by=SYSTEM
        )

    entries = session.execute(
        select(AuditEntry.actor, AuditEntry.changes).where(AuditEntry.action == "variant.priced")
    ).all()
    assert len(entries) == 2
    assert entries[0] == entries[1]
