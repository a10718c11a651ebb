"""Errors of parcels that two orders share."""

from api.kernel.errors import Conflict, NotFound, Unprocessable


class OrdersNotTogether(Unprocessable):
    """The two orders have another customer, address or hand-over."""

    code = "orders_not_together"
    sentence = "{one} and {other} do not go in one parcel: {why}. Ship each on its own."


class OrdersOfTwoMarkets(Unprocessable):
    """The two orders were sold in two markets."""

    code = "orders_of_two_markets"
    sentence = (
        "{one} was sold in {market} and {other} in {other_market}: their taxes and customs papers "
        "differ, so they do not go in one parcel. Ship each on its own."
    )


class SavingNotFound(NotFound):
    """No shipping is to be refunded for this parcel."""

    code = "saving_not_found"
    sentence = "No refund of shipping is proposed for this parcel."


class SavingDecided(Conflict):
    """Somebody refunded the shipping, or kept it. Carries `decision`."""

    code = "saving_decided"
    sentence = "This was decided before: the shipping was {decision}."


class ParcelNotShipped(Conflict):
    """The shared parcel has not left, or was voided."""

    code = "parcel_not_shipped"
    sentence = "{number} is not on its way: its shipping is refunded once it has shipped."
