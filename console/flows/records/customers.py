"""Customers, the notes of an order, and the rules that hold orders."""

from __future__ import annotations

from console.flows.records.shapes import Field, Input, Kind, RecordCommand

REASONS = ("payment", "risk", "address", "stock", "customer_request", "other")
CONDITIONS = (
    "risk_level", "card_check_failed", "ip_country_differs", "amount_above", "first_order_above",
)  # fmt: skip
VALUES = ("elevated", "highest", "cvc", "address", "any")
TEXT = (Input("text", "note:"),)
REFERENCE = (
    Input("system", "system, such as datev:"),
    Input("value", "its number there, or Enter:", is_optional=True),
)
"""What another system calls an order, a customer or a location."""

CUSTOMERS = Kind(
    "customers", "customer", "Customers with an account: find them by /", "/customers",
    (
        Field("Name", "full_name", width=18, grow=1),
        Field("E-mail", "email", width=22, grow=1),
        Field("Since", "created_at", "when", 12, from_width=70),
        Field("Active", "is_active", "yes", 6, from_width=80),
    ),
    (
        Field("orders", "order_count", "count"),
        Field("last order", "last_order_at", "when"),
        Field("spent", "spent", "moneys"),
        Field("credit", "store_credit", "moneys"),
        Field("groups", "groups", "named"),
        Field("references", "references", "references"),
        Field("", "notes", "notes"),
        Field("", "addresses", "addresses"),
    ),
    (
        RecordCommand("note_customer", "n", "note", "A note for colleagues, whatever they order",
             "/customers/{id}/notes", "orders:write", "Keep this note about {name}?", fields=TEXT),
        RecordCommand("refer_customer", "g", "reference", "What another system calls them; nothing "
             "removes it", "/customers/{id}/references", "orders:write",
             "Write this reference of {name}?",
             fields=REFERENCE),
    ),
    alias="u", needs="customers:read", item="/customers/{id}", named_by="full_name",
    state="is_active", finds="q",
    below="/orders", below_about="customer_id", below_needs="orders:read",
    below_shown=(
        Field("Order", "number", width=9),
        Field("Placed", "placed_at", "when", 12),
        Field("Total", "total", "money", 12),
        Field("State", "fulfilment_status", width=12, grow=1),
    ),
)  # fmt: skip

ORDER_NOTES = Kind(
    "order_notes", "note", "Notes of an order: a pinned one is read before it ships",
    "/orders/{about}/notes",
    (
        Field("Note", "text", width=24, grow=2),
        Field("Pinned", "is_pinned", "yes", 6),
        Field("Customer", "for_customer", "yes", 8, from_width=60),
        Field("By", "created_by", width=12, from_width=70),
        Field("When", "created_at", "when", 12, from_width=84),
    ),
    (Field("read by", "read_by", "readers"), Field("", "text")),
    (
        RecordCommand("new_note", "n", "note", "A note for colleagues", "/orders/{about}/notes",
             "orders:write", "Keep this note?", fields=TEXT, is_new=True),
        RecordCommand("new_pinned_note", "p", "pinned", "A note that whoever ships must read first",
             "/orders/{about}/notes", "orders:write", "Keep this note, and have it read before the "
             "order ships?", fields=TEXT, is_new=True, constants=(("is_pinned", True),)),
        RecordCommand("customer_note", "c", "to customer", "A note that the customer sees with the "
             "order", "/orders/{about}/notes", "orders:write", "Show this to the customer?",
             fields=TEXT, is_new=True, constants=(("for_customer", True),)),
        RecordCommand("read_note", "a", "I have read it", "Acknowledge a pinned note",
             "/order-notes/{id}/acknowledge", "fulfilment:write", "Have you read it?",
             allowed_states=(True,), refusal="It is not pinned"),
        RecordCommand("pin_note", "i", "pin", "Have it read before the order ships",
             "/order-notes/{id}", "orders:write", "Pin this note?", method="PATCH",
             constants=(("is_pinned", True),), allowed_states=(False,),
             refusal="It is pinned already"),
        RecordCommand("unpin_note", "u", "unpin", "It no longer interrupts shipping",
             "/order-notes/{id}", "orders:write", "Unpin this note?", method="PATCH",
             constants=(("is_pinned", False),), allowed_states=(True,),
             refusal="It is not pinned"),
    ),
    item="/order-notes/{id}", about="path", named_by="text", state="is_pinned",
    title="Notes",
)  # fmt: skip

ORDER_REFERENCES = Kind(
    "order_references", "reference", "What other systems call the order", "/orders/{about}",
    (
        Field("System", "system", width=20),
        Field("Its number there", "value", width=24, grow=1),
    ),
    (),
    (
        RecordCommand("refer_order", "n", "reference", "What another system calls it; nothing "
             "removes it", "/orders/{about}/references", "orders:write",
             "Write this reference of the order?", fields=REFERENCE, is_new=True),
    ),
    about="path", named_by="system", identified_by="system", state="system",
    rows_in="references", is_whole=True, title="References",
)  # fmt: skip

HOLD_RULES = Kind(
    "hold_rules", "rule", "Rules that hold orders when they are paid", "/hold-rules",
    (
        Field("Rule", "code", width=14, grow=1),
        Field("Name", "name", width=18, grow=2),
        Field("When", "condition", width=18, from_width=60),
        Field("Value", "value", width=9, from_width=80),
        Field("Above", "limit", "money", 12, from_width=90),
        Field("Holds now", "held", "count", 9),
        Field("In use", "is_active", "yes", 6),
    ),
    (Field("reason", "reason"), Field("since", "created_at", "when")),
    (
        RecordCommand("new_hold_rule", "n", "new", "A rule for orders that are paid from now on",
             "/hold-rules", "payments:write", "Hold orders by the rule {code}?",
             fields=(Input("code", "code, such as large-first-order:"), Input("name", "name:"),
                     Input("condition", "when:", "choice", CONDITIONS),
                     Input("value", "risk level or failed check, or Enter for the others:",
                           "choice", VALUES, is_optional=True),
                     Input("limit", "above which amount, or Enter:", "money", is_optional=True),
                     Input("reason", "reason of the hold:", "choice", REASONS)),
             is_new=True),
        RecordCommand("edit_hold_rule", "e", "change", "Another name, amount or reason; orders "
             "that it held stay on hold", "/hold-rules/{id}", "payments:write", "Change {name}?",
             method="PATCH",
             fields=(Input("name", "name:", start="name", is_optional=True),
                     Input("value", "risk level or failed check:", "choice", VALUES, start="value",
                           is_optional=True),
                     Input("limit", "above which amount:", "money", start="limit",
                           is_optional=True),
                     Input("reason", "reason of the hold:", "choice", REASONS, start="reason",
                           is_optional=True),
                     Input("is_active", "in use, yes or no:", "yes", start="is_active",
                           is_optional=True))),
        RecordCommand("drop_hold_rule", "d", "delete", "Delete a rule; orders that it held stay on "
             "hold", "/hold-rules/{id}", "payments:write", "Delete {name}?", method="DELETE"),
        RecordCommand("import_hold_rules", "i", "import", "Rules from a CSV file, by their codes",
             "/hold-rules/import", "payments:write", "Write the rules of this file?",
             fields=(Input("csv", "file:", "file"),), is_new=True),
        RecordCommand("export_hold_rules", "x", "export", "All rules as a CSV file in this folder",
             "/hold-rules/export", "orders:read", "Write hold-rules.csv into this folder?",
             method="GET", is_new=True),
    ),
    alias="holds", needs="orders:read", item="/hold-rules/{id}", named_by="code",
    state="is_active",
)  # fmt: skip

KINDS = (CUSTOMERS, ORDER_NOTES, ORDER_REFERENCES, HOLD_RULES)
