"""Gift cards and store credit: issued, looked at, disabled, merged; and their ledgers."""

import dataclasses
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from api.app import create_app
from api.kernel import clock
from api.platform.db import session
from api.platform.rate_limits import limiter
from api.platform.settings import Settings, SettingsError
from api.stored_value import codes
from api.stored_value.models import StoredValueAccount
from tests.support.books import differences
from tests.support.people import a_customer
from tests.support.shop import Shop, Staff, key
from tests.support.threads import at_once


def issued(staff: Staff, amount: int = 5000, **more: Any) -> dict[str, Any]:
    """Issue a gift card; returns it with its code."""
    body = {"amount": {"amount": amount, "currency": "EUR"}, "reason": "apology", **more}
    answer = staff.posts("/gift-cards", body)
    assert answer.status_code == 201, answer.json
    return dict(answer.json)


def looks_up(shop: Shop, code: str) -> Any:
    """Ask for the balance of a code."""
    return shop.app.test_client().post("/api/v1/gift-cards/balance", json={"code": code})


def ledger(staff: Staff, path: str) -> list[tuple[str, int, int]]:
    """Return the ledger below a path, the newest entry first."""
    answer = staff.gets(f"{path}/entries")
    assert answer.status_code == 200, answer.json
    return [
        (one["kind"], one["amount"]["amount"], one["balance_after"]["amount"])
        for one in answer.json["data"]
    ]


def test_a_card_is_issued_and_its_code_shown_once(shop: Shop) -> None:
    owner = shop.staff()

    card = issued(owner)
    listed = owner.gets("/gift-cards", last_four=card["code"][-4:].lower(), include="total")
    typed = card["code"].lower().replace("-", " ")

    assert (card["status"], card["balance"]["amount"], card["expires_at"]) == ("active", 5000, None)
    assert looks_up(shop, typed).json == {
        "last_four": card["code"][-4:],
        "balance": {"amount": 5000, "currency": "EUR"},
        "status": "active",
        "expires_at": None,
    }
    assert [one["id"] for one in listed.json["data"]] == [card["id"]]
    assert listed.json["page"]["total"] == 1
    plain = card["code"].replace("-", "")
    stored = session.execute(text("SELECT to_jsonb(a)::text FROM stored_value_accounts a")).scalar()
    assert plain not in str(stored)
    assert card["code"] not in str(owner.gets(f"/gift-cards/{card['id']}").json)
    assert ledger(owner, f"/gift-cards/{card['id']}") == [("issued", 5000, 5000)]
    assert differences() == []


def test_a_code_stays_valid_while_its_secret_is_replaced(shop: Shop) -> None:
    card = issued(shop.staff())
    services = shop.app.extensions["stockroom_ports"]
    before: Settings = services[Settings]
    services[Settings] = dataclasses.replace(
        before, secret_key="another-secret", secret_keys_before=(before.secret_key,)
    )
    try:
        assert looks_up(shop, card["code"]).status_code == 200
        services[Settings] = dataclasses.replace(before, secret_key="another-secret")
        assert looks_up(shop, card["code"]).status_code == 404
    finally:
        services[Settings] = before


def test_a_disabled_card_looks_as_if_there_was_none(shop: Shop) -> None:
    owner = shop.staff()
    card = issued(owner)

    disabled = owner.posts(f"/gift-cards/{card['id']}/disable", {"reason": "reported stolen"})
    again = owner.posts(f"/gift-cards/{card['id']}/disable", {"reason": "reported stolen"})
    unknown = looks_up(shop, codes.new_code())
    hidden = looks_up(shop, card["code"])

    assert disabled.json["status"] == "disabled"
    assert (again.status_code, again.json["code"]) == (409, "gift_card_disabled")
    assert hidden.status_code == unknown.status_code == 404
    assert {**hidden.json, "request_id": ""} == {**unknown.json, "request_id": ""}
    assert [one["id"] for one in owner.gets("/gift-cards", status="disabled").json["data"]] == [
        card["id"]
    ]
    assert owner.gets("/gift-cards", status="active").json["data"] == []
    enabled = owner.posts(f"/gift-cards/{card['id']}/enable", {"reason": "found again"})
    assert enabled.json["status"] == "active"
    assert looks_up(shop, card["code"]).status_code == 200


def test_each_status_is_found_by_its_filter(shop: Shop) -> None:
    owner = shop.staff()
    cards = {name: issued(owner) for name in ("active", "redeemed", "expired", "disabled")}
    changes = {
        "redeemed": "balance = 0",
        "expired": "expires_at = now() - interval '1 day'",
        "disabled": "disabled_at = now()",
    }
    cards["partially_redeemed"] = issued(owner)
    changes["partially_redeemed"] = "balance = 1"
    with session() as current:
        for name, change in changes.items():
            current.execute(
                text(f"UPDATE stored_value_accounts SET {change} WHERE id = :id"),
                {"id": cards[name]["id"]},
            )

    for name, card in cards.items():
        found = owner.gets("/gift-cards", status=name).json["data"]
        assert [(one["id"], one["status"]) for one in found] == [(card["id"], name)]


def test_expiry_is_off_by_default_and_has_a_minimum(shop: Shop) -> None:
    owner, soon = shop.staff(), clock.now() + timedelta(days=400)

    refused = owner.posts(
        "/gift-cards",
        {
            "amount": {"amount": 100, "currency": "EUR"},
            "reason": "x",
            "expires_at": soon.isoformat(),
        },
    )
    late = clock.now() + timedelta(days=2000)

    assert (refused.status_code, refused.json["code"]) == (422, "expiry_too_early")
    assert issued(owner, expires_at=late.isoformat())["expires_at"] is not None
    with pytest.raises(SettingsError, match="GIFT_CARD_VALID_DAYS"):
        Settings.from_env({"STOCKROOM_ENV": "test", "GIFT_CARD_VALID_DAYS": "30"})


@pytest.mark.parametrize("amount", [0, -5, 10**16, 1.5, "5"])
def test_a_senseless_amount_is_refused(shop: Shop, amount: object) -> None:
    body = {"amount": {"amount": amount, "currency": "EUR"}, "reason": "x"}

    answer = shop.staff().posts("/gift-cards", body)

    assert answer.status_code == 422, answer.json
    assert session.scalar(select(StoredValueAccount.id)) is None


def test_guessing_is_limited_over_all_routes_together(shop: Shop, settings: Settings) -> None:
    person = a_customer()
    counting = create_app(dataclasses.replace(settings, rate_limits_enabled=True))
    client = counting.test_client()
    try:
        answers = [
            client.post(path, json={"code": codes.new_code()}, headers=person.headers).status_code
            for path in ["/api/v1/gift-cards/balance"] * 6 + ["/api/v1/store-credit/gift-cards"] * 5
        ]
    finally:
        limiter.enabled = False

    assert answers == [404] * 10 + [429]


def test_store_credit_is_given_and_deducted_never_below_zero(shop: Shop) -> None:
    owner, person = shop.staff(), a_customer()
    body = {"email": person.email.upper(), "reason": "late parcel"}

    given = owner.posts("/store-credit", {**body, "amount": {"amount": 700, "currency": "EUR"}})
    taken = owner.posts("/store-credit", {**body, "amount": {"amount": -300, "currency": "EUR"}})
    too_much = owner.posts("/store-credit", {**body, "amount": {"amount": -401, "currency": "EUR"}})
    stranger = owner.posts(
        "/store-credit",
        {"email": "nobody@x.test", "reason": "x", "amount": {"amount": 1, "currency": "EUR"}},
    )
    me = shop.customer(person)
    own = me.client.get("/api/v1/store-credit", headers=me.headers)

    assert (given.status_code, taken.json["balance"]["amount"]) == (200, 400)
    assert (too_much.status_code, too_much.json["code"]) == (409, "store_credit_too_low")
    assert (stranger.status_code, stranger.json["code"]) == (404, "account_not_found")
    assert own.json == {"balances": [{"amount": 400, "currency": "EUR"}]}
    assert ledger(owner, f"/store-credit/{given.json['id']}") == [
        ("adjusted", -300, 400),
        ("adjusted", 700, 700),
    ]
    narrowed = owner.gets("/store-credit", customer_id=given.json["customer_id"]).json["data"]
    assert [one["email"] for one in narrowed] == [person.email]
    assert differences() == []


def test_a_card_becomes_store_credit_once_however_many_try(shop: Shop) -> None:
    """Without the lock on the card: its balance is in several accounts."""
    card, people = issued(shop.staff()), [shop.customer(a_customer()) for _ in range(10)]

    def merge(number: int) -> Any:
        who = people[number % 10]
        return who.client.post(
            "/api/v1/store-credit/gift-cards",
            json={"code": card["code"]},
            headers={**who.headers, "Idempotency-Key": key()},
        )

    outcomes = at_once(shop.app, [lambda n=n: merge(n) for n in range(30)])  # type: ignore[misc]

    assert (outcomes.of_status(200), outcomes.of_status(404)) == (1, 29)
    total = session.execute(text("SELECT sum(balance) FROM stored_value_accounts")).scalar()
    assert total == 5000
    assert looks_up(shop, card["code"]).json["balance"]["amount"] == 0
    assert differences() == []


def test_the_ledger_cannot_be_changed_and_no_balance_is_negative(shop: Shop) -> None:
    issued(shop.staff())

    for change in (
        "UPDATE stored_value_entries SET amount = 1",
        "DELETE FROM stored_value_entries",
        "UPDATE stored_value_accounts SET balance = -1",
    ):
        with pytest.raises(DatabaseError):
            session.execute(text(change))
        session.rollback()


def test_codes_use_no_characters_that_look_alike(app: Flask) -> None:
    code = codes.new_code()

    assert len(codes.ALPHABET) == 31
    assert not set("01OIL") & set(codes.ALPHABET)
    assert [len(part) for part in code.split("-")] == [4, 4, 4, 4]
