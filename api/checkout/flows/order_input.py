"""The checkout form, and the values of the order that it becomes."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from api.cart.queries import CartLine, CartRow
from api.checkout import manual_payment_limits
from api.checkout.flows.repricing import line_columns, totals_columns
from api.kernel import clock
from api.kernel.ids import new_id
from api.kernel.money import Money
from api.kernel.principal import Principal
from api.orders.service import LineInput, OrderInput
from api.pricing import totals
from api.shipping.queries import ShippingOption
from api.tax.rules import to_stored


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutForm:
    """The values of the checkout form."""

    email: str | None
    shipping_address: dict[str, Any] | None
    billing_address: Mapping[str, object] | None
    shipping_method: str
    payment_method: str
    expected_total: Money | None
    customer_note: str | None = None
    vat_id: str | None = None
    gift_cards: Sequence[str] = ()
    """Codes; they pay in this order, before the store credit."""
    store_credit: bool = False
    gift_message: str | None = None
    gift: dict[str, object] | None = None
    """To whom gift cards in the cart are sent, if not to the buyer."""


def fingerprint_of(form: CheckoutForm) -> bytes:
    """Hash the parsed checkout form: whitespace and the order of fields do not matter."""
    fields = asdict(form)
    for added in ("customer_note", "gift_message", "vat_id", "gift_cards", "store_credit", "gift"):
        # Without it the hash equals that of older releases, which had no such field.
        if not fields[added]:
            del fields[added]
    canonical = json.dumps(fields, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(canonical.encode()).digest()


def order_input(
    form: CheckoutForm,
    email: str,
    address: dict[str, object],
    fingerprint: bytes,
    cart: CartRow,
    lines: list[CartLine],
    priced: totals.Totals,
    shipping: ShippingOption,
    network: str,
    ip_country: str | None,
    by: Principal,
    vat_id: dict[str, object] | None,
    language: str | None,
) -> OrderInput:
    """Return the values of the order; it is handed over at `address`.

    Raises what `manual_payment_limits` refuses.
    """
    keys, is_pickup = None, shipping.pickup_address is not None
    if form.payment_method == "manual":
        units = sum(line.quantity for line in lines)
        keys = manual_payment_limits.check_manual_payment(
            email, None if is_pickup else address, units, network=network, by=by
        )
    return OrderInput(
        id=new_id(),
        cart_id=cart.id,
        customer_id=by.id,
        guest_key=by.guest_key,
        email=email,
        currency=cart.currency,
        **totals_columns(priced),
        total=priced.total,
        shipping_address=address,
        billing_address=form.billing_address or form.shipping_address or address,
        shipping_method=shipping.agreed,
        **shipping.promised,
        language=language,
        payment_method=form.payment_method,
        customer_note=form.customer_note or cart.note,
        gift_message=form.gift_message or cart.gift_message,
        ip_country=ip_country,
        gift=_gift(form.gift),
        vat_id=to_stored(vat_id),
        checkout_fingerprint=fingerprint,
        postal_key=None if keys is None else keys.postal,
        network_key=None if keys is None else keys.network,
        expires_at=clock.now() + manual_payment_limits.pay_within(form.payment_method),
        lines=tuple(
            LineInput(
                id=new_id(),
                variant_id=line.variant_id,
                product_id=line.product_id,
                sku=line.sku,
                barcode=line.barcode,
                title=line.title,
                variant_title=line.variant_title,
                image_url=line.image_url,
                weight_grams=line.weight_grams,
                hs_code=line.hs_code,
                origin_country=line.origin_country,
                quantity=line.quantity,
                unit_price=figure.unit_price,
                tax_class=line.tax_class,
                **line_columns(figure),
                note=line.note,
                properties=line.properties,
            )
            for line, figure in zip(lines, priced.lines, strict=True)
        ),
    )


def _gift(gift: dict[str, Any] | None) -> dict[str, object] | None:
    """Return to whom gift cards are sent as orders store it."""
    if gift is None:
        return None
    send_at = gift["send_at"]
    return {**gift, "send_at": None if send_at is None else send_at.isoformat()}
