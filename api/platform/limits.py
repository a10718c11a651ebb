"""Rate limits on Redis: strict where something can be guessed, wide on other writes.

What can be guessed is counted by address and by account, whichever ends first: one address may not
try many accounts, and one account may not be tried from many addresses. The address is the buyer's
where a storefront with a key names it (`storefronts.py`), so one storefront is many customers.

When Redis is away each process counts for itself, so that guessing stays bounded.
"""

import time

from flask import Flask, Response, request
from flask_limiter import Limiter, RequestLimit

from api.kernel.errors import TooMany
from api.platform import bodies, problems
from api.platform.auth import hash_secret, principal
from api.platform.settings import Settings
from api.platform.storefronts import buyer_address, client_address, counted_as, storefront

SIGN_IN = "10 per minute; 50 per hour"
SIGN_IN_BY_STOREFRONT = "300 per minute"
"""Failures of all buyers of one storefront: what a stolen key is good for at most."""
REGISTER = "5 per minute; 30 per hour"
"""What sends a letter, by account; nothing can be guessed there."""
REGISTER_BY_ADDRESS = "30 per minute; 300 per hour"
REFRESH = "30 per minute"
REFRESH_BY_ADDRESS = "600 per minute"
WRITES = "300 per minute"
GUESTS_WRITES = "6000 per minute"


def _caller() -> str:
    """Count by access token where there is one: a warehouse of ten people shares one address.

    Guests are counted by address: a cart token is theirs to make up, and a new one each time
    would never be counted. A made-up access token is refused before it costs anything.
    """
    token = request.headers.get("Authorization")
    return f"token:{hash_secret(token)[:24]}" if token else by_address()


def _writes() -> str:
    """Allow an address more than a person: a storefront may speak for all of its guests."""
    is_one = "Authorization" in request.headers or buyer_address() is not None
    return WRITES if is_one else GUESTS_WRITES


def _is_read() -> bool:
    return request.method in ("GET", "HEAD", "OPTIONS") or request.path.startswith(
        "/api/v1/webhooks/"
    )


def by_address() -> str:
    """Count by address alone, for requests that carry no proof of who sends them."""
    return f"address:{counted_as(client_address())}"


def by_storefront() -> str:
    """Count by storefront, for those who speak for their buyers."""
    return f"storefront:{storefront()}"


def speaks_for_itself() -> bool:
    """Tell whether no storefront stands in between."""
    return storefront() is None


def _tell_when(breached: RequestLimit) -> Response:
    wait = max(1, int(breached.reset_at - time.time()))
    return problems.of_domain_error(TooMany(retry_after=wait))


class WriteLimiter(Limiter):
    """Leaves reading out before it looks anything up: reading is most of what a shop does."""

    def _check_request_limit(
        self, callable_name: str | None = None, in_middleware: bool = True
    ) -> None:
        if not (in_middleware and _is_read()):
            super()._check_request_limit(callable_name, in_middleware)


limiter = WriteLimiter(
    key_func=_caller,
    default_limits=[_writes],
    key_prefix="limits",
    in_memory_fallback_enabled=True,
    # Only what even the fallback cannot help: a count that is lost must not cost the answer.
    swallow_errors=True,
    on_breach=_tell_when,
)


def by_account() -> str:
    """Count by the e-mail address that a body names, as a hash: Redis learns no addresses.

    Guessing at one account is then bounded from however many addresses it comes.
    """
    body = bodies.sent()
    email = body.get("email") if isinstance(body, dict) else None
    if not isinstance(email, str):
        return by_address()
    return f"account:{hash_secret(email.strip().lower())[:32]}"


def by_refresh_token() -> str:
    """Count by the refresh token that a body holds: each is one sign-in's and cannot be guessed."""
    body = bodies.sent()
    token = body.get("refresh_token") if isinstance(body, dict) else None
    return f"refresh:{hash_secret(token)[:24]}" if isinstance(token, str) else by_address()


def by_person() -> str:
    """Count by who is signed in, whatever token they hold; needs a guard before it."""
    return principal().actor_key


def was_refused(response: Response) -> bool:
    """Count only what failed: ten people who sign in when a shift begins are no attack."""
    return response.status_code >= 400


def init_app(app: Flask, settings: Settings) -> None:
    """Connect the limits to Redis."""
    app.config["RATELIMIT_ENABLED"] = settings.rate_limits_enabled
    app.config["RATELIMIT_STORAGE_URI"] = settings.redis_url
    app.config["RATELIMIT_STORAGE_OPTIONS"] = {
        "socket_connect_timeout": 0.5,
        "socket_timeout": 0.5,
    }
    limiter.init_app(app)
