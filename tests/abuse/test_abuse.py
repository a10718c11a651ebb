"""One person with a laptop does their worst, and a customer beside them checks out as ever."""

import json
import random
import resource
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from io import BytesIO

import httpx
import psutil
import pytest
from PIL import Image

from tests.abuse.strangers import Stranger, bothering, exchange, slow_ones
from tests.support.live import key
from tests.support.town import Town

pytestmark = pytest.mark.serial

PURCHASES = 10
MEGABYTE = 1024 * 1024
MOST_GROWTH = 30 * MEGABYTE


def p95(seconds: list[float]) -> float:
    return sorted(seconds)[int(len(seconds) * 0.95)]


@pytest.fixture(scope="module")
def town(whole_town: Town) -> Town:
    """The shop, with enough mugs for everybody."""
    whole_town.owner.sells("ABUSED-MUG", 10_000)
    purchases(whole_town, 3)  # a first one is slower than those after it
    return whole_town


def purchases(town: Town, count: int = PURCHASES) -> list[float]:
    """Have a customer check out again and again; anything but an order fails the test."""
    took = []
    for _ in range(count):
        visitor = town.visitor()
        began = time.perf_counter()
        visitor.orders("ABUSED-MUG")
        took.append(time.perf_counter() - began)
    return took


@contextmanager
def as_quick_as_ever(town: Town) -> Iterator[None]:
    """Let a customer buy while the block goes on, until it ends and ten times at least."""
    quiet = p95(purchases(town))
    with ThreadPoolExecutor(1) as customer:
        bought = customer.submit(purchases, town)
        yield
        assert p95(bought.result()) <= 5 * quiet


def memory(town: Town) -> dict[int, int]:
    """Tell how much of the machine's memory each process of the web server has to itself."""
    master = psutil.Process(town.shop.pid("web"))
    return {each.pid: each.memory_full_info().uss for each in (master, *master.children())}


def test_bodies_that_are_too_large_are_refused_and_cost_nothing(town: Town) -> None:
    names = json.dumps({f"unknown-{n}": n for n in range(400_000)}).encode()
    assert len(names) > 8 * MEGABYTE
    head = "POST /api/v1/{} HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\n{}\r\n\r\n"
    told = f"Content-Length: {len(names)}"
    chunks = f"{len(names):x}\r\n".encode() + names + b"\r\n0\r\n\r\n"
    said = [
        *(head.format(path, told).encode() + names for path in ("auth/login", "checkout")),
        head.format("cart/items", "Transfer-Encoding: chunked").encode() + chunks,
        head.format("webhooks/stripe", told).encode() + names,
    ]
    before = memory(town)

    with as_quick_as_ever(town), ThreadPoolExecutor(4) as at_once:
        answers = list(at_once.map(lambda body: exchange(town.shop.url, body), said))

    for answer in answers:  # an answer, and no reset
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert b'"code":"body_too_large"' in answer
    after = memory(town)
    assert after.keys() == before.keys()
    assert max(after[pid] - before[pid] for pid in before) < MOST_GROWTH


def test_the_worst_that_is_taken_leaves_a_worker_as_it_was(town: Town) -> None:
    """As large as may be, made of as many parts as may be, and wrong in all of them."""
    row = {f"unknown-{n}": [] for n in range(250)}
    batch = {"items": [row] * 100}
    wide = {"items": [{"id": "x", **{f"u{n}": 0 for n in range(900)}} for _ in range(50)]}
    deep: dict[str, object] = {}
    for _ in range(62):
        deep = {"a": deep}
    title = {"title": "x", "description": "ß" * 690_000}
    before = memory(town)

    for body in (batch, wide, {"items": [deep] * 380}, title, {"items": [0] * 52_000}) * 2:
        for path in ("/products/batch", "/variants/batch", "/products"):
            answer = town.owner.sends("POST", path, body)
            told = answer.json()
            assert answer.status_code < 500
            # A batch tells what is wrong with each of its rows.
            assert answer.status_code >= 400 or told["counts"]["ok"] == 0
            assert len(answer.content) < MEGABYTE

    after = memory(town)
    assert after.keys() == before.keys()
    assert max(after[pid] - before[pid] for pid in before) < MOST_GROWTH


def a_large_picture() -> bytes:
    """Draw what no format makes smaller: 19 MB of noise that can be read to its end."""
    side = 2_600
    noise = random.Random(7).randbytes(3 * side * side)
    written = BytesIO()
    Image.frombytes("RGB", (side, side), noise).save(written, "PNG", compress_level=1)
    return written.getvalue()


@pytest.mark.slow
def test_the_largest_uploads_leave_a_worker_as_it_was(town: Town) -> None:
    """As many bytes as a file may have, taken and refused, as a body and as a part of a form."""
    most = 32 * MEGABYTE - 4_096
    long = b'slug,title\nlong,"' + b"x" * (5 * MEGABYTE) + b'"\n'
    line = b'{"slug": "a-mug", "title": "A mug", "description": "' + b"x" * 400_000 + b'"}\n'
    dry_run = "/imports?dry_run=true"
    files = [
        (dry_run, "text/csv", long + b"y" * (most - len(long)), 202),
        (dry_run, "text/csv", b"Nothing;known\n" + "ä".encode() * (most // 2 - 20), 422),
        (dry_run, "application/jsonl", line * (most // len(line)), 202),
        ("/media", "image/png", a_large_picture(), 201),
        ("/media", "image/png", random.Random(7).randbytes(20 * MEGABYTE - 4_096), 422),
    ]
    before = memory(town)

    for path, kind, content, status in files * 2:
        headers = {**town.owner.headers, "Idempotency-Key": key()}
        raw = town.owner.http.post(path, content=content, headers={**headers, "Content-Type": kind})
        assert raw.status_code == status, raw.text
        headers["Idempotency-Key"] = key()
        form = {"file": ("a-file", content, kind)}
        part = town.owner.http.post(path, files=form, headers=headers)
        assert part.status_code == status, part.text

    after = memory(town)
    assert after.keys() == before.keys()
    assert max(after[pid] - before[pid] for pid in before) < MOST_GROWTH


def test_two_hundred_slow_people_slow_nobody_down(town: Town) -> None:
    with bothering(town.shop.url, slow_ones(200)), as_quick_as_ever(town):
        for _ in range(3):
            time.sleep(0.5)
            for path in ("/health", "/api/v1/products"):
                began = time.perf_counter()
                httpx.get(town.shop.url + path, timeout=5).raise_for_status()
                assert time.perf_counter() - began < 1


def test_more_people_than_there_is_room_for_leave_room_for_a_customer(town: Town) -> None:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(limits[1], 8_192), limits[1]))
    people = [Stranger(b"GET / HTTP/1.1\r\n") for _ in range(2_300)]
    try:
        with bothering(town.shop.url, people), as_quick_as_ever(town):
            assert httpx.get(f"{town.shop.url}/health", timeout=5).status_code == 200
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


ODD = (
    *(b"GET /" + b"x" * 9_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", b"GET /" + b"x" * 90_000),
    *(b"GET / HTTP/1.1\r\nX: " + b"x" * size + b"\r\n\r\n" for size in (9_000, 90_000)),
    b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: 1\r\n" % n for n in range(200)) + b"\r\n",
    *(b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", b"\r\n\r\n\r\n\r\nnonsense\r\n\r\n"),
    *(b"GET / HTTP/9.9\r\n\r\n", b"get / http/1.1\r\n\r\n"),
    b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    *(
        b"POST /api/v1/auth/login HTTP/1.1\r\n" + framing
        for framing in (
            b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            b"Content-Length: -1\r\n\r\n", b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
            b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", b"Transfer-Encoding: gzip\r\n\r\n",
            b"Expect: cake\r\nContent-Length: 1\r\n\r\n",
        )
    ),
    *(
        b"GET /nowhere HTTP/1.1\r\nHost: a\r\n" + header + b"\r\n\r\n"
        for header in (
            b"SCRIPT_NAME: /nowhere", b"Script-Name: /x", b"X-Forwarded-Prefix: /x", b"Host: b",
            b"X-Forwarded-Proto: https\r\nX-Forwarded-Ssl: off", b"X: \xff\xfe", b"X Y: 1",
            b"Authorization: Bearer \xff", b"Cookie: " + b"a=b; " * 1_500, b"Range: bytes=-1",
            b"If-Match: nonsense", b"Content-Length: 0", b"Accept-Language: " + b"x," * 2_000,
        )
    ),
)  # fmt: skip
"""What nobody's browser sends. Each is refused, or answered as if the odd part was not there."""


def closing(said: bytes) -> bytes:
    """Ask the shop to hang up after its answer, where there is room to ask."""
    first, end, rest = said.partition(b" HTTP/1.1\r\n")
    return first + end + (b"Connection: close\r\n" if end else b"") + rest


def test_odd_requests_are_refused_in_the_words_of_the_shop(town: Town) -> None:
    with as_quick_as_ever(town), ThreadPoolExecutor(8) as at_once:
        answers = list(at_once.map(lambda said: exchange(town.shop.url, closing(said)), ODD))

    for said, answer in zip(ODD, answers, strict=True):
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.startswith((b"HTTP/1.1 4", b"HTTP/1.1 501")), (said[:80], answer[:200])
        assert b"application/problem+json" in head, (said[:80], answer[:200])
        assert json.loads(body)["status"] >= 400
        assert head.lower().count(b"\r\nserver:") == 0
