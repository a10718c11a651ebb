"""A command sent twice takes effect once, and the second sender reads the first one's answer."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from api.kernel import clock
from api.kernel.errors import Conflict, Unavailable
from api.kernel.ids import operation_id
from api.platform import idempotency
from api.platform.auth import hash_secret
from api.platform.db import session, transaction
from api.platform.idempotency import LEASE, IdempotencyRow
from tests.support.workshop import PATH, SHELVES, Bench, stock_of

KEY = "press-of-the-button-1"
TOKEN = "a-guest-with-a-cart-0001"


def sends(
    client: FlaskClient, path: str = "counted/top", *, key: str | None = KEY, token: str = TOKEN,
    body: Any = None,
) -> TestResponse:  # fmt: skip
    """Send a command with a key."""
    headers = {"X-Cart-Token": token} | ({"Idempotency-Key": key} if key else {})
    return client.post(f"{PATH}/{path}", json=body or {"note": "one more"}, headers=headers)


def code_of(answer: TestResponse) -> Any:
    """Return the status and the code of an answer."""
    return answer.status_code, (answer.json or {}).get("code")


def raises(error: BaseException) -> Callable[[], None]:
    """Return something that fails."""

    def fail() -> None:
        raise error

    return fail


def stored_rows() -> int:
    """Count the answers and claims that are kept."""
    with transaction():
        return session.scalar(select(func.count()).select_from(IdempotencyRow)) or 0


def test_a_command_that_is_repeated_is_answered_and_not_done_again(
    client: FlaskClient, bench: Bench
) -> None:
    first, second = sends(client), sends(client)

    assert (first.status_code, second.status_code) == (201, 201)
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert second.data == first.data
    for header in ("ETag", "Location", "Content-Type"):
        assert second.headers[header] == first.headers[header]
    assert (bench.runs, stock_of("top")) == (1, 1)


def test_another_key_is_another_command(client: FlaskClient) -> None:
    sends(client)
    sends(client, key="press-of-the-button-2")

    assert stock_of("top") == 2


def test_a_key_belongs_to_the_one_who_sent_it(client: FlaskClient) -> None:
    mine = sends(client)
    yours = sends(client, token="another-guest-with-a-cart")

    assert "Idempotent-Replayed" not in yours.headers
    assert mine.json != yours.json
    assert stock_of("top") == 2


@pytest.mark.parametrize("changed", ["body", "path"])
def test_a_key_cannot_be_used_for_something_else(client: FlaskClient, changed: str) -> None:
    sends(client)

    other = (
        sends(client, body={"note": "another"})
        if changed == "body"
        else sends(client, "counted/low")
    )

    assert code_of(other) == (422, "idempotency_key_reused")
    assert (stock_of("top"), stock_of("low")) == (1, 0)


@pytest.mark.parametrize("key", [None, "short", "x" * 256, "with a blank", "schlüssel-123"])
def test_a_command_that_costs_something_needs_a_key(
    client: FlaskClient, bench: Bench, key: str | None
) -> None:
    assert code_of(sends(client, key=key)) == (400, "idempotency_key_required")
    assert code_of(sends(client, "flow/top", key=key)) == (400, "idempotency_key_required")
    assert bench.runs == 0


def test_where_a_key_is_optional_it_counts_when_it_is_sent(client: FlaskClient) -> None:
    sends(client, "optional/top", key=None)
    sends(client, "optional/top", key=None)
    sends(client, "optional/top")
    again = sends(client, "optional/top")

    assert again.headers["Idempotent-Replayed"] == "true"
    assert stock_of("top") == 3


@pytest.mark.parametrize("path", ["counted/top", "flow/top"])
@pytest.mark.parametrize(
    ("error", "status"), [(Conflict(), 409), (Unavailable(), 503), (ZeroDivisionError(), 500)]
)
def test_a_refusal_or_failure_is_not_kept(
    client: FlaskClient, bench: Bench, path: str, error: Exception, status: int
) -> None:
    bench.during = raises(error)
    refused = sends(client, path)
    bench.during = lambda: None
    accepted = sends(client, path)

    assert (refused.status_code, accepted.status_code) == (status, 201)
    assert "Idempotent-Replayed" not in accepted.headers
    assert stock_of("top") == 1


def test_the_answer_and_the_effect_are_kept_together_or_not_at_all(
    client: FlaskClient, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were they two transactions, a crash in between would do the command twice."""

    def breaks(_: object) -> dict[str, Any]:
        raise ZeroDivisionError

    monkeypatch.setattr(idempotency, "_kept", breaks)
    assert sends(client).status_code == 500
    monkeypatch.undo()

    assert (stock_of("top"), stored_rows()) == (0, 0)


@pytest.mark.parametrize("path", ["counted/top", "flow/top"])
def test_a_second_sender_is_not_kept_waiting(
    workshop: Flask, client: FlaskClient, bench: Bench, path: str
) -> None:
    """Without the claim both would run; with a lock that waits, threads would pile up."""
    begun, may_end = threading.Event(), threading.Event()

    def takes_its_time() -> None:
        begun.set()
        assert may_end.wait(10)

    bench.during = takes_its_time
    answers: list[TestResponse] = []
    first = threading.Thread(target=lambda: answers.append(sends(workshop.test_client(), path)))
    first.start()
    assert begun.wait(10)

    meanwhile = sends(client, path)
    other_body = sends(client, path, body={"note": "another"})
    may_end.set()
    first.join()
    afterwards = sends(client, path)

    assert code_of(meanwhile) == (409, "idempotency_in_progress")
    assert meanwhile.headers["Retry-After"] == "1"
    assert other_body.status_code in (409, 422)
    assert answers[0].status_code == 201
    assert afterwards.headers["Idempotent-Replayed"] == "true"
    assert (bench.runs, stock_of("top")) == (1, 1)


def test_twenty_presses_at_once_do_it_once(workshop: Flask, bench: Bench) -> None:
    """Without the primary key beside the lock, a sender with an old view would do it again."""
    start = threading.Barrier(20)
    answers: list[TestResponse] = []

    def presses() -> None:
        mine = workshop.test_client()
        start.wait()
        answers.append(sends(mine))

    threads = [threading.Thread(target=presses) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {code_of(answer) for answer in answers} <= {
        (201, None),
        (409, "idempotency_in_progress"),
    }
    assert len({answer.data for answer in answers if answer.status_code == 201}) == 1
    assert (stock_of("top"), stored_rows()) == (1, 1)


def claim_of_a_crashed_process(client: FlaskClient, *, seconds_ago: int) -> None:
    """Leave behind what a process leaves that dies in the middle of a flow."""
    actor = f"guest:{hash_secret(TOKEN)}"
    with client.application.test_request_context(
        f"{PATH}/flow/top", method="POST", json={"note": "one more"}
    ):
        asked = idempotency._fingerprint()
    with transaction():
        began = clock.now() - timedelta(seconds=seconds_ago)
        session.add(
            IdempotencyRow(actor=actor, key=KEY, fingerprint=asked, claimed_until=began + LEASE)
        )
        session.execute(SHELVES.insert().values(id=operation_id(actor, KEY), name="top", count=0))


def test_a_flow_goes_on_where_a_crashed_process_left_it(client: FlaskClient, bench: Bench) -> None:
    claim_of_a_crashed_process(client, seconds_ago=61)

    answer = sends(client, "flow/top")

    assert answer.status_code == 201
    assert answer.json is not None
    assert answer.json["id"] == str(operation_id(f"guest:{hash_secret(TOKEN)}", KEY))
    assert (bench.runs, stock_of("top")) == (1, 1)
    assert sends(client, "flow/top").headers["Idempotent-Replayed"] == "true"


def test_a_flow_is_not_taken_over_before_its_lease_has_run_out(
    client: FlaskClient, bench: Bench
) -> None:
    claim_of_a_crashed_process(client, seconds_ago=30)

    assert code_of(sends(client, "flow/top")) == (409, "idempotency_in_progress")
    with clock.frozen(clock.now() + timedelta(seconds=31)):
        assert sends(client, "flow/top").status_code == 201


def test_who_lost_a_claim_does_not_give_up_that_of_the_next(
    workshop: Flask, client: FlaskClient, bench: Bench
) -> None:
    """Else a third sender would run beside the second one."""
    thirds: list[TestResponse] = []

    def second_is_at_work() -> None:
        bench.during = lambda: None
        first_fails.set()
        first.join()
        thirds.append(sends(workshop.test_client(), "flow/top"))

    begun, first_fails = threading.Event(), threading.Event()

    def first_is_slow() -> None:
        begun.set()
        assert first_fails.wait(10)
        raise Unavailable

    bench.during = first_is_slow
    first = threading.Thread(target=lambda: sends(workshop.test_client(), "flow/top"))
    first.start()
    assert begun.wait(10)
    bench.during = second_is_at_work
    with clock.frozen(clock.now() + timedelta(seconds=61)):
        second = sends(client, "flow/top")

    assert second.status_code == 201
    assert [code_of(third) for third in thirds] == [(409, "idempotency_in_progress")]


def test_answers_are_forgotten_after_a_week(client: FlaskClient) -> None:
    sends(client)

    with clock.frozen(clock.now() + timedelta(days=6)), transaction():
        assert idempotency.purge_old(10) == 0
    with clock.frozen(clock.now() + timedelta(days=8)), transaction():
        assert idempotency.purge_old(10) == 1


def test_the_same_file_under_another_boundary_is_the_same_command(workshop: Flask) -> None:
    """Clients make a new boundary for each attempt."""

    def asked(boundary: str, content: str) -> bytes:
        body = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="p.csv"\r\n'
            f"Content-Type: text/csv\r\n\r\n{content}\r\n--{boundary}--\r\n"
        )
        with workshop.test_request_context(
            f"{PATH}/counted/top",
            method="POST",
            data=body,
            content_type=f"multipart/form-data; boundary={boundary}",
        ):
            return idempotency._fingerprint()

    assert asked("aaaa", "sku,title") == asked("bbbb", "sku,title")
    assert asked("aaaa", "sku,title") != asked("aaaa", "sku,price")
