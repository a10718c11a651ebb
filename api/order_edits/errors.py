"""Errors of edits of orders."""

from api.kernel.errors import Conflict, Unprocessable


class NothingToEdit(Unprocessable):
    """The edit leaves the order as it is."""

    code = "nothing_to_edit"
    sentence = "This changes nothing. Name a line, an address or a shipping method to change."


class UnitsNotEditable(Conflict):
    """A line would keep fewer units than have shipped, were cancelled or lie in a parcel."""

    code = "units_not_editable"
    sentence = (
        "{sku}: {fixed} units have shipped, were cancelled or lie in an open parcel. Keep at least "
        "{fixed}, or cancel the parcel first; what has shipped comes back as a return."
    )


class LineNotRepriced(Conflict):
    """Units of the line have shipped or were refunded, so that its price stays."""

    code = "line_not_repriced"
    sentence = (
        "{sku}: units of it have shipped or were refunded, so its price stays. Refund an amount "
        "instead."
    )


class LineRemoved(Conflict):
    """The line was taken off the order before."""

    code = "line_removed"
    sentence = "{sku} was taken off this order before. Add it again as a new line."


class PartHasShipped(Conflict):
    """A part of the order has shipped, so that its taxes are settled."""

    code = "part_has_shipped"
    sentence = (
        "A part of this order has shipped, so its country, region, postal code and tax rules stay. "
        "Cancel the rest and place another order for the new address."
    )


class ParcelIsOpen(Conflict):
    """A parcel is being packed with the present address or method on its label."""

    code = "parcel_is_open"
    sentence = "Parcel {number} is being packed. Cancel it before you change where it goes."


class EditChanged(Conflict):
    """The changed order would cost something else than was shown. Carries its `total`."""

    code = "edit_changed"
    sentence = "The changed order now costs {total}. Look at the preview again."


class BelowRefunded(Conflict):
    """Something would cost less than what was refunded of it."""

    code = "below_refunded"
    sentence = "{what} would cost less than the {refunded} that were refunded of it."


class AlreadyPacked(Conflict):
    """A customer cancels an order that is picked, packed or has left."""

    code = "already_packed"
    sentence = (
        "Your order is being picked, is packed or has left, so it cannot be cancelled any more."
        " Write to the shop, or send the goods back."
    )


class NothingToReorder(Conflict):
    """Nothing of the order is for sale any more."""

    code = "nothing_to_reorder"
    sentence = "Nothing of this order is for sale any more."
