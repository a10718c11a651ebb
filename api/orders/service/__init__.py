"""Writes of orders. Callers lock the order first; statuses are always derived."""

from api.orders.models import Order, OrderLine
from api.orders.service.amendments import Amendment, Pricing, amend, check_amendable, discount
from api.orders.service.cancellation import cancel, cancel_units, check_cancellable
from api.orders.service.edits import Edit, EditedLine, check_editable, edit, finish_edit
from api.orders.service.hold_rules import (
    HoldRuleInput,
    RiskFacts,
    apply_rules,
    create_rule,
    delete_rule,
    edit_rule,
    export_rules,
    import_rules,
)
from api.orders.service.holds import (
    hold,
    hold_for,
    release_hold,
    release_holds_of,
    release_open,
)
from api.orders.service.notes import acknowledge, check_notes_read, note, pin
from api.orders.service.orders import (
    LineInput,
    OrderInput,
    add_event,
    create_order,
    lock,
    next_draft_number,
    set_vat_id,
    with_last_change,
)
from api.orders.service.payment_totals import (
    amount_due,
    check_payable,
    overpaid,
    owed,
    record_payment_totals,
    refundable,
)
from api.orders.service.quantities import (
    check_shippable,
    end_picking,
    open_quantities,
    record_correction,
    record_delivery,
    record_refunded_lines,
    record_shipment,
    record_void,
    refundable_quantities,
    start_picking,
)
from api.orders.service.replacements import (
    add_exchanged_line,
    remove_exchanged_lines,
)
from api.orders.service.search_terms import index_orders
from api.orders.service.status import bump_version, recompute_status
from api.orders.service.tags import change_tags
from api.orders.service.views import delete_view, edit_view, owner_of_views, save_view

__all__ = [
    "Amendment",
    "Edit",
    "EditedLine",
    "HoldRuleInput",
    "LineInput",
    "Order",
    "OrderInput",
    "OrderLine",
    "Pricing",
    "RiskFacts",
    "acknowledge",
    "add_event",
    "add_exchanged_line",
    "amend",
    "amount_due",
    "apply_rules",
    "bump_version",
    "cancel",
    "cancel_units",
    "change_tags",
    "check_amendable",
    "check_cancellable",
    "check_editable",
    "check_notes_read",
    "check_payable",
    "check_shippable",
    "create_order",
    "create_rule",
    "delete_rule",
    "delete_view",
    "discount",
    "edit",
    "edit_rule",
    "edit_view",
    "end_picking",
    "export_rules",
    "finish_edit",
    "hold",
    "hold_for",
    "import_rules",
    "index_orders",
    "lock",
    "next_draft_number",
    "note",
    "open_quantities",
    "overpaid",
    "owed",
    "owner_of_views",
    "pin",
    "recompute_status",
    "record_correction",
    "record_delivery",
    "record_payment_totals",
    "record_refunded_lines",
    "record_shipment",
    "record_void",
    "refundable",
    "refundable_quantities",
    "release_hold",
    "release_holds_of",
    "release_open",
    "remove_exchanged_lines",
    "save_view",
    "set_vat_id",
    "start_picking",
    "with_last_change",
]
