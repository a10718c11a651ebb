"""Which shipping methods a cart or an unpaid order may choose, and where its goods are handed over.

Goods that are picked up are handed over at the address of the method, which decides their tax.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from api.accounts import queries as accounts_queries
from api.cart.queries import CartLine, CartRow
from api.catalog.queries import variant_lookup
from api.checkout.errors import AddressRequired
from api.kernel.principal import Principal
from api.orders.service import Order
from api.shipping import queries as shipping_queries
from api.shipping.queries import ShippingOption, ShippingOptions
from api.shipping.rules import Consignment, Place
from api.tax.rules import GIFT_CARD


def of_cart(
    cart: CartRow, lines: Sequence[CartLine], place: Place | None, subtotal: int
) -> ShippingOptions:
    """Find the methods for a cart; the subtotal is after discounts. One statement."""
    return shipping_queries.shipping_options(
        place,
        cart.currency,
        Consignment(
            subtotal=subtotal,
            weight_grams=sum(line.weight_grams * line.quantity for line in lines),
            quantity=sum(line.quantity for line in lines),
            profiles={line.shipping_profile: line.title for line in lines if line.shipping_profile},
            products={line.product_id: line.title for line in lines},
            customer_id=cart.customer_id,
            is_digital=is_digital(line.tax_class for line in lines),
        ),
    )


def of_order(order: Order, place: Place) -> ShippingOptions:
    """Find the methods for an unpaid order, by the profiles that its goods have now."""
    profiles = variant_lookup.shipping_profiles([line.variant_id for line in order.lines])
    return shipping_queries.shipping_options(
        place,
        order.currency,
        Consignment(
            subtotal=order.subtotal,
            weight_grams=sum(line.weight_grams * line.quantity for line in order.lines),
            quantity=order.unit_count,
            profiles={
                profiles[line.variant_id]: line.title
                for line in order.lines
                if profiles.get(line.variant_id)
            },
            products={line.product_id: line.title for line in order.lines},
            customer_id=order.customer_id,
            is_digital=is_digital(line.tax_class for line in order.lines),
        ),
    )


def is_digital(tax_classes: Iterable[str]) -> bool:
    """Tell whether goods of these tax classes are digital: gift cards alone, sent by e-mail."""
    return set(tax_classes) == {GIFT_CARD}


def place_of(address: Mapping[str, Any]) -> Place:
    """Return the place of a postal address."""
    return Place.of(address["country"], address["region"], address["postal_code"])


def handed_over_at(
    option: ShippingOption,
    address: dict[str, object] | None,
    *,
    collector: Mapping[str, object] | None = None,
    email: str = "",
    by: Principal | None = None,
) -> dict[str, Any]:
    """Return the address that an order stores: the shop's for goods that are picked up.

    On that stands who picks them up: as on the customer's address or on that of `collector`, else
    the account's name, else the e-mail address. Raises `AddressRequired` for a delivery without an
    address.
    """
    if option.pickup_address is None:
        if address is None:
            raise AddressRequired
        return address
    person = address or collector
    if person is not None:
        who = {name: person[name] for name in ("name", "company", "phone")}
    else:
        account = accounts_queries.contact(by.id) if by and by.id else None
        name = (account.full_name if account else "") or email
        who = {"name": name, "company": None, "phone": None}
    return {**option.pickup_address, **who}
