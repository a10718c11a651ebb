"""Errors of the checkout."""

from api.kernel.errors import Conflict, Unprocessable


class DiscountTooLarge(Unprocessable):
    """More than the goods of the order cost without its gift cards, or nothing."""

    code = "discount_too_large"
    sentence = "A discount on this order is more than 0 and at most {most}."


class CartChanged(Conflict):
    """The total is not the one that the customer saw. Carries the fresh `quote`."""

    code = "cart_changed"
    sentence = "The total changed since the customer saw it. Show the new quote and ask again."


class CartNotPurchasable(Conflict):
    """An item of the cart cannot be bought any more."""

    code = "cart_unbuyable"
    sentence = "An item in the cart is no longer for sale. Remove it and try again."


class CartAlreadyOrdered(Conflict):
    """The cart became an order, by a checkout with other values.

    Carries `order_id` and `order_number`.
    """

    code = "cart_already_ordered"
    sentence = (
        "This cart has become order {order_number}. Change or cancel that order while it is not"
        " paid, or start a new cart."
    )


class ManualPaymentOff(Unprocessable):
    """The shop accepts card payments only."""

    code = "manual_payment_off"
    sentence = "This shop accepts card payments only. Choose the payment method stripe."


class ManualPaymentForCustomers(Unprocessable):
    """Guests can only pay by card."""

    code = "manual_payment_for_customers"
    sentence = (
        "Only signed-in customers may pay by bank transfer. Sign in, or choose the payment method "
        "stripe."
    )


class TooMuchUnpaid(Conflict):
    """Too many unpaid orders or units are waiting for a transfer.

    Carries `limit` and `unit`: orders or units. It does not say whose they are: an e-mail address
    must not reveal what its owner has ordered.
    """

    code = "too_much_unpaid"
    sentence = (
        "Orders to be paid by transfer are limited to {limit} unpaid {unit} for one e-mail or "
        "address, with this order. Pay or cancel one of them first, order less, or choose the "
        "payment method stripe."
    )


class AddressRequired(Unprocessable):
    """A delivery needs an address; only goods that are picked up do without."""

    code = "address_required"
    sentence = "Give the shipping address, or choose a method by which the goods are picked up."


class EmailRequired(Unprocessable):
    """A guest must give an e-mail address."""

    code = "email_required"
    sentence = "Guests must give an e-mail address, for the order confirmation."


class TotalBelowTendered(Conflict):
    """A changed order would cost less than gift cards and store credit have paid for it."""

    code = "total_below_tendered"
    sentence = (
        "The changed order costs {total}, less than the {tendered} paid with gift cards or store "
        "credit. Cancel it, which returns them, and order again."
    )
