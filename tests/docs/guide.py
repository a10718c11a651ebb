"""Reads a guide as what it asks and answers, so that a test can do all of it in order.

A request and its answer stand in two blocks marked `http`. `$name` in a request is what an
earlier answer called so; a name that ends in `_key` is made when it is first used. In an answer
`$name` calls what stands there so, or compares it when the name is known, and `…` is any text.
Members that an answer does not show are not compared. `<!-- test: what happens -->` is done by
the test.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from flask.testing import FlaskClient

_PART = re.compile(r"^```http\n(?P<block>.*?)^```$|^<!-- test: (?P<event>.*?) -->$", re.M | re.S)
_NAME = re.compile(r"\$([a-z]\w*)")


@dataclass(frozen=True)
class Exchange:
    """A request of a guide and the answer that stands below it."""

    method: str
    path: str
    headers: dict[str, str]
    body: str
    status: int
    answer_headers: dict[str, str]
    answer: Any

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def parts(guide: str) -> Iterator[Exchange | str]:
    """List what a guide does, in its order: exchanges, and what happens between them."""
    waiting = None
    for part in _PART.finditer(guide):
        if part["event"]:
            yield part["event"]
            continue
        first, headers, body = _read(part["block"])
        if waiting is None:
            waiting = (first, headers, body)
            continue
        (method, path), asked, sent = waiting[0].split(" "), *waiting[1:]
        waiting = None
        assert first.startswith("HTTP/1.1 "), f"{method} {path} has no answer"
        answer = json.loads(body) if body else None
        yield Exchange(method, path, asked, sent, int(first.split()[1]), headers, answer)
    assert waiting is None


def _read(block: str) -> tuple[str, dict[str, str], str]:
    top, _, body = block.partition("\n\n")
    first, *lines = top.strip().splitlines()
    return first, dict(line.split(": ", 1) for line in lines), body.strip()


class Reader:
    """Somebody who does what a guide says, and remembers what the answers call things."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.known: dict[str, Any] = {}

    def does(self, exchange: Exchange) -> None:
        """Send a request and compare its answer with the one in the guide."""
        answer = self.client.open(
            self._filled(exchange.path),
            method=exchange.method,
            headers={name: self._filled(value) for name, value in exchange.headers.items()},
            data=self._filled(exchange.body) or None,
        )
        assert answer.status_code == exchange.status, f"{exchange}: {answer.text}"
        for name, value in exchange.answer_headers.items():
            self._compare(answer.headers.get(name), value, f"{exchange} {name}")
        if exchange.answer is not None:
            self._compare(answer.json, exchange.answer, str(exchange))

    def _filled(self, text: str) -> str:
        return _NAME.sub(lambda name: self._value(name[1]), text)

    def _value(self, name: str) -> str:
        if name.endswith("_key"):
            self.known.setdefault(name, str(uuid4()))
        return str(self.known[name])

    def _compare(self, found: Any, told: Any, where: str) -> None:
        if isinstance(told, Mapping):
            assert isinstance(found, Mapping), where
            for name, member in told.items():
                assert name in found, f"{where}/{name} is not answered"
                self._compare(found[name], member, f"{where}/{name}")
        elif isinstance(told, list):
            assert isinstance(found, list), where
            assert len(found) == len(told), f"{where} has {len(found)} members"
            for place, member in enumerate(told):
                self._compare(found[place], member, f"{where}/{place}")
        elif isinstance(told, str) and "$" in told:
            self._call(found, told, where)
        elif told == "…":
            assert isinstance(found, str), where
            assert found, where
        else:
            assert found == told, f"{where} is {found!r} and not {told!r}"

    def _call(self, found: Any, told: str, where: str) -> None:
        """Compare a text with names in it; an unknown name is what stands in its place."""
        (unknown,) = {n for n in _NAME.findall(told) if n not in self.known} or {None}
        if unknown is None:
            assert found == self._filled(told), where
            return
        before, _, after = told.partition(f"${unknown}")
        text = str(found)
        assert text.startswith(before) and text.endswith(after), f"{where} is {found!r}"  # noqa: PT018
        self.known[unknown] = text[len(before) : len(text) - len(after)]
