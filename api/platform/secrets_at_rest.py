"""Secrets that the shop must be able to read again; a stolen table tells none of them.

Encrypted by Fernet (AES-128-CBC and HMAC-SHA256, with the time of writing) under keys that follow
from SECRET_KEY and from what is encrypted: what was sealed for one purpose cannot be read for
another. The newest secret seals, those before it still read.
"""

import base64
import hmac
from itertools import starmap
from operator import xor

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from api.platform.settings import current_settings

_NONCE, _TAG = 16, 32


class Unreadable(Exception):
    """Sealed under a secret that is gone, or changed since."""


def seal(plain: bytes, purpose: str) -> str:
    """Seal some bytes for one purpose; for another one they cannot be read."""
    return _cipher(purpose).encrypt(plain).decode()


def unseal(sealed: str, purpose: str) -> bytes:
    """Read what was sealed under today's secret or one of before. Raises `Unreadable`."""
    try:
        return _cipher(purpose).decrypt(sealed)
    except InvalidToken as invalid:
        plain = _unseal_first_form(sealed, purpose)
        if plain is None:
            raise Unreadable from invalid
        return plain


def reseal(sealed: str, purpose: str) -> str | None:
    """Seal under today's secret what an older one or the first form sealed; None if it is so."""
    try:
        _cipher(purpose, newest_alone=True).decrypt(sealed)
    except InvalidToken:
        return seal(unseal(sealed, purpose), purpose)
    return None


def _cipher(purpose: str, *, newest_alone: bool = False) -> MultiFernet:
    secrets = current_settings().secret_keys
    keys = [_key(secret, purpose, "fernet") for secret in secrets[: 1 if newest_alone else None]]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])


def _unseal_first_form(sealed: str, purpose: str) -> bytes | None:
    """Read what was written before 0.1.0: an HMAC of the nonce as a pad, and another as the tag."""
    try:
        raw = base64.b64decode(sealed, validate=True)
    except ValueError:
        return None
    body, tag = raw[:-_TAG], raw[-_TAG:]
    for secret in current_settings().secret_keys:
        if hmac.compare_digest(tag, hmac.digest(_key(secret, purpose, "tag"), body, "sha256")):
            pad = hmac.digest(_key(secret, purpose, "pad"), body[:_NONCE], "sha256")
            return bytes(starmap(xor, zip(body[_NONCE:], pad, strict=False)))
    return None


def _key(secret: str, purpose: str, use: str) -> bytes:
    return hmac.digest(secret.encode(), f"sealed {purpose} {use}".encode(), "sha256")
