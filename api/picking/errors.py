"""Errors of picking."""

from api.kernel.errors import Conflict, InvalidState, NotFound, Unprocessable
from api.orders.errors import OrderNotFound


class BatchNotFound(NotFound):
    """No such batch."""

    code = "batch_not_found"
    sentence = "Batch not found."


class PickLineNotFound(NotFound):
    """No such line in the batch."""

    code = "pick_line_not_found"
    sentence = "This line is not in the batch."


class WaveNotFound(NotFound):
    """No such wave."""

    code = "wave_not_found"
    sentence = "Wave not found."


class NothingReleased(Conflict):
    """No released batch waits for a picker."""

    code = "nothing_released"
    sentence = "No released batch waits for a picker. Release a wave, or the next orders."


class TooManyOrders(Unprocessable):
    """More orders are named than the batch takes."""

    code = "too_many_orders"
    sentence = (
        "{named} orders are named and the batch takes {limit}. Name fewer, or send a larger limit."
    )


class NothingToPick(Conflict):
    """No order can be picked that matches the request."""

    code = "nothing_to_pick"
    sentence = (
        "No order to pick: {skipped} of those requested are in another batch, on hold, not paid, or"
        " have no stock at this location."
    )


class BatchClaimed(Conflict):
    """Somebody else is picking this batch."""

    code = "batch_claimed"
    sentence = "{picker} is picking this batch until {until}. Take it over to go on yourself."


class ClaimNeeded(Conflict):
    """Only who claimed a batch picks it."""

    code = "claim_needed"
    sentence = "{picker} has this batch now. Claim it first."


class ReasonNeeded(Unprocessable):
    """Somebody else has the batch, and no reason is given."""

    code = "reason_needed"
    sentence = "{picker} has this batch. Send a `reason`: it is on record who took it, and why."


class NoSubstitute(Conflict):
    """No rule names something else that is here in this quantity, at no higher price."""

    code = "no_substitute"
    sentence = (
        "Nothing may go out instead of {sku}: no rule names an item of which {missing} units are"
        " free here. Make a rule, or leave the rest open."
    )


class RestNeedsApproval(Conflict):
    """What goes back to the customer is above a limit of the picker's role."""

    code = "rest_needs_approval"
    sentence = (
        "{refund} would go back to the customer, which is above your limit. Report the line short,"
        " and edit the order: there a second person approves it."
    )


class UnitsInParcel(Conflict):
    """Units that would wait lie in a parcel that is being packed."""

    code = "units_in_parcel"
    sentence = (
        "{units} units of {sku} lie in a parcel of this order that is being packed. Cancel the"
        " parcel first, or leave the rest open."
    )


class SubstituteNotFound(NotFound):
    """No such rule."""

    code = "substitute_not_found"
    sentence = "Substitute not found."


class NotAnother(Unprocessable):
    """An item cannot go out instead of itself."""

    code = "not_another"
    sentence = "{sku} cannot go out instead of itself. Name another item."


class NoOrderForItem(Conflict):
    """No order of the tote waits for this item."""

    code = "no_order_for_item"
    sentence = (
        "No order in tote {tote} waits for {sku}: it is packed, cancelled, or belongs elsewhere."
        " Put it aside and look at the put-backs."
    )


class LineNotOpen(Conflict):
    """The line was picked, or is no longer needed."""

    code = "pick_line_not_open"
    sentence = "This line is {status}: nothing is to be picked for it."


class LinesToPick(Conflict):
    """A batch with open lines is not finished."""

    code = "lines_to_pick"
    sentence = "{lines} lines are not picked. Pick them, report them short, or park the batch."


class ToteNeeded(Conflict):
    """The order has no tote yet."""

    code = "tote_needed"
    sentence = "Order {number} has no tote. Scan an empty tote for it first."


class NotATote(Unprocessable):
    """The code is that of another kind of bin, or of nothing."""

    code = "not_a_tote"
    sentence = "{scanned} is not a tote of this location. Create it as a bin of the kind tote."


class NotABin(Unprocessable):
    """The code is that of a tote."""

    code = "not_a_bin"
    sentence = "{scanned} is a tote. Scan the bin that the units go into."


class ToteInUse(Conflict):
    """The tote holds units of another order."""

    code = "tote_in_use"
    sentence = "Tote {tote} has units of order {number}. Take another one."


class AllHaveTotes(Conflict):
    """Every order of the batch has a tote."""

    code = "all_have_totes"
    sentence = "Every order of this batch has a tote. Name the order that gets a second one."


class NoOtherBin(Conflict):
    """No other bin has units that nobody else is to pick."""

    code = "no_other_bin"
    sentence = "No other bin has {missing} units of {sku}. Leave the rest open instead."


class NothingToPutBack(Conflict):
    """No picked unit of this line is left over."""

    code = "nothing_to_put_back"
    sentence = "No unit of this line is left to put back."


NO_PICK = (BatchNotFound, ClaimNeeded, InvalidState, LineNotOpen, OrderNotFound, PickLineNotFound)
"""Errors of every command of a line that is picked."""
