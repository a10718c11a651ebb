"""Short secrets that the shop must be able to read again; a stolen table tells none of them.

Sealed under a key that follows from SECRET_KEY and lies in no table. What is sealed is shorter than
one digest, so HMAC-SHA256 of a fresh nonce is a pad that is used once, and a second HMAC over all
of it is its proof (encrypt, then authenticate). A package of ciphers costs each process 10 MB.
"""

import base64
import hmac
import secrets
from itertools import starmap
from operator import xor

from api.platform.service_registry import get_service
from api.platform.settings import Settings

LONGEST = 32
_NONCE, _TAG = 16, 32


class Unreadable(Exception):
    """Sealed under a secret that is gone, or changed since."""


def seal(plain: bytes, purpose: str) -> str:
    """Seal at most 32 bytes for one purpose; for another one they cannot be read."""
    if not 0 < len(plain) <= LONGEST:
        raise ValueError(f"{len(plain)} bytes do not fit under one pad of {LONGEST}")
    nonce = secrets.token_bytes(_NONCE)
    hidden = _mixed(plain, nonce, get_service(Settings).secret_key, purpose)
    tag = _tag(nonce + hidden, get_service(Settings).secret_key, purpose)
    return base64.b64encode(nonce + hidden + tag).decode()


def unseal(sealed: str, purpose: str) -> bytes:
    """Read what was sealed under today's secret or one of before. Raises `Unreadable`."""
    raw = base64.b64decode(sealed)
    body, tag = raw[:-_TAG], raw[-_TAG:]
    for secret in get_service(Settings).secret_keys:
        if hmac.compare_digest(tag, _tag(body, secret, purpose)):
            return _mixed(body[_NONCE:], body[:_NONCE], secret, purpose)
    raise Unreadable


def _mixed(text: bytes, nonce: bytes, secret: str, purpose: str) -> bytes:
    pad = hmac.digest(_key(secret, purpose, "pad"), nonce, "sha256")
    return bytes(starmap(xor, zip(text, pad, strict=False)))


def _tag(body: bytes, secret: str, purpose: str) -> bytes:
    return hmac.digest(_key(secret, purpose, "tag"), body, "sha256")


def _key(secret: str, purpose: str, use: str) -> bytes:
    return hmac.digest(secret.encode(), f"sealed {purpose} {use}".encode(), "sha256")
