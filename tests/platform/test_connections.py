"""A request is carried out when all of it has come, however slowly; answers leave likewise."""

import itertools
import os
import select
import socket
import tempfile
import time
from collections.abc import Iterator

import pytest
from gunicorn.config import Config
from hypothesis import given
from hypothesis import strategies as st

from api.platform.serving import connection as connections
from api.platform.serving.connection import Connection, HeadTooLarge, State

PLAIN = b"GET /health HTTP/1.1\r\nHost: shop\r\n\r\n"
WITH_BODY = b"POST /x HTTP/1.1\r\nContent-Length: 12\r\n\r\nhello\r\n\r\nyou"
CHUNKED = (
    b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"7;a=b\r\n0\r\n\r\nab\r\n3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n"
)


class Line:
    """A connection and the other end of it."""

    def __init__(self) -> None:
        ours, self.theirs = socket.socketpair()
        self.connection = Connection(Config(), ours, ("127.0.0.1", 1), ("127.0.0.1", 2))
        self.theirs.setblocking(False)

    def says(self, data: bytes) -> bool | None:
        """Let the other end say something, and the loop look."""
        self.theirs.sendall(data)
        return self.connection.gather()

    def hears(self) -> bytes:
        """Return what has left by now."""
        heard = bytearray()
        while select.select([self.theirs], [], [], 0)[0]:
            found = self.theirs.recv(65536)
            heard += found
            if not found:
                break
        return bytes(heard)

    def hang_up(self) -> None:
        """Close both ends."""
        self.connection.close()
        self.theirs.close()


@pytest.fixture
def line() -> Iterator[Line]:
    """A connection."""
    made = Line()
    yield made
    made.hang_up()


@given(
    st.sampled_from([PLAIN, WITH_BODY, CHUNKED]),
    st.lists(st.integers(1, 120), max_size=6).map(sorted),
)
def test_a_request_is_ready_with_its_last_byte_and_not_before(
    request_: bytes, cuts: list[int]
) -> None:
    line = Line()
    places = [0, *(cut for cut in dict.fromkeys(cuts) if cut < len(request_)), len(request_)]
    parts = [request_[a:b] for a, b in itertools.pairwise(places)]

    ready = [line.says(part) for part in parts]

    assert ready == [False] * (len(parts) - 1) + [True]
    assert line.connection.is_whole
    line.connection.hand_over()
    request = next(line.connection.parser)
    assert request.body.read() == {WITH_BODY: b"hello\r\n\r\nyou", CHUNKED: b"0\r\n\r\nababc"}.get(
        request_, b""
    )
    line.hang_up()


def test_two_requests_at_once_are_carried_out_one_after_the_other(line: Line) -> None:
    assert line.says(PLAIN + WITH_BODY)
    line.connection.hand_over()
    assert next(line.connection.parser).path == "/health"
    assert line.connection.parser.finish_body()

    assert line.connection.reuse()
    assert line.connection.is_ready()
    line.connection.hand_over()
    assert next(line.connection.parser).path == "/x"


@pytest.mark.parametrize(
    "said",
    [
        b"POST /x HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"POST /x HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"POST /x HTTP/1.1\r\nContent-Length: five\r\n\r\n",
        b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /x HTTP/1.1\r\nExpect: cake\r\nContent-Length: 5\r\n\r\n",
    ],
)
def test_nobody_waits_for_the_rest_of_what_is_refused_anyway(line: Line, said: bytes) -> None:
    assert line.says(said)
    assert line.connection.is_whole


def test_a_large_body_is_not_gathered_but_one_of_the_provider(line: Line) -> None:
    head = b"POST /api/v1/%s HTTP/1.1\r\nContent-Length: 900000\r\n\r\n"

    assert line.says(head % b"admin/imports")
    assert not line.connection.is_whole
    other = Line()
    assert not other.says(head % b"webhooks/stripe")
    other.hang_up()


def test_whoever_asks_whether_to_go_on_is_told_once(line: Line) -> None:
    line.says(b"POST /x HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
    line.says(b"a")

    assert line.hears() == b"HTTP/1.1 100 Continue\r\n\r\n"


@pytest.mark.parametrize(
    ("said", "status"),
    [(b"GET /" + b"x" * 70_000, 414), (b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000, 431)],
)
def test_a_head_without_an_end_is_refused(line: Line, said: bytes, status: int) -> None:
    line.says(said[:40_000])
    with pytest.raises(HeadTooLarge) as refused:
        line.says(said[40_000:])
    assert refused.value.status == status


def test_an_answer_waits_for_its_reader_and_holds_nobody(line: Line) -> None:
    text = os.urandom(900_000)
    with tempfile.TemporaryFile() as file:
        file.write(text)
        line.says(PLAIN)
        line.connection.hand_over()

        line.connection.hold(b"head")
        line.connection.sendall(text)
        line.connection.sendfile(file, 100, 800_000)

    assert line.connection.waiting > 1_000_000
    heard = bytearray()
    line.connection.begin_sending()
    while not line.connection.flush():
        heard += line.hears()
    heard += line.hears()
    assert heard == b"head" + text + text[100:800_100]
    assert line.connection.waiting == 0


def test_a_thread_waits_for_a_reader_who_leaves_too_much_but_not_for_ever(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "STALLED_SECONDS", 0.2)
    line.says(PLAIN)
    line.connection.hand_over()

    with pytest.raises(TimeoutError):
        line.connection.sendall(bytes(4_000_000))


def test_an_upload_that_stalls_ends(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "STALLED_SECONDS", 0.2)
    line.says(b"POST /api/v1/admin/imports HTTP/1.1\r\nContent-Length: 900000\r\n\r\nabc")
    line.connection.hand_over()
    body = next(line.connection.parser).body

    with pytest.raises(TimeoutError):
        body.read(4)


def test_time_runs_out_for_heads_and_bodies(line: Line) -> None:
    line.says(b"POST /x HTTP/1.1\r\n")
    assert line.connection.state is State.GATHERING
    assert line.connection.deadline - time.monotonic() <= connections.HEAD_SECONDS
    line.says(b"Content-Length: 5\r\n\r\n")
    begun = line.connection.deadline
    line.says(b"a")
    assert line.connection.deadline == begun  # a byte now and then does not help
