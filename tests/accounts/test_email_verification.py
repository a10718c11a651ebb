"""Customers prove their address by a link; what they ordered as guests joins their account."""

import re
from datetime import timedelta
from typing import Any

from api.kernel import clock
from tests.support.people import Person, a_customer
from tests.support.shop import Shop
from tests.support.threads import at_once
from tests.support.work import drain


def asks(shop: Shop, who: Person) -> Any:
    """Have a link mailed."""
    return shop.app.test_client().post("/api/v1/users/me/verify-email", headers=who.headers)


def proves(shop: Shop, token: str) -> Any:
    """Open the link."""
    return shop.app.test_client().post("/api/v1/auth/verify-email", json={"token": token})


def token_of(shop: Shop) -> str:
    """Return the token in the newest e-mail."""
    drain()
    return str(re.findall(r"/verify-email#token=(\S+)", shop.mailer.sent[-1].text)[0])


def numbers(shop: Shop, who: Person) -> list[str]:
    """Return the numbers of the orders of an account."""
    answer = shop.app.test_client().get("/api/v1/orders", headers=who.headers)
    return [order["number"] for order in answer.json["data"]]


def test_guest_orders_join_the_account_once_its_address_is_proved(shop: Shop) -> None:
    shop.sells("MUG", 9)
    who = a_customer()
    guest, stranger = shop.guest(), shop.guest()
    guest.email = who.email.upper()
    mine = shop.an_order(buyer=guest, MUG=1)
    shop.an_order(buyer=stranger, MUG=1)
    assert numbers(shop, who) == []

    assert asks(shop, who).status_code == 202
    token = token_of(shop)
    assert shop.mailer.sent[-1].to == who.email
    assert proves(shop, token).status_code == 204
    drain()
    assert numbers(shop, who) == [mine["number"]]
    me = shop.app.test_client().get("/api/v1/users/me", headers=who.headers).json
    assert me["email_verified_at"] is not None
    assert guest.sees(mine)["number"] == mine["number"], "the token of the guest still opens it"
    assert asks(shop, who).json["code"] == "email_already_verified"
    assert proves(shop, token).json["code"] == "verification_invalid"


def test_a_link_is_good_for_two_days_and_an_account_without_one_gets_nothing(shop: Shop) -> None:
    shop.sells("MUG", 9)
    who = a_customer()
    guest = shop.guest()
    guest.email = who.email
    shop.an_order(buyer=guest, MUG=1)
    asks(shop, who)
    token = token_of(shop)
    with clock.frozen(clock.now() + timedelta(days=3)):
        assert proves(shop, token).json["code"] == "verification_invalid"
    assert proves(shop, "nothing").json["code"] == "verification_invalid"
    assert numbers(shop, who) == []


def test_of_two_who_open_the_link_at_once_one_does(shop: Shop) -> None:
    """Without the guarded update: the address is proved twice, and orders are joined twice."""
    who = a_customer()
    asks(shop, who)
    token = token_of(shop)
    outcomes = at_once(shop.app, [lambda: proves(shop, token).status_code] * 3)
    assert outcomes.errors == []
    assert sorted(outcomes.results) == [204, 422, 422]
