"""Carriers, their tracking pages and the numbers on their labels."""

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

_TRACKING_PAGES: Final = {
    "DHL": "https://www.dhl.com/de-en/home/tracking.html?tracking-id={number}",
    "DPD": "https://tracking.dpd.de/status/en_US/parcel/{number}",
    "FedEx": "https://www.fedex.com/fedextrack/?trknbr={number}",
    "GLS": "https://gls-group.com/EU/en/parcel-tracking?match={number}",
    "Hermes": "https://www.myhermes.de/empfangen/sendungsverfolgung/sendungsinformation#{number}",
    "La Poste": "https://www.laposte.fr/outils/suivre-vos-envois?code={number}",
    "PostNL": "https://postnl.nl/tracktrace/?B={number}",
    "Royal Mail": "https://www.royalmail.com/track-your-item#/tracking-results/{number}",
    "UPS": "https://www.ups.com/track?tracknum={number}",
    "USPS": "https://tools.usps.com/go/TrackConfirmAction?tLabels={number}",
}

BY_EMAIL = "e-mail"
"""How gift cards are sent that were bought: their code goes by an e-mail of its own."""


def is_by_email(parcel: Mapping[str, object]) -> bool:
    """Return whether a parcel is none: its gift cards go by e-mail."""
    return bool(parcel["carrier"] == BY_EMAIL)


def _key(carrier: str) -> str:
    """Normalize a carrier name: `royal-mail` and `Royal Mail` are one carrier."""
    return re.sub(r"[^a-z0-9]", "", carrier.lower())


_BY_KEY: Final = {_key(name): (name, page) for name, page in _TRACKING_PAGES.items()}


def carrier_name(carrier: str) -> str:
    """Return the official spelling of a known carrier; other names are returned as they are."""
    known = _BY_KEY.get(_key(carrier))
    return known[0] if known else carrier


def carrier_of(shipping_method: Mapping[str, Any]) -> str | None:
    """Return the carrier of a shipping method: its own, or one in its name (`DHL Paket`)."""
    carrier: str | None = shipping_method.get("carrier")
    if carrier:
        return carrier_name(carrier)
    name = f" {' '.join(re.findall('[a-z0-9]+', shipping_method['name'].lower()))} "
    for known_carrier in _TRACKING_PAGES:
        if f" {known_carrier.lower()} " in name:
            return known_carrier
    return None


def must_verify(rule: str, *, has_barcode: bool) -> bool:
    """Tell whether each unit must be scanned, by the setting `SHIP_VERIFICATION`."""
    return rule == "all" or (rule == "barcoded" and has_barcode)


def tracking_url(carrier: str, tracking_number: str | None) -> str | None:
    """Return the tracking page of a parcel; None for other carriers and untracked parcels."""
    known = _BY_KEY.get(_key(carrier))
    if known is None or not tracking_number:
        return None
    return known[1].format(number=quote(tracking_number, safe=""))


_INSIDE: Final = (
    re.compile(r"420[0-9]{5}(?:[0-9]{4})?(9[0-9]{19}(?:[0-9]{2})?)"),
    re.compile(r"[0-9]{22}([0-9]{12})"),
    re.compile(r"[0-9]{19}([0-9]{15})"),
    re.compile(r"[0-9A-Z]{7}([0-9]{14})[0-9]{6}"),
)
"""Barcodes that contain more than the tracking number.

In turn: USPS with the ZIP code, FedEx Ground and Express with routing data (34 digits in all), DPD
with the postcode, service and country.
"""


def tracking_key(number: str) -> str:
    """Normalize a tracking number for comparison: without spaces and separators."""
    return re.sub("[^0-9A-Za-z]", "", number).upper()


def tracking_keys(scanned: str, parcel: str | None) -> list[str]:
    """Return the tracking numbers that a scanned label may stand for, the most likely first.

    `parcel` is the serial number of a GS1 label (SSCC); it may be stored with its `00` or without.
    """
    whole = tracking_key(scanned)
    keys = [whole]
    if parcel is not None:
        keys += [f"00{parcel}", parcel]
    elif re.fullmatch(r"[0-9]{18}", whole):
        keys.append(f"00{whole}")
    keys += [match[1] for pattern in _INSIDE if (match := pattern.fullmatch(whole))]
    return list(dict.fromkeys(key for key in keys if key))
