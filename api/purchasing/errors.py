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
