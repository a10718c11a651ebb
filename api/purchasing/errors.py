"""Errors of purchasing."""

from api.kernel.errors import Conflict, NotFound, Unprocessable


class SupplierNotFound(NotFound):
    """No such supplier."""

    code = "supplier_not_found"
    sentence = "Supplier not found."


class SupplierNameTaken(Conflict):
    """Two suppliers cannot share a name."""

    code = "supplier_name_taken"
    sentence = "There is a supplier called {name} already."


class SupplierInactive(Conflict):
    """Nothing is ordered from a supplier that is not in use."""

    code = "supplier_inactive"
    sentence = "{name} is not in use. Activate the supplier, or choose another one."


class SupplierSkuTaken(Conflict):
    """A supplier calls one variant by one SKU."""

    code = "supplier_sku_taken"
    sentence = "The supplier has {supplier_sku} for another variant already."


class SupplierItemNotFound(NotFound):
    """The supplier does not sell this variant."""

    code = "supplier_item_not_found"
    sentence = "The supplier has no such item."


class VariantsUnknown(Unprocessable):
    """Some variants do not exist. Carries `errors` that point into the request."""

    code = "variant_unknown"
    sentence = "Variant not found in the catalog."


class PurchaseOrderNotFound(NotFound):
    """No such purchase order."""

    code = "purchase_order_not_found"
    sentence = "Purchase order not found."


class PurchaseOrderEmpty(Conflict):
    """A purchase order without lines cannot be placed."""

    code = "purchase_order_empty"
    sentence = "The purchase order has no lines. Add what is to be ordered first."


class ExchangeRateMissing(Conflict):
    """The order is in another currency than the shop, whose stock is valued in its own."""

    code = "exchange_rate_missing"
    sentence = "Say what one {currency} costs in {shop_currency}: set exchange_rate, then order."


class CurrencyMixed(Unprocessable):
    """An amount is in another currency than the supplier's or the order's."""

    code = "currency_mixed"
    sentence = "Amounts here are in {currency}."


class CostMissing(Unprocessable):
    """Nobody has said what a unit costs."""

    code = "cost_missing"
    sentence = "Say what one {sku} costs: give unit_cost, or set it at the supplier's item."


class ReceivedCodeUnknown(NotFound):
    """Nothing has this code yet."""

    code = "received_code_unknown"
    sentence = (
        "Nothing has the code {scanned}. Learn it for a product first: say its SKU and how many "
        "units the code means."
    )


class CaseQuantityUnknown(Unprocessable):
    """A case of a known article, and nobody has said how many units it holds. Carries `sku`."""

    code = "case_quantity_unknown"
    sentence = (
        "{scanned} is a case of {sku}, and nobody has said how many it holds. Learn the code with "
        "its number of units, or count the units and scan one of them."
    )


class DamagedExceedsQuantity(Unprocessable):
    """More units are said to be damaged than came."""

    code = "damaged_exceeds_quantity"
    sentence = "{damaged} of {sku} cannot be damaged when {units} came."


class TooManyUnits(Unprocessable):
    """More units than anybody receives at once: most likely a barcode typed as a quantity."""

    code = "too_many_units"
    sentence = "{units} units of {sku} are too many for one receipt: at most {largest}."


class ReceiptNotFound(NotFound):
    """No such receipt."""

    code = "receipt_not_found"
    sentence = "Receipt not found."


class ReceiptUndone(Conflict):
    """The receipt was undone before."""

    code = "receipt_undone"
    sentence = "This receipt is undone already."


class ReceiptTooOld(Conflict):
    """The time for undoing has passed."""

    code = "receipt_too_old"
    sentence = "A receipt can be undone for ten minutes. Count the stock, or adjust it."


class TransferNotFound(NotFound):
    """No such transfer."""

    code = "transfer_not_found"
    sentence = "Transfer not found."


class TransferGoesNowhere(Unprocessable):
    """A transfer within one location: bins are for that."""

    code = "transfer_goes_nowhere"
    sentence = "The units are at {location} already. Choose another location, or move bins there."


class TransferEmpty(Conflict):
    """A transfer without lines cannot be made ready."""

    code = "transfer_empty"
    sentence = "The transfer has no lines. Add what is to go first."


class NotInTransfer(Unprocessable):
    """A variant that is not in the transfer."""

    code = "not_in_transfer"
    sentence = "{sku} is not in this transfer. Receive it without one, or send it back."


class DifferenceUnexplained(Conflict):
    """Other units came than were shipped, and nobody has said why. Carries `lines`."""

    code = "difference_unexplained"
    sentence = "Say why for each difference (reasons): {skus}."


class RestUndecided(Conflict):
    """The transfer is on its way, so somebody must say what becomes of its units."""

    code = "rest_undecided"
    sentence = (
        "{units} units are on their way. Say in rest: restock them at {location}, or write_off."
    )


class ReorderReversed(Unprocessable):
    """A rule whose figures do not rise."""

    code = "reorder_reversed"
    sentence = "Minimum, reorder point and maximum must rise, and the maximum be the highest."


class NothingToReorder(Conflict):
    """Nothing of this supplier is at its reorder point, or enough is on its way."""

    code = "nothing_to_reorder"
    sentence = "Nothing that this supplier sells needs to be ordered for this location now."


class SupplierWithoutEmail(Conflict):
    """An order is to be sent to a supplier without an e-mail address."""

    code = "supplier_without_email"
    sentence = "{name} has no e-mail address. Add it to the supplier, or print the order."


class TransferExcessAboveLimit(Conflict):
    """More came than was shipped, by more than somebody may add alone."""

    code = "transfer_excess_above_limit"
    sentence = (
        "{units} more came than were shipped, which is above your limit. Receive what was shipped; "
        "somebody with a wider limit receives the rest."
    )


class TransferLossAboveLimit(Conflict):
    """More would be written off than somebody may take out of the stock alone."""

    code = "transfer_loss_above_limit"
    sentence = (
        "{units} units would be written off, which is above your limit. Receive what came; somebody"
        " with a wider limit ends the transfer."
    )


class TransferReceiptNotUndoable(Conflict):
    """Units of a transfer came too long ago to undo that, or it was undone or ended since."""

    code = "transfer_receipt_not_undoable"
    sentence = (
        "What came last of {number} cannot be undone: that is possible for ten minutes, once, and "
        "until the transfer is ended. Adjust or count the stock instead."
    )
