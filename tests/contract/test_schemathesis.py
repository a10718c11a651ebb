"""schemathesis asks every operation of the documents, as they say and otherwise, with every check.

As each kind of person who comes here; some requests by chance, the same in every run. `make fuzz`
asks for as long as it is let, and goes from one answer to the next as well.
"""

import os
import re
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
import schemathesis
from flask import Flask
from hypothesis import strategies as st
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import Failure
from schemathesis.core.transport import Response
from schemathesis.engine import events, from_schema
from schemathesis.engine.recorder import ScenarioRecorder

from api.kernel.money import is_currency
from tests.support.chance import some
from tests.support.contract import document
from tests.support.people import Person, a_staff_member
from tests.support.served import served

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "2"))
SEED = int(os.environ.get("FUZZ_SEED", "20261130"))
PHASES = os.environ.get("FUZZ_PHASES", "fuzzing").split(",")
SECONDS = os.environ.get("FUZZ_SECONDS")
OF_THE_FORM = {"invalid", "malformed"}
"""Codes of what a document should have said. That a SKU is unknown is not for a schema to tell."""
NAMED_ONCE = ("order_line_id", "variant_id", "media_id", "url", "value")
"""Members that no two rows of a list may share, which JSON Schema has no words for."""
TO_COME = ("expires_at", "old_expires_at", "valid_until", "valid_on")
"""Moments that must be in the future; when that is, JSON Schema cannot say."""
BY_COUNTRY = "This is not a postal code of "
"""What `GET /countries/{code}` tells of one country at a time; the document has no room for all."""
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

schemathesis.openapi.format(
    "iso-4217",
    st.sampled_from(
        [f"{a}{b}{c}" for a in LETTERS for b in LETTERS for c in LETTERS if is_currency(a + b + c)]
    ),
)
schemathesis.openapi.format("slug", st.from_regex(r"[a-z0-9ß]+(-[a-z0-9]+){0,3}", fullmatch=True))
schemathesis.openapi.format(
    "uri", st.from_regex(r"https?://[a-z]{1,9}\.example(/[a-z0-9._-]{1,9}){0,3}", fullmatch=True)
)


@schemathesis.hook
def map_body(_: Any, body: Any) -> Any:
    """Put right what the document says in words alone: 7.0 is no 7, and each row comes once."""
    if isinstance(body, float) and body.is_integer():
        return int(body)
    if isinstance(body, dict):
        return {
            name: re.sub(r"^\d{4}", "2996", item)  # a leap year: no 29 February is lost
            if name in TO_COME and isinstance(item, str)
            else map_body(_, item)
            for name, item in body.items()
        }
    if not isinstance(body, list):
        return body
    seen: set[tuple[str, str]] = set()
    kept = []
    for item in (map_body(_, each) for each in body):
        own = {(n, str(item[n])) for n in NAMED_ONCE if isinstance(item, dict) and item.get(n)}
        if not own & seen:
            kept.append(item)
        seen |= own
    return kept


def settings(headers: dict[str, str], known: dict[str, str]) -> SchemathesisConfig:
    """Ask with every check on; ids in paths name something that is there more often than not."""
    return SchemathesisConfig.from_dict(
        {
            "headers": headers,
            "dictionaries": {name: {"values": [value]} for name, value in known.items()},
            "parameters": {
                f"path.{name}": {"dictionary": name, "probability": 0.7} for name in known
            },
            "seed": SEED,
            "workers": 1,
            "continue-on-failure": True,
            # Nothing is kept between runs; NUL is refused everywhere, as the document says once.
            "generation": {
                "max-examples": EXAMPLES,
                "no-shrink": True,
                "database": "none",
                "allow-x00": False,
            },
            "phases": {
                phase: {"enabled": phase in PHASES}
                for phase in ("examples", "coverage", "fuzzing", "stateful")
            },
            **({"max-time": float(SECONDS)} if SECONDS else {}),
        }
    )


def is_meant(failure: Failure, response: Response) -> bool:
    """Say whether an answer is right although the check does not see it."""
    if response.status_code == 414:  # told by the test's server; the shop's own is in tests/abuse
        return True
    told = orjson.loads(response.content) if "json" in str(response.headers) else {}
    if type(failure).__name__ == "RejectedPositiveData":
        faults = told.get("errors") or [{}]
        if all(one.get("detail", "").startswith(BY_COUNTRY) for one in faults):
            return True
        return told.get("code") not in {*OF_THE_FORM, None}
    if type(failure).__name__ == "AcceptedNegativeData":  # a batch refuses row by row
        return isinstance(told, dict) and told.get("counts", {}).get("failed", 0) > 0
    return False


def failures(recorder: ScenarioRecorder) -> Iterator[str]:
    """Tell what is wrong with the answers to some requests."""
    for case_id, checks in recorder.checks.items():
        asked = recorder.interactions[case_id]
        told = asked.response
        for found in (check.failure_info for check in checks):
            if found is None or told is None or is_meant(found.failure, told):
                continue
            body = (asked.request.body or b"")[:400]
            yield (
                f"{asked.request.method} {asked.request.uri[:400]} {body!r} -> {told.status_code}"
                f" {told.content[:400]!r}: {found.failure.title}: {found.failure.message[:400]}"
            )


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("who", "audience"),
    [
        ("anonymous", "storefront"),
        ("customer", "storefront"),
        ("owner", "admin"),
        pytest.param("warehouse", "admin", marks=pytest.mark.slow),
    ],
)
def test_every_operation_keeps_its_word(
    app: Flask, customer: Person, known: dict[str, str], who: str, audience: str
) -> None:
    headers = {"anonymous": {}, "customer": customer.headers}.get(who)
    if headers is None:
        headers = a_staff_member(who).headers
    wrong: list[str] = []
    statuses: set[int] = set()

    with served(app) as url:
        found = schemathesis.openapi.from_url(
            f"{url}/openapi/{audience}.json", config=settings(headers, known)
        )
        if audience == "admin" and not SECONDS:
            found = found.include(path=some(document(app)["paths"], one_in=3))
        for event in from_schema(found).execute():
            if isinstance(event, events.ScenarioFinished):
                wrong += failures(event.recorder)
                answers = [one.response for one in event.recorder.interactions.values()]
                statuses |= {answer.status_code for answer in answers if answer is not None}
            elif isinstance(event, events.NonFatalError):
                wrong.append(f"{event.label}: {event.value}")
            elif isinstance(event, events.FatalError):
                raise event.exception

    assert wrong == []
    assert max(statuses) < 500
    assert {200, 404, 422} <= statuses
