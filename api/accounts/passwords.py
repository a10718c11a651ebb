"""Passwords: which ones are good enough, and how they are kept (argon2id).

Hashing takes tens of milliseconds on purpose, so it never happens inside a transaction.
"""

import threading
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

MIN_LENGTH = 10
MAX_LENGTH = 200

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

# The most used passwords that are long enough to pass; guessed first by everyone who guesses.
_COMMON = frozenset(
    [
        *("0123456789", "0987654321", "1029384756", "1122334455", "1234512345", "123123123123"),
        *("1234554321", "123456123456", "1234567890", "12345678900", "12345678910", "123456789a"),
        *("123456789q", "1234qwerasdf", "1234qwerty", "1q2w3e4r5t", "1q2w3e4r5t6y", "1qaz2wsx3edc"),
        *("9876543210", "a123456789", "a1b2c3d4e5", "aa12345678", "abc1234567", "abc123456789"),
        *("abcd123456", "abcdefghij", "admin12345", "admin123456", "administrator", "asd123456789"),
        *("asdfghjkl1", "asdfghjkl123", "asdfghjkl;", "baseball123", "changeme12", "changeme123"),
        *("changeme1234", "charlie123", "computer123", "dragon1234", "football123", "iloveyou12"),
        *("iloveyou123", "iloveyou1234", "letmein123", "letmein1234", "michael123", "monkey1234"),
        *("passw0rd12", "passw0rd123", "p@ssw0rd12", "p@ssw0rd123", "password!!", "password01"),
        *("password10", "password11", "password12", "password123", "password123!", "password1234"),
        *("password12345", "password2024", "password2025", "password2026", "passwordpassword"),
        *("princess123", "q1w2e3r4t5", "q1w2e3r4t5y6", "qazwsxedcrfv", "qwer123456", "qwerty1234"),
        *("qwerty12345", "qwerty123456", "qwertyqwerty", "qwertyuiop", "qwertyuiop1"),
        *("qwertyuiop123", "qwertzuiop", "secret1234", "stockroom1", "stockroom123", "sunshine12"),
        *("sunshine123", "superman123", "testtest123", "trustno1trustno1", "warehouse1"),
        *("warehouse123", "welcome123", "welcome1234", "zaq12wsxcde3", "zxcvbnm123"),
    ]
)


def weakness(password: str, *, email: str) -> str | None:
    """Tell why a password will not do, as a code; None when it will.

    `too_short`, `too_long`, `is_the_email` or `too_common`. Asks for no mixture of signs: that
    makes people write `Password1!` on a note beside the till.
    """
    if len(password) < MIN_LENGTH:
        return "too_short"
    if len(password) > MAX_LENGTH:
        return "too_long"
    plain = _normal(password).casefold().strip()
    if plain == email.casefold():
        return "is_the_email"
    if plain in _COMMON or len(set(plain)) < 3:
        return "too_common"
    return None


def hashed(password: str) -> str:
    """Return what may be stored. Takes about 30 ms and 19 MiB; at most two at once per process."""
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
    """Tell whether a hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(stored)


def _normal(password: str) -> str:
    """Write a password in one way: keyboards differ in how they compose an `é` (NIST 800-63B)."""
    return unicodedata.normalize("NFKC", password)
