"""From which country a buyer asks, as the proxy in front of the shop says."""

from flask import request

from api.platform.addresses import COUNTRIES
from api.platform.settings import current_settings
from api.platform.storefronts import storefront


def client_country() -> str | None:
    """Return from which country the buyer asks, as the trusted proxy says; None if unknown.

    A storefront's own server stands where it stands, so its requests tell nothing of the buyer.
    Codes that are no country, such as XX and T1 of Cloudflare, are unknown too.
    """
    settings = current_settings()
    name = settings.client_country_header
    if not name or not settings.trusted_proxies or storefront() is not None:
        return None
    code = request.headers.get(name, "").strip().upper()
    return code if code in COUNTRIES else None
