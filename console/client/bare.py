"""HTTP/1.1 over a bare connection: one question, for which nothing has to be loaded.

It asks for nothing that it could not read: no compression, no connection kept open.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping
from urllib.parse import quote, urlencode, urlsplit

HEAD_END = b"\r\n\r\n"
LARGEST = 4 * 1024 * 1024
"""Bytes of an answer; a page of a list has a tenth of that."""


def question(
    url: str, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str]
) -> bytes:
    """A request without a body, as it goes over the line; `path` is below the shop's address."""
    parts = urlsplit(url)
    target = quote(parts.path + path, safe="/%")
    lines = [
        f"{method} {target}{f'?{urlencode(query)}' if query else ''} HTTP/1.1",
        f"Host: {parts.netloc.rpartition('@')[2]}",
        "Connection: close",
        "Accept: application/json, application/problem+json",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def ask(
    url: str, path: str, query: Mapping[str, str], headers: Mapping[str, str], *, within: float
) -> bytes | None:
    """Ask the shop and wait for the body of its answer, at most `within` seconds in all.

    None where it does not answer well, whole and in time: whoever asks again later hears why. A
    shop with a name is not asked, because looking names up cannot be given up.
    """
    until = time.monotonic() + within
    parts = urlsplit(url)
    host = "127.0.0.1" if parts.hostname == "localhost" else parts.hostname
    data = b""
    try:
        (found, *_) = socket.getaddrinfo(
            host, parts.port or 80, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST
        )
        with socket.socket(found[0], socket.SOCK_STREAM) as line:
            line.settimeout(within)
            line.connect(found[4])
            line.sendall(question(url, "GET", path, query, headers))
            while len(data) < LARGEST:
                line.settimeout(max(0.001, until - time.monotonic()))
                piece = line.recv(65536)
                if not piece:
                    break
                data += piece
    except OSError:
        return None
    head, _, body = data.partition(HEAD_END)
    first, *rest = head.decode("latin-1").lower().split("\r\n")
    length = next((one[15:].strip() for one in rest if one.startswith("content-length:")), "")
    is_fine = first.startswith("http/1.1 200 ") and length == str(len(body))
    return body if is_fine else None
