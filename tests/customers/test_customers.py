"""Customers for staff: found by what people say of them, with everything that is known."""

from typing import Any

from sqlalchemy import select

from api.accounts.models import Address, User
from api.platform.db import session
from tests.support.people import a_customer
from tests.support.plans import copied, plans_of, refresh_statistics, tables_read_whole
from tests.support.shop import ADDRESS, Shop, Staff
from tests.support.sql import count_statements


def found(staff: Staff, **query: Any) -> list[str]:
    return [one["full_name"] for one in staff.gets("/customers", **query).json["data"]]


def lives_somewhere(shop: Shop, person: Any, **fields: str) -> None:
    form = {**ADDRESS, "name": "Somebody", **fields}
    answer = shop.app.test_client().post(
        "/api/v1/users/me/addresses", json=form, headers=person.headers
    )
    assert answer.status_code == 201, answer.json


def test_customers_are_found_by_name_email_company_and_phone(shop: Shop) -> None:
    owner = shop.staff()
    ada = a_customer("Ada Lovelace", email="ada.l@engines.test")
    a_customer("Jürgen Großmüller", email="jg@example.test")
    lives_somewhere(shop, ada, company="Analytical Engines Ltd", phone="+49 421 5550 1234")

    for typed in ("lovelace", "Love", "ada", "ada.l@engines.test", "engines.test", "ada love",
                  "analytical eng", "0421 55501234", "5550-1234"):  # fmt: skip
        assert found(owner, q=typed) == ["Ada Lovelace"], typed
    for typed in ("jurgen", "großmüller", "grossmuller", "JG@example"):
        assert found(owner, q=typed) == ["Jürgen Großmüller"], typed
    assert found(owner, q="nobody") == []
    assert found(owner, q="'); --") == []
    assert found(owner, q="Anna") == []  # staff are no customers


def test_a_customer_is_shown_with_groups_addresses_notes_credit_and_sums(shop: Shop) -> None:
    shop.sells("MUG", 10, price="10.00 EUR")
    owner, ada = shop.staff(), a_customer("Ada Lovelace", email="ada@example.test")
    lives_somewhere(shop, ada, company="Engines")
    group = owner.posts("/customer-groups", {"code": "club", "name": "The club"}).json
    owner.posts(f"/customer-groups/{group['id']}/members", {"emails": ["ada@example.test"]})
    order = shop.an_order(MUG=1, buyer=shop.customer(ada))
    shop.an_order(MUG=1, buyer=shop.customer(ada), paid=False)
    owner.posts(f"/customers/{ada.id}/notes", {"text": "Prefers to be called."})

    shown = owner.gets(f"/customers/{ada.id}").json

    assert [one["code"] for one in shown["groups"]] == ["club"]
    assert [one["company"] for one in shown["addresses"]] == ["Engines"]
    assert [(one["text"], one["created_by"]) for one in shown["notes"]] == [
        ("Prefers to be called.", "Anna Owner")
    ]
    assert (shown["order_count"], shown["spent"]) == (2, [order["total"]])
    assert shown["store_credit"] == []
    assert found(owner, group="club") == ["Ada Lovelace"]
    assert found(owner, group="other") == []
    listed = owner.gets("/orders", customer_id=str(ada.id)).json["data"]
    assert len(listed) == 2


def test_who_may_not_see_customers_sees_none(shop: Shop) -> None:
    ada = a_customer()
    packer, support = shop.staff("warehouse"), shop.staff("support")

    assert packer.gets("/customers").status_code == 403
    assert packer.gets(f"/customers/{ada.id}").status_code == 403
    assert packer.posts(f"/customers/{ada.id}/notes", {"text": "x"}).status_code == 403
    assert support.gets(f"/customers/{ada.id}").status_code == 200
    owner = shop.staff()
    (anna,) = [one for one in owner.gets("/staff").json["data"] if one["role"] == "owner"][:1]
    assert owner.gets(f"/customers/{anna['id']}").status_code == 404
    assert owner.posts(f"/customers/{anna['id']}/notes", {"text": "x"}).status_code == 404
    assert owner.posts(f"/customers/{ada.id}/notes", {"text": " "}).status_code == 422


def test_a_customer_costs_the_same_however_much_is_known(shop: Shop) -> None:
    shop.sells("MUG", 20)
    owner, ada, bob = shop.staff(), a_customer(), a_customer("Bob")
    for number in range(3):
        lives_somewhere(shop, ada, company=f"Company {number}")
        shop.an_order(MUG=1, buyer=shop.customer(ada))
        owner.posts(f"/customers/{ada.id}/notes", {"text": f"note {number}"})
    counts = []
    for person in (ada, bob):
        with count_statements() as statements:
            owner.gets(f"/customers/{person.id}")
        counts.append(statements.count)

    assert counts[0] == counts[1] == 8, counts


def test_customers_are_found_by_indexes(shop: Shop) -> None:
    owner, ada = shop.staff(), a_customer("Ada Lovelace", email="ada@example.test")
    lives_somewhere(shop, ada, company="Engines", phone="+49 421 55501234")
    copied("users", ada.id, 20_000, email="'c' || n || '@example.test'",
           full_name="'Person ' || n")  # fmt: skip
    (address,) = session.scalars(select(Address.id))
    copied("addresses", address, 20_000, company="'Company ' || n",
           phone="'0421 7' || (100000 + n)", is_default_shipping="false",
           is_default_billing="false")  # fmt: skip
    refresh_statistics()

    plan = plans_of(lambda: owner.gets("/customers", q="lovelace"))

    assert "ix_users_find" in plan, plan
    assert "ix_addresses_find" in plan, plan
    assert not {"users", "addresses"} & tables_read_whole(plan), plan
    assert found(owner, q="lovelace") == ["Ada Lovelace"]
    assert session.scalar(select(User.id).where(User.full_name == "Person 7")) is not None
