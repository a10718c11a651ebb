"""Errors of labels and tracking."""

from api.kernel.errors import (
    BadRequest,
    Conflict,
    NotFound,
    Unauthenticated,
    Unavailable,
    Unprocessable,
)


class LabelNotFound(NotFound):
    """No such label."""

    code = "label_not_found"
    sentence = "Label not found."


class LabelFileMissing(NotFound):
    """The bytes of a label are not in the storage."""

    code = "label_file_missing"
    sentence = (
        "The file of {reference} is not stored here. Print it from the carrier's own pages, or "
        "void it and buy another one."
    )


class NoCarrierAccount(Unprocessable):
    """The order's shipping method has no carrier account, and none was named."""

    code = "no_carrier_account"
    sentence = (
        "The shipping method of this order has no carrier account. Name one, give the method one, "
        "or buy the label elsewhere and scan it."
    )


class SenderAddressMissing(Unprocessable):
    """The location that ships has no address."""

    code = "sender_address_missing"
    sentence = "{location} has no address to send from. Give the location one first."


class ParcelWithoutWeight(Unprocessable):
    """Neither was a weight given nor have the goods one."""

    code = "parcel_without_weight"
    sentence = "{number} has no weight: weigh it, or give its products a weight."


class CustomsDataMissing(Unprocessable):
    """Goods leave the customs union without what customs asks."""

    code = "customs_data_missing"
    sentence = (
        "Customs asks for the HS code, the origin and the weight of everything in {number}. "
        "See errors."
    )


class LabelNotForPickup(Conflict):
    """A parcel that is picked up, that has left or is in another one needs no label."""

    code = "label_not_needed"
    sentence = "{number} is {status}: a label is bought for an open parcel that is delivered."


class LabelInProgress(Conflict):
    """Somebody else is buying the label right now."""

    code = "label_in_progress"
    sentence = "The label of {number} is being bought right now. Ask again in a moment."


class LabelOutcomeUnknown(Conflict):
    """The carrier was asked and no answer is known: it may be bought."""

    code = "label_outcome_unknown"
    sentence = (
        "Nobody knows whether the label {reference} was bought: the carrier's answer never came. "
        "Look for the reference on its pages, then settle the label: with its tracking number, or "
        "as not bought."
    )


class LabelRefused(Unprocessable):
    """The carrier refused, in its own words; nothing was bought."""

    code = "label_refused"
    sentence = "The carrier refused: {words}"


class CarrierNotReached(Unavailable):
    """The carrier cannot be reached; nothing was bought."""

    code = "carrier_not_reached"
    sentence = "The carrier cannot be reached ({words}), and nothing was bought. Try again."


class CarrierCannotDo(Unprocessable):
    """The carrier's interface cannot do this."""

    code = "carrier_cannot_do"
    sentence = "{words}"


class LabelShipped(Conflict):
    """The label of a parcel that is on its way is not voided."""

    code = "label_shipped"
    sentence = "{number} is shipped with this label. Void the parcel first."


class TrackingFileInvalid(Unprocessable):
    """A file of tracking events that cannot be read, or names what is not there."""

    code = "tracking_file_invalid"
    sentence = "The file cannot be read; nothing was changed. See errors for the rows."


class TrackingEventMalformed(BadRequest):
    """The body of a carrier's webhook is of no form that is known."""

    code = "tracking_event_malformed"
    sentence = "This is no tracking event of a form that the shop knows."


class WebhookUnknown(Unauthenticated):
    """The secret in the URL of a webhook is wrong, or the account has none."""

    code = "webhook_unknown"
    sentence = "This URL is no webhook of the shop, or not any more."
