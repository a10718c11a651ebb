"""The real API, answering the console in this process: every answer is held to the document."""

from __future__ import annotations

import contextlib
import sys
from typing import Any

from flask import Flask

from tests.console.support.station import Station
from tests.console.support.wire import Moods, Reply
from tests.support.contract import _template, document
from tests.support.people import PASSWORD, Person


class RealApi:
    """What a `WireShop` is to its transport, with the shop's own code behind it."""

    def __init__(self, app: Flask, person: Person) -> None:
        self.app = app
        self.person = person
        self.moods = Moods()
        self.called: set[str] = set()
        """Operations that were asked for, by their ids."""

        self.statuses: list[tuple[str, int]] = []

    def sign_in(self) -> dict[str, Any]:
        """Sign the person in."""
        given = {"email": self.person.email, "password": PASSWORD}
        answer = self.app.test_client().post("/api/v1/admin/auth/login", json=given)
        assert answer.status_code == 200, answer.json
        return dict(answer.json)

    def answer(self, method: str, target: str, headers: Any, body: bytes) -> Reply:
        """One request."""
        sent = [(name, value) for name, value in headers.items() if name.lower() != "host"]
        # Textual takes what is printed; the shop's log wants a stream of bytes behind it.
        with contextlib.redirect_stdout(sys.__stdout__):
            response = self.app.test_client().open(target, method=method, headers=sent, data=body)
        path = target.partition("?")[0]
        if path.startswith("/api/"):
            operation = document(self.app)["paths"][_template(self.app, method, path)]
            name = operation[method.lower()]["operationId"]
            self.called.add(name)
            self.statuses.append((name, response.status_code))
        return Reply(response.status_code, dict(response.headers), response.data)


async def opens(desk: Station, order: dict[str, Any]) -> None:
    """Look at an order by typing its number; one that can be shipped opens at its parcel."""
    await desk.press("f2")
    await desk.scan(order["number"])
    if desk.screen == "ship":
        await desk.press("escape")
    await desk.rested()
    assert desk.screen == "order"
