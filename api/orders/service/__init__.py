"""The verbs of the order book. Callers lock the order first; statuses are only ever derived."""

from api.orders.models import Order
from api.orders.service.amending import Amendment, Pricing, amend, refuse_unamendable
from api.orders.service.book import (
    LineDraft,
    OrderDraft,
    lock,
    naming_last,
    note,
    open_order,
    remember,
)
from api.orders.service.ending import cancel, cancel_units, refuse_uncancellable
from api.orders.service.goods import (
    open_quantities,
    record_correction,
    record_delivery,
    record_refunded_lines,
    record_shipment,
    record_void,
    refundable_quantities,
    refuse_unshippable,
)
from api.orders.service.holds import hold, hold_for, release_hold, release_holds_of
from api.orders.service.money import (
    amount_due,
    overpaid,
    owed,
    record_money,
    refundable,
    refuse_unpayable,
)
from api.orders.service.standing import derive_again
from api.orders.service.words import give_words

__all__ = [
    "Amendment",
    "LineDraft",
    "Order",
    "OrderDraft",
    "Pricing",
    "amend",
    "amount_due",
    "cancel",
    "cancel_units",
    "derive_again",
    "give_words",
    "hold",
    "hold_for",
    "lock",
    "naming_last",
    "note",
    "open_order",
    "open_quantities",
    "overpaid",
    "owed",
    "record_correction",
    "record_delivery",
    "record_money",
    "record_refunded_lines",
    "record_shipment",
    "record_void",
    "refundable",
    "refundable_quantities",
    "refuse_unamendable",
    "refuse_uncancellable",
    "refuse_unpayable",
    "refuse_unshippable",
    "release_hold",
    "release_holds_of",
    "remember",
]
