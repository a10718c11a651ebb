"""A bucket on this machine that believes nobody: every signature is computed again (SigV4)."""

import hashlib
import hmac
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

ACCESS_KEY, SECRET_KEY, REGION = "AKIDTEST", "secret-of-the-tests", "eu-test-1"


@dataclass
class Kept:
    """One object with the headers that it was stored with."""

    content: bytes
    headers: dict[str, str]


@dataclass
class Bucket:
    """What lies in the bucket, and what the next requests are answered instead."""

    endpoint: str = ""
    objects: dict[str, Kept] = field(default_factory=dict)
    failures: list[int] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


@contextmanager
def running_bucket() -> Iterator[Bucket]:
    """Have the bucket on a port of this machine."""
    bucket = Bucket()

    class Answering(_Answering):
        kept = bucket

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    bucket.endpoint = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield bucket
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Answering(BaseHTTPRequestHandler):
    kept: Bucket
    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        body = self._body()
        if body is not None:
            self.kept.objects[self._key()] = Kept(
                body, {k.lower(): v for k, v in self.headers.items()}
            )
            self._answer(200, headers={"ETag": f'"{hashlib.md5(body).hexdigest()}"'})

    def do_GET(self) -> None:
        if self._body() is None:
            return
        query = dict(parse_qsl(urlsplit(self.path).query))
        if query.get("list-type") == "2":
            self._list(query.get("prefix", ""))
            return
        found = self.kept.objects.get(self._key())
        if found is None:
            self._refuse(404, "NoSuchKey")
        else:
            moment = "Mon, 02 Nov 2026 10:00:00 GMT"
            self._answer(200, found.content, {"ETag": '"1"', "Last-Modified": moment})

    def _list(self, prefix: str) -> None:
        """Tell what lies below a prefix, as `ListObjectsV2` does, all of it at once."""
        found = "".join(
            f"<Contents><Key>{key}</Key><Size>{len(kept.content)}</Size><ETag>&quot;1&quot;</ETag>"
            "<LastModified>2026-11-02T10:00:00.000Z</LastModified></Contents>"
            for key, kept in sorted(self.kept.objects.items())
            if key.startswith(prefix)
        )
        told = f"<ListBucketResult><IsTruncated>false</IsTruncated>{found}</ListBucketResult>"
        self._answer(200, told.encode(), {"Content-Type": "application/xml"})

    def do_DELETE(self) -> None:
        if self._body() is not None:
            self.kept.objects.pop(self._key(), None)
            self._answer(204)

    def do_POST(self) -> None:
        """Delete several at once, as `DeleteObjects` does."""
        body = self._body()
        if body is None:
            return
        names = [part.partition(b"</Key>")[0].decode() for part in body.split(b"<Key>")[1:]]
        for name in names:
            self.kept.objects.pop(name, None)
        gone = "".join(f"<Deleted><Key>{name}</Key></Deleted>" for name in names)
        self._answer(200, f"<DeleteResult>{gone}</DeleteResult>".encode())

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def _key(self) -> str:
        return unquote(urlsplit(self.path).path).removeprefix("/pictures/")

    def _body(self) -> bytes | None:
        """Read the body of a request that may be carried out; None when it was answered."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.kept.asked.append(f"{self.command} {self.path}")
        if self.kept.failures:
            self._refuse(self.kept.failures.pop(0), "SlowDown")
            return None
        wrong = signature_problem(self.command, self.path, dict(self.headers.items()), body)
        if wrong:
            self._refuse(403, wrong)
            return None
        if not self.path.startswith("/pictures"):
            self._refuse(404, "NoSuchBucket")
            return None
        return body

    def _refuse(self, status: int, code: str) -> None:
        self._answer(status, f"<Error><Code>{code}</Code></Error>".encode())

    def _answer(
        self, status: int, content: bytes = b"", headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


def signature_problem(method: str, target: str, headers: dict[str, str], body: bytes) -> str | None:
    """Say what is wrong with the signature of a request (AWS Signature Version 4)."""
    given = {name.lower(): value.strip() for name, value in headers.items()}
    scheme, _, rest = given.get("authorization", "").partition(" ")
    if scheme != "AWS4-HMAC-SHA256":
        return "AccessDenied"
    parts = dict(part.strip().split("=", 1) for part in rest.split(","))
    access, day, region, service, end = parts["Credential"].split("/")
    if (access, region, service, end) != (ACCESS_KEY, REGION, "s3", "aws4_request"):
        return "InvalidAccessKeyId"
    moment = given["x-amz-date"]
    told = datetime.strptime(moment, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    if abs(datetime.now(UTC) - told) > timedelta(minutes=15) or not moment.startswith(day):
        return "RequestTimeTooSkewed"
    if given["x-amz-content-sha256"] != hashlib.sha256(body).hexdigest():
        return "XAmzContentSHA256Mismatch"
    signed = parts["SignedHeaders"].split(";")
    if not {"host", "x-amz-date", "x-amz-content-sha256"} <= set(signed):
        return "AccessDenied"
    url = urlsplit(target)
    query = sorted(
        (quote(k, safe="-_.~"), quote(v, safe="-_.~"))
        for k, v in parse_qsl(url.query, keep_blank_values=True)
    )
    canonical = "\n".join(
        [
            *(method, url.path, "&".join(f"{k}={v}" for k, v in query)),
            *(f"{name}:{given[name]}" for name in signed),
            *("", ";".join(signed), given["x-amz-content-sha256"]),
        ]
    )
    scope = f"{day}/{region}/{service}/{end}"
    to_sign = "\n".join(
        ["AWS4-HMAC-SHA256", moment, scope, hashlib.sha256(canonical.encode()).hexdigest()]
    )
    key = f"AWS4{SECRET_KEY}".encode()
    for part in (day, region, service, end):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    right = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    return None if hmac.compare_digest(right, parts["Signature"]) else "SignatureDoesNotMatch"
