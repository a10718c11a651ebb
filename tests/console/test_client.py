"""The client: what the shop says is read strictly, what it refuses becomes the right error, and
asking again never does harm. Every request is one that the test expects."""

import asyncio
import json
import stat
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from console.client import errors, parsing
from console.client.api_client import ApiClient
from console.client.auth import Auth
from console.client.bulk_changes import Catalog
from console.client.circuit_breaker import CircuitBreaker, pause_after
from console.client.http import HttpTransport
from console.client.models import Money, OrderCard, OrderDetail, SignIn
from console.client.pages import parse_page
from console.client.parsing import ADMIN
from console.client.session import Session
from console.client.stock import Stock
from console.client.transport import LazyTransport
from tests.console.support.transports import Scripted
from tests.console.support.warehouse import Warehouse
from tests.console.support.wire import WireShop

URL = "https://shop.test"
WAREHOUSE = Warehouse(20, 5)


def answer(status: int = 200, body: object = None, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, json=body if body is not None else {}, headers=named)


def problem(status: int, code: str, detail: str = "No.", **facts: object) -> httpx.Response:
    return answer(status, {"status": status, "code": code, "detail": detail, **facts})


@dataclass
class Clock:
    """Time that passes only when a test says so."""

    seconds: float = 1000.0
    slept: float = 0.0

    def __call__(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.slept += seconds
        self.seconds += seconds


class Line:
    """A caller with a script in place of the shop."""

    def __init__(self, folder: Path, *, signed_in: bool = True) -> None:
        self.script = Scripted()
        self.clock = Clock()
        self.session = Session(folder / "sign-in.json", URL, now=self.clock)
        socket = LazyTransport()
        socket.plug(HttpTransport(URL, by=self.script))
        self.circuit = CircuitBreaker(now=self.clock, jitter=lambda: 0.5)
        self.caller = ApiClient(
            socket, self.session, circuit=self.circuit, now=self.clock, sleep=self.clock.sleep
        )
        if signed_in:
            self.session.keep(tokens("first"))


def tokens(name: str, expires_in: int = 900) -> SignIn:
    given = WireShop(WAREHOUSE).sign_in()
    given |= {"access_token": f"{name}-access", "refresh_token": f"{name}-refresh"}
    return replace(parsing.read(SignIn, given), expires_in=expires_in)


def token_answer(name: str) -> httpx.Response:
    given = WireShop(WAREHOUSE).sign_in()
    given |= {"access_token": f"{name}-access", "refresh_token": f"{name}-refresh"}
    return answer(200, given)


def bearer(name: str) -> Callable[[httpx.Request], None]:
    def check(request: httpx.Request) -> None:
        assert request.headers["authorization"] == f"Bearer {name}-access"

    return check


@pytest.fixture
def line(tmp_path: Path) -> Line:
    return Line(tmp_path)


# Reading


def test_an_order_is_read_field_by_field() -> None:
    card = parsing.read(OrderCard, {**WAREHOUSE.card(3), "something_new": [1]})

    assert card.number == "O-1000003"
    assert card.total == Money(card.total.amount, "EUR")
    assert card.placed_at.tzinfo is not None


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        ("number", None, "number"),
        ("unit_count", "7", "unit_count"),
        ("unit_count", True, "unit_count"),
        ("placed_at", "yesterday", "placed_at"),
        ("placed_at", "2026-11-20T09:00:00", "placed_at"),
        ("total", {"amount": 12.5, "currency": "EUR"}, "total.amount"),
        ("total", {"amount": 12}, "total.currency"),
    ],
)
def test_a_misshapen_field_is_named(path: str, value: object, named: str) -> None:
    with pytest.raises(errors.OutOfContract) as caught:
        parsing.read(OrderCard, {**WAREHOUSE.card(3), path: value})

    assert caught.value.code == named
    assert named in str(caught.value)


def test_a_missing_field_deep_inside_is_named_with_its_path() -> None:
    case = json.loads(json.dumps(WAREHOUSE.case(3)))
    del case["lines"][0]["unit_price"]["currency"]

    with pytest.raises(errors.OutOfContract) as caught:
        parsing.read(OrderDetail, case)

    assert caught.value.code == "lines[0].unit_price.currency"


def test_a_list_answer_is_read_with_its_mark() -> None:
    reply = WireShop(WAREHOUSE)._orders({"limit": "5", "include": "total"})
    page = parse_page(OrderCard, json.dumps(reply).encode())

    assert len(page.rows) == 5
    assert (page.mark.has_more, page.mark.total, page.mark.total_is_capped) == (True, 20, False)


@pytest.mark.parametrize("body", [b"<html>", b"{}", b'{"data": {}, "page": {}}'])
def test_a_list_that_is_none_is_out_of_contract(body: bytes) -> None:
    with pytest.raises(errors.OutOfContract):
        parse_page(OrderCard, body)


def test_every_field_that_is_read_can_be_listed_with_its_path() -> None:
    listed = {one.path: one for one in parsing.fields_of(OrderDetail)}

    assert listed["lines[].unit_price.amount"].kind == "integer"
    assert listed["shipping_address.postal_code"].nullable
    assert listed["timeline[].at"].kind == "date-time"
    assert not listed["number"].nullable
    # An older API does not tell these.
    assert {one.path for one in listed.values() if not one.required} == {
        "exchanged",
        "lines[].back_ordered_quantity",
    }


def test_two_currencies_do_not_add_up() -> None:
    with pytest.raises(ValueError, match="EUR and USD"):
        Money(1, "EUR") + Money(1, "USD")


# Refusals


@pytest.mark.parametrize(
    ("status", "family"),
    [
        (400, errors.Refused), (401, errors.SignedOut), (402, errors.Refused),
        (403, errors.Forbidden), (404, errors.NotFound), (409, errors.Conflict),
        (412, errors.Stale), (422, errors.Refused), (428, errors.Refused), (429, errors.TooMany),
        (500, errors.Unavailable), (503, errors.Unavailable), (418, errors.Refused),
    ],
)  # fmt: skip
def test_each_status_has_its_family(status: int, family: type[errors.CallFailed]) -> None:
    assert type(errors.from_answer(status, {}, b"{}")) is family


def test_a_problem_keeps_detail_code_request_id_facts_and_fields() -> None:
    body = {
        "type": "x", "title": "Stale", "status": 409, "detail": "The level has moved.",
        "code": "stale_quantity", "request_id": "r-1", "current_on_hand": 9,
        "errors": [{"pointer": "/on_hand", "code": "old", "detail": "Was 8."}],
    }  # fmt: skip
    failure = errors.from_answer(409, {"retry-after": "3"}, json.dumps(body).encode())

    assert str(failure) == "The level has moved."
    assert (failure.code, failure.request_id) == ("stale_quantity", "r-1")
    assert failure.facts == {"current_on_hand": 9}
    assert failure.errors == (errors.FieldProblem("/on_hand", "old", "Was 8."),)
    assert failure.retry_after == 3


def test_a_proxy_that_answers_in_html_is_understood_by_its_status() -> None:
    failure = errors.from_answer(502, {"x-request-id": "r-2"}, b"<html>Bad gateway</html>")

    assert isinstance(failure, errors.Unavailable)
    assert (failure.code, failure.request_id) == ("http_502", "r-2")


# Calling


async def test_a_call_carries_the_token_and_a_request_id_and_is_written_down(line: Line) -> None:
    line.script.expect("GET", "/x", answer(200, {"a": 1}), bearer("first"))
    await line.caller.get("/x", {"limit": "5"})

    (call,) = line.caller.journal.calls
    assert call.request_id == line.script.seen[0].headers["x-request-id"]
    assert (call.method, call.path, call.status) == ("GET", "/x?limit=5", 200)


async def test_a_read_is_asked_again_when_the_shop_stumbles(line: Line) -> None:
    line.script.expect("GET", "/x", answer(503))
    line.script.expect("GET", "/x", httpx.ConnectError("refused"))
    line.script.expect("GET", "/x", answer(200))
    reply = await line.caller.get("/x")

    assert reply.status == 200
    assert line.clock.slept == pytest.approx(0.65)
    line.script.assert_played()


async def test_a_read_that_keeps_failing_fails_in_the_end(line: Line) -> None:
    for _ in range(3):
        line.script.expect("GET", "/x", answer(503))

    with pytest.raises(errors.Unavailable):
        await line.caller.get("/x")
    line.script.assert_played()


async def test_a_read_waits_as_long_as_the_shop_asks(line: Line) -> None:
    line.script.expect("GET", "/x", answer(429, Retry_After="2"))
    line.script.expect("GET", "/x", answer(200))
    await line.caller.get("/x")

    assert line.clock.slept == 2


async def test_a_refusal_is_not_asked_again(line: Line) -> None:
    line.script.expect("GET", "/x", problem(403, "permission_missing"))

    with pytest.raises(errors.Forbidden):
        await line.caller.get("/x")
    line.script.assert_played()


@pytest.mark.parametrize(
    ("reply", "family"),
    [(answer(503), errors.Unavailable), (httpx.ReadTimeout("slow"), errors.AnswerLost),
     (httpx.ConnectTimeout("slow"), errors.Unreachable)],
)  # fmt: skip
async def test_a_command_is_sent_once_under_its_key(
    line: Line, reply: httpx.Response | Exception, family: type[errors.CallFailed]
) -> None:
    def check(request: httpx.Request) -> None:
        assert request.headers["idempotency-key"] == "key-1"
        assert json.loads(request.content) == {"carrier": "DHL"}

    line.script.expect("POST", "/x", reply, check)
    with pytest.raises(family) as caught:
        await line.caller.command("/x", {"carrier": "DHL"}, key="key-1")

    assert type(caught.value) is family
    line.script.assert_played()


async def test_a_request_that_never_arrived_is_told_from_one_whose_answer_is_lost() -> None:
    assert not errors.Unreachable("x").may_have_happened
    assert errors.AnswerLost("x").may_have_happened


# Tokens


async def test_a_spent_token_is_renewed_before_the_call(line: Line) -> None:
    line.clock.seconds += 880

    def check(request: httpx.Request) -> None:
        assert json.loads(request.content) == {"refresh_token": "first-refresh"}

    line.script.expect("POST", f"{ADMIN}/auth/refresh", token_answer("second"), check)
    line.script.expect("GET", "/x", answer(), bearer("second"))
    await line.caller.get("/x")

    line.script.assert_played()


async def test_a_token_that_the_shop_ended_early_is_renewed_and_the_call_repeated(
    line: Line,
) -> None:
    line.script.expect("GET", "/x", problem(401, "token_expired"), bearer("first"))
    line.script.expect("POST", f"{ADMIN}/auth/refresh", token_answer("second"))
    line.script.expect("GET", "/x", answer(), bearer("second"))
    await line.caller.get("/x")

    line.script.assert_played()


async def test_twenty_calls_renew_the_token_once(tmp_path: Path) -> None:
    shop, clock = WireShop(WAREHOUSE), Clock()
    session = Session(tmp_path / "sign-in.json", URL, now=clock)
    session.keep(parsing.read(SignIn, shop.sign_in()))
    renewals = []

    async def exchange(asking: object) -> object:
        await asyncio.sleep(0)
        if asking.path.endswith("/refresh"):
            renewals.append(asking)
        reply = shop.answer(asking.method, asking.path, _lower(asking.headers), asking.body or b"")
        return type("Reply", (), {"status": reply.status, "headers": {}, "body": reply.body})()

    caller = ApiClient(LazyTransport(), session, now=clock)
    caller.socket.exchange = exchange
    clock.seconds += 880
    await asyncio.gather(*(caller.get(f"{ADMIN}/overview") for _ in range(20)))

    assert len(renewals) == 1


def _lower(headers: dict[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


async def test_a_refused_refresh_signs_out_and_leaves_no_token_behind(
    line: Line, tmp_path: Path
) -> None:
    line.script.expect("GET", "/x", problem(401, "token_expired"))
    line.script.expect("POST", f"{ADMIN}/auth/refresh", problem(401, "token_reused"))

    with pytest.raises(errors.SignedOut):
        await line.caller.get("/x")

    assert not line.session.is_signed_in
    assert not (tmp_path / "sign-in.json").exists()


async def test_an_unreachable_shop_does_not_sign_anyone_out(line: Line) -> None:
    line.clock.seconds += 880
    for _ in range(3):
        line.script.expect("POST", f"{ADMIN}/auth/refresh", httpx.ConnectError("refused"))

    with pytest.raises(errors.Unreachable):
        await line.caller.get("/x")
    assert line.session.is_signed_in


async def test_nobody_signed_in_means_no_call(tmp_path: Path) -> None:
    line = Line(tmp_path, signed_in=False)

    with pytest.raises(errors.SignedOut):
        await line.caller.get("/x")
    assert line.script.seen == []


def test_the_sign_in_is_kept_for_its_owner_alone_and_for_its_shop_alone(line: Line) -> None:
    file = line.session._file
    same = Session(file, URL, now=line.clock)
    other = Session(file, "https://elsewhere.test", now=line.clock)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert same.person == line.session.person
    assert same.refresh_token == "first-refresh"
    assert not other.is_signed_in


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b'{"url": "https://shop.test"}'])
def test_a_broken_sign_in_costs_a_sign_in_and_nothing_else(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "sign-in.json"
    file.write_bytes(content)

    assert not Session(file, URL).is_signed_in


# Patience


async def test_after_three_failures_the_shop_is_left_alone_for_a_while(line: Line) -> None:
    for _ in range(3):
        line.script.expect("GET", "/x", httpx.ConnectError("refused"))
    with pytest.raises(errors.Unreachable):
        await line.caller.get("/x")
    with pytest.raises(errors.Unreachable) as refused:
        await line.caller.get("/y")

    assert refused.value.code == "offline"
    assert len(line.script.seen) == 3
    line.clock.seconds += 1.01
    line.script.expect("GET", "/y", answer())
    await line.caller.get("/y")
    assert not line.circuit.is_open


def test_the_pauses_grow_to_fifteen_seconds_and_no_further() -> None:
    assert [pause_after(n, lambda: 0.5) for n in range(1, 8)] == [1, 2, 4, 8, 15, 15, 15]
    assert pause_after(1, lambda: 0.0) == pytest.approx(0.8)
    assert pause_after(1, lambda: 1.0) == pytest.approx(1.2)
    assert pause_after(9, lambda: 1.0) == 15


def test_while_the_shop_is_down_one_probe_goes_out_at_a_time() -> None:
    clock = Clock()
    circuit = CircuitBreaker(now=clock, jitter=lambda: 0.5)
    for _ in range(3):
        circuit.failed()
    clock.seconds += 2

    assert circuit.allows_call()
    assert not circuit.allows_call()
    circuit.abandoned()
    assert circuit.allows_call()


async def test_a_provider_that_is_down_does_not_make_the_shop_look_down(line: Line) -> None:
    for _ in range(4):
        line.script.expect("POST", "/x", problem(503, "gateway_unavailable"))
        with pytest.raises(errors.Unavailable):
            await line.caller.command("/x", {}, key="k")

    assert not line.circuit.is_open


async def test_a_call_waits_for_a_transport_that_is_still_being_loaded(tmp_path: Path) -> None:
    script = Scripted()
    script.expect("GET", "/x", answer())
    session = Session(tmp_path / "sign-in.json", URL)
    session.keep(tokens("first"))
    caller = ApiClient(LazyTransport(), session)
    asked = asyncio.create_task(caller.get("/x"))
    await asyncio.sleep(0.01)
    assert not asked.done()
    caller.socket.plug(HttpTransport(URL, by=script))

    assert (await asked).status == 200


def test_a_moment_says_its_zone() -> None:
    assert parsing.read(datetime, "2026-11-20T09:00:00Z") == datetime(2026, 11, 20, 9, tzinfo=UTC)


@pytest.mark.parametrize("code", ["/in:jpy", "A//B", ".", "https://id.gs1.org/01/05901234123457"])
async def test_a_code_is_asked_as_it_is(code: str) -> None:
    asked = []

    class Asked:
        async def get(self, path: str, query: dict[str, str]) -> None:
            asked.append((path, query))
            raise errors.NotFound("Nothing here.", code="code_unknown")

    with pytest.raises(errors.NotFound):
        await Auth(Asked()).look_up(code)
    assert asked == [("/api/v1/admin/scan", {"code": code})]


async def test_chosen_products_are_read_to_the_end_where_a_page_ends_early(line: Line) -> None:
    rows = [
        {"id": f"p{n}", "version": n, "title": "Mug", "status": "active", "variants": []}
        for n in (1, 2)
    ]
    asked: list[dict[str, str]] = []

    def noted(request: httpx.Request) -> None:
        asked.append(dict(request.url.params))

    for row, cursor in zip(rows, ("on", None), strict=True):
        mark = {"limit": 100, "next_cursor": cursor, "has_more": cursor is not None}
        line.script.expect(
            "GET", f"{ADMIN}/products", answer(200, {"data": [row], "page": mark}), noted
        )

    found = await Catalog(line.caller).chosen(["p1", "p2", "gone"])

    assert {one: product.version for one, product in found.items()} == {"p1": 1, "p2": 2}
    first = {"ids": "p1,p2,gone", "expand": "variants", "limit": "100"}
    assert asked == [first, {**first, "cursor": "on"}]
    line.script.assert_played()


async def test_a_variant_stands_at_its_places_in_the_same_order_as_any_other(line: Line) -> None:
    rows = [one.as_wire() for one in WAREHOUSE.levels.values()][:4]
    mark = {"limit": 100, "next_cursor": None, "has_more": False}
    line.script.expect("GET", f"{ADMIN}/stock", answer(200, {"data": rows[::-1], "page": mark}))

    found = await Stock(line.caller).levels_of([str(row["variant_id"]) for row in rows])

    assert [[level.location.code for level in each] for each in found.values()] == [
        ["MAIN", "SHOP"],
        ["MAIN", "SHOP"],
    ]
