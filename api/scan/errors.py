"""Errors of scanned codes."""

from api.kernel.errors import NotFound


class CodeUnknown(NotFound):
    """Nothing in the shop has this code."""

    code = "code_unknown"
    sentence = "No order, parcel, SKU, barcode or bin found for {scanned}."
