"""Storefront servers that send requests for their buyers: keys, and headers with the buyer's IP.

All requests of a storefront server come from one IP address, so its buyers would share one rate
limit for sign-ins and registrations. A storefront with a key of ours therefore sends the buyer's
address in a header (like Shopify's Storefront API with a private token and the buyer's IP). An
address without a valid key is refused.
"""

import hmac
import secrets
from collections.abc import Callable
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

import click
from flask import Flask, g, request

from api.kernel.errors import BadRequest, Forbidden, Unauthenticated
from api.platform.auth import hash_secret
from api.platform.environment_reader import STOREFRONT_NAME
from api.platform.settings import Settings

PUBLISHABLE_HEADER = "Stockroom-Publishable-Key"
KEY_HEADER, ADDRESS_HEADER = "Stockroom-Storefront-Key", "Stockroom-Buyer-Address"
SECURITY_SCHEME = {
    "type": "apiKey",
    "in": "header",
    "name": KEY_HEADER,
    "description": "Optional, for a storefront's server and never for a browser: with it the "
    f"server may send its buyer's IP address in `{ADDRESS_HEADER}`, which limits then count.",
}
PUBLISHABLE_SCHEME = {
    "type": "apiKey",
    "in": "header",
    "name": PUBLISHABLE_HEADER,
    "description": "Optional, and may be used in a browser: requests count against the limit of "
    "the key, and a revoked key is refused. It authorizes nothing.",
}
_KEY_VARIABLE, _ADDRESS_VARIABLE, _PUBLISHABLE_VARIABLE = (
    f"HTTP_{name.upper().replace('-', '_')}"
    for name in (KEY_HEADER, ADDRESS_HEADER, PUBLISHABLE_HEADER)
)
_STAFF = "/api/v1/admin/"


class StorefrontKeyInvalid(Unauthenticated):
    """The storefront key is unknown, or a buyer's address came without one."""

    code = "storefront_key_invalid"
    sentence = (
        f"Send a {KEY_HEADER} that the shop knows beside {ADDRESS_HEADER}. Keys belong on the "
        "storefront's server, never in a browser."
    )


class StorefrontKeyForbidden(Forbidden):
    """A storefront key was sent to a staff route."""

    code = "storefront_key_forbidden"
    sentence = f"Routes of staff take no {KEY_HEADER}."


class PublishableKeyInvalid(Unauthenticated):
    """The publishable key is unknown, revoked or expired."""

    code = "publishable_key_invalid"
    sentence = f"The {PUBLISHABLE_HEADER} is not valid: it begins with pk_ and is made by the shop."


class BuyerAddressInvalid(BadRequest):
    """The buyer's address is no IP address."""

    code = "buyer_address_invalid"
    sentence = f"{ADDRESS_HEADER} must be one IPv4 or IPv6 address, without a port."


def init_app(app: Flask, settings: Settings, check_publishable: Callable[[str], bool]) -> None:
    """Read the headers before rate limits count; a request without them costs nothing.

    `check_publishable(key)` counts the request against the key, and is False for a key that is no
    longer valid.
    """
    keys = settings.storefront_keys

    @app.before_request
    def recognise() -> None:
        environ = request.environ
        if _PUBLISHABLE_VARIABLE in environ and not check_publishable(
            environ[_PUBLISHABLE_VARIABLE].strip()
        ):
            raise PublishableKeyInvalid
        if _KEY_VARIABLE not in environ and _ADDRESS_VARIABLE not in environ:
            return
        if request.path.startswith(_STAFF):
            raise StorefrontKeyForbidden
        g.storefront = _storefront(environ.get(_KEY_VARIABLE, ""), keys)
        if _ADDRESS_VARIABLE in environ:
            try:
                g.buyer_address = str(ip_address(environ[_ADDRESS_VARIABLE].strip()))
            except ValueError as nonsense:
                raise BuyerAddressInvalid from nonsense


def storefront() -> str | None:
    """Return the name of the storefront whose key came with this request."""
    name: str | None = g.get("storefront")
    return name


def buyer_address() -> str | None:
    """Return the buyer's address that a storefront with a key has sent."""
    address: str | None = g.get("buyer_address")
    return address


def client_address() -> str:
    """Return the caller's address: from a storefront with a key, else from trusted proxies."""
    return buyer_address() or request.remote_addr or "unknown"


@lru_cache(maxsize=4096)
def counted_as(address: str) -> str:
    """Return the key under which an address is counted: of IPv6 the /64, which one customer has."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped:
            return str(ip.ipv4_mapped)
        return str(ip_network(f"{ip}/64", strict=False))
    return address


@click.command("storefront-key")
@click.argument("name")
def storefront_key(name: str) -> None:
    """Create a key for a storefront server, and its entry of STOREFRONT_KEYS."""
    if not STOREFRONT_NAME.fullmatch(name):
        raise click.ClickException("A name has lower case letters, digits and hyphens, 40 at most.")
    key = f"sfk_{secrets.token_urlsafe(32)}"
    click.echo(f"For the storefront's server, shown only once:\n  {KEY_HEADER}: {key}")
    click.echo(
        "For the shop's settings (several are separated by commas):\n"
        f"  STOREFRONT_KEYS={name}:{hash_secret(key)}"
    )


def _storefront(key: str, keys: tuple[tuple[str, str], ...]) -> str:
    sent_hash, storefront_name = hash_secret(key), None
    for name, key_hash in keys:  # all of them: the time must not reveal which one matches
        if hmac.compare_digest(sent_hash, key_hash):
            storefront_name = name
    if storefront_name is None:
        raise StorefrontKeyInvalid
    return storefront_name
