"""Checks of the settings in production: each weakness with its reason and what to do."""

import re
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

Settings = Any
"""`settings.Settings`; not imported, because its module imports this one."""

_SHORTEST_SECRET = 32
_MIN_CHARACTERS = 10
"""Different characters in a secret: 32 random hexadecimal digits practically never have fewer."""
_STRIPE_KEY = re.compile(r"[sr]k_live_[A-Za-z0-9]{16,}")
_PUBLISHABLE_KEY = re.compile(r"pk_live_[A-Za-z0-9]{16,}")
_WEBHOOK_SECRET = re.compile(r"whsec_[A-Za-z0-9+/=_-]{16,}")
_ORIGIN = re.compile(r"https?://[^/\s?#@]+")


def find_weaknesses(settings: Settings, environ: Mapping[str, str]) -> list[str]:
    """List settings that are unsafe in production, by variable name. Reveals no secret."""
    return [
        *_of_secrets(settings),
        *_of_payments(settings),
        *_of_addresses(settings, environ),
        *_of_mail(settings),
        *(
            ["RATE_LIMITS must stay on in production: without them passwords can be guessed"]
            if not settings.rate_limits_enabled
            else []
        ),
        *(
            [
                "TRUSTED_PROXIES is missing: say how many reverse proxies stand in front, 1 behind "
                "Caddy or nginx; without it all customers would count as one"
            ]
            if not environ.get("TRUSTED_PROXIES", "").strip()
            else []
        ),
    ]


def missing_proxy(settings: Settings, addresses: list[str]) -> str | None:
    """Return the problem of TRUSTED_PROXIES=0 with a server that listens on loopback only.

    A proxy must be in front of it then, and all customers would share its address.
    """
    if settings.env != "production" or settings.trusted_proxies or not addresses:
        return None
    if not all(_is_loopback(address) for address in addresses):
        return None
    return (
        "TRUSTED_PROXIES is 0, but gunicorn listens to this machine alone, so a proxy brings every "
        "request and all customers would count as one: set it to 1, or listen to the network with "
        "--bind 0.0.0.0:8000"
    )


def _of_secrets(settings: Settings) -> Iterator[str]:
    secrets = {
        "SECRET_KEY": settings.secret_key,
        "JWT_SECRET_KEY": settings.jwt_secret_key,
        "METRICS_TOKEN": settings.metrics_token,
    }
    for name, value in secrets.items():
        is_long = len(value) >= _SHORTEST_SECRET  # else it is refused already
        if is_long and (len(set(value)) < _MIN_CHARACTERS or value in (value + value)[1:-1]):
            yield (
                f"{name} repeats itself and can be guessed; make one with: python3 -c "
                '"import secrets; print(secrets.token_urlsafe(48))"'
            )
        same = [other for other, theirs in secrets.items() if value and theirs == value]
        if same[1:] and same[0] != name:
            yield f"{name} is the same as {same[0]}: whoever learns one has both; make another one"


def _of_payments(settings: Settings) -> Iterator[str]:
    if settings.stripe_api_base:
        yield "STRIPE_API_BASE points at a look-alike: leave it out in production"
    key, publishable = settings.stripe_secret_key, settings.stripe_publishable_key
    if key.startswith(("sk_test", "rk_test")):
        yield "STRIPE_SECRET_KEY is a test key: production needs the live one"
    elif key and not _STRIPE_KEY.fullmatch(key):
        yield (
            "STRIPE_SECRET_KEY is no key of Stripe, which begins with sk_live_ or rk_live_: copy "
            "it from the dashboard, Developers, API keys"
        )
    if publishable.startswith("pk_test"):
        yield "STRIPE_PUBLISHABLE_KEY is a test key beside a live one: take both from live mode"
    elif publishable and not _PUBLISHABLE_KEY.fullmatch(publishable):
        yield "STRIPE_PUBLISHABLE_KEY is no key of Stripe, which begins with pk_live_"
    webhooks = [each.strip() for each in settings.stripe_webhook_secret.split(",") if each.strip()]
    if not all(_WEBHOOK_SECRET.fullmatch(each) for each in webhooks):
        yield (
            "STRIPE_WEBHOOK_SECRET is no signing secret, which begins with whsec_: copy it from "
            "the dashboard, Developers, Webhooks; two are separated by a comma"
        )


def _of_addresses(settings: Settings, environ: Mapping[str, str]) -> Iterator[str]:
    if environ.get("PUBLIC_URL", "").strip().startswith("http://"):
        yield "PUBLIC_URL must begin with https://: links in e-mails use it"
    if "*" in settings.cors_origins:
        yield "CORS_ORIGINS must name each storefront; * would let any site in"
    elif "null" in settings.cors_origins:
        yield "CORS_ORIGINS holds null, which any page can claim to be: name each storefront"
    elif invalid := [each for each in settings.cors_origins if not _ORIGIN.fullmatch(each)]:
        yield (
            f"CORS_ORIGINS holds {invalid[0]!r}, which no browser sends: write origins as "
            "https://www.shop.example, without a path"
        )


def _of_mail(settings: Settings) -> Iterator[str]:
    server = urlsplit(settings.smtp_url)
    if server.scheme == "smtp" and server.password and not _is_loopback(server.hostname or ""):
        yield (
            "SMTP_URL would send its password where anyone on the way can read it: begin it with "
            "smtps:// or smtp+starttls://"
        )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.startswith("/")
