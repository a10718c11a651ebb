"""Storefront servers that speak for their buyers: who may name a buyer's address, and how.

To the shop all requests of a storefront server come from one address, so its buyers would share one
allowance of sign-ins and registrations. A storefront that holds a key of ours therefore says for
whom it asks, in two headers (as Shopify's Storefront API does with a private token and the buyer's
IP). Without a good key nobody's word about an address is taken, and the attempt is refused.
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
from api.platform.settings import STOREFRONT_NAME, Settings

PUBLISHABLE_HEADER = "Stockroom-Publishable-Key"
KEY_HEADER, ADDRESS_HEADER = "Stockroom-Storefront-Key", "Stockroom-Buyer-Address"
SECURITY_SCHEME = {
    "type": "apiKey",
    "in": "header",
    "name": KEY_HEADER,
    "description": "Optional, for a storefront's server and never for a browser: with it the "
    f"server may name its buyer's address in `{ADDRESS_HEADER}`, under which limits then count.",
}
PUBLISHABLE_SCHEME = {
    "type": "apiKey",
    "in": "header",
    "name": PUBLISHABLE_HEADER,
    "description": "Optional, and may stand in a browser: requests count against the limit of the "
    "key, and a key that was revoked is refused. It opens nothing.",
}
_KEY_VARIABLE, _ADDRESS_VARIABLE, _PUBLISHABLE_VARIABLE = (
    f"HTTP_{name.upper().replace('-', '_')}"
    for name in (KEY_HEADER, ADDRESS_HEADER, PUBLISHABLE_HEADER)
)
_STAFF = "/api/v1/admin/"


class StorefrontKeyInvalid(Unauthenticated):
    """A key that is not one of ours, or an address without one."""

    code = "storefront_key_invalid"
    sentence = (
        f"Send a {KEY_HEADER} that the shop knows beside {ADDRESS_HEADER}. Keys belong on the "
        "storefront's server, never in a browser."
    )


class StorefrontKeyForbidden(Forbidden):
    """Staff speak for themselves."""

    code = "storefront_key_forbidden"
    sentence = f"Routes of staff take no {KEY_HEADER}."


class PublishableKeyInvalid(Unauthenticated):
    """Not a publishable key of ours, or one that was revoked or ran out."""

    code = "publishable_key_invalid"
    sentence = f"The {PUBLISHABLE_HEADER} is not valid: it begins with pk_ and is made by the shop."


class BuyerAddressInvalid(BadRequest):
    """Not an address."""

    code = "buyer_address_invalid"
    sentence = f"{ADDRESS_HEADER} must be one IPv4 or IPv6 address, without a port."


def init_app(app: Flask, settings: Settings, check_publishable: Callable[[str], bool]) -> None:
    """Read the headers before anything is counted; a request without them costs nothing.

    `check_publishable(key)` counts the request against the key, and is False for one that is not
    good any more.
    """
    known = settings.storefront_keys

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
        g.storefront = _storefront(environ.get(_KEY_VARIABLE, ""), known)
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
    """Return the address that a storefront with a key has named as its buyer's."""
    address: str | None = g.get("buyer_address")
    return address


def client_address() -> str:
    """Return the address of the caller: as a storefront with a key says, else as proxies do."""
    return buyer_address() or request.remote_addr or "unknown"


@lru_cache(maxsize=4096)
def counted_as(address: str) -> str:
    """Return under what an address is counted: one customer has all of an IPv6 /64."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ip_network(f"{found}/64", strict=False))
    return address


@click.command("storefront-key")
@click.argument("name")
def storefront_key(name: str) -> None:
    """Make a key for a storefront server, and the entry of STOREFRONT_KEYS that admits it."""
    if not STOREFRONT_NAME.fullmatch(name):
        raise click.ClickException("A name has lower case letters, digits and hyphens, 40 at most.")
    key = f"sfk_{secrets.token_urlsafe(32)}"
    click.echo(f"For the storefront's server, told this once:\n  {KEY_HEADER}: {key}")
    click.echo(
        "For the shop's settings (several are separated by commas):\n"
        f"  STOREFRONT_KEYS={name}:{hash_secret(key)}"
    )


def _storefront(key: str, known: tuple[tuple[str, str], ...]) -> str:
    given, found = hash_secret(key), None
    for name, key_hash in known:  # all of them: how long it takes must not tell which one
        if hmac.compare_digest(given, key_hash):
            found = name
    if found is None:
        raise StorefrontKeyInvalid
    return found
