"""Every POST that says it takes an Idempotency-Key answers a repetition from what it kept.

The routes are read from the shop itself, so a new one is tested with the day it is written. Each is
asked twice: once to see as what it stores a command, then with an answer stored under that.
"""

import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from api.kernel.errors import Conflict
from api.platform import idempotency
from api.platform.db import session, transaction
from api.platform.idempotency import IdempotencyRow
from tests.support.contract import document
from tests.support.people import a_customer, a_staff_member

KEPT = b'{"kept":true}'


class Seen(Conflict):
    """Stops a command after it was named."""


def takers(app: Flask) -> Iterator[tuple[str, bool]]:
    """List the POST paths that document the header, and whether strangers come there."""
    for path, item in document(app)["paths"].items():
        for parameter in item.get("post", {}).get("parameters", []):
            if parameter.get("name") == "Idempotency-Key":
                yield (
                    re.sub(r"\{\w+\}", str(uuid4()), path),
                    "[47]" in parameter["schema"]["pattern"],
                )


def told(answer: TestResponse) -> tuple[int, Any]:
    """Return the status and the code of an answer."""
    return answer.status_code, (answer.get_json(silent=True) or {}).get("code")


def test_every_post_that_takes_a_key_replays_its_answer_and_refuses_another_body(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = FlaskClient(app, app.response_class)
    owner, customer = a_staff_member(), a_customer()
    name_command = idempotency._command
    faults = []
    for path, _ in takers(app):
        named: list[Any] = []

        def stop(key: str, named: list[Any] = named, **how: bool) -> Any:
            named.append(name_command(key, **how))
            raise Seen

        who = owner if "/admin/" in path else customer
        headers = {**who.headers, "Idempotency-Key": str(uuid4())}
        with monkeypatch.context() as patched:
            patched.setattr(idempotency, "_command", stop)
            client.post(path, json={"a": 1}, headers=headers)
        if not named:
            faults.append((path, "never looks at the key"))
            continue
        command = named[0]
        with transaction():
            session.add(
                IdempotencyRow(
                    actor=command.actor,
                    key=command.key,
                    fingerprint=command.print_,
                    status=207,
                    body=KEPT,
                    headers={},
                )
            )
        again = client.post(path, json={"a": 1}, headers=headers)
        if (again.status_code, again.data) != (207, KEPT):
            faults.append((path, "does not replay", told(again)))
        if again.headers.get("Idempotent-Replayed") != "true":
            faults.append((path, "does not say that it replays"))
        other = told(client.post(path, json={"a": 2}, headers=headers))
        if other != (422, "idempotency_key_reused"):
            faults.append((path, "takes another body", other))
        query = told(client.post(f"{path}?b=1", json={"a": 1}, headers=headers))
        if query != (422, "idempotency_key_reused"):
            faults.append((path, "takes another query", query))
        malformed = told(client.post(path, json={}, headers={**headers, "Idempotency-Key": "1"}))
        if malformed != (400, "idempotency_key_required"):
            faults.append((path, "takes a key of one character", malformed))

    assert faults == []


def test_where_strangers_come_a_key_that_can_be_guessed_is_refused(app: Flask) -> None:
    client = FlaskClient(app, app.response_class)
    guessable = (
        "add-to-cart-add-to-cart-add-to-cart",
        "6ba7b810-9dad-11d1-80b4-00c04fd430c8",  # version 1: made of the time and a machine
        "6ba7b810-9dad-51d1-80b4-00c04fd430c8",  # version 5: made of a name
    )
    open_to_strangers = [path for path, strangers in takers(app) if strangers]

    assert {
        "/api/v1/cart/codes",
        "/api/v1/cart/items",
        "/api/v1/auth/register",
        "/api/v1/auth/forgot-password",
        "/api/v1/auth/reset-password",
        "/api/v1/stock-requests",
        "/api/v1/stock-requests/cancel",
        "/api/v1/withdrawals",
    } == set(open_to_strangers)
    assert [
        (path, key)
        for path in open_to_strangers
        for key in guessable
        if told(client.post(path, json={}, headers={"Idempotency-Key": key}))
        != (400, "idempotency_key_guessable")
    ] == []
