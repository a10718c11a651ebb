"""Carriers, and the page on which each shows where a parcel is."""

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


def _key(carrier: str) -> str:
    """Reduce a name to what people agree on: `royal-mail` and `Royal Mail` are one carrier."""
    return re.sub(r"[^a-z0-9]", "", carrier.lower())


_BY_KEY: Final = {_key(name): (name, page) for name, page in _TRACKING_PAGES.items()}


def carrier_name(carrier: str) -> str:
    """Spell a known carrier as it spells itself; any other name is left as it was written."""
    known = _BY_KEY.get(_key(carrier))
    return known[0] if known else carrier


def carrier_of(shipping_method: Mapping[str, Any]) -> str | None:
    """Tell who brings what was agreed: as its method says, or as its name does (`DHL Paket`)."""
    told: str | None = shipping_method.get("carrier")
    if told:
        return carrier_name(told)
    name = f" {' '.join(re.findall('[a-z0-9]+', shipping_method['name'].lower()))} "
    for known in _TRACKING_PAGES:
        if f" {known.lower()} " in name:
            return known
    return None


def must_verify(rule: str, *, has_barcode: bool) -> bool:
    """Tell whether each unit of goods must be scanned, by the shop's `SHIP_VERIFICATION`."""
    return rule == "all" or (rule == "barcoded" and has_barcode)


def tracking_url(carrier: str, tracking_number: str | None) -> str | None:
    """Return the page that shows where a parcel is; None for other carriers and untracked ones."""
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
"""What carriers print around the number that they call the tracking number.

In turn: USPS the ZIP code, FedEx Ground and Express what leads to the door (34 digits in all), DPD
the postcode, service and country.
"""


def tracking_key(number: str) -> str:
    """Write a tracking number as it is compared: people read it out in groups."""
    return re.sub("[^0-9A-Za-z]", "", number).upper()


def tracking_keys(scanned: str, parcel: str | None) -> list[str]:
    """Return the tracking numbers that a scanned label may mean, the plainest first.

    `parcel` is the serial number of a GS1 label (SSCC); it is kept with its `00` or without.
    """
    whole = tracking_key(scanned)
    keys = [whole]
    if parcel is not None:
        keys += [f"00{parcel}", parcel]
    elif re.fullmatch(r"[0-9]{18}", whole):
        keys.append(f"00{whole}")
    keys += [match[1] for pattern in _INSIDE if (match := pattern.fullmatch(whole))]
    return list(dict.fromkeys(key for key in keys if key))
