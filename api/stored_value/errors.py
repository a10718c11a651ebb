"""Errors of gift cards and store credit."""

from api.kernel.errors import Conflict, NotFound, Unprocessable


class GiftCardNotFound(NotFound):
    """No such gift card. A disabled one is answered alike, so that guessing tells nothing."""

    code = "gift_card_not_found"
    sentence = (
        "There is no such gift card. Check the code: it has 16 characters in four groups, and none "
        "of them is 0, O, 1, I or L."
    )


class GiftCardNotUsable(Unprocessable):
    """The code is unknown, or its card disabled, expired, empty or in another currency.

    All are answered alike, so that guessing tells nothing.
    """

    code = "gift_card_not_usable"
    sentence = (
        "Gift card {number} cannot pay for this. Check its code and its balance, or leave it out."
    )


class GiftCardDisabled(Conflict):
    """The gift card is disabled already, or not disabled."""

    code = "gift_card_disabled"
    sentence = "The gift card is {state}."


class GiftCardUsed(Conflict):
    """Gift cards that were bought are to be refunded, and some of them were used."""

    code = "gift_card_used"
    sentence = (
        "Of the gift cards that were sent, {unused} can still be refunded: the others were used. "
        "Refund fewer of them, or a free amount."
    )


class GiftCardSpent(Conflict):
    """Nothing is left on the gift card, so it needs no other code."""

    code = "gift_card_spent"
    sentence = "Nothing is left on this gift card."


class RecipientNeeded(Unprocessable):
    """A code that waits for a second person can only be sent: nobody is there to read it."""

    code = "recipient_needed"
    sentence = (
        "This is above what you may give alone. Give the e-mail address of who gets it: the code "
        "is sent there once a second person has approved."
    )


class ExpiryTooEarly(Unprocessable):
    """A gift card would expire before the shop's minimum. Carries `earliest`."""

    code = "expiry_too_early"
    sentence = (
        "Gift cards are valid until {earliest} at least. Leave the date out, or choose a later one."
    )


class StoreCreditNotFound(NotFound):
    """No such store credit account."""

    code = "store_credit_not_found"
    sentence = "There is no such store credit."


class StoreCreditTooLow(Conflict):
    """More would be deducted than the customer has. Carries `balance`."""

    code = "store_credit_too_low"
    sentence = "The customer has {balance} of store credit: no more can be deducted."


class StoreCreditNeedsAccount(Unprocessable):
    """Store credit belongs to a customer's account, and a guest has none."""

    code = "store_credit_needs_account"
    sentence = (
        "Store credit belongs to a customer account, and this is a guest. Leave it out, or sign in."
    )
