"""What a variant cost, and from which price a reduction began (Directive 98/6/EC, Article 6a)."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError

from api.catalog.errors import BarcodeTaken
from api.catalog.events import PriceChanged
from api.catalog.models.prices import PriceHistoryEntry, PriceRange, VariantPrice
from api.catalog.queries import admin_detail
from api.catalog.queries.export_documents import lock_products, product_documents
from api.catalog.service import bulk_upsert
from api.catalog.service import prices as price_service
from api.catalog.service import variants as variant_service
from api.catalog.service.feed_merge import FeedProduct
from api.catalog.service.inputs import PriceInput, ProductInput, VariantInput
from api.catalog.states import ProductStatus
from api.kernel import clock
from api.kernel.principal import SYSTEM
from api.platform.db import session, transaction
from tests.support.catalogue import a_product, money
from tests.support.events import facts_of
from tests.support.people import a_staff_member
from tests.support.sql import count_statements

DAY = timedelta(days=1)
START = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def _on(day: int) -> datetime:
    return START + day * DAY


def _asks(variant_id: UUID, *prices: str, day: int) -> None:
    """Name all prices of a variant on a day: `8 EUR`, or `8 EUR instead of 10 EUR`."""
    drafts = []
    for text in prices:
        price, _, before = text.partition(" instead of ")
        drafts.append(PriceInput(money(price), money(before) if before else None))
    with clock.frozen(_on(day)), transaction():
        variant_service.replace_prices(variant_id, drafts, expected_version=None, by=SYSTEM)


def _prior(variant_id: UUID, currency: str = "EUR") -> int | None:
    return session.execute(
        select(VariantPrice.prior_price).where(
            VariantPrice.variant_id == variant_id, VariantPrice.currency == currency
        )
    ).scalar_one()


def _mug(price: str | None = "10 EUR", *, day: int = 0) -> UUID:
    with clock.frozen(_on(day)):
        (mug,) = a_product("MUG", price=price)
    return mug


def _records(variant_id: UUID) -> list[tuple[str, int | None, int | None, datetime]]:
    return [
        tuple(row)
        for row in session.execute(
            select(
                PriceHistoryEntry.currency,
                PriceHistoryEntry.amount,
                PriceHistoryEntry.compare_at,
                PriceHistoryEntry.since,
            )
            .where(PriceHistoryEntry.variant_id == variant_id)
            .order_by(PriceHistoryEntry.since, PriceHistoryEntry.currency)
        )
    ]


def test_every_price_leaves_a_record(app: Flask) -> None:
    """Also the end of one; saying what is already so leaves none."""
    mug = _mug()
    _asks(mug, "8 EUR instead of 10 EUR", "12 USD", day=1)
    _asks(mug, "8 EUR instead of 10 EUR", "12 USD", day=2)
    _asks(mug, "12 USD", day=3)

    assert _records(mug) == [
        ("EUR", 1000, None, _on(0)),
        ("EUR", 800, 1000, _on(1)),
        ("USD", 1200, None, _on(1)),
        ("EUR", None, None, _on(3)),
    ]


def test_the_prior_price_is_the_lowest_of_thirty_days_and_not_that_of_the_sale(
    app: Flask,
) -> None:
    """The sale itself does not count, and neither does what was over before the window opened."""
    mug = _mug("7 EUR")
    _asks(mug, "12 EUR", day=20)
    _asks(mug, "9 EUR", day=40)
    _asks(mug, "11 EUR", day=45)

    _asks(mug, "5 EUR instead of 11 EUR", day=60)

    assert _prior(mug) == 900


def test_what_was_asked_when_the_window_opened_counts_however_old_it_is(app: Flask) -> None:
    """A price of a year ago that was never changed is the prior price."""
    mug = _mug("10 EUR")

    _asks(mug, "5 EUR instead of 10 EUR", day=365)

    assert _prior(mug) == 1000


@pytest.mark.parametrize(("day", "prior"), [(39, 700), (40, 1200)])
def test_the_window_is_thirty_days_to_the_moment(app: Flask, day: int, prior: int) -> None:
    """What ended exactly thirty days before has ended."""
    mug = _mug("7 EUR")
    _asks(mug, "12 EUR", day=10)

    _asks(mug, "5 EUR instead of 12 EUR", day=day)

    assert _prior(mug) == prior


def test_a_sale_that_is_reduced_further_keeps_what_it_began_from(app: Flask) -> None:
    """Else the sale's own first price would become the one to compare with."""
    mug = _mug("10 EUR")
    _asks(mug, "8 EUR instead of 10 EUR", day=50)
    _asks(mug, "6 EUR instead of 10 EUR", day=55)
    _asks(mug, "7 EUR instead of 12 EUR", day=90)

    row = session.execute(select(VariantPrice.reduced_since, VariantPrice.prior_price)).one()
    assert tuple(row) == (_on(50), 1000)


def test_a_sale_after_a_sale_begins_from_the_sale(app: Flask) -> None:
    """A break ends the reduction; the next one counts what was really asked before it."""
    mug = _mug("10 EUR")
    _asks(mug, "6 EUR instead of 10 EUR", day=50)
    _asks(mug, "10 EUR", day=55)
    assert _prior(mug) is None

    _asks(mug, "8 EUR instead of 10 EUR", day=60)

    assert _prior(mug) == 600


def test_nothing_was_asked_before_when_it_was_not_for_sale(app: Flask) -> None:
    """Neither in this currency, nor while it had no price for thirty days."""
    mug = _mug("10 EUR")
    _asks(mug, "10 EUR", "8 USD instead of 12 USD", day=1)
    _asks(mug, day=2)
    _asks(mug, "5 EUR instead of 10 EUR", day=3)
    assert (_prior(mug), 1) == (1000, 1)
    _asks(mug, day=4)

    _asks(mug, "5 EUR instead of 10 EUR", "7 USD instead of 12 USD", day=40)

    assert (_prior(mug), _prior(mug, "USD")) == (None, None)


def test_the_range_of_a_product_tells_the_prior_price_of_its_cheapest_variant(app: Flask) -> None:
    with clock.frozen(_on(0)):
        small, large = a_product("SMALL", "LARGE", price="10 EUR")
    _asks(large, "20 EUR", day=1)
    _asks(large, "15 EUR instead of 20 EUR", day=40)
    assert session.scalars(select(PriceRange.prior_price)).one() is None

    _asks(small, "30 EUR", day=41)

    row = session.execute(select(PriceRange.lowest, PriceRange.prior_price)).one()
    assert tuple(row) == (1500, 2000)


def test_arrivals_write_history_too(app: Flask) -> None:
    """New ones a first record, known ones a reduction with what it began from."""

    def take_in(*prices: str, day: int) -> None:
        draft = ProductInput(
            title="Tea",
            slug="tea",
            external_reference="shop:1",
            options=("Size",),
            variants=tuple(
                VariantInput(
                    option_values=(f"{place}",),
                    prices=(PriceInput(money(price), money("20 EUR") if place else None),),
                )
                for place, price in enumerate(prices)
            ),
        )
        with clock.frozen(_on(day)), transaction():
            bulk_upsert.upsert_feed([FeedProduct(draft, ProductStatus.ACTIVE)], by=SYSTEM)

    take_in("10 EUR", day=0)
    take_in("9 EUR", "15 EUR", day=5)
    with clock.frozen(_on(9)), transaction():
        variant_service.replace_prices(
            session.scalars(
                select(VariantPrice.variant_id).where(VariantPrice.amount == 1500)
            ).one(),
            [PriceInput(money("18 EUR"))],
            expected_version=None,
            by=SYSTEM,
        )
    take_in("9 EUR", "14 EUR", day=10)

    rows = session.execute(
        select(VariantPrice.amount, VariantPrice.reduced_since, VariantPrice.prior_price).order_by(
            VariantPrice.amount
        )
    )
    assert [tuple(row) for row in rows] == [(900, None, None), (1400, _on(10), 1500)]
    assert len(session.scalars(select(PriceHistoryEntry.id)).all()) == 5


def test_a_document_that_is_refused_halfway_changed_no_price_and_says_so_of_none(
    app: Flask,
) -> None:
    """Its first price was written already when its second variant was refused."""
    a_product("CUP", barcodes=["TAKEN"])
    small, _ = a_product("SMALL", "LARGE", price="10 EUR", slug="mugs")
    with transaction():
        (document,) = product_documents(lock_products(["mugs"], [])).values()
    first, second = document["variants"]
    first["prices"]["EUR"]["amount"] = 700
    second["barcodes"] = [{"code": "TAKEN", "pack_quantity": 1}]

    with transaction():
        (restated,) = bulk_upsert.upsert_documents([document], is_overwriting=True, by=SYSTEM)

    assert isinstance(restated.refusal, BarcodeTaken)
    assert [amount for _, amount, _, _ in _records(small)] == [1000]
    assert facts_of(PriceChanged) == []


def test_a_hundred_prices_are_written_in_as_many_statements_as_two(app: Flask) -> None:
    with clock.frozen(_on(0)):
        variants = a_product(*(f"V-{n}" for n in range(60)), price="10 EUR")
    counts = []
    for day, some in ((31, variants[:2]), (32, variants[2:])):
        rows = [
            {"variant_id": one, "currency": "EUR", "amount": 500, "compare_at": 1000}
            for one in some
        ]
        with clock.frozen(_on(day)), transaction(), count_statements() as statements:
            assert len(price_service.write_prices(rows)) == len(some)
        counts.append(statements.count)

    assert counts[0] == counts[1] == 5


def test_history_never_goes_back_when_a_clock_does(app: Flask) -> None:
    """Two hosts differ by seconds; the price that was written last is the last of the history."""
    mug = _mug("10 EUR", day=1)

    _asks(mug, "8 EUR instead of 10 EUR", day=0)

    (_, _, _, first), (_, amount, _, second) = _records(mug)
    assert (amount, second - first) == (800, timedelta(microseconds=1))
    assert _prior(mug) == 1000


def test_history_is_only_added_to(app: Flask) -> None:
    """The database itself refuses anything else."""
    _mug()
    for statement in (update(PriceHistoryEntry).values(amount=1), delete(PriceHistoryEntry)):
        with pytest.raises(DBAPIError, match="append-only"), transaction():
            session.execute(statement)


@dataclass
class Shop:
    """The law, simply: what was asked on each day, and what that means on the day of a sale."""

    asked: list[int | None] = field(default_factory=list)
    """By day, up to yesterday."""

    price: tuple[int | None, int | None] = (None, None)
    prior: int | None = None

    def set(self, amount: int | None, compare_at: int | None) -> None:
        """Name today's price."""
        if compare_at is None:
            self.prior = None
        elif self.price[1] is None:
            self.prior = min((a for a in self.asked[-30:] if a is not None), default=None)
        self.price = (amount, compare_at)

    def sleep(self, days: int) -> None:
        """Let days pass."""
        self.asked += [self.price[0]] * days


_prices = st.one_of(
    st.none(),
    st.tuples(st.integers(1, 9), st.one_of(st.none(), st.integers(1, 9))),
)


@settings(
    max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(steps=st.lists(st.tuples(st.integers(1, 40), _prices), min_size=1, max_size=12))
def test_the_prior_price_is_what_a_day_by_day_reading_of_the_law_gives(
    app: Flask, steps: list[tuple[int, tuple[int, int | None] | None]]
) -> None:
    """Whatever prices come and go, on whatever days."""
    mug, *_ = a_product(f"P-{clock.now().timestamp()}", price=None)
    law, day = Shop(), 0
    for days, price in steps:
        law.sleep(days)
        day += days
        if price is None:
            law.set(None, None)
            _asks(mug, day=day)
        else:
            amount, more = price
            compare_at = None if more is None else amount + more
            law.set(amount, compare_at)
            draft = f"{amount / 100} EUR" + (
                f" instead of {compare_at / 100} EUR" if compare_at else ""
            )
            _asks(mug, draft, day=day)
        stored = session.execute(
            select(VariantPrice.amount, VariantPrice.compare_at, VariantPrice.prior_price).where(
                VariantPrice.variant_id == mug
            )
        ).first()
        expected = None if law.price[0] is None else (*law.price, law.prior)
        assert (None if stored is None else tuple(stored)) == expected


def test_staff_read_a_history_page_by_page(app: Flask, client: FlaskClient) -> None:
    """The newest first, each with its end, and beside it what is in force."""
    anna = a_staff_member("manager")
    mug = _mug("10 EUR")
    _asks(mug, "10 EUR", "12 USD", day=1)
    _asks(mug, "8 EUR instead of 10 EUR", "12 USD", day=40)
    url = f"/api/v1/admin/variants/{mug}/price-history"

    first = client.get(f"{url}?limit=2", headers=anna.headers).get_json()
    rest = client.get(
        f"{url}?limit=2&cursor={first['page']['next_cursor']}", headers=anna.headers
    ).get_json()
    dollars = client.get(f"{url}?currency=USD&include=total", headers=anna.headers).get_json()

    records = first["data"] + rest["data"]
    assert [(r["currency"], r["price"]["amount"], r["until"]) for r in records] == [
        ("EUR", 800, None),
        ("USD", 1200, None),
        ("EUR", 1000, "2026-02-10T12:00:00Z"),
    ]
    assert [(r["reduced_since"], r["prior_price"]) for r in records] == [
        ("2026-02-10T12:00:00Z", {"amount": 1000, "currency": "EUR"}),
        (None, None),
        (None, None),
    ]
    assert (len(dollars["data"]), dollars["page"]["total"]) == (1, 1)
    assert admin_detail.get_variant(mug)["prices"][0] == {
        "price": {"amount": 800, "currency": "EUR"},
        "compare_at": {"amount": 1000, "currency": "EUR"},
        "reduced_since": _on(40),
        "prior_price": {"amount": 1000, "currency": "EUR"},
    }


def test_a_history_is_for_staff_and_of_a_variant_that_there_is(
    app: Flask, client: FlaskClient
) -> None:
    anna = a_staff_member("manager")
    unknown = "/api/v1/admin/variants/00000000-0000-7000-8000-000000000000/price-history"

    assert client.get(unknown).status_code == 401
    missing = client.get(unknown, headers=anna.headers)
    assert (missing.status_code, missing.get_json()["code"]) == (404, "variant_not_found")
    strange = client.get(f"{unknown}?currency=euro", headers=anna.headers)
    assert strange.status_code == 422
