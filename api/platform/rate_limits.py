"""Rate limits on Redis: strict where something can be guessed, generous for other writes.

Guesses are counted by address and by account: one address may not try many accounts, and one
account may not be tried from many addresses. The address is the buyer's where a storefront with a
key sends it (`storefronts.py`), so that the customers of one storefront do not share a limit.

While Redis is unavailable each process counts for itself, so that guessing stays limited.
"""

import re
import secrets
import time
from collections.abc import Callable
from functools import cache

import structlog
from flask import Flask, Response, current_app, g, request
from flask_limiter import Limiter, RequestLimit
from itsdangerous import BadData, URLSafeSerializer
from limits import parse
from redis.exceptions import RedisError

from api.kernel.errors import TooMany
from api.platform import body_limits, problems, redis
from api.platform.auth import hash_secret, principal
from api.platform.settings import Settings, current_settings
from api.platform.storefronts import buyer_address, client_address, counted_as, storefront

_log = structlog.get_logger("api.limits")

SIGN_IN = "10 per minute; 50 per hour; 200 per day"
"""By address: further guessing waits for a minute first, then an hour, then a day."""
SIGN_IN_BY_ACCOUNT = "20 per minute; 100 per hour; 500 per day"
"""More than one address may try, so that one address alone cannot lock a person out."""
SIGN_IN_BY_STOREFRONT = "300 per minute"
"""Failures of all buyers of one storefront: the most that a stolen key allows."""
CODES = "10 per minute; 60 per hour; 200 per day"
"""Codes that were not known, by address: nobody tries out which ones exist."""
REGISTER = "5 per minute; 30 per hour"
"""Requests that send an e-mail, by account; nothing can be guessed there."""
REGISTER_BY_ADDRESS = "30 per minute; 300 per hour"
GIFT_CARD_CODES = "10 per minute; 60 per hour"
"""By address, of all requests together that name codes of gift cards."""
REFRESH = "30 per minute"
REFRESH_BY_ADDRESS = "600 per minute"
WRITES = "300 per minute"
GUESTS_WRITES = "6000 per minute"
_PREFIX = "limits"


def _caller() -> str:
    """Count by access token where there is one: a warehouse of ten people shares one address.

    Guests are counted by address: they could invent a new cart token for each request. A forged
    access token is refused before it costs anything.
    """
    token = request.headers.get("Authorization")
    return f"token:{hash_secret(token)[:24]}" if token else by_address()


def _writes() -> str:
    """Allow an address more than a person: a storefront's server sends for all of its guests."""
    is_one = "Authorization" in request.headers or buyer_address() is not None
    return WRITES if is_one else GUESTS_WRITES


def _is_read() -> bool:
    return request.method in ("GET", "HEAD", "OPTIONS") or request.path.startswith(
        "/api/v1/webhooks/"
    )


def by_address() -> str:
    """Count by address alone, for requests without authentication."""
    return f"address:{counted_as(client_address())}"


def by_storefront() -> str:
    """Count by storefront, for servers that send for their buyers."""
    return f"storefront:{storefront()}"


def speaks_for_itself() -> bool:
    """Return whether the request comes without a storefront key."""
    return storefront() is None


def _tell_when(breached: RequestLimit) -> Response:
    wait = max(1, int(breached.reset_at - time.time()))
    return problems.of_domain_error(TooMany(retry_after=wait))


class WriteLimiter(Limiter):
    """Skips reads before any look-up: most requests of a shop are reads.

    Of a route without limits of its own, only the limit of writes is counted, as the parent class
    would; it is asked when that is used up, or when Redis is away.
    """

    def _check_request_limit(
        self, callable_name: str | None = None, in_middleware: bool = True
    ) -> None:
        if not (in_middleware and (_is_read() or self._is_within_writes())):
            super()._check_request_limit(callable_name, in_middleware)

    def _is_within_writes(self) -> bool:
        view = current_app.view_functions.get(request.endpoint or "")
        if view is None or not self.enabled or self._storage_dead or _has_limits(view):
            return False
        try:
            return self.limiter.hit(_parsed(_writes()), _PREFIX, _caller(), str(request.endpoint))
        except (RedisError, OSError):
            return False


_parsed = cache(parse)


@cache
def _has_limits(view: Callable[..., object]) -> bool:
    name = f"{view.__module__}.{view.__qualname__}"
    return bool(limiter.limit_manager.decorated_limits(name))


limiter = WriteLimiter(
    key_func=_caller,
    default_limits=[_writes],
    key_prefix=_PREFIX,
    in_memory_fallback_enabled=True,
    # Only for errors of the fallback, too: a lost count must not fail the request.
    swallow_errors=True,
    on_breach=_tell_when,
)


def by_account() -> str:
    """Count by the e-mail address in the body, hashed: Redis stores no addresses.

    This limits guesses at one account from however many addresses. A device on which this account
    was signed in before is counted apart, so guessing elsewhere locks nobody out.
    """
    body = body_limits.sent_json()
    email = body.get("email") if isinstance(body, dict) else None
    if not isinstance(email, str):
        return by_address()
    device = _device_of(email, body.get("device_token"))
    return account_key(email) + (f":{device}" if device else "")


def account_key(email: str) -> str:
    """Return the key under which an account is counted."""
    return f"account:{_hashed(email)}"


def device_token(email: str, current: str | None) -> str:
    """Return the token by which the next sign-in recognises this device of the account.

    It authorizes nothing. A valid one that came with the sign-in is returned unchanged.
    """
    if current and _device_of(email, current):
        return current
    return str(_devices().dumps([_hashed(email), secrets.token_hex(8)]))


def count(name: str, per_minute: int) -> None:
    """Count a request, reads included, against a named limit. Raises `TooMany`.

    Without Redis nothing is counted: the sender is authenticated and can be blocked otherwise.
    """
    if not limiter.enabled:
        return
    minute, second = divmod(int(time.time()), 60)
    try:
        with redis.client().pipeline(transaction=False) as pipe:
            pipe.incr(f"limits:{name}:{minute}")
            pipe.expire(f"limits:{name}:{minute}", 60)
            counted, _ = pipe.execute()
    except RedisError:
        _log.warning("limit_not_counted", name=name.partition(":")[0])
        return
    if counted > per_minute:
        raise TooMany(retry_after=60 - second)


def unlock(key: str) -> int:
    """Reset the counts of an account, with its devices, or of an address.

    Returns how many counts there were. Raises RedisError without Redis.
    """
    keys = list(redis.client().scan_iter(f"*{_escape_pattern(key)}[/:]*", count=1_000))
    return int(redis.client().delete(*keys)) if keys else 0


def _escape_pattern(key: str) -> str:
    """Escape a key for a pattern of Redis."""
    return re.sub(r"([\\*?\[\]])", r"\\\1", key)


def _hashed(email: str) -> str:
    return hash_secret(email.strip().lower())[:32]


def _devices() -> URLSafeSerializer:
    # The last secret signs; signatures of previous ones stay valid.
    return URLSafeSerializer([*reversed(current_settings().secret_keys)], salt="known-device")


def _device_of(email: str, token: object) -> str | None:
    """Return the device of an account that a token identifies; None for an invalid token."""
    if not isinstance(token, str):
        return None
    try:
        account, device = _devices().loads(token)
    except (BadData, ValueError, TypeError):
        return None
    return str(device) if account == _hashed(email) else None


def by_refresh_token() -> str:
    """Count by the refresh token in the body: it belongs to one sign-in and cannot be guessed."""
    body = body_limits.sent_json()
    token = body.get("refresh_token") if isinstance(body, dict) else None
    return f"refresh:{hash_secret(token)[:24]}" if isinstance(token, str) else by_address()


def by_badge() -> str:
    """Count by the badge in the body, at whatever terminal it was scanned."""
    body = body_limits.sent_json()
    badge = body.get("badge") if isinstance(body, dict) else None
    return f"badge:{_hashed(badge)}" if isinstance(badge, str) else by_address()


def by_person() -> str:
    """Count by the signed-in person, whatever token they use; needs a guard before it."""
    return principal().actor_key


def do_not_count() -> None:
    """Do not count this response as a failure: the sign-in continues with a second factor."""
    g.goes_on = True


def was_refused(response: Response) -> bool:
    """Count only failures: ten people who sign in at the start of a shift are no attack."""
    return response.status_code >= 400 and not g.get("goes_on", False)


def was_wrong(response: Response) -> bool:
    """Count failed attempts, but not those that a rate limit refused.

    Otherwise one address that continues after a refusal would use up the account's limit.
    """
    return was_refused(response) and response.status_code != 429


def init_app(app: Flask, settings: Settings) -> None:
    """Connect the limits to Redis."""
    app.config["RATELIMIT_ENABLED"] = settings.rate_limits_enabled
    app.config["RATELIMIT_STORAGE_URI"] = settings.redis_url
    app.config["RATELIMIT_STORAGE_OPTIONS"] = {
        "socket_connect_timeout": 0.5,
        "socket_timeout": 0.5,
    }
    limiter.init_app(app)


gift_card_codes = limiter.shared_limit(
    GIFT_CARD_CODES,
    scope="gift-card-codes",
    key_func=by_address,
    exempt_when=lambda: not _names_gift_cards(),
    override_defaults=False,
)
"""Limits guesses at gift cards, wherever a code is taken; requests without one are not counted."""


def _names_gift_cards() -> bool:
    body = body_limits.sent_json()
    return isinstance(body, dict) and bool(body.get("gift_cards") or body.get("code"))
