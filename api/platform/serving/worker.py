"""The gunicorn worker class: one event loop for all connections, a few threads for requests.

gunicorn's own threaded worker gives each connection a thread from its first byte on, so ten slow
clients block it. Here a connection uses a thread only while its request is handled. Large uploads
are read while they are handled, by separate threads: whoever may not upload is refused before a
byte is read.
"""

import contextlib
import errno
import selectors
import time
from concurrent.futures import Future, ThreadPoolExecutor
from http import HTTPStatus
from typing import Any

import structlog
from gunicorn.http import wsgi
from gunicorn.http.errors import NoMoreData
from gunicorn.workers.gthread import ThreadWorker

from api.kernel.ids import new_id
from api.platform import problems
from api.platform.memory import return_freed_memory
from api.platform.observability import bind_request_id, request_id, shortened
from api.platform.serving.connection import Answer, Connection, HeadTooLarge, State

UPLOADS = 2
"""Threads for bodies that are too large to be buffered."""
MAX_UNSENT = 64 * 1024 * 1024
"""The limit of unsent bytes of all slow readers of a worker together."""
LEAVING_SECONDS = 2.0
"""How long a worker that shuts down waits for a request that is not complete."""
_TICK_SECONDS = 1.0


_DETAILS = {
    400: "This is not a valid HTTP request.",
    408: "The request took too long to arrive. Send it again.",
    414: "The address is too long: at most 8,190 bytes of method, address and version are read.",
    431: "The headers are too large: at most 100 of them, of 8 KB each and 64 KB together.",
    500: "Something went wrong on our side. Tell the shop's owner the request id.",
}

_log = structlog.get_logger("api.requests")


class Worker(ThreadWorker):  # type: ignore[misc]
    """Serves connections; `threads` requests are handled at the same time."""

    alive: bool

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, **options)
        self._connections: set[Connection] = set()
        self._uploads = ThreadPoolExecutor(UPLOADS, thread_name_prefix="upload")
        self._looked = 0.0

    def run(self) -> None:
        """Serve until told to end; then finish the running requests."""
        return_freed_memory()
        self.poller.register(
            self.method_queue.fileno(), selectors.EVENT_READ, self.method_queue.run_callbacks
        )
        self.set_accept_enabled(True)
        while self.alive and self.is_parent_alive():
            self._turn()
        self.set_accept_enabled(False)
        ends = time.monotonic() + self.cfg.graceful_timeout
        for each in list(self._connections):
            if each.state in (State.IDLE, State.GATHERING):
                each.deadline = min(each.deadline, time.monotonic() + LEAVING_SECONDS)
        while self._connections and time.monotonic() < ends:
            self._turn()
        self.tpool.shutdown(wait=False)
        self._uploads.shutdown(wait=False)
        self.poller.close()
        self.method_queue.close()

    def accept(self, listener: Any) -> None:
        """Accept a client; at the limit of connections, drop the least advanced one for it."""
        try:
            sock, client = listener.accept()
        except OSError as nobody:
            if nobody.errno in (errno.EMFILE, errno.ENFILE):
                self._make_room()
            return  # else the client is gone, or another worker was faster
        if len(self._connections) >= self.cfg.worker_connections:
            self._make_room()
        connection = Connection(self.cfg, sock, client, listener.getsockname())
        self._connections.add(connection)
        self._watch(connection, selectors.EVENT_READ)

    def handle(self, conn: Connection) -> bool:
        """Handle one request, in a thread; returns whether the connection stays open."""
        request = None
        try:
            request = next(conn.parser)
            if conn.is_whole:
                request._expected_100_continue = False  # the event loop has sent it
            return self.handle_request(request, conn)
        except (StopIteration, NoMoreData):
            return False
        except OSError as gone:
            self.log.debug("Connection lost: %s", gone)
        except Exception as error:  # noqa: BLE001 - the client gets an error response
            self.handle_error(request, conn, conn.client, error)
        return False

    def handle_request(self, req: object, conn: Connection) -> bool:
        """Call the app, and send its response."""
        answer, environ = wsgi.create(
            req, conn, conn.client, conn.server, self.cfg, response_class=Answer
        )
        environ["wsgi.multithread"] = True
        self.nr += 1
        if self.nr >= self.max_requests and self.alive:
            self.log.info("Autorestarting worker after current request.")
            self.alive = False
        # An upload may not have been read to its end; see `draining` for shutdown.
        if not self.alive or not conn.is_whole or not self.max_keepalived:
            answer.force_close()
        body = self.wsgi(environ, answer.start_response)
        try:
            if isinstance(body, environ["wsgi.file_wrapper"]):
                answer.write_file(body)
            else:
                for part in body:
                    answer.write(part)
            answer.close()
            conn.finish()
        except OSError:
            raise
        except Exception:
            if not answer.headers_sent or conn.forget_head():
                raise
            # The head is sent already: the client sees that the response ends too early.
            self.log.exception("Error while answering")
            return False
        finally:
            if hasattr(body, "close"):
                body.close()
        return not answer.should_close() and bool(conn.parser.finish_body())

    def finish_request(self, conn: Connection, fs: "Future[bool]") -> None:
        """Continue with a connection in the event loop after its thread is done."""
        conn.goes_on = not fs.cancelled() and fs.exception() is None and fs.result()
        if conn.waiting:
            conn.begin_sending()
            self._watch(conn, selectors.EVENT_WRITE)
        else:
            self._after_answer(conn)

    def handle_error(self, req: object, client: Any, addr: Any, exc: BaseException) -> None:
        """Answer errors of gunicorn with a problem document."""
        recorder = _StatusRecorder()
        super().handle_error(req, recorder, (shortened(addr[0]) if addr else "", -1), exc)
        self._refuse(client, recorder.status)

    # The event loop

    def _turn(self) -> None:
        self.notify()
        self.wait_for_and_dispatch_events(timeout=_TICK_SECONDS)
        now = time.monotonic()
        if now - self._looked >= _TICK_SECONDS:
            self._looked = now
            self._look_after_everybody(now)

    def _watch(self, conn: Connection, event: int) -> None:
        self.poller.register(conn.sock, event, lambda _: self._ready(conn))

    def _ready(self, conn: Connection) -> None:
        try:
            if conn.state is State.SENDING:
                if conn.flush():
                    self.poller.unregister(conn.sock)
                    self._after_answer(conn)
            elif conn.state is State.LINGERING:
                if not conn.linger():
                    self._drop(conn)
            else:
                self._gather(conn)
        except OSError:
            self._drop(conn)

    def _gather(self, conn: Connection) -> None:
        try:
            is_ready = conn.gather()
        except HeadTooLarge as refused:
            self._refuse(conn, refused.status)
            self._end(conn)
            return
        if is_ready:
            self.poller.unregister(conn.sock)
            self._carry_out(conn)
        elif is_ready is None:
            self._drop(conn)

    def _carry_out(self, conn: Connection) -> None:
        conn.hand_over()
        pool = self.tpool if conn.is_whole else self._uploads
        done = pool.submit(self.handle, conn)
        done.add_done_callback(lambda f: self.method_queue.defer(self.finish_request, conn, f))

    def _after_answer(self, conn: Connection) -> None:
        if not conn.goes_on:
            self._end(conn)
        elif conn.reuse() and conn.is_ready():
            self._carry_out(conn)
        else:
            self._watch(conn, selectors.EVENT_READ)

    def _end(self, conn: Connection) -> None:
        """Close after the client has stopped sending, so that it can read the response."""
        self._unwatch(conn)
        try:
            conn.begin_lingering()
        except OSError:
            self._drop(conn)
        else:
            self._watch(conn, selectors.EVENT_READ)

    def _refuse(self, conn: Connection, status: int) -> None:
        try:
            conn.sendall(refusal(status))
        except OSError as gone:
            self.log.debug("Connection lost: %s", gone)

    def _make_room(self) -> None:
        others = [each for each in self._connections if each.state is not State.ANSWERING]
        if others:
            self._drop(min(others, key=lambda each: (each.state.value, each.deadline)))

    def _drop(self, conn: Connection) -> None:
        self._connections.discard(conn)
        self._unwatch(conn)
        conn.close()

    def _unwatch(self, conn: Connection) -> None:
        with contextlib.suppress(KeyError, ValueError):  # not registered
            self.poller.unregister(conn.sock)

    def _look_after_everybody(self, now: float) -> None:
        """Close stalled connections, and the slowest readers when too much is unsent."""
        unsent = 0
        for each in list(self._connections):
            if each.state is State.ANSWERING:
                continue
            if each.deadline < now:
                if each.state is State.GATHERING:
                    self._refuse(each, 408)
                    self._end(each)
                else:
                    self._drop(each)
            elif each.state is State.SENDING:
                unsent += each.waiting
                if unsent > MAX_UNSENT:
                    self._drop(each)


class _StatusRecorder:
    """A fake socket that records the status of gunicorn's own error response."""

    status = 500

    def gettimeout(self) -> float:
        return 0.0

    def sendall(self, data: bytes) -> None:
        self.status = int(data.split(None, 2)[1])


def refusal(status: int) -> bytes:
    """Return the bytes of an error response to a request that did not reach the app."""
    bind_request_id(new_id().hex)
    _log.info("request", method="unread", route="unread", status=status)
    error = problems.of_status(status)
    body = problems.problem(status, error.code, _DETAILS.get(status, error.sentence)).get_data()
    head = (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nConnection: close\r\n"
        f"Content-Type: {problems.CONTENT_TYPE}\r\nContent-Length: {len(body)}\r\n"
        f"X-Request-ID: {request_id()}\r\n\r\n"
    )
    return head.encode() + body
