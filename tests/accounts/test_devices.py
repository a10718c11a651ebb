"""What a person recognises a sign-in by."""

import pytest

from api.accounts.user_agents import Device, describe

LINUX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Safari/537.36"
)
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1"
)


@pytest.mark.parametrize(
    ("user_agent", "label"),
    [
        (LINUX, "Firefox on Linux"),
        (CHROME, "Chrome on Windows"),
        (CHROME + " Edg/140.0", "Edge on Windows"),
        (IPHONE, "Safari on iPhone"),
        ("Mozilla/5.0", "Unknown device"),
        ("stockroom-console/0.1", "stockroom-console 0.1"),
        ("stockroom-console/0.1 (Linux; Python)", "stockroom-console 0.1"),
        ("curl", "curl"),
        ("x" * 500, "x" * 80),
        ("", "Unknown device"),
        ("<script>", "Unknown device"),
    ],
)
def test_a_device_is_named_as_people_name_it(user_agent: str, label: str) -> None:
    assert describe(user_agent, "127.0.0.1").label == label


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1234:5678::1", "2001:db8:1234::/48"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("unknown", None),
    ],
)
def test_the_network_is_kept_and_the_address_is_not(address: str, network: str | None) -> None:
    assert describe("curl/8", address) == Device("curl 8", network)
