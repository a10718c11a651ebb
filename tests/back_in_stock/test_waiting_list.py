"""Back in stock: one letter each, in turn, and never more letters than there are units."""

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, text

from api.accounts.models import User
from api.app import create_app
from api.back_in_stock import jobs as back_in_stock_jobs
from api.back_in_stock import service as back_in_stock_service
from api.back_in_stock.events import BackInStockDue
from api.back_in_stock.limits import GRACE, MAX_PER_ADDRESS
from api.back_in_stock.models import BackInStockSubscription
from api.catalog.models.products import Variant
from api.catalog.service import products as product_service
from api.inventory import service as inventory_service
from api.inventory.events import BackInStock
from api.inventory.models import AdjustReason
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.principal import SYSTEM
from api.notifications.models import EmailMessage
from api.platform.auth import hash_secret
from api.platform.db import db, session, transaction
from api.platform.settings import Settings
from tests.support.catalogue import a_product
from tests.support.events import facts_of
from tests.support.mailer import RecordingMailer
from tests.support.people import a_customer
from tests.support.shop import Shop
from tests.support.stock import held, level_of
from tests.support.threads import at_once
from tests.support.work import drain

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
ASKS = "/api/v1/stock-requests"


@pytest.fixture
def mug(shop: Shop) -> UUID:
    """A mug that is sold out."""
    return shop.sells("MUG", 0, title="Blue mug")


@pytest.fixture
def noon() -> Iterator[None]:
    """Have it be noon."""
    with clock.frozen(NOON):
        yield


def asks(app: Flask, variant_id: UUID, email: str | None = "ada@example.test", **how: Any) -> Any:
    """Ask to be told."""
    body = {"variant_id": str(variant_id), **({} if email is None else {"email": email})}
    return app.test_client().post(ASKS, json=body, **how)


def arrives(variant_id: UUID, quantity: int) -> None:
    """Have so many units more, or fewer, on the shelf."""
    with transaction():
        inventory_service.adjust(
            level_of(variant_id),
            change=quantity,
            on_hand=None,
            expected_on_hand=None,
            reason=AdjustReason.FOUND if quantity > 0 else AdjustReason.LOST,
            note=None,
            by=SYSTEM,
        )


def readers(shop: Shop) -> list[str]:
    """Deliver everything and return who was written to about stock that came back, in order."""
    drain()
    return [one.to for one in shop.mailer.sent if one.subject.startswith("Back in stock")]


def test_whoever_waits_is_written_to_once(shop: Shop, mug: UUID) -> None:
    assert asks(shop.app, mug).status_code == 202

    arrives(mug, 3)
    assert readers(shop) == ["ada@example.test"]

    arrives(mug, -3)
    arrives(mug, 3)
    assert readers(shop) == ["ada@example.test"]
    (letter,) = [one for one in shop.mailer.sent if one.subject.startswith("Back in stock")]
    assert letter.subject == "Back in stock: Blue mug"
    assert "\nhttp://127.0.0.1:8000/products/blue-mug\n" in letter.text


def test_asking_twice_answers_the_same_and_is_one_request(shop: Shop, mug: UUID) -> None:
    first, second = asks(shop.app, mug), asks(shop.app, mug, "ADA@example.test")

    assert (first.status_code, first.json) == (second.status_code, second.json)
    arrives(mug, 5)
    assert readers(shop) == ["ada@example.test"]


def test_no_more_letters_than_units_and_the_oldest_first(shop: Shop, mug: UUID) -> None:
    for name in ("a", "b", "c"):
        asks(shop.app, mug, f"{name}@example.test")

    arrives(mug, 2)

    assert readers(shop) == ["a@example.test", "b@example.test"]


@pytest.mark.usefixtures("noon")
def test_after_a_day_the_next_ones_are_told(shop: Shop, mug: UUID) -> None:
    for name in ("a", "b", "c"):
        asks(shop.app, mug, f"{name}@example.test")
    arrives(mug, 1)
    assert readers(shop) == ["a@example.test"]

    with clock.frozen(NOON + GRACE - timedelta(minutes=1)):
        back_in_stock_jobs.notify_due()
        assert readers(shop) == ["a@example.test"]
    with clock.frozen(NOON + GRACE + timedelta(minutes=1)):
        back_in_stock_jobs.notify_due()
        back_in_stock_jobs.notify_due()
        assert readers(shop) == ["a@example.test", "b@example.test"]


@pytest.mark.usefixtures("noon")
def test_what_was_bought_meanwhile_is_told_to_nobody(shop: Shop, mug: UUID) -> None:
    for name in ("a", "b"):
        asks(shop.app, mug, f"{name}@example.test")
    arrives(mug, 1)
    assert readers(shop) == ["a@example.test"]
    arrives(mug, -1)

    with clock.frozen(NOON + 2 * GRACE):
        back_in_stock_jobs.notify_due()
        assert readers(shop) == ["a@example.test"]


def test_more_goods_reach_more_of_those_who_wait(shop: Shop, mug: UUID) -> None:
    for name in ("a", "b", "c"):
        asks(shop.app, mug, f"{name}@example.test")
    arrives(mug, 1)
    assert readers(shop) == ["a@example.test"]

    arrives(mug, 1)
    back_in_stock_jobs.notify_due()

    assert readers(shop) == ["a@example.test", "b@example.test"]


def test_what_a_basket_holds_is_told_to_nobody(shop: Shop, mug: UUID) -> None:
    asks(shop.app, mug)
    arrives(mug, 1)
    held({mug: 1})

    assert readers(shop) == []


def test_jobs_at_once_do_not_give_one_unit_to_two(shop: Shop, mug: UUID) -> None:
    """Without the lock on the list each would count the units before the other has told."""
    for number in range(8):
        asks(shop.app, mug, f"n{number}@example.test")
    arrives(mug, 3)

    def tells() -> int:
        with transaction():
            return back_in_stock_service.notify_subscribers(mug)

    outcome = at_once(shop.app, [tells] * 6)

    assert not outcome.errors
    assert sorted(outcome.results) == [0, 0, 0, 0, 0, 3]
    assert len(facts_of(BackInStockDue)) == 3
    assert len(readers(shop)) == 3


def test_the_same_address_from_many_windows_waits_once(shop: Shop, mug: UUID) -> None:
    """Without the unique index each would be a letter of its own."""
    outcome = at_once(shop.app, [lambda: asks(shop.app, mug)] * 6)

    assert outcome.of_status(202) == 6
    assert len(session.scalars(select(BackInStockSubscription.id)).all()) == 1


def test_a_fact_that_is_told_twice_writes_no_second_letter(shop: Shop, mug: UUID) -> None:
    asks(shop.app, mug)
    asks(shop.app, mug, "b@example.test")
    arrives(mug, 1)
    (fact,) = facts_of(BackInStock)
    back_in_stock_jobs.on_back_in_stock(fact)
    back_in_stock_jobs.on_back_in_stock(fact)

    assert readers(shop) == ["ada@example.test"]


def test_nobody_waits_for_what_is_there(shop: Shop) -> None:
    cup = shop.sells("CUP", 1)

    answer = asks(shop.app, cup)

    assert (answer.status_code, answer.json["code"]) == (409, "in_stock_now")
    assert session.scalar(select(BackInStockSubscription.id)) is None


def test_nobody_waits_for_what_is_not_on_the_shelf(shop: Shop) -> None:
    (draft,) = a_product("DRAFT", published=False)

    for variant_id in (draft, new_id()):
        answer = asks(shop.app, variant_id)
        assert (answer.status_code, answer.json["code"]) == (404, "variant_not_found")


def test_what_left_the_shelf_is_told_to_nobody(shop: Shop, mug: UUID) -> None:
    asks(shop.app, mug)
    product_id = session.scalar(select(Variant.product_id).where(Variant.id == mug))
    assert product_id is not None
    with transaction():
        product_service.archive_product(product_id, expected_version=None, by=SYSTEM)

    arrives(mug, 3)

    assert readers(shop) == []


@pytest.mark.parametrize("email", ["nobody", "a@b\nBcc: c@d.test", "x" * 250 + "@a.test", 7])
def test_an_address_is_an_address(shop: Shop, mug: UUID, email: Any) -> None:
    assert asks(shop.app, mug, email).status_code == 422
    assert session.scalar(select(BackInStockSubscription.id)) is None


def test_a_guest_says_where_to_write_to(shop: Shop, mug: UUID) -> None:
    answer = asks(shop.app, mug, None)

    assert (answer.status_code, answer.json["code"]) == (422, "address_needed")


def test_one_address_does_not_wait_for_everything(shop: Shop) -> None:
    for number in range(MAX_PER_ADDRESS + 2):
        answer = asks(shop.app, shop.sells(f"M{number}", 0))
        assert answer.status_code == 202

    assert len(session.scalars(select(BackInStockSubscription.id)).all()) == MAX_PER_ADDRESS


def test_a_customer_sees_and_ends_what_they_wait_for(shop: Shop, mug: UUID) -> None:
    ada, other = a_customer("Ada", email="ada@example.test"), a_customer()
    client = shop.app.test_client()
    asks(shop.app, mug)  # as a guest, before signing in
    assert asks(shop.app, mug, None, headers=ada.headers).status_code == 202

    (line,) = client.get(ASKS, headers=ada.headers).json["data"]  # type: ignore[index]
    assert (line["state"], line["sku"], line["title"]) == ("waiting", "MUG", "Blue mug")
    assert client.get(ASKS, headers=other.headers).json["data"] == []  # type: ignore[index]
    assert client.delete(f"{ASKS}/{line['id']}", headers=other.headers).status_code == 404

    assert client.delete(f"{ASKS}/{line['id']}", headers=ada.headers).status_code == 204
    assert client.delete(f"{ASKS}/{line['id']}", headers=ada.headers).status_code == 404
    assert client.get(ASKS, headers=ada.headers).json["data"] == []  # type: ignore[index]
    arrives(mug, 3)
    assert readers(shop) == []


def test_the_link_in_a_letter_ends_all_such_letters(shop: Shop, mug: UUID) -> None:
    cup = shop.sells("CUP", 0)
    asks(shop.app, mug)
    asks(shop.app, cup)
    asks(shop.app, cup, "b@example.test")
    arrives(mug, 1)
    assert readers(shop) == ["ada@example.test"]
    token = shop.mailer.sent[-1].text.partition("#token=")[2].split()[0]
    kept = session.scalars(select(BackInStockSubscription.token_hash)).all()
    assert hash_secret(token) in kept
    assert token not in kept
    letter = session.scalar(select(EmailMessage.text).where(EmailMessage.kind == "back_in_stock"))
    assert letter is not None
    assert token not in letter

    client = shop.app.test_client()
    for sent in (token, token, "x" * 43):
        assert client.post(f"{ASKS}/cancel", json={"token": sent}).status_code == 204

    arrives(cup, 5)
    assert readers(shop) == ["ada@example.test", "b@example.test"]


def test_a_letter_that_nobody_wants_any_more_is_not_sent(shop: Shop, mug: UUID) -> None:
    ada = a_customer("Ada", email="ada@example.test")
    asks(shop.app, mug, None, headers=ada.headers)
    arrives(mug, 1)
    with transaction():
        back_in_stock_service.notify_subscribers(mug)
    request_id = session.scalar(select(BackInStockSubscription.id))
    assert request_id is not None
    with transaction():
        back_in_stock_service.cancel(request_id, user_id=ada.id)

    assert readers(shop) == []


@pytest.mark.usefixtures("noon")
def test_people_are_forgotten_in_time(shop: Shop, mug: UUID) -> None:
    ada = a_customer("Ada", email="ada@example.test")
    asks(shop.app, mug, None, headers=ada.headers)
    asks(shop.app, mug, "b@example.test")
    arrives(mug, 1)
    readers(shop)
    asks(shop.app, shop.sells("CUP", 0), "c@example.test")

    def left_after(days: int) -> list[str]:
        with clock.frozen(NOON + timedelta(days=days)):
            back_in_stock_jobs.purge_old()
        return sorted(session.scalars(select(BackInStockSubscription.email)))

    assert left_after(89) == ["ada@example.test", "b@example.test", "c@example.test"]
    assert left_after(91) == ["b@example.test", "c@example.test"]
    with transaction():
        back_in_stock_service.cancel_all("unknown" * 5)
    assert left_after(364) == ["b@example.test", "c@example.test"]
    assert left_after(366) == []
    assert session.scalar(select(User.email)) == "ada@example.test"


def test_facts_hold_no_address(shop: Shop, mug: UUID) -> None:
    asks(shop.app, mug)
    arrives(mug, 1)
    drain()

    (fact,) = facts_of(BackInStockDue)
    assert set(fact.to_json()) == {"request_id"}


def test_staff_see_what_people_wait_for(shop: Shop, mug: UUID) -> None:
    cup = shop.sells("CUP", 0)
    for name in ("a", "b"):
        asks(shop.app, cup, f"{name}@example.test")
    asks(shop.app, mug)

    body = shop.staff("support").gets("/stock-requests", limit=1).json
    assert [(line["sku"], line["waiting"]) for line in body["data"]] == [("CUP", 2)]
    later = shop.staff().gets("/stock-requests", limit=1, cursor=body["page"]["next_cursor"]).json
    assert [(line["sku"], line["waiting"]) for line in later["data"]] == [("MUG", 1)]
    assert shop.app.test_client().get("/api/v1/admin/stock-requests").status_code == 401


def test_asking_is_limited_by_address_and_by_mailbox(
    shop: Shop, settings: Settings, mailer: RecordingMailer, mug: UUID
) -> None:
    """Without it a stranger's mailbox could be put on every list there is."""
    strict = create_app(dataclasses.replace(settings, rate_limits_enabled=True), mailer=mailer)

    with strict.app_context():
        answers = [asks(strict, mug).status_code for _ in range(6)]
        session.remove()
        db.engine.dispose()

    assert answers == [202] * 5 + [429]


@pytest.mark.parametrize(
    ("question", "index"),
    [
        ("SELECT id FROM stock_requests WHERE variant_id = :id AND told_at IS NULL"
         " AND cancelled_at IS NULL ORDER BY id LIMIT 5", "ix_stock_requests_in_turn"),
        ("SELECT count(*) FROM stock_requests WHERE variant_id = :id"
         " AND told_at > now() - interval '1 day'", "ix_stock_requests_told"),
        ("SELECT count(*) FROM stock_requests WHERE lower(email) = 'n7@example.test'",
         "ix_stock_requests_email"),
        ("SELECT id FROM stock_requests WHERE user_id = :id ORDER BY id DESC LIMIT 26",
         "ix_stock_requests_user_id"),
    ],
)  # fmt: skip
def test_each_index_serves_the_question_it_was_made_for(
    shop: Shop, mug: UUID, question: str, index: str
) -> None:
    with transaction() as current:
        current.execute(
            text(
                "INSERT INTO stock_requests (id, created_at, variant_id, email, told_at)"
                " SELECT gen_random_uuid(), now(), v.id, 'n' || n || '@example.test',"
                " CASE WHEN n % 2 = 0 THEN now() - interval '30 days' END"
                " FROM variants v, generate_series(1, 4000) n"
            )
        )
        current.execute(text("ANALYZE stock_requests"))
        plan = "\n".join(
            current.execute(text("EXPLAIN " + question), {"id": str(new_id())}).scalars()
        )

    assert index in plan, plan
