"""Records of draft orders: put together for a customer, reserved, sent, or marked as paid."""

from __future__ import annotations

from console.flows.records.shapes import Field, Input, Kind, RecordCommand

UNFINISHED = ("open", "sent")
GOODS = Input("lines", "SKUs and how many, such as MUG 2, PLATE:", "goods")
EMAIL = Input("email", "e-mail of the customer, or Enter:", start="email", is_optional=True)
ADDRESS = Input("shipping_address", "name, street, code city, country, or Enter:", "address",
                is_optional=True)  # fmt: skip
METHOD = Input("shipping_method", "code of the shipping method, or Enter:",
               start="shipping_method", is_optional=True)  # fmt: skip
CODES = Input("discount_codes", "discount codes, or Enter:", "names", start="discount_codes",
              is_optional=True)  # fmt: skip
UNTIL = Input("valid_on", "a quote until which day, such as 2026-12-24, or Enter:", "day",
              is_optional=True)  # fmt: skip

DRAFTS = Kind(
    "drafts", "draft", "Orders put together for a customer, and quotes", "/draft-orders",
    (
        Field("Draft", "number", width=7),
        Field("Customer", "email", width=20, grow=2),
        Field("State", "status", "state", 10),
        Field("Goods", "goods_total", "money", 11),
        Field("Reserved", "reserved_until", "when", 12, from_width=76),
        Field("Valid until", "valid_until", "when", 12, from_width=90),
        Field("Order", "order_number", width=8, from_width=70),
    ),
    (
        Field("asks for", "quoted_total", "money"),
        Field("total today", "costs.total", "money"),
        Field("missing", "incomplete"),
        Field("shipping", "shipping_method"),
        Field("to", "shipping_address.label_lines", "list"),
        Field("note", "customer_note"),
        Field("price reason", "reason"),
        Field("codes", "discount_codes", "list"),
        Field("taken off", "costs.discount_total", "money"),
        Field("made", "created_at", "when"),
        Field("by", "created_by"),
        Field("", "costs.steps", "sentences"),
    ),
    (
        RecordCommand("send_draft", "s", "pay link", "Mail the customer a link to pay it",
             "/draft-orders/{id}/pay-link", "orders:write",
             "Mail a pay link for {name} to {email}? It opens once; then it is an order.",
             allowed_states=UNFINISHED),
        RecordCommand("reserve_draft", "r", "reserve", "Reserve its units for some hours",
             "/draft-orders/{id}/reserve", "orders:write", "Reserve the units of {name}?",
             fields=(Input("hours", "for how many hours, 0 ends it:", "number"),),
             allowed_states=UNFINISHED),
        RecordCommand("draft_paid", "p", "paid", "Place it as an order that was paid by hand",
             "/draft-orders/{id}/mark-paid", "payments:write",
             "Place {name} as an order that is paid?",
             fields=(Input("reference", "reference of the payment:"),),
             allowed_states=UNFINISHED),
        RecordCommand("edit_draft", "e", "change", "Other goods, customer, address or day; a pay "
             "link that was sent ends", "/draft-orders/{id}", "orders:write", "Change {name}?",
             method="PATCH",
             fields=(GOODS._replace(label="all its SKUs and how many, or Enter:",
                                    is_optional=True),
                     EMAIL, ADDRESS, METHOD, CODES, UNTIL),
             allowed_states=UNFINISHED),
        RecordCommand("price_draft", "i", "price", "Set the price of one of its lines",
             "/draft-orders/{id}/prices", "orders:discount", "Set the price on {name}?",
             fields=(Input("sku", "SKU:"), Input("unit_price", "price of one:", "money"),
                     Input("reason", "why:")),
             allowed_states=UNFINISHED),
        RecordCommand("drop_draft", "x", "discard", "Discard it: its link and its units are free",
             "/draft-orders/{id}", "orders:write", "Discard {name}?", method="DELETE",
             allowed_states=UNFINISHED),
        RecordCommand("new_draft", "n", "new", "Put goods together for a customer",
             "/draft-orders", "orders:write", "Make this draft?",
             fields=(GOODS, EMAIL, ADDRESS, METHOD, CODES, UNTIL), is_new=True),
    ),
    alias="drafts", needs="orders:write", item="/draft-orders/{id}", named_by="number",
    title="Draft orders",
    views=(("unfinished", ()), ("placed", (("status", "placed"),)),
           ("discarded", (("status", "discarded"),))),
)  # fmt: skip

KINDS = (DRAFTS,)
