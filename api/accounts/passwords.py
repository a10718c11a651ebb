"""Passwords: which ones are strong enough, and how they are hashed (argon2id).

Hashing takes tens of milliseconds on purpose, so it never happens inside a transaction.
"""

import re
import threading
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

MIN_LENGTH = 10
MAX_LENGTH = 200
LOOKED_AT = 32
GOOD_ENOUGH = 3
"""Of zxcvbn's 0 to 4: more than 10^8 guesses."""
_PARTS = re.compile(r"[^a-z0-9]+")
_OURS = ("stockroom", "warehouse", "changeme")

# OWASP's second choice instead of argon2-cffi's default of 64 MiB: a web worker has several
# threads, and what they need at once must fit beside the rest of the shop in one small machine.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_at_once = threading.BoundedSemaphore(2)

# The hash of a random text that was thrown away. Unknown addresses are verified against it, so
# that the time of an answer does not tell whether an account exists.
DECOY = (
    "$argon2id$v=19$m=19456,t=2,p=1$IfZmolcV0kJUh/FTnvVBlA$"
    "c4gXfuiYy3BbVZD7ruHe0h1Q0bn7w0nRECmE+AJ2F4k"
)


def weakness(password: str, *, email: str) -> str | None:
    """Tell why a password will not do, as a code; None when it will.

    `too_short`, `too_long`, `is_the_email` or `too_common`: what zxcvbn thinks can be guessed with
    a hundred million tries. Asks for no mixture of signs: that makes people write `Password1!` on
    a note beside the screen.
    """
    if len(password) < MIN_LENGTH:
        return "too_short"
    if len(password) > MAX_LENGTH:
        return "too_long"
    plain = _normal(password).casefold().strip()
    if plain == email.casefold():
        return "is_the_email"
    from zxcvbn_rs_py import zxcvbn  # noqa: PLC0415 - 1 MB that only a new password needs

    known = [*_PARTS.split(email.casefold()), *_OURS]
    # The beginning alone: guessing takes long where much can stand for much (55 ms at worst for
    # these, seconds for all), and what begins well is good.
    if int(zxcvbn(_normal(password)[:LOOKED_AT], known).score) < GOOD_ENOUGH:
        return "too_common"
    return None


def hashed(password: str) -> str:
    """Hash a password. Takes about 30 ms and 19 MiB; at most two at once per process."""
    with _at_once:
        return _hasher.hash(_normal(password))


def matches(stored: str, password: str) -> bool:
    """Compare a password with a stored hash, in the time that hashing takes."""
    with _at_once:
        try:
            return _hasher.verify(stored, _normal(password))
        except VerifyMismatchError:
            return False


def needs_rehash(stored: str) -> bool:
    """Return whether a hash was made with other parameters than the current ones."""
    return _hasher.check_needs_rehash(stored)


def _normal(password: str) -> str:
    """Normalize a password: keyboards differ in how they compose an `é` (NIST 800-63B)."""
    return unicodedata.normalize("NFKC", password)
