"""What the checkout refuses."""

from api.kernel.errors import Conflict, Unprocessable


class CartChanged(Conflict):
    """The total is not the one that the customer saw. Carries the fresh `quote`."""

    code = "cart_changed"
    sentence = "The total changed since the customer saw it. Show the new quote and ask again."


class CartNotPurchasable(Conflict):
    """Something in the cart cannot be bought any more."""

    code = "cart_unbuyable"
    sentence = "Something in the cart is no longer for sale. Take it out and try again."


class CartAlreadyOrdered(Conflict):
    """The cart became an order, by a checkout that said something else.

    Carries `order_id` and `order_number`.
    """

    code = "cart_already_ordered"
    sentence = (
        "This cart has become order {order_number}. Change that order or cancel it as long as it"
        " is not paid, or begin a new cart."
    )


class ManualPaymentOff(Unprocessable):
    """The shop takes no money another way than by card."""

    code = "manual_payment_off"
    sentence = "This shop is paid by card only. Choose the payment method stripe."


class ManualPaymentForCustomers(Unprocessable):
    """Guests pay by card."""

    code = "manual_payment_for_customers"
    sentence = (
        "Only signed-in customers may pay by bank transfer. Sign in, or choose the payment method "
        "stripe."
    )


class TooMuchUnpaid(Conflict):
    """Goods are kept for orders whose transfer has not come, and there are enough of them.

    Carries `limit` and `unit`: orders or units. It does not tell whose they are: an e-mail must
    not show what somebody else has ordered.
    """

    code = "too_much_unpaid"
    sentence = (
        "Orders to be paid by transfer are limited to {limit} unpaid {unit} for one e-mail or "
        "address, with this order. Pay or cancel one of them first, order less, or choose the "
        "payment method stripe."
    )


class EmailRequired(Unprocessable):
    """A guest must say where letters go."""

    code = "email_required"
    sentence = "Guests give an e-mail address, so that the confirmation can reach them."
