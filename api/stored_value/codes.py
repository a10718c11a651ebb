"""The codes of gift cards: only a keyed digest and the last four of 16 characters are stored."""

import hmac
import secrets
from uuid import UUID

from api.platform.settings import current_settings

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Nothing that looks like something else: no 0 and O, 1, I and L. 16 of them are 79 random bits."""
LENGTH = 16
LONGEST_INPUT = 40


def new_code() -> str:
    """Return a new code, grouped as people read it: `7KQM-...`."""
    plain = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return _grouped(plain)


def code_of(card_id: UUID, version: int) -> str:
    """Return the code of a gift card that is sent by e-mail.

    It follows from its id, how often it was replaced and the shop's secret, so that an e-mail that
    is sent twice, because nobody knew whether it had left, tells the same code.
    """
    secret = current_settings().secret_key
    named = f"bought\n{card_id}\n{version}" if version else f"bought\n{card_id}"
    number = int.from_bytes(hmac.digest(secret.encode(), named.encode(), "sha256"))
    plain = ""
    for _ in range(LENGTH):
        number, digit = divmod(number, len(ALPHABET))
        plain += ALPHABET[digit]
    return _grouped(plain)


def last_four(code: str) -> str:
    """Return the part of a code that staff may see."""
    return code[-4:]


def digest(code: str) -> str:
    """Return what is stored of a code, under the current secret."""
    return _digest(_plain(code), current_settings().secret_key)


def digests(code: str) -> list[str]:
    """Return what may be stored of a typed code, under each secret that is still valid."""
    plain = _plain(code)
    return [_digest(plain, secret) for secret in current_settings().secret_keys]


def _grouped(plain: str) -> str:
    return "-".join(plain[at : at + 4] for at in range(0, LENGTH, 4))


def _plain(code: str) -> str:
    """Return a code as it is digested: spaces, dashes and capitals do not matter."""
    return "".join(code.split()).replace("-", "").upper()


def _digest(plain: str, secret: str) -> str:
    return hmac.digest(secret.encode(), f"gift-card\n{plain}".encode(), "sha256").hex()
