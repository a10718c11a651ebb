"""PostgreSQL is killed and comes back. Nobody else is restarted."""

from concurrent.futures import ThreadPoolExecutor

import httpx

from tests.support.live import key
from tests.support.town import Town
from tests.support.waiting import eventually


def test_while_postgres_is_away_people_are_asked_to_come_again(
    town: Town, at_once: ThreadPoolExecutor
) -> None:
    """Some are in the middle of a checkout, and one letter is on its way, when it dies.

    That letter goes through the window of which `test_letters_survive` tells: it was taken while
    nobody could write that down, so it comes twice as one.
    """
    town.owner.sells("CRATE", 20, price=1500)
    town.settles()
    people = [town.visitor(f"crate-{number}@example.test") for number in range(4)]
    keys = [key() for _ in people]
    for person in people:
        person.adds("CRATE")
    paid = town.visitor("paid-crate@example.test")

    with town.post_office.holding() as held:
        order = town.a_paid_order("CRATE", by=paid)
        held.wait()
        with town.shop.holding("SELECT 1 FROM order_counters FOR UPDATE"):
            stuck = [
                at_once.submit(
                    person.sends,
                    *("POST", "/checkout", person.form()),
                    headers={"Idempotency-Key": named},
                )
                for person, named in zip(people[:3], keys, strict=False)
            ]
            town.until_waiting_for_locks(3)
            town.shop.kill("postgres")
        cut_off = [request.result(30) for request in stuck]
        turned_away = [
            people[3].sends("GET", "/products", params={"q": "crate"}),
            people[3].sends("GET", "/cart"),
            people[3].sends(
                "POST", "/checkout", people[3].form(), headers={"Idempotency-Key": keys[3]}
            ),
            town.owner.sends("GET", "/orders"),
        ]
        health = [httpx.get(f"{town.shop.url}/health/{door}") for door in ("live", "ready")]
    # The post office has the letter, and nothing can be written down.
    eventually(lambda: "failure_not_noted" in town.shop.log("worker"), what="the worker to notice")
    town.shop.start("postgres")
    town.ends_claims()
    answers = [
        person.insists("POST", "/checkout", person.form(), Idempotency_Key=named)
        for person, named in zip(people, keys, strict=True)
    ]
    town.settles()

    for answer in (*cut_off, *turned_away):
        assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
        assert answer.headers["Retry-After"] == "5"
    assert [answer.status_code for answer in health] == [200, 503]
    assert [answer.status_code for answer in answers] == [201] * 4
    for person, answer in zip(people, answers, strict=True):
        orders = town.shop.sql("SELECT id FROM orders WHERE email = :email", email=person.email)
        assert [str(row.id) for row in orders] == [answer.json()["id"]]
    assert paid.sees(order)["payment_status"] == "paid"
    first, second = town.letters_to("paid-crate@example.test")
    assert first.message_id == second.message_id
    town.may_come_twice.add(first.message_id)
