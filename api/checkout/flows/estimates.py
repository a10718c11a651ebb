"""What goods would cost in some place, without a cart: staff try their taxes and shipping."""

from collections.abc import Sequence
from typing import Any

from api.catalog.errors import VariantNotFound
from api.catalog.queries import variant_lookup
from api.checkout.errors import CartNotPurchasable
from api.checkout.flows import shipping_choice
from api.checkout.flows.terms import terms_for
from api.kernel.money import Money
from api.pricing import totals
from api.shipping import queries as shipping_queries
from api.shipping.rules import Consignment, Place
from api.tax import flows as tax_flows
from api.tax.rules import Destination, normalize_postal_code


def estimate(
    items: Sequence[dict[str, object]],
    *,
    country: str,
    region: str | None,
    postal_code: str | None,
    currency: str,
    shipping_method: str | None,
    vat_id: str | None,
) -> dict[str, object]:
    """Calculate what goods would cost in a place, without discounts, and explain each step.

    Without a shipping method, the first that leads there is taken, and none where none does. Raises
    `VariantNotFound`, `CartNotPurchasable` for goods without a price in the currency,
    `TaxRuleMissing`, `CountryNotSold`, `MarketMismatch`, `VatIdInvalid` and what `chosen_option`
    raises.
    """
    known = None if vat_id is None else tax_flows.check_vat_id(vat_id, country)
    lines, consignment = _lines(items, currency)
    place = Place.of(country, region, postal_code)
    options = shipping_queries.shipping_options(place, currency, consignment)
    option = options.available[0] if options.available else None
    if shipping_method is not None:
        option = shipping_queries.chosen_option(options, shipping_method)
    terms = terms_for(
        Destination(country, region or "", normalize_postal_code(postal_code)),
        customer_id=None, vat_id=known, subtotal=consignment.subtotal, currency=currency,
    )  # fmt: skip
    terms.check_market(country, currency, None)
    steps: list[str] = []
    priced = totals.calculate_totals(
        lines,
        None if option is None else option.choice,
        terms.rules,
        currency,
        prices_include_tax=terms.prices_include_tax,
        explain=steps.append,
    )
    return {
        "subtotal": Money(priced.subtotal, currency),
        "shipping_total": Money(priced.shipping, currency),
        "tax_total": Money(priced.tax, currency),
        "total": Money(priced.total, currency),
        "shipping_method": None if option is None else option.code,
        "explanation": steps,
    }


def _lines(
    items: Sequence[dict[str, Any]], currency: str
) -> tuple[list[totals.LineToPrice], Consignment]:
    found = [variant_lookup.find_variant(item["sku"]) for item in items]
    errors = [
        {"pointer": f"/items/{place}/sku", "code": VariantNotFound.code, "detail": item["sku"]}
        for place, (item, variant) in enumerate(zip(items, found, strict=True))
        if variant is None
    ]
    if errors:
        unknown = ", ".join(error["detail"] for error in errors)
        raise VariantNotFound(f"There is no variant {unknown}.", errors=errors)
    ids = [variant.variant_id for variant in found if variant is not None]
    offers = variant_lookup.offers(ids, currency)
    lines = []
    for place, (item, variant_id) in enumerate(zip(items, ids, strict=True)):
        offer = offers[variant_id]
        if offer.unit_price is None:
            detail = f"{offer.sku} has no price in {currency}."
            error = {"pointer": f"/items/{place}", "code": "not_for_sale", "detail": detail}
            raise CartNotPurchasable(detail, errors=[error])
        lines.append(
            totals.LineToPrice(
                variant_id, item["quantity"], offer.unit_price, offer.tax_class, name=offer.sku
            )
        )
    profiles = variant_lookup.shipping_profiles(ids)
    return lines, Consignment(
        subtotal=sum(line.quantity * line.unit_price for line in lines),
        weight_grams=sum(offers[line.key].weight_grams * line.quantity for line in lines),
        quantity=sum(line.quantity for line in lines),
        profiles={profile: offers[one].product_title for one, profile in profiles.items()},
        products={offers[one].product_id: offers[one].product_title for one in ids},
        is_digital=shipping_choice.is_digital(line.tax_class for line in lines),
    )
