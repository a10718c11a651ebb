"""Zones, discounts and price lists: what a shop pays for having them.

None of them applies to the measured carts, whose totals are the same with them and without.
"""

from tests.benchmarks.goods import ELSEWHERE
from tests.benchmarks.shop import BenchShop

ZONES, BANDS, DISCOUNTS, LISTS = 10, 5, 10, 3
ISLANDS = ("27498", "25849", "26757")
"""Postal codes of zones in the country that the carts are sent to."""
FAR = {"amount": 900_000_00, "currency": "EUR"}


def fill(shop: BenchShop) -> None:
    """Add ten zones with fifty rates, ten discounts, half of them by code, and three lists."""
    with shop.owner() as owner:
        islands = [{"country": "DE", "postal_code": code} for code in ISLANDS]
        areas = [*islands, *({"country": country} for country in ELSEWHERE)][:ZONES]
        for number, area in enumerate(areas):
            named = {"code": f"zone-{number}", "name": f"Zone {number}"}
            zone = owner.sends("POST", "/admin/shipping-zones", {**named, "areas": [area]})
            bands = [
                {"from": at * 1000, "up_to": None if at == BANDS - 1 else at * 1000 + 999,
                 "price": {"amount": 500 + at * 100, "currency": "EUR"}}
                for at in range(BANDS)
            ]  # fmt: skip
            method = {**named, "zone_id": zone["id"], "band_unit": "weight", "bands": bands}
            owner.sends("POST", "/admin/shipping-methods", method)
        for number in range(DISCOUNTS):
            discount = {"name": f"Offer {number}", "kind": "percent", "basis_points": 1000,
                        "is_automatic": number % 2 == 0, "min_amount": FAR, "max_uses": 1000,
                        "priority": number}  # fmt: skip
            made = owner.sends("POST", "/admin/discounts", discount)
            codes = {"codes": [f"OFFER{number}"]}
            if number % 2:
                owner.sends("POST", f"/admin/discounts/{made['id']}/codes", codes)
        owner.sends("POST", "/admin/customer-groups", {"code": "trade", "name": "Trade"})
        for number in range(LISTS):
            prices = {"code": f"list-{number}", "name": f"List {number}", "currency": "EUR",
                      "customer_group": "trade", "priority": number}  # fmt: skip
            made = owner.sends("POST", "/admin/price-lists", prices)
            rows = [
                {"sku": f"SKU-{product}-{size}", "price": {"amount": 400, "currency": "EUR"}}
                for product in range(20)
                for size in "SML"
            ]
            owner.sends("POST", f"/admin/price-lists/{made['id']}/prices", {"prices": rows})
    shop.wait_until_settled()
    shop.sql("VACUUM (ANALYZE)")
