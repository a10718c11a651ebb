"""A storefront in Python on a generated client: from the catalogue to a paid order.

Checked by mypy --strict together with the client, and then run. `shop_client` is the client, which
the test generates; nothing here knows the wire.
"""

from collections.abc import Callable
from typing import TypeVar
from uuid import uuid4

from shop_client import AuthenticatedClient, Client
from shop_client.api.cart import add_cart_item, get_cart, remove_cart_item, update_cart_item
from shop_client.api.catalogue import get_product, list_products
from shop_client.api.checkout import place_order, quote_checkout
from shop_client.api.orders import get_order
from shop_client.api.payments import confirm_payment, create_payment_intent
from shop_client.models import (
    AddItem,
    Address,
    AddressCountry,
    ChangeItem,
    Checkout,
    CustomerOrder,
    Money,
    PaymentRequest,
    Problem,
    QuoteRequest,
    QuoteRequestCountry,
)

Answer = TypeVar("Answer")


def got(answer: Answer | Problem | None) -> Answer:
    """Take what was asked for, and nothing else."""
    assert answer is not None
    assert not isinstance(answer, Problem), answer.code
    return answer


def walk(
    shop: Client, as_guest: Callable[[str], AuthenticatedClient], pay: Callable[[str, str], None]
) -> CustomerOrder:
    """Buy one thing as a guest. `pay` is the browser with the Payment Element."""
    listed = got(list_products.sync(client=shop, limit=10, in_stock=True))
    product = got(get_product.sync(slug=listed.data[0].slug, client=shop))
    variant = product.variants[0]
    assert isinstance(variant.price, Money)  # and no empty object

    stranger, key = as_guest(""), str(uuid4())
    item = AddItem(variant_id=variant.id, quantity=3)
    begun = got(add_cart_item.sync(client=stranger, body=item, idempotency_key=key))
    assert isinstance(begun.token, str)
    again = add_cart_item.sync_detailed(client=stranger, body=item, idempotency_key=key)
    assert again.headers["Idempotent-Replayed"] == "true"

    guest = as_guest(begun.token)
    changed = got(
        update_cart_item.sync(
            item_id=begun.items[0].id,
            client=guest,
            body=ChangeItem(quantity=2),
            if_match=f'"{begun.version}"',
        )
    )
    outdated = remove_cart_item.sync(
        item_id=begun.items[0].id, client=guest, if_match=f'"{begun.version}"'
    )
    assert isinstance(outdated, Problem)
    assert outdated.code == "stale_version"
    cart = got(get_cart.sync(client=guest))
    assert (cart.version, cart.unit_count) == (changed.version, 2)

    quote = got(
        quote_checkout.sync(
            client=guest,
            body=QuoteRequest(country=QuoteRequestCountry.DE, shipping_method="standard"),
        )
    )
    address = Address(
        name="Carla Customer", line1="Marktplatz 3", city="Bremen", postal_code="28195",
        country=AddressCountry.DE,
    )  # fmt: skip
    form = Checkout(
        email="guest@example.test",
        shipping_address=address,
        shipping_method="standard",
        expected_total=quote.total,
    )
    order = got(place_order.sync(client=guest, body=form, idempotency_key=str(uuid4())))
    assert order.total == quote.total

    intent = got(create_payment_intent.sync(client=guest, body=PaymentRequest(order_id=order.id)))
    assert intent.amount == order.total
    pay(intent.payment_intent_id, intent.client_secret)
    got(confirm_payment.sync(order_id=order.id, client=guest))
    return got(get_order.sync(order_id=order.id, client=guest))
