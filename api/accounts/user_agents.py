"""What a person recognises a sign-in by: the kind of device and the network it came from."""

import re
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network

_LONGEST_LABEL = 80
_UNKNOWN = "Unknown device"

# First match wins: Edge and Opera also say Chrome, and Chrome also says Safari.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
_PRODUCT = re.compile(r"^([A-Za-z][\w.-]*)(?:/([\w.-]+))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Device:
    """Where a sign-in came from, as far as its owner needs to know."""

    label: str
    network: str | None


def describe(user_agent: str, address: str) -> Device:
    """Describe the sender of a request by its User-Agent and its address."""
    return Device(_label(user_agent), _network(address))


def _label(user_agent: str) -> str:
    """Name a device as people do: `Firefox on Linux`, `stockroom-console 0.1`."""
    if user_agent.startswith("Mozilla/"):
        browser = _first(_BROWSERS, user_agent)
        system = _first(_SYSTEMS, user_agent)
        return " on ".join(part for part in (browser, system) if part) or _UNKNOWN
    product = _PRODUCT.match(user_agent)
    if product is None:
        return _UNKNOWN
    return " ".join(part for part in product.groups() if part)[:_LONGEST_LABEL]


def _first(table: tuple[tuple[str, str], ...], text: str) -> str | None:
    return next((name for mark, name in table if mark in text), None)


def _network(address: str) -> str | None:
    """Keep the network of an address and forget the rest: /24, or /48 for IPv6."""
    try:
        found = ip_address(address)
    except ValueError:
        return None
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return str(ip_network(f"{found}/{24 if found.version == 4 else 48}", strict=False))
