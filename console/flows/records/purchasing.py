"""Records of purchasing: suppliers, what they sell, and purchase orders."""

from __future__ import annotations

from console.flows.records.shapes import Field, Input, Kind, RecordCommand

SKU = Input("code", "SKU or barcode:")
UNITS = Input("quantity", "units:", "number")
COST = Input("unit_cost", "cost of one, or Enter for the supplier's:", "money", is_optional=True)
WHY = Input("reason", "why:")
DAYS = Input("lead_time_days", "days from order to goods:", "number", start="lead_time_days",
             is_optional=True)  # fmt: skip

SUPPLIERS = Kind(
    "suppliers", "supplier", "Who sells to the shop, what, and for how much", "/suppliers",
    (
        Field("Supplier", "name", width=20, grow=2),
        Field("Currency", "currency", width=8),
        Field("Days", "lead_time_days", "count", 5),
        Field("E-mail", "email", width=20, grow=1, from_width=70),
        Field("In use", "is_active", "yes", 6),
    ),
    (
        Field("telephone", "phone"),
        Field("our number", "customer_number"),
        Field("", "address"),
        Field("note", "note"),
    ),
    (
        RecordCommand("order_from", "o", "order", "A new purchase order to this supplier",
             "/purchase-orders", "purchasing:write", "Draft a purchase order to {name}?",
             fields=(Input("location", "for which place:", "choice",
                           choices_at=("/locations", "code")),),
             copied=(("supplier_id", "id"),), allowed_states=(True,),
             refusal="It is not in use"),
        RecordCommand("set_item", "i", "item", "A product that they sell, and its cost",
             "/suppliers/{id}/items", "purchasing:write", "{name} sells {code}?",
             fields=(SKU, Input("supplier_sku", "their SKU, or Enter:", is_optional=True),
                     Input("pack_quantity", "units in a pack, or Enter for 1:", "number",
                           is_optional=True),
                     Input("unit_cost", "cost of one unit, or Enter:", "money", is_optional=True),
                     Input("is_preferred", "asked first, yes or no, or Enter:", "yes",
                           is_optional=True))),
        RecordCommand("new_supplier", "n", "new", "A new supplier", "/suppliers",
             "purchasing:write", "Add {name}?",
             fields=(Input("name", "name:"), Input("currency", "currency, such as EUR:"),
                     Input("email", "e-mail, or Enter:", is_optional=True), DAYS),
             is_new=True),
        RecordCommand("edit_supplier", "e", "change", "Another name or address, or out of use",
             "/suppliers/{id}", "purchasing:write", "Change {name}?", method="PATCH",
             fields=(Input("name", "name:", start="name", is_optional=True),
                     Input("email", "e-mail:", start="email", is_optional=True), DAYS,
                     Input("is_active", "in use, yes or no:", "yes", start="is_active",
                           is_optional=True))),
    ),
    alias="suppliers", needs="purchasing:read", item="/suppliers/{id}", state="is_active",
    below="/suppliers/{id}/items",
    below_shown=(
        Field("SKU", "sku", width=14), Field("Theirs", "supplier_sku", width=12),
        Field("Product", "product_title", width=16, grow=1),
        Field("Pack", "pack_quantity", "count", 5), Field("Cost", "unit_cost", "money", 10),
        Field("First", "is_preferred", "yes", 5),
    ),
)  # fmt: skip

PURCHASE_ORDERS = Kind(
    "purchase_orders", "purchase order", "What was ordered from suppliers, and what has come",
    "/purchase-orders",
    (
        Field("Order", "number", width=8),
        Field("Supplier", "supplier.name", width=16, grow=1),
        Field("For", "location.code", width=8),
        Field("State", "status", "state", 20),
        Field("Units", "units", "count", 6),
        Field("Came", "received_units", "count", 6),
        Field("Expected", "expected_on", width=10, from_width=76),
    ),
    (
        Field("total", "total", "money"),
        Field("freight in it", "freight", "money"),
        Field("came too many", "over_units", "count"),
        Field("ordered", "ordered_at", "when"),
        Field("ended", "ended_at", "when"),
        Field("made by", "created_by"),
        Field("note", "note"),
    ),
    (
        RecordCommand("place_order", "o", "order", "Place it: its units are on their way",
             "/purchase-orders/{id}/order", "purchasing:write",
             "Place {name}? Its lines are fixed then, and its units on their way.",
             allowed_states=("draft",)),
        RecordCommand("set_order_line", "i", "line", "Units of a product; 0 takes it out",
             "/purchase-orders/{id}/lines", "purchasing:write", "Put it into {name}?",
             fields=(SKU, UNITS, COST), allowed_states=("draft",)),
        RecordCommand("edit_order", "e", "change", "Freight, expected day or note",
             "/purchase-orders/{id}", "purchasing:write", "Change {name}?", method="PATCH",
             fields=(Input("freight", "freight of all:", "money", start="freight",
                           is_optional=True),
                     Input("exchange_rate", "one of its currency costs here:",
                           start="exchange_rate", is_optional=True),
                     Input("expected_on", "expected on, such as 2026-11-20:", "day",
                           start="expected_on", is_optional=True),
                     Input("note", "note:", start="note", is_optional=True)),
             allowed_states=("draft", "ordered", "partially_received")),
        RecordCommand("close_order", "x", "close", "The rest will not come",
             "/purchase-orders/{id}/close", "purchasing:write",
             "Close {name}? What has not come is not expected any more.", fields=(WHY,),
             allowed_states=("partially_received",)),
        RecordCommand("cancel_order", "c", "cancel", "Cancel it: nothing of it has come",
             "/purchase-orders/{id}/cancel", "purchasing:write", "Cancel {name}?", fields=(WHY,),
             allowed_states=("draft", "ordered")),
        RecordCommand("new_purchase_order", "n", "new", "A new purchase order", "/purchase-orders",
             "purchasing:write", "Draft it?",
             fields=(Input("supplier", "supplier:", "choice", choices_at=("/suppliers", "name")),
                     Input("location", "for which place:", "choice",
                           choices_at=("/locations", "code"))),
             is_new=True),
    ),
    alias="po", needs="purchasing:read", item="/purchase-orders/{id}",
    below="/purchase-orders/{id}/lines",
    below_shown=(
        Field("SKU", "sku", width=14), Field("Theirs", "supplier_sku", width=12),
        Field("Product", "title", width=16, grow=1),
        Field("Units", "quantity", "count", 6), Field("Came", "received", "count", 6),
        Field("Cost", "unit_cost", "money", 10), Field("Landed", "landed_unit_cost", "money", 10),
    ),
    views=(("all", ()), ("to come", (("awaited", "true"),)),
           ("drafts", (("status", "draft"),))),
    named_by="number", title="Purchase orders",
)  # fmt: skip

KINDS = (SUPPLIERS, PURCHASE_ORDERS)
